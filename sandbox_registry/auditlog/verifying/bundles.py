"""Offline bundles: everything a person needs to check the log, or one case of it, without us and without a network."""

import base64
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

from sandbox_registry.auditlog.folder import LogFolder, MissingFile
from sandbox_registry.auditlog.verifying.authority import Powers
from sandbox_registry.auditlog.verifying.bundle_files import ENTRIES, PROOFS, RECORDS, BundleWriter, Kept, newest_note
from sandbox_registry.auditlog.verifying.erasures import erasures_in
from sandbox_registry.auditlog.verifying.findings import Report
from sandbox_registry.auditlog.verifying.history import History, Opening, read_record
from sandbox_registry.auditlog.verifying.sources import ZipLog
from sandbox_registry.authz.policy import Policy as Authority
from sandbox_registry.db.auditlog import leaves as audit
from sandbox_registry.db.auditlog import rows as log_rows
from sandbox_registry.db.auditlog.rows import KeptLeaf
from sandbox_registry.db.cases import dossiers
from sandbox_registry.db.core.engine import Connection, Database
from sandbox_registry.domain.errors import NotFound
from sandbox_registry.transparency.checkpoints import Checkpoint, checkpoint_of
from sandbox_registry.transparency.errors import LogError
from sandbox_registry.transparency.merkle import hash_leaf
from sandbox_registry.transparency.notes import parse_note
from sandbox_registry.transparency.proofs import verify_inclusion
from sandbox_registry.transparency.tiles import bundles_of, decode_bundle
from sandbox_registry.transparency.tlog_proofs import parse_tlog_proof

MAX_DIGITS = 19


@dataclass(frozen=True, slots=True, kw_only=True)
class Contents:
    """What goes into a bundle. `case` is the code or id of one case, null for the whole log.

    `documents` are (part, file name, SHA-256) of the case's files. Without `with_records` only the log itself is
    handed out, which holds nothing personal.
    """

    folder: LogFolder
    leaves: list[KeptLeaf]
    names: Mapping[UUID, str]
    documents: tuple[tuple[str, str, str], ...] = ()
    case: str | None = None
    with_records: bool = True


async def bundle_contents(database: Database, folder: LogFolder, *, code: str | None, with_records: bool) -> Contents:
    """Gather a bundle of the whole log, or of the case with this code, from the database at one moment.

    Raises:
        NotFound: no such case.

    """
    async with log_rows.one_moment(database) as connection:
        case = None if code is None else await log_rows.find_case(connection, code)
        if code is not None and case is None:
            raise NotFound(what="application")
        leaves = [leaf async for leaf in log_rows.kept_leaves(connection, case=case)]
        people = {UUID(record["actor"]) for leaf in leaves if (record := read_record(leaf.record or b"")) is not None}
        return Contents(
            folder=folder,
            leaves=leaves,
            names=await audit.names_of(connection, people) if people and with_records else {},
            documents=await _documents(connection, case) if case is not None and with_records else (),
            case=code,
            with_records=with_records,
        )


async def _documents(connection: Connection, case: UUID) -> tuple[tuple[str, str, str], ...]:
    found = await dossiers.live_documents(connection, case)
    return tuple((each.part, each.filename, each.sha256) for each in found)


def write_bundle(path: Path, contents: Contents) -> int:
    """Write a bundle into a file that only its owner may read; return how many leaves it holds.

    Raises:
        MissingFile: nothing is published yet.

    """
    last = max((leaf.index for leaf in contents.leaves), default=-1) if contents.case else -1
    note = newest_note(contents.folder, covering=last + 1)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
        writer = BundleWriter(file, folder=contents.folder, note=note, case=contents.case)
        writer.add([_kept(leaf, with_record=contents.with_records) for leaf in contents.leaves], names=contents.names)
        return writer.finish(documents=contents.documents)


def _kept(leaf: KeptLeaf, *, with_record: bool) -> Kept:
    if not with_record:
        return Kept(index=leaf.index, entry=leaf.entry, nonce=None, record=None)
    return Kept(index=leaf.index, entry=leaf.entry, nonce=leaf.nonce, record=leaf.record)


def is_of_one_case(bundle: ZipLog) -> bool:
    """Say whether a bundle proves single leaves instead of holding the whole tree."""
    return any(name.startswith(f"{PROOFS}/") for name in bundle.names())


def check_bundle(
    bundle: ZipLog,
    *,
    checkpoint: Checkpoint,
    authorities: Mapping[str, Authority],
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


def _all_entries(bundle: ZipLog, checkpoint: Checkpoint) -> dict[int, bytes]:
    found: dict[int, bytes] = {}
    for place in bundles_of(checkpoint.size):
        try:
            entries = decode_bundle(bundle.read(place.path), width=place.width)
        except (LogError, MissingFile):
            break
        found.update(enumerate(entries, start=len(found)))
    return found


def _proved(bundle: ZipLog, names: set[str], *, checkpoint: Checkpoint, report: Report) -> dict[int, bytes]:
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


def _opening(bundle: ZipLog, index: int, *, report: Report) -> Opening | None:
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
