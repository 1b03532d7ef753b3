"""The signer: publishes what is new in the log, and never two roots for one size, whatever crashes in between.

The order of steps is the whole point. First the new leaves are hashed again and shown to extend what was signed
last; then the text to be signed is on the disk; only then is it signed, its tiles are kept, and the checkpoint is
replaced. A crash before the second step leaves no trace; one after it is finished with the very same text.
"""

import contextlib
import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from anyio import to_thread

from sandbox_registry.auditlog.publishing.folder import FolderDiffers, LogFolder
from sandbox_registry.db.auditlog.tree import Leaf, LogHead, LogReader
from sandbox_registry.runtime.files import CrashPoint, MissingFile, flush_directory, locked, never_crash, replace_file
from sandbox_registry.runtime.key_files import read_key_file, write_key_file
from sandbox_registry.transparency.checkpoints import Checkpoint, open_checkpoint, parse_checkpoint, sign_checkpoint
from sandbox_registry.transparency.errors import LogError
from sandbox_registry.transparency.keys import KEY_SIZE, SigningKey, format_signing_key, new_key, parse_log_key
from sandbox_registry.transparency.merkle import EMPTY_ROOT, CompactRange, hash_leaf
from sandbox_registry.transparency.proofs import consistency_proof, root_at, verify_consistency
from sandbox_registry.transparency.tile_hashes import TileHashes
from sandbox_registry.transparency.tiles import (
    TILE_WIDTH,
    Bundle,
    Tile,
    decode_tile,
    encode_bundle,
    grow_tiles,
    new_bundles,
    width_in,
)

STEP = 65_536
"""Leaves under one checkpoint while catching up: it bounds memory."""

WINDOW = 64 * TILE_WIDTH
"""Signed leaves looked at again each minute: a million in an hour, for a few milliseconds of every second."""


class Refused(Exception):
    """The signer does not sign; the message says what it saw, and `index` which leaf, if one can be named."""

    def __init__(self, message: str, *, index: int | None = None) -> None:
        super().__init__(message)
        self.index = index


@dataclass(frozen=True, slots=True, kw_only=True)
class SignerFiles:
    """What only the signer may touch: its key, and the text of what it signed last."""

    directory: Path

    @property
    def key_path(self) -> Path:
        """Where the key is."""
        return self.directory / "key"

    @property
    def state_path(self) -> Path:
        """Where the last signed text is."""
        return self.directory / "state"

    def make(self, *, name: str) -> SigningKey:
        """Make a key, and a state that says that nothing was signed yet; KeyFileError when a key is there."""
        key = new_key(name, seed=secrets.token_bytes(KEY_SIZE))
        write_key_file(self.key_path, format_signing_key(key))
        self.keep_state(Checkpoint(origin=name, size=0, root=EMPTY_ROOT))
        return key

    def key(self) -> SigningKey:
        """Read the key; KeyFileError when it is not there, or not fit to be used."""
        return read_key_file(self.key_path, parse_log_key)

    def keep_state(self, checkpoint: Checkpoint, *, at: CrashPoint = never_crash) -> None:
        """Put the text that will be signed on the disk."""
        content = checkpoint.text.encode()
        replace_file(self.state_path, content, incoming=self.directory, at=at, name="state", mode=0o600)
        flush_directory(self.directory)
        at("state:kept")

    def state(self) -> Checkpoint:
        """Read the last signed text.

        Raises:
            Refused: it is gone or damaged: signing on could contradict what was signed.

        """
        try:
            return parse_checkpoint(self.state_path.read_bytes().decode())
        except (OSError, UnicodeDecodeError, LogError) as error:
            message = f"the signer's memory {self.state_path} cannot be read ({error}); see docs/log-for-engineers.md"
            raise Refused(message) from error


@dataclass(frozen=True, slots=True, kw_only=True)
class _Growth:
    """A longer log, ready to be published: the checkpoint and the files that are new under it."""

    checkpoint: Checkpoint
    files: list[tuple[str, bytes]]


