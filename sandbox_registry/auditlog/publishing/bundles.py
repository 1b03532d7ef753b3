"""Offline bundles: everything a person needs to check the log, or one case of it, without us and without a network."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

from sandbox_registry.auditlog.publishing.bundle_files import BundleLeaf, BundleWriter
from sandbox_registry.auditlog.publishing.folder import LogFolder
from sandbox_registry.auditlog.publishing.proofs import newest_note
from sandbox_registry.auditlog.verifying.entries import read_record
from sandbox_registry.db.auditlog import leaves as audit
from sandbox_registry.db.auditlog import rows as log_rows
from sandbox_registry.db.auditlog.rows import KeptLeaf
from sandbox_registry.db.core.engine import Database
from sandbox_registry.domain.errors import NotFound


@dataclass(frozen=True, slots=True, kw_only=True)
class Contents:
    """What goes into a bundle: of one case, or of the whole log where `case_id` is null.

    Without `with_records` only the log itself is handed out, which holds nothing personal.
    """

    folder: LogFolder
    leaves: list[KeptLeaf]
    names: Mapping[UUID, str]
    case_id: UUID | None = None
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
            case_id=case,
            with_records=with_records,
        )


def write_bundle(path: Path, contents: Contents) -> int:
    """Write a bundle into a file that only its owner may read; return how many leaves it holds.

    Raises:
        MissingFile: nothing is published yet.

    """
    last = max((leaf.index for leaf in contents.leaves), default=-1)
    note = newest_note(contents.folder, covering=None if contents.case_id is None else last + 1)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
        writer = BundleWriter(file, folder=contents.folder, note=note, is_of_case=contents.case_id is not None)
        writer.add([_kept(leaf, with_record=contents.with_records) for leaf in contents.leaves], names=contents.names)
        if contents.case_id is not None and contents.with_records:
            writer.list_case(contents.case_id, ((leaf.index, None) for leaf in contents.leaves))
        return writer.finish()


def _kept(leaf: KeptLeaf, *, with_record: bool) -> BundleLeaf:
    if not with_record:
        return BundleLeaf(index=leaf.index, entry=leaf.entry)
    return BundleLeaf(
        index=leaf.index,
        entry=leaf.entry,
        salt=leaf.salt,
        statement=leaf.statement,
        nonce=leaf.nonce,
        record=leaf.record,
    )
