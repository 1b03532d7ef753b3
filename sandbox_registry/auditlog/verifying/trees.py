"""Checks a published log from the entries up: signatures, then every hash; names the first entry that is wrong."""

import hmac
from collections.abc import Callable, Iterator, Sequence

from sandbox_registry.auditlog.verifying.findings import Report
from sandbox_registry.runtime.file_sources import FileSource
from sandbox_registry.runtime.files import MissingFile
from sandbox_registry.transparency.checkpoints import (
    CHECKPOINT,
    COSIGNED,
    Checkpoint,
    SignedCheckpoint,
    open_checkpoint,
)
from sandbox_registry.transparency.cosignatures import cosignatures_of
from sandbox_registry.transparency.errors import LogError
from sandbox_registry.transparency.merkle import HASH_SIZE, hash_leaf, root_of
from sandbox_registry.transparency.notes import OpenedNote
from sandbox_registry.transparency.policies import WitnessPolicy
from sandbox_registry.transparency.proofs import root_at
from sandbox_registry.transparency.tiles import TILE_HEIGHT, TILE_WIDTH, Bundle, Tile, bundles_of, decode_bundle

EntryRows = Iterator[tuple[Bundle, list[bytes]]]
Seen = Callable[[int, list[bytes]], None]


def check_checkpoint(
    note: bytes, *, policy: WitnessPolicy, report: Report, cosigned: bytes | None = None
) -> Checkpoint | None:
    """Verify a checkpoint's signatures and report who cosigned it; null when it cannot be trusted at all.

    While witnesses have not cosigned it yet, `cosigned` is an older one of the same log that satisfied the policy. What
    is newer is then checked under the log's signature alone, and is for the caller to name.
    """
    try:
        signed = open_checkpoint(note, keys=(*policy.log_keys, *policy.witness_keys))
    except LogError as error:
        report.add("checkpoint_refused", what=str(error))
        return None
    report.checkpoint = signed.checkpoint
    if _is_met(signed.opened, policy):
        report.witnessed = signed.checkpoint
        _tell_cosigners(signed.opened, report=report)
        return signed.checkpoint
    older = None if cosigned is None else _older(cosigned, signed.checkpoint, policy=policy)
    _tell_cosigners(signed.opened if older is None else older.opened, report=report)
    if older is None:
        report.add("policy_not_met")
    else:
        report.witnessed = older.checkpoint
    return signed.checkpoint


def _older(cosigned: bytes, newest: Checkpoint, *, policy: WitnessPolicy) -> SignedCheckpoint | None:
    """Open an older checkpoint of the same log; null unless it satisfies the policy."""
    try:
        signed = open_checkpoint(cosigned, keys=(*policy.log_keys, *policy.witness_keys))
    except LogError:
        return None
    return signed if signed.checkpoint.origin == newest.origin and _is_met(signed.opened, policy) else None


def _is_met(opened: OpenedNote, policy: WitnessPolicy) -> bool:
    return policy.is_met_by({each.key for each in cosignatures_of(opened)})


def _tell_cosigners(opened: OpenedNote, *, report: Report) -> None:
    cosignatures = cosignatures_of(opened)
    report.cosigned_by = tuple(each.key.name for each in cosignatures)
    report.cosigned_at = max((each.timestamp for each in cosignatures), default=None)


def published_entries(source: FileSource, size: int, *, report: Report) -> EntryRows:
    """Read every bundle in turn; stop at the first that cannot be read."""
    for bundle in bundles_of(size):
        try:
            yield bundle, decode_bundle(source.read(bundle.path), width=bundle.width)
        except LogError as error:
            report.add("bundle_damaged", bundle.index * TILE_WIDTH, what=str(error))
            return
        except MissingFile as error:
            report.add("bundle_damaged", bundle.index * TILE_WIDTH, what=str(error))
            return


