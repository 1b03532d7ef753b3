"""Checking an offline bundle: what it holds beside the tiles, for a person without our database and without a network."""

import base64
import json
from collections.abc import Mapping

from sandbox_registry.auditlog.verifying.authority import Powers
from sandbox_registry.auditlog.verifying.entries import Opening
from sandbox_registry.auditlog.verifying.erasures import erasures_in
from sandbox_registry.auditlog.verifying.findings import Report
from sandbox_registry.auditlog.verifying.history import History
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

PROOFS, ENTRIES, RECORDS = "proofs", "entries", "records"
"""Folders of a bundle, stated here again: what writes bundles is not imported."""
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
    """Check what a bundle holds beside the tiles: proofs of single leaves, and records that open the commitments."""
    names = set(bundle.names())
    if any(name.startswith(f"{PROOFS}/") for name in names):
        entries = _proved(bundle, names, checkpoint=checkpoint, report=report)
    else:
        entries = _all_entries(bundle, checkpoint)
    if not any(name.startswith(f"{RECORDS}/") for name in names):
        report.add("records_not_given")
        return
    history = History(report=report, powers=Powers(report=report, authorities=authorities))
    absent = []
    opened = [(index, entry, _opening(bundle, index, report=report)) for index, entry in sorted(entries.items())]
    erasures = erasures_in(opened, report=report)
    for index, entry, opening in opened:
        if opening is None and index not in erasures:
            absent.append(index)
            history.pass_over(index, entry)
        else:
            history.feed(index, entry, opening, erasures.get(index))
    history.finish()
    if absent:
        report.add("records_absent", absent[0], count=len(absent))
    for name in sorted(names):
        if name.startswith(f"{RECORDS}/") and _index_in(name, ".json") not in entries:
            report.add("record_unknown", _index_in(name, ".json"))


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
    for name in sorted(names):
        if not name.startswith(f"{PROOFS}/"):
            continue
        try:
            proof = parse_tlog_proof(bundle.read(name))
            entry = bundle.read(f"{ENTRIES}/{proof.index}.json")
            if (
                name != f"{PROOFS}/{proof.index}.tlog-proof"
                or checkpoint_of(parse_note(proof.checkpoint)) != checkpoint
            ):
                report.add("proof_wrong", proof.index)
                continue
            verify_inclusion(
                proof.hashes,
                index=proof.index,
                size=checkpoint.size,
                leaf_hash=hash_leaf(entry),
                root=checkpoint.root,
            )
            found[proof.index] = entry
        except (LogError, MissingFile):
            report.add("proof_wrong", _index_in(name, ".tlog-proof"))
    report.entries = len(found)
    return found


def _opening(bundle: ZipSource, index: int, *, report: Report) -> Opening | None:
    try:
        content = bundle.read(f"{RECORDS}/{index}.json")
    except MissingFile:
        return None
    try:
        kept = json.loads(content)
        return Opening(base64.b64decode(kept["nonce"], validate=True), kept["record"].encode())
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        report.add("record_changed", index)
        return None
