"""Checks the database against its own published log: every leaf, every record, every row."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, timedelta
from pathlib import Path
from typing import Any

from sandbox_registry.auditlog.verifying.authority import Powers
from sandbox_registry.auditlog.verifying.chains import Chain, Chains
from sandbox_registry.auditlog.verifying.derived import SEARCHED, differing
from sandbox_registry.auditlog.verifying.dossiers import Dossier, check_dossier
from sandbox_registry.auditlog.verifying.entries import EPOCH, GivenLeaf, Opening, instant_of, read_leaf
from sandbox_registry.auditlog.verifying.erasures import erasures_in
from sandbox_registry.auditlog.verifying.files import check_files
from sandbox_registry.auditlog.verifying.findings import Report, fields_named
from sandbox_registry.auditlog.verifying.history import History, Last
from sandbox_registry.auditlog.verifying.losses import without_lost
from sandbox_registry.auditlog.verifying.schema import check_schema
from sandbox_registry.auditlog.verifying.times import Times
from sandbox_registry.auditlog.verifying.trees import check_earlier, check_tree
from sandbox_registry.authz.policy import AuthorizationPolicy, read_policy
from sandbox_registry.db.auditlog import leaves as audit
from sandbox_registry.db.auditlog import rows as log_rows
from sandbox_registry.db.auditlog.rows import KeptLeaf, KeptSecret
from sandbox_registry.db.core.engine import Connection, Database
from sandbox_registry.domain.operations.account_mails import MailSeals
from sandbox_registry.runtime.file_sources import FileSource
from sandbox_registry.transparency.canonical_json import canonical
from sandbox_registry.transparency.checkpoints import Checkpoint
from sandbox_registry.transparency.errors import LogError
from sandbox_registry.transparency.merkle import CompactRange, hash_leaf, root_of
from sandbox_registry.transparency.tiles import TILE_WIDTH, Bundle

EDITABLE_STAGES = frozenset({"draft", "supplement_requested"})
UNRECORDED_EDITS = frozenset({"version", "title", "answers", "updated_at"})
"""Columns that editing a draft or an open supplement changes without a leaf; filing records all of them."""
UNRECORDED_REMOVAL = frozenset({"version", "removed_at"})
"""What removing a file in an open supplement changes without a leaf; which files count is compared as a whole."""


def authorities_in(folders: tuple[Path, ...]) -> Mapping[str, AuthorizationPolicy]:
    """Read the authority policies in these folders (`model.conf` and `policy.csv` each), by version."""
    found = (read_policy(folder) for folder in folders)
    return {each.version: each for each in found}


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """What a database is held against, beside its own log.

    `published` is a folder of the log, `checkpoint` the newest one found in it; both or neither. `authorities` are policies
    by version, for logs that do not hold the text of theirs. `signed` is what the signer remembers to have signed last, read
    before: the log must begin with it. `tolerance` is the largest step of the clock that is on no record. `seals` check mail
    that opens accounts, by the key of the installation. With `files`, the folder of the store, every file is hashed again.
    """

    published: FileSource | None = None
    checkpoint: Checkpoint | None = None
    authorities: Mapping[str, AuthorizationPolicy] = field(default_factory=dict)
    signed: Checkpoint | None = None
    tolerance: timedelta = timedelta(0)
    seals: MailSeals | None = None
    files: Path | None = None


async def check_database(database: Database, evidence: Evidence, *, report: Report) -> History:
    """Check the whole database at one moment against its log, and the log against the evidence."""
    async with log_rows.one_moment(database) as connection:
        return await check_moment(connection, evidence, report=report)


async def check_moment(connection: Connection, evidence: Evidence, *, report: Report) -> History:
    """Check as `check_database` does what one transaction sees."""
    leaves = [leaf async for leaf in log_rows.kept_leaves(connection)]
    report.entries = len(leaves)
    is_whole = _check_leaves(leaves, report=report)
    await _check_head(connection, leaves, is_whole=is_whole, report=report)
    checkpoint, signed = evidence.checkpoint, evidence.signed
    if checkpoint is not None and evidence.published is not None:
        _check_prefix(leaves, published=evidence.published, checkpoint=checkpoint, report=report)
    if signed is not None:
        hashes = [hash_leaf(leaf.entry) for leaf in leaves]
        now = Checkpoint(origin=signed.origin, size=len(hashes), root=root_of(hashes))
        check_earlier(signed, leaf_hashes=hashes, checkpoint=now, report=report)
        if checkpoint is not None and signed.size < checkpoint.size:
            report.add("signer_behind", signed.size, signed=signed.size, published=checkpoint.size)
    for index in await log_rows.stray_records(connection):
        report.add("record_unknown", index)
    procedures = await log_rows.procedures_kept(connection)
    powers = Powers(report=report, authorities=evidence.authorities, knows_offices=True)
    history = History(report=report, powers=powers, knows_procedure=procedures.__contains__)
    chains = Chains(report=report, knows_lists=True)
    times = Times(report=report, tolerance=evidence.tolerance)
    erasures = erasures_in(map(_given, leaves), report=report)
    kept = {leaf.index: leaf for leaf in leaves}
    for given in without_lost(list(map(_given, leaves)), report=report):
        read, leaf = read_leaf(given), kept[given.index]
        times.feed(read)
        said = history.feed(read, erasures.get(leaf.index))
        chain = chains.feed(read, in_list=str(leaf.case_id or leaf.object_id))
        if said is not None:
            _check_columns(leaf, said, chain, report=report)
    times.finish()
    history.finish()
    await check_rows(connection, history, report=report)
    await _check_counters(connection, report=report)
    await _check_mails(connection, evidence.seals, report=report)
    await check_schema(connection, report=report)
    if evidence.files is not None:
        await check_files(connection, evidence.files, report=report)
    return history


def _given(leaf: KeptLeaf) -> GivenLeaf:
    return GivenLeaf(
        index=leaf.index,
        entry=leaf.entry,
        statement=_opening(leaf.salt, leaf.statement),
        record=_opening(leaf.nonce, leaf.record),
    )


def _opening(nonce: bytes | None, content: bytes | None) -> Opening | None:
    return None if nonce is None or content is None else Opening(nonce, content)


def _check_leaves(leaves: list[KeptLeaf], *, report: Report) -> bool:
    """Check that indexes have no gaps and hashes match; say whether no leaf is missing."""
    for expected, leaf in enumerate(leaves):
        if leaf.index != expected:
            report.add("entry_missing", expected)
            return False
        if hash_leaf(leaf.entry) != leaf.leaf_hash:
            report.add("leaf_hash", leaf.index)
    return True


async def _check_head(connection: Connection, leaves: list[KeptLeaf], *, is_whole: bool, report: Report) -> None:
    size, hashes = await audit.head(connection)
    if is_whole and size > len(leaves):
        report.add("entry_missing", len(leaves))
        return
    tree = CompactRange()
    for leaf in leaves:
        tree = tree.append(hash_leaf(leaf.entry))
    try:
        fits = CompactRange.from_list(hashes, size=size) == tree
    except LogError:
        fits = False
    if is_whole and not fits:
        report.add("head")


def _check_prefix(leaves: list[KeptLeaf], *, published: FileSource, checkpoint: Checkpoint, report: Report) -> None:
    """Check the published leaves against the tiles; the first that changed is named."""
    own = Report()
    check_tree(_rows(leaves, checkpoint.size), tiles=published, checkpoint=checkpoint, report=own)
    report.findings += [finding for finding in own.findings if finding.code != "tile_damaged"]


def _rows(leaves: list[KeptLeaf], size: int) -> Iterator[tuple[Bundle, list[bytes]]]:
    entries = [leaf.entry for leaf in leaves[:size]]
    for start in range(0, len(entries), TILE_WIDTH):
        part = entries[start : start + TILE_WIDTH]
        yield Bundle(start // TILE_WIDTH, len(part)), part


def _check_columns(leaf: KeptLeaf, said: dict[str, Any], chain: Chain | None, *, report: Report) -> None:
    """Compare the columns that a leaf is found by with what it says."""
    identity, case = said["obj"]["id"], leaf.case_id and str(leaf.case_id)
    pairs = [
        ("object_type", leaf.object_type, said["obj"]["type"]),
        ("object_id", str(leaf.object_id), identity),
        ("at", (leaf.at - EPOCH) // timedelta(milliseconds=1), said["t"]),
    ]
    if "chain" in said:
        pairs += [
            ("case_id", case, said["chain"]["case"]),
            ("place", leaf.place, chain and chain.count),
            ("chain", leaf.chain, chain and chain.digest),
        ]
    elif said["obj"]["type"] == "application":
        pairs.append(("case_id", case, identity))
    wrong = [name for name, stored, meant in pairs if stored != meant]
    if wrong:
        report.add("leaf_columns", leaf.index, what=", ".join(wrong))


async def check_rows(connection: Connection, history: History, *, report: Report) -> None:
    """Compare every row with its last record; find rows that are gone, and rows that were never recorded."""
    left = dict(history.last)
    seen = _Seen()
    async for kind, key, row in log_rows.rows_of_kinds(connection):
        report.rows += 1
        seen.take(kind, key, row)
        wrong = differing(kind, row)
        if wrong - SEARCHED:
            report.add("row_derived", kind=kind, identity=key, what=fields_named(wrong - SEARCHED))
        seen.unfound += bool(wrong & SEARCHED)
        last = left.pop((kind, key), None)
        if last is None:
            if not _needs_no_record(kind, row, history) and (kind, key) not in history.erased_objects:
                report.add("row_unrecorded", kind=kind, identity=key)
        elif last.state is None:
            seen.erased += 1
        else:
            _compare(kind, key, row, last, report=report)
    for (kind, key), last in left.items():
        if _has_rows(kind):
            report.add("row_missing", last.index, kind=kind, identity=key)
    _compare_dossiers(_last_versions(history), seen, report=report)
    await _check_secrets(connection, history, report=report)
    if seen.erased:
        report.add("not_compared", count=seen.erased)
    if seen.unfound:
        report.add("search_stale", count=seen.unfound)


@dataclass(slots=True)
class _Seen:
    """What rows of one kind say that rows of another are held against, and how many were not compared."""

    erased: int = 0
    unfound: int = 0
    dossiers: dict[str, Dossier] = field(default_factory=dict)
    stages: dict[str, str] = field(default_factory=dict)

    def take(self, kind: str, key: str, row: dict[str, Any]) -> None:
        if kind == "application":
            self.stages[key] = row["stage"]
        if kind == "document":
            self.dossiers.setdefault(row["application_id"], Dossier()).take_document(row)
        if kind == "dossier_version":
            self.dossiers.setdefault(row["application_id"], Dossier()).take_version(row)


def _has_rows(kind: str) -> bool:
    return kind in log_rows.KINDS


def _needs_no_record(kind: str, row: dict[str, Any], history: History) -> bool:
    """Say whether a row may stand without a record of its own: what a draft, or an open supplement, holds.

    Who opened an account is in the leaf that opened it, and rows of accounts older than this kind were read from there.
    """
    if kind == "account_service":
        opener = history.openers.get(row["account_id"])
        is_recorded = row["account_id"] in history.opened_accounts
        return bool(row["service"] == "opened") and opener == row["by_person_id"] and not is_recorded
    if kind == "dossier_version":
        return row["cause"] not in {"submitted", "supplemented"}
    return kind == "document"


def _compare(kind: str, key: str, row: dict[str, Any], last: Last, *, report: Report) -> None:
    state = last.state or {}
    changed = {name for name, value in row.items() if not is_same(state, name, value)}
    if kind == "application" and row["stage"] in EDITABLE_STAGES and changed <= UNRECORDED_EDITS:
        changed = set() if row["version"] > state["version"] else changed
    if kind == "document" and changed == UNRECORDED_REMOVAL and row["removed_at"] is not None:
        changed = set() if row["version"] > state["version"] else changed
    if changed:
        report.add("row_changed", last.index, kind=kind, identity=key, what=fields_named(changed))


def is_same(state: Mapping[str, object], name: str, stored: object) -> bool:
    """Compare a recorded value with a stored one, by the bytes of canonical JSON.

    Instants are equal in any zone. A field that the record does not have was added later, and is empty.
    """
    if name not in state:
        return stored in ([], {}, "", None, False)
    recorded = state[name]
    if recorded == stored and type(recorded) is type(stored) and not isinstance(stored, dict | list):
        return True
    if isinstance(recorded, str) and isinstance(stored, str):
        return instant_of(recorded) == instant_of(stored) is not None
    return _canonical(recorded) == _canonical(stored)


def _canonical(value: object) -> bytes | None:
    try:
        return canonical(value)
    except (ValueError, TypeError):
        return None


def _last_versions(history: History) -> dict[str, Last]:
    """Return for each case the last dossier version that the log records."""
    filed: dict[str, Last] = {}
    for (kind, _), last in history.last.items():
        if kind == "dossier_version" and last.state is not None:
            case = last.state["application_id"]
            if case not in filed or _place(filed[case]) < _place(last):
                filed[case] = last
    return filed


def _place(last: Last) -> tuple[int, int]:
    """Order versions by their leaf; an erasure records several in one leaf."""
    return last.index, (last.state or {})["number"]


def _compare_dossiers(recorded: dict[str, Last], seen: _Seen, *, report: Report) -> None:
    """Compare every dossier with the version of it recorded last: the files that count, and what was edited before."""
    unbound = 0
    for case in sorted(recorded.keys() | seen.dossiers.keys()):
        dossier, last = seen.dossiers.get(case, Dossier()), recorded.get(case)
        is_open = seen.stages.get(case) in EDITABLE_STAGES
        unbound += not check_dossier(case, dossier, last, is_open=is_open, report=report)
        if is_open or last is None or last.state is None:
            continue
        if sorted(map(_document, dossier.live)) != sorted(map(_document, last.state["documents"])):
            report.add("documents_changed", last.index, identity=case)
    if unbound:
        report.add("dossiers_unbound", count=unbound)


def _document(said: Mapping[str, Any]) -> tuple[str, ...]:
    return tuple(str(said.get(name)) for name in ("part", "sha256", "filename", "size"))


_OF_PEOPLE = frozenset({"password", "second_factor"})
"""Secrets of which a person has one, and whose row never goes but with the account or on record."""


async def _check_secrets(connection: Connection, history: History, *, report: Report) -> None:
    """Compare what opens an account with what was recorded when it was set: the digest of a digest, which opens nothing."""
    unbound, gone = 0, {key for key, said in history.secrets.items() if key[0] in _OF_PEOPLE and said is not None}
    async for secret in log_rows.secrets(connection):
        key = (secret.kind, secret.identity)
        gone.discard(key)
        recorded = history.secrets.get(key)
        if recorded is None:
            is_known = secret.kind == "password" and secret.identity in history.opened_with_checks
            if is_known:
                gone.add(key)
            unbound += not is_known
        elif not _is_as_set(secret, recorded):
            gone.add(key)
        else:
            unbound += secret.is_given is not None and "is_given" not in recorded
    for kind, identity in sorted(gone):
        report.add("secret_changed", kind=kind, identity=identity)
    if unbound:
        report.add("secrets_unbound", count=unbound)


def _is_as_set(secret: KeptSecret, recorded: Mapping[str, Any]) -> bool:
    """Compare a password or token with the record of it; older ones do not say who chose a password."""
    if recorded["check"] != secret.check:
        return False
    if secret.is_given is None or secret.changed_at is None or "is_given" not in recorded:
        return True
    return recorded["is_given"] is secret.is_given and is_same(
        recorded, "changed_at", secret.changed_at.astimezone(UTC).isoformat()
    )


async def _check_counters(connection: Connection, *, report: Report) -> None:
    async for kind, given, numbered in log_rows.counted(connection):
        if given != numbered:
            report.add("counter_wrong", kind=kind, given=given, numbered=numbered)


async def _check_mails(connection: Connection, seals: MailSeals | None, *, report: Report) -> None:
    """Check the seals of mail that opens accounts; without the key of the installation, count it."""
    unchecked = 0
    async for mail, digest, seal in log_rows.opening_mails(connection):
        if seals is None:
            unchecked += 1
        elif not seals.is_right(mail, digest=digest, seal=seal):
            report.add("mail_forged", identity=str(mail.id))
    if unchecked:
        report.add("mails_unchecked", count=unchecked)
