"""Checking an offline bundle: what it holds beside the tiles, for a person without our database and without a network."""

import base64
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sandbox_registry.auditlog.verifying.authority import Powers
from sandbox_registry.auditlog.verifying.chains import Chains, check_case_list
from sandbox_registry.auditlog.verifying.entries import GivenLeaf, Opening, ReadLeaf, moment_of, read_leaf, read_record
from sandbox_registry.auditlog.verifying.erasures import erasures_in
from sandbox_registry.auditlog.verifying.findings import Report
from sandbox_registry.auditlog.verifying.history import History, ranges
from sandbox_registry.auditlog.verifying.losses import without_lost
from sandbox_registry.auditlog.verifying.trees import read_if_there
from sandbox_registry.authz.policy import AuthorizationPolicy
from sandbox_registry.domain.acts import Action
from sandbox_registry.domain.rules.calendars import LOCAL_ZONE
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
PAGE, BESIDE = "verify.html", frozenset({"README.txt", "names.json", "verify.html"})
"""Parts of a bundle, stated here again: what writes bundles is not imported."""
MAX_DIGITS = 19
TAKEN = "application:read_bundle"
"""The act by which somebody takes the bundle of a case: its leaf ends the list."""
BOUND = (
    "checkpoint",
    "checkpoint-cosigned",
    LIST,
    "tile/",
    f"{PROOFS}/",
    f"{ENTRIES}/",
    f"{STATEMENTS}/",
    f"{RECORDS}/",
)
"""How the names of files begin that the log binds, or that are checked against what it binds."""
_SHIPPED_PAGE = Path(__file__).parents[1] / "publishing" / "pages" / PAGE


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseList:
    """What a bundle says of the leaves of its case: each by index or by its item, and whose records are not for its reader.

    `withheld` is null in bundles from before it was said.
    """

    case: str
    leaves: list[int | bytes]
    withheld: frozenset[int] | None


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
    is_bare = not any(name.startswith((f"{RECORDS}/", f"{STATEMENTS}/")) for name in names)
    if is_bare and not _names_withheld(bundle):
        report.add("records_not_given")
        if is_of_case:
            report.add("case_unbound")
        return
    given = [_given(bundle, index, entry, report=report) for index, entry in sorted(entries.items())]
    leaves = {each.index: read_leaf(each) for each in given}
    listed = _read_list(bundle, leaves, report=report) if is_of_case else None
    withheld = _withheld(listed, leaves) if is_of_case else frozenset[int]()
    history = History(report=report, powers=Powers(report=report, authorities=authorities))
    chains = Chains(report=report)
    erasures = erasures_in(given, report=report)
    absent = []
    for each in without_lost(given, report=report):
        index, leaf = each.index, leaves[each.index]
        if not is_of_case:
            chains.feed(leaf)
        if leaf.given.record is None and index in withheld and index not in erasures:
            absent.append(index)
            history.pass_over(leaf)
        else:
            history.feed(leaf, erasures.get(index))
    history.finish()
    if absent:
        report.add("records_absent", absent[0], count=len(absent), which=ranges(absent))
    if listed is not None:
        _check_list(listed, leaves, report=report)
    _check_names(bundle, entries, report=report)


def _check_names(bundle: ZipSource, entries: dict[int, bytes], *, report: Report) -> None:
    """Report records of no entry, name files that nothing binds, and a page that is not the one this program ships."""
    names = sorted(bundle.names())
    for name in names:
        if name.startswith((f"{RECORDS}/", f"{STATEMENTS}/")) and _index_in(name, ".json") not in entries:
            report.add("record_unknown", _index_in(name, ".json"))
    loose = [name for name in names if not name.startswith(BOUND) and name not in BESIDE]
    if loose:
        report.add("files_unbound", what=", ".join(loose))
    if PAGE in names and bundle.read(PAGE) != _SHIPPED_PAGE.read_bytes():
        report.add("page_other")


def _names_withheld(bundle: ZipSource) -> bool:
    """Say whether a bundle lists the leaves of its case, so that it was made with statements and records."""
    return b'"withheld"' in (read_if_there(bundle, LIST) or b"")


def _read_list(bundle: ZipSource, leaves: dict[int, ReadLeaf], *, report: Report) -> CaseList | None:
    try:
        stored = json.loads(bundle.read(LIST))
        return CaseList(
            case=str(stored["case"]),
            leaves=[each if type(each) is int else base64.b64decode(each, validate=True) for each in stored["leaves"]],
            withheld=frozenset(map(int, stored["withheld"])) if "withheld" in stored else None,
        )
    except MissingFile:
        # Bundles from before sealed leaves have none.
        report.add("case_list_missing" if any(leaf.given.is_sealed for leaf in leaves.values()) else "case_unbound")
    except (ValueError, TypeError, KeyError, RecursionError):
        report.add("case_list_missing")
    return None


def _withheld(listed: CaseList | None, leaves: dict[int, ReadLeaf]) -> frozenset[int]:
    """Return whose records may be missing: what the bundle says is not for its reader, as far as that can be.

    The record of the reading that ends a bundle says which kinds of objects its reader may see; where they may see
    everybody's, a record that can only hold such kinds was for them.
    """
    if listed is None or listed.withheld is None:
        return frozenset(leaves)
    handed_out = _handed_out(leaves.get(_last_of(listed)))
    if handed_out is None:
        return listed.withheld
    return frozenset(
        each for each in listed.withheld if each not in leaves or not _writes_of(leaves[each].said) <= handed_out
    )


def _last_of(listed: CaseList) -> int:
    last = listed.leaves[-1] if listed.leaves else -1
    return last if isinstance(last, int) else -1


def _is_taking(leaf: ReadLeaf | None) -> bool:
    return leaf is not None and leaf.said is not None and (leaf.said["act"], leaf.said["result"]) == (TAKEN, "done")


def _handed_out(leaf: ReadLeaf | None) -> frozenset[str] | None:
    """Return the kinds that the reader of a bundle may see of everybody; null where that is not on record."""
    if leaf is None or not _is_taking(leaf) or leaf.given.record is None:
        return None
    record = read_record(leaf.given.record.content)
    states = [] if record is None else [each["state"] for each in record["objects"] if isinstance(each["state"], dict)]
    if not states or states[0].get("of_everybody") is not True:
        return None
    return frozenset(map(str, states[0].get("records", ())))


def _writes_of(said: dict[str, Any] | None) -> frozenset[str]:
    """Return the kinds that the record of an act may hold; of an unknown act, one that nobody may see."""
    try:
        return Action(said["act"]).writes if said is not None else frozenset({""})
    except ValueError:
        return frozenset({""})


def _check_list(listed: CaseList, leaves: dict[int, ReadLeaf], *, report: Report) -> None:
    """Check that the bundle of a case holds every leaf of it up to the last one, or says which it does not hold."""
    count, hidden = check_case_list(listed.case, listed.leaves, leaves, report=report)
    if hidden:
        report.add("case_hidden", count=hidden, of=count)
    last = leaves.get(_last_of(listed))
    if last is not None and last.said is not None and _is_taking(last):
        at = moment_of(last.said).astimezone(LOCAL_ZONE)
        report.add("case_complete", last.index, count=count, on=f"{at:%d/%m/%Y %H:%M}")
    else:
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
