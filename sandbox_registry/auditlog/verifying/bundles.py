"""Checking an offline bundle: what it holds beside the tiles, for a person without our database and without a network."""

import base64
import json
from collections.abc import Mapping

from sandbox_registry.auditlog.verifying.authority import Powers
from sandbox_registry.auditlog.verifying.chains import Chains, check_case_list
from sandbox_registry.auditlog.verifying.entries import GivenLeaf, Opening, ReadLeaf, read_leaf
from sandbox_registry.auditlog.verifying.erasures import erasures_in
from sandbox_registry.auditlog.verifying.findings import Report
from sandbox_registry.auditlog.verifying.history import History
from sandbox_registry.auditlog.verifying.losses import without_lost
from sandbox_registry.authz.policy import AuthorizationPolicy
from sandbox_registry.runtime.file_sources import ZipSource
from sandbox_registry.runtime.files import MissingFile
from sandbox_registry.transparency.checkpoints import Checkpoint, checkpoint_of
from sandbox_registry.transparency.errors import LogError
from sandbox_registry.transparency.merkle import hash_leaf
from sandbox_registry.transparency.notes import parse_note
from sandbox_registry.transparency.proofs import verify_inclusion
from sandbox_registry.transparency.tiles import bundles_of, decode_bundle
from sandbox_registry.transparency.tlog_proofs import parse_tlog_proof

PROOFS, ENTRIES, STATEMENTS, RECORDS, LIST = "proofs", "entries", "statements", "records", "case.json"
"""Parts of a bundle, stated here again: what writes bundles is not imported."""
MAX_DIGITS = 19


def is_of_one_case(bundle: ZipSource) -> bool:
    """Say whether a bundle proves single leaves instead of holding the whole tree."""
    return any(name.startswith(f"{PROOFS}/") for name in bundle.names())


def check_bundle(
    bundle: ZipSource,
    *,
    checkpoint: Checkpoint,
    authorities: Mapping[str, AuthorizationPolicy],
    report: Report,
) -> None:
    """Check what a bundle holds beside the tiles: proofs of single leaves, and what opens their commitments."""
    names = set(bundle.names())
    is_of_case = is_of_one_case(bundle)
    entries = (
        _proved(bundle, names, checkpoint=checkpoint, report=report) if is_of_case else _all_entries(bundle, checkpoint)
    )
    if not any(name.startswith((f"{RECORDS}/", f"{STATEMENTS}/")) for name in names):
        report.add("records_not_given")
        if is_of_case:
            report.add("case_unbound")
        return
    given = [_given(bundle, index, entry, report=report) for index, entry in sorted(entries.items())]
    history = History(report=report, powers=Powers(report=report, authorities=authorities))
    chains = Chains(report=report)
    absent, leaves = [], {}
    erasures = erasures_in(given, report=report)
    for each in without_lost(given, report=report):
        leaf = read_leaf(each)
        if is_of_case:
            leaves[each.index] = leaf
        else:
            chains.feed(leaf)
        if each.record is None and is_of_case and each.index not in erasures:
            absent.append(each.index)
            history.pass_over(leaf)
        else:
            history.feed(leaf, erasures.get(each.index))
    history.finish()
    if absent:
        report.add("records_absent", absent[0], count=len(absent))
    if is_of_case:
        _check_list(bundle, leaves, report=report)
    for name in sorted(names):
        if name.startswith((f"{RECORDS}/", f"{STATEMENTS}/")) and _index_in(name, ".json") not in entries:
            report.add("record_unknown", _index_in(name, ".json"))


def _check_list(bundle: ZipSource, leaves: dict[int, ReadLeaf], *, report: Report) -> None:
    """Check that the bundle of a case holds every leaf of it up to the last one, or says which it does not hold."""
    try:
        stored = json.loads(bundle.read(LIST))
        listed = [each if type(each) is int else base64.b64decode(each, validate=True) for each in stored["leaves"]]
        case = str(stored["case"])
    except MissingFile:
        # Bundles from before sealed leaves have none.
        report.add("case_list_missing" if any(leaf.given.is_sealed for leaf in leaves.values()) else "case_unbound")
        return
    except (ValueError, TypeError, KeyError, RecursionError):
        report.add("case_list_missing")
        return
    count, hidden = check_case_list(case, listed, leaves, report=report)
    if hidden:
        report.add("case_hidden", count=hidden, of=count)
    report.add("case_listed", max(leaves, default=None), count=count)


def _index_in(name: str, ending: str) -> int | None:
    """Read the index in the name of a file, null when there is none."""
    digits = name.rpartition("/")[2].removesuffix(ending)
    return int(digits) if digits.isascii() and digits.isdigit() and len(digits) < MAX_DIGITS else None


def _all_entries(bundle: ZipSource, checkpoint: Checkpoint) -> dict[int, bytes]:
    found: dict[int, bytes] = {}
    for place in bundles_of(checkpoint.size):
        try:
            entries = decode_bundle(bundle.read(place.path), width=place.width)
        except (LogError, MissingFile):
            break
        found.update(enumerate(entries, start=len(found)))
    return found


def _proved(bundle: ZipSource, names: set[str], *, checkpoint: Checkpoint, report: Report) -> dict[int, bytes]:
    found: dict[int, bytes] = {}
    newer: list[int] = []
    for name in sorted(names):
        if not name.startswith(f"{PROOFS}/"):
            continue
        try:
            proof = parse_tlog_proof(bundle.read(name))
            entry = bundle.read(f"{ENTRIES}/{proof.index}.json")
            under = checkpoint_of(parse_note(proof.checkpoint))
            if name != f"{PROOFS}/{proof.index}.tlog-proof" or under not in (checkpoint, report.witnessed):
                report.add("proof_wrong", proof.index)
                continue
            verify_inclusion(
                proof.hashes,
                index=proof.index,
                size=under.size,
                leaf_hash=hash_leaf(entry),
                root=under.root,
            )
            found[proof.index] = entry
            if report.witnessed not in (None, under):
                newer.append(proof.index)
        except (LogError, MissingFile):
            report.add("proof_wrong", _index_in(name, ".tlog-proof"))
    report.entries = len(found)
    if newer:
        report.add("not_witnessed", min(newer), count=len(newer))
    return found


def _given(bundle: ZipSource, index: int, entry: bytes, *, report: Report) -> GivenLeaf:
    return GivenLeaf(
        index=index,
        entry=entry,
        statement=_opening(bundle, f"{STATEMENTS}/{index}.json", "salt", "statement", index=index, report=report),
        record=_opening(bundle, f"{RECORDS}/{index}.json", "nonce", "record", index=index, report=report),
    )


def _opening(bundle: ZipSource, path: str, nonce: str, content: str, *, index: int, report: Report) -> Opening | None:
    try:
        stored = json.loads(bundle.read(path))
        return Opening(base64.b64decode(stored[nonce], validate=True), stored[content].encode())
    except MissingFile:
        return None
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        report.add(f"{content}_changed", index)
        return None