def check_tree(
    rows: EntryRows, *, tiles: FileSource, checkpoint: Checkpoint, report: Report, seen: Seen | None = None
) -> list[bytes]:
    """Hash every entry, compare with every tile and with the root; report the first that is wrong at each place.

    Returns the leaf hashes. `seen` is told the index and the entries of each bundle as they come.
    """
    leaf_hashes: list[bytes] = []
    for bundle, entries in rows:
        leaf_hashes += [hash_leaf(entry) for entry in entries]
        if seen is not None:
            seen(bundle.index * TILE_WIDTH, entries)
    report.entries = len(leaf_hashes)
    complete = len(leaf_hashes) >= checkpoint.size
    levels = _levels_of(leaf_hashes)
    stored = _Stored(tiles, checkpoint.size)
    if complete and hmac.compare_digest(_root(levels, checkpoint.size), checkpoint.root):
        _compare_tiles(levels, stored, report=report)
    else:
        _find_first_bad(levels, stored, checkpoint=checkpoint, complete=complete, report=report)
    return leaf_hashes


def _levels_of(leaf_hashes: list[bytes]) -> list[list[bytes]]:
    """Compute the hashes of every tile level: level 0 are the leaves, each next the roots of full tiles below."""
    levels = [leaf_hashes]
    while len(levels[-1]) >= TILE_WIDTH:
        below = levels[-1]
        full = len(below) // TILE_WIDTH
        levels.append([root_of(below[at * TILE_WIDTH : (at + 1) * TILE_WIDTH]) for at in range(full)])
    return levels


def _root(levels: list[list[bytes]], size: int) -> bytes:
    """Return the tree head over the first `size` leaves out of the levels computed: the work is done already."""

    def read(level: int, index: int) -> bytes:
        tile_level, row = divmod(level, TILE_HEIGHT)
        return root_of(levels[tile_level][index << row : (index + 1) << row])

    return root_at(size, read=read)