class Signer:
    """Publishes one log from a database into a folder. Use within `holding()`: one signer at a time."""

    def __init__(
        self, *, files: SignerFiles, folder: LogFolder, source: LogReader, at: CrashPoint = never_crash
    ) -> None:
        self.files = files
        self.folder = folder
        self.source = source
        self.key = files.key()
        self._at = at
        self._past_is_checked = False
        self._looked_at_again = 0

    @contextlib.contextmanager
    def holding(self) -> Iterator[None]:
        """Be the only signer of this key on this machine; Busy when another process is."""
        with locked(self.files.directory / "lock", wait=False):
            with self.folder.changing():
                self.folder.sweep()
            yield

    async def publish(self) -> Checkpoint:
        """Sign and publish everything the log holds now; return what is published, which may be nothing new.

        Raises:
            Refused: the database went back or changed, or a file does not fit; nothing is signed.
            LogUnreachable: the database does not answer.

        """
        last = self.files.state()
        if last.origin != self.key.name:
            message = f"the signer's memory is of another log: {last.origin}"
            raise Refused(message)
        with _refusing():
            last = await self._finish(last)
            head = await self.source.head()
            await self._require_past(last, head)
            while last.size < head.size:
                growth = await self._grow(last, min(head.size, last.size + STEP))
                if growth.checkpoint.size == head.size:
                    self._require_head(growth, head)
                self._at("checked")
                await to_thread.run_sync(self._sign, growth)
                last = growth.checkpoint
        return last

    def _published(self) -> Checkpoint:
        note = self.folder.checkpoint()
        if note is None:
            return Checkpoint(origin=self.key.name, size=0, root=EMPTY_ROOT)
        return open_checkpoint(note, keys=[self.key.verifier_key]).checkpoint

    async def _finish(self, last: Checkpoint) -> Checkpoint:
        """Publish what a crash left decided but not published, from the same leaves or not at all."""
        published = self._published()
        if published == last:
            return last
        if published.size >= last.size:
            message = (
                f"the folder shows {published.size} leaves, the signer remembers {last.size}: "
                "the signer's memory went back or there is another signer"
            )
            raise Refused(message)
        while published.size < last.size:
            # Steps of a catching-up were published one by one, so at most one is missing.
            growth = await self._grow(published, last.size)
            if growth.checkpoint != last:
                message = f"leaves up to {last.size} are not those that were to be signed"
                raise Refused(message)
            await to_thread.run_sync(self._release, growth)
            published = last
        return last

    async def _require_past(self, last: Checkpoint, head: LogHead) -> None:
        if head.size < last.size:
            message = f"the database went back in time: it holds {head.size} leaves, {last.size} were signed"
            raise Refused(message, index=head.size)
        if head.size == last.size and CompactRange.from_list(head.hashes, size=head.size).root() != last.root:
            message = f"the database holds another tree of {last.size} leaves than was signed"
            raise Refused(message)
        if not self._past_is_checked:
            await self._reread(last)
            self._past_is_checked = True

    async def _reread(self, last: Checkpoint) -> None:
        """Hash every leaf that was signed again, once in the life of this process, and compare with the tiles."""
        for start in range(0, last.size, STEP):
            end = min(start + STEP, last.size)
            leaves = await self._leaves(start, end)
            await to_thread.run_sync(self._compare, leaves, last.size)
        tree = TileHashes(size=last.size, read_tile=self.folder.read_tile)
        if root_at(last.size, read=tree) != last.root:
            message = f"the tiles do not lead to what was signed at {last.size} leaves"
            raise Refused(message)

    async def look_again(self, *, window: int = WINDOW) -> None:
        """Hash the next signed leaves again, whole tiles of them, and compare; over time all, and then from the start.

        Raises:
            Refused: one changed, or the folder is damaged. From then on nothing is signed until all is as it was.
            LogUnreachable: the database does not answer.

        """
        try:
            with _refusing():
                size = self._published().size
                start = self._looked_at_again if self._looked_at_again < size else 0
                end = min(start + window, size)
                leaves = await self._leaves(start, end)
                await to_thread.run_sync(self._compare, leaves, size)
        except Refused:
            self._past_is_checked = False
            raise
        self._looked_at_again = end if end < size else 0  # Never within a tile, where the log ended for now.

    def _compare(self, leaves: list[Leaf], size: int) -> None:
        """Compare leaves from the start of a tile on with the tiles at the published size."""
        for start in range(0, len(leaves), TILE_WIDTH):
            part = leaves[start : start + TILE_WIDTH]
            index = part[0].index // TILE_WIDTH
            width = width_in(0, index, size=size)
            known = decode_tile(self.folder.read_tile(0, index, width), width=width)
            for leaf, value in zip(part, known, strict=False):
                if leaf.leaf_hash != value:
                    message = f"leaf {leaf.index} changed after it was signed"
                    raise Refused(message, index=leaf.index)

    async def _leaves(self, start: int, end: int) -> list[Leaf]:
        """Read leaves and hash their entries again; Refused at the first that is missing or hashed wrongly."""
        leaves = await self.source.leaves(start, end)
        for expected, leaf in zip(range(start, end), leaves, strict=False):
            if leaf.index != expected:
                message = f"leaf {expected} is missing"
                raise Refused(message, index=expected)
            if hash_leaf(leaf.entry) != leaf.leaf_hash:
                message = f"the hash kept with leaf {leaf.index} is not that of its entry"
                raise Refused(message, index=leaf.index)
        if len(leaves) != end - start:
            message = f"leaf {start + len(leaves)} is missing"
            raise Refused(message, index=start + len(leaves))
        return leaves

    async def _grow(self, base: Checkpoint, size: int) -> _Growth:
        """Make the log of `size` leaves out of a published one, and prove that it extends it."""
        edge = base.size // TILE_WIDTH * TILE_WIDTH
        leaves = await self._leaves(edge, size)
        return await to_thread.run_sync(self._extended, base, leaves, size)

    def _extended(self, base: Checkpoint, leaves: list[Leaf], size: int) -> _Growth:
        edge = base.size // TILE_WIDTH * TILE_WIDTH
        if base.size > edge:
            self._compare(leaves[: base.size - edge], base.size)
        added = (leaf.leaf_hash for leaf in leaves[base.size - edge :])
        grown = {
            (tile.level, tile.index, tile.width): content
            for tile, content in grow_tiles(added, old_size=base.size, read_tile=self.folder.read_tile)
        }
        tree = TileHashes(
            size=size,
            read_tile=lambda level, index, width: (
                grown[level, index, width]
                if (level, index, width) in grown
                else self.folder.read_tile(level, index, width)
            ),
        )
        root = root_at(size, read=tree)
        if base.size:
            proof = consistency_proof(base.size, new_size=size, read=tree)
            verify_consistency(proof, old_size=base.size, new_size=size, old_root=base.root, new_root=root)
        entries = [leaf.entry for leaf in leaves]
        files = [(_tile_path(place), content) for place, content in grown.items()]
        files += [
            (bundle.path, encode_bundle(_slice(entries, bundle, edge))) for bundle in new_bundles(base.size, size)
        ]
        return _Growth(checkpoint=Checkpoint(origin=self.key.name, size=size, root=root), files=files)

    def _require_head(self, growth: _Growth, head: LogHead) -> None:
        """Require the head that the database counts on with to be that of the leaves it holds."""
        if CompactRange.from_list(head.hashes, size=head.size).root() != growth.checkpoint.root:
            message = f"the head kept in the database is not that of its {head.size} leaves"
            raise Refused(message)

    def _sign(self, growth: _Growth) -> None:
        self.files.keep_state(growth.checkpoint, at=self._at)
        self._release(growth)

    def _release(self, growth: _Growth) -> None:
        """Sign what the state says, then publish: tiles first, so that no checkpoint is ever without them."""
        note = sign_checkpoint(growth.checkpoint, key=self.key)
        self._at("signed")
        self.folder.add(growth.files)
        with self.folder.changing():
            self.folder.publish(note)


def _tile_path(place: tuple[int, int, int]) -> str:
    level, index, width = place
    return Tile(level, index, width).path


def _slice(entries: list[bytes], bundle: Bundle, edge: int) -> list[bytes]:
    start = bundle.index * TILE_WIDTH - edge
    return entries[start : start + bundle.width]


@contextlib.contextmanager
def _refusing() -> Iterator[None]:
    """Turn every sign that something does not fit into a refusal."""
    try:
        yield
    except (LogError, FolderDiffers, MissingFile) as error:
        message = f"the published log does not fit: {error}"
        raise Refused(message) from error