class _Stored:
    """The tiles as stored; a missing or badly long one counts as empty."""

    def __init__(self, source: FileSource, size: int) -> None:
        self._source = source
        self.size = size

    def tile(self, level: int, index: int) -> tuple[str, bytes]:
        width = min((self.size >> (8 * level)) - index * TILE_WIDTH, TILE_WIDTH)
        path = Tile(level, index, width).path
        try:
            content = self._source.read(path)
        except MissingFile:
            return path, b""
        return path, content if len(content) == width * HASH_SIZE else b""

    def rows(self, level: int) -> range:
        return range(-(-(self.size >> (8 * level)) // TILE_WIDTH))


def _compare_tiles(levels: list[list[bytes]], stored: _Stored, *, report: Report) -> None:
    """The entries are right; report each tile that is not."""
    for level, hashes in enumerate(levels):
        for index in stored.rows(level):
            row = hashes[index * TILE_WIDTH : (index + 1) * TILE_WIDTH]
            path, content = stored.tile(level, index)
            if content != b"".join(row):
                at = _first_difference(row, content)
                report.add("tile_damaged", (index * TILE_WIDTH + at) << (8 * level), what=path)


def _find_first_bad(
    levels: list[list[bytes]], stored: _Stored, *, checkpoint: Checkpoint, complete: bool, report: Report
) -> None:
    """Walk down from what the root vouches for to the first entry that does not fit."""
    known = [_split(stored.tile(0, index)[1]) for index in stored.rows(0)]
    vouched = _vouched(known, stored, checkpoint)
    for index, row in enumerate(known):
        mine = levels[0][index * TILE_WIDTH : (index + 1) * TILE_WIDTH]
        start = index * TILE_WIDTH
        if not mine:
            break
        if mine == row and vouched[index]:
            continue
        if mine == row[: len(mine)] and len(mine) < len(row):
            break
        if vouched[index]:
            report.add("entry_changed", start + _first_difference(mine, b"".join(row)))
            return
        if _is_vouched(root_of(mine), index, stored, len(mine)):
            continue
        report.add("entries_changed", start, last=start + len(mine) - 1)
        return
    if complete:
        report.add("another_tree", what="the entries lead to another root than the one signed")
    elif not any(finding.code == "bundle_damaged" for finding in report.findings):
        report.add("entry_missing", len(levels[0]))


def _split(content: bytes) -> list[bytes]:
    return [content[at : at + HASH_SIZE] for at in range(0, len(content), HASH_SIZE)]


def _vouched(known: list[list[bytes]], stored: _Stored, checkpoint: Checkpoint) -> list[bool]:
    """Say for each tile of leaves whether the tiles above it, up to the signed root, vouch for it."""
    leaves = [value for row in known for value in row]
    if len(leaves) == checkpoint.size and root_of(leaves) == checkpoint.root:
        return [True] * len(known)
    return [
        len(row) == TILE_WIDTH and _is_vouched(root_of(row), index, stored, len(row)) for index, row in enumerate(known)
    ]


def _is_vouched(root: bytes, index: int, stored: _Stored, width: int) -> bool:
    """Say whether the tile above holds this root at its place."""
    if width != TILE_WIDTH:
        return False
    above, at = divmod(index, TILE_WIDTH)
    _, content = stored.tile(1, above)
    return content[at * HASH_SIZE : (at + 1) * HASH_SIZE] == root


def _first_difference(mine: Sequence[bytes], content: bytes) -> int:
    theirs = _split(content)
    return next((at for at, value in enumerate(mine) if at >= len(theirs) or theirs[at] != value), 0)


def check_since(
    old_note: bytes, *, policy: WitnessPolicy, leaf_hashes: list[bytes], checkpoint: Checkpoint, report: Report
) -> None:
    """Compare with a checkpoint kept earlier: the log must begin with the same tree."""
    try:
        old = open_checkpoint(old_note, keys=(*policy.log_keys, *policy.witness_keys)).checkpoint
    except LogError as error:
        report.add("checkpoint_refused", what=str(error))
        return
    check_earlier(old, leaf_hashes=leaf_hashes, checkpoint=checkpoint, report=report)


def check_earlier(old: Checkpoint, *, leaf_hashes: list[bytes], checkpoint: Checkpoint, report: Report) -> None:
    """Compare with what was signed earlier: the log must begin with the same tree."""
    if old.origin != checkpoint.origin:
        report.add("another_tree", what=f"{old.origin} is not {checkpoint.origin}")
    elif old.size > checkpoint.size:
        report.add("went_back", checkpoint.size, old=old.size)
    elif len(leaf_hashes) >= old.size and root_of(leaf_hashes[: old.size]) != old.root:
        report.add("split_view", old=old.size)


def check_copy(copy: FileSource, *, policy: WitnessPolicy, leaf_hashes: list[bytes], report: Report) -> None:
    """Compare with a whole copy kept earlier, entry by entry, after checking the copy itself."""
    own = Report()
    try:
        checkpoint = check_checkpoint(copy.read(CHECKPOINT), policy=policy, report=own)
    except MissingFile as error:
        report.add("unreadable", what=str(error))
        return
    if checkpoint is None:
        report.findings += own.findings
        return
    kept = check_tree(
        published_entries(copy, checkpoint.size, report=own), tiles=copy, checkpoint=checkpoint, report=own
    )
    for index, (before, now) in enumerate(zip(kept, leaf_hashes, strict=False)):
        if before != now:
            report.add("replaced", index)
            return
    if len(kept) > len(leaf_hashes):
        report.add("went_back", len(leaf_hashes), old=len(kept))


def read_if_there(source: FileSource, path: str) -> bytes | None:
    """Read a file, null when there is none."""
    try:
        return source.read(path)
    except MissingFile:
        return None


def check_published(
    source: FileSource,
    *,
    policy: WitnessPolicy,
    since: bytes | None = None,
    copy: FileSource | None = None,
    report: Report,
) -> tuple[Checkpoint | None, list[bytes]]:
    """Check everything about a published log that can be checked without its records."""
    # Read first: a log that grows meanwhile has published the newest before its witnesses cosign it.
    cosigned = read_if_there(source, COSIGNED)
    try:
        note = source.read(CHECKPOINT)
    except MissingFile as error:
        report.add("unreadable", what=str(error))
        return None, []
    checkpoint = check_checkpoint(note, policy=policy, report=report, cosigned=cosigned)
    if checkpoint is None:
        return None, []
    rows = published_entries(source, checkpoint.size, report=report)
    leaf_hashes = check_tree(rows, tiles=source, checkpoint=checkpoint, report=report)
    if cosigned is not None:
        check_since(cosigned, policy=policy, leaf_hashes=leaf_hashes, checkpoint=checkpoint, report=report)
    if report.witnessed is not None and report.witnessed.size < checkpoint.size:
        report.add("not_witnessed", report.witnessed.size, count=checkpoint.size - report.witnessed.size)
    if since is not None:
        check_since(since, policy=policy, leaf_hashes=leaf_hashes, checkpoint=checkpoint, report=report)
    if copy is not None:
        check_copy(copy, policy=policy, leaf_hashes=leaf_hashes, report=report)
    return checkpoint, leaf_hashes
