"""A witness: a council member's own small program, which cosigns only what continues everything it cosigned before.

It keeps a key and, for each log, the last checkpoint it cosigned. The checks and the keeping are one step under a
lock, and what is kept is on the disk before any answer leaves. A log that shows two faces is refused, and both
checkpoints are kept side by side as evidence.
"""

import hmac
from collections.abc import Callable
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from sandbox_registry.runtime.file_sources import FileSource
from sandbox_registry.runtime.files import CrashPoint, MissingFile, flush_directory, locked, never_crash, replace_file
from sandbox_registry.runtime.key_files import read_key_file
from sandbox_registry.transparency.checkpoints import CHECKPOINT, OFFERED, Checkpoint, checkpoint_of, open_checkpoint
from sandbox_registry.transparency.cosignatures import add_signatures, cosign, cosignatures_of
from sandbox_registry.transparency.errors import LogError, ProofError
from sandbox_registry.transparency.keys import SigningKey, VerifierKey, parse_witness_key
from sandbox_registry.transparency.merkle import EMPTY_ROOT
from sandbox_registry.transparency.notes import format_note, parse_note
from sandbox_registry.transparency.proofs import consistency_proof, root_at, verify_consistency
from sandbox_registry.transparency.tile_hashes import TileHashes
from sandbox_registry.transparency.tiles import Tile
from sandbox_registry.transparency.witnessing import SIZE_MEDIA_TYPE, AddCheckpoint, parse_add_checkpoint

TEXT = "text/plain; charset=utf-8"
OK, BAD_REQUEST, FORBIDDEN, NOT_FOUND, CONFLICT, UNPROCESSABLE, UNAVAILABLE = 200, 400, 403, 404, 409, 422, 503


@dataclass(frozen=True, slots=True)
class WitnessResponse:
    """Status, body and media type of a response."""

    status: int
    body: bytes = b""
    media_type: str = TEXT


class SplitView(Exception):
    """The log signed two trees that contradict each other; both checkpoints are in the file `evidence`."""

    def __init__(self, evidence: Path) -> None:
        super().__init__(f"the log shows two faces; both checkpoints are kept in {evidence}")
        self.evidence = evidence


class WentBack(Exception):
    """The log shows less than this witness cosigned: an old copy, or a truncated log."""


class StateDamaged(Exception):
    """What this witness remembers of a log is not a checkpoint that it cosigned: it neither cosigns nor accuses by it."""

    def __init__(self, path: Path) -> None:
        super().__init__(f"{path} is not a checkpoint that this witness cosigned; put back the newest one that it did")


class Witness:
    """Cosigns checkpoints of the logs whose keys it was given. `now` is in seconds since 1970."""

    def __init__(
        self,
        *,
        directory: Path,
        logs: tuple[VerifierKey, ...],
        now: Callable[[], int],
        at: CrashPoint = never_crash,
    ) -> None:
        self.directory = directory
        self.key: SigningKey = read_key_file(directory / "key", parse_witness_key)
        self._logs = {key.name: [each for each in logs if each.name == key.name] for key in logs}
        self._now = now
        self._at = at

    def latest(self, origin_hash: str) -> bytes | None:
        """Return the last checkpoint cosigned for the log whose origin has this SHA-256; null when there is none."""
        known = {_hash_of(origin) for origin in self._logs}
        path = self.directory / origin_hash / "checkpoint"
        return path.read_bytes() if origin_hash in known and path.exists() else None

    def add_checkpoint(self, body: bytes) -> WitnessResponse:
        """Answer `POST add-checkpoint`, with every status of the specification."""
        try:
            request = parse_add_checkpoint(body)
            origin = checkpoint_of(parse_note(request.checkpoint)).origin
        except LogError as error:
            return WitnessResponse(BAD_REQUEST, f"{error}\n".encode())
        if origin not in self._logs:
            return WitnessResponse(NOT_FOUND, b"this witness does not know the log\n")
        try:
            checkpoint = open_checkpoint(request.checkpoint, keys=self._logs[origin]).checkpoint
        except LogError as error:
            return WitnessResponse(FORBIDDEN, f"{error}\n".encode())
        try:
            with locked(self._home(origin) / "lock", wait=True):
                return self._judge(request, checkpoint)
        except StateDamaged as error:
            return WitnessResponse(UNAVAILABLE, f"{error}\n".encode())

    def pull(self, source: FileSource, origin: str) -> bytes:
        """Fetch a log's checkpoint, check it against what was cosigned before, and return it cosigned.

        Raises:
            SplitView: it contradicts what was cosigned before.
            WentBack: it is older than that.
            StateDamaged: what was kept is not what this witness cosigned.
            LogError, MissingFile: it cannot be read, is not signed by the log, or its tiles do not lead to it.

        """
        note = self._offered(source)
        checkpoint = open_checkpoint(note, keys=self._logs.get(origin, [])).checkpoint
        with locked(self._home(origin) / "lock", wait=True):
            last = self._last(origin)
            if checkpoint.size < last.size:
                message = f"the log shows {checkpoint.size} entries, {last.size} were cosigned before"
                raise WentBack(message)
            proof = self._proof(source, last, checkpoint)
            answer = self._judge(AddCheckpoint(old_size=last.size, proof=proof, checkpoint=note), checkpoint)
        if answer.status != OK:
            raise SplitView(self._evidence(origin, checkpoint))
        return self.latest(_hash_of(origin)) or b""

    def _offered(self, source: FileSource) -> bytes:
        """Prefer the checkpoint that the log holds steady for its witnesses, so that they cosign the same one."""
        try:
            return source.read(OFFERED)
        except MissingFile:
            return source.read(CHECKPOINT)

    def _proof(self, source: FileSource, last: Checkpoint, checkpoint: Checkpoint) -> tuple[bytes, ...]:
        """Build the proof from the log's own tiles; they need not be trusted, since they must lead to both roots."""
        tree = TileHashes(
            size=checkpoint.size, read_tile=lambda level, index, width: source.read(Tile(level, index, width).path)
        )
        if checkpoint.size == last.size:
            return ()
        if root_at(checkpoint.size, read=tree) != checkpoint.root:
            raise ProofError("the tiles do not lead to the checkpoint")
        return tuple(consistency_proof(last.size, new_size=checkpoint.size, read=tree)) if last.size else ()

    def _judge(self, request: AddCheckpoint, checkpoint: Checkpoint) -> WitnessResponse:
        """Check against the last checkpoint, store the new one, and only then answer; the caller holds the lock."""
        last = self._last(checkpoint.origin)
        if request.old_size > checkpoint.size:
            return WitnessResponse(BAD_REQUEST, b"the old size is above the checkpoint's\n")
        contradicts = checkpoint.size == last.size and not hmac.compare_digest(checkpoint.root, last.root)
        if contradicts:
            self._keep_evidence(request.checkpoint, checkpoint)
        if request.old_size != last.size:
            return WitnessResponse(CONFLICT, f"{last.size}\n".encode(), SIZE_MEDIA_TYPE)
        try:
            _require_continued(last, checkpoint, request.proof)
        except ProofError as error:
            if not contradicts:
                self._keep_evidence(request.checkpoint, checkpoint)
            return WitnessResponse(UNPROCESSABLE, f"{error}\n".encode())
        line = cosign(checkpoint.text, key=self.key, timestamp=self._now())
        self._keep(checkpoint.origin, format_note(add_signatures(parse_note(request.checkpoint), signatures=[line])))
        return WitnessResponse(OK, line.line.encode())

    def _last(self, origin: str) -> Checkpoint:
        """Return what was cosigned last, by this witness's own signature on it; an empty log before that."""
        note = self.latest(_hash_of(origin))
        if note is None:
            return Checkpoint(origin=origin, size=0, root=EMPTY_ROOT)
        own = self.key.verifier_key
        try:
            signed = open_checkpoint(note, keys=(*self._logs[origin], own))
        except LogError as error:
            raise StateDamaged(self._home(origin) / "checkpoint") from error
        if signed.checkpoint.origin != origin or own not in {each.key for each in cosignatures_of(signed.opened)}:
            raise StateDamaged(self._home(origin) / "checkpoint")
        return signed.checkpoint

    def _keep(self, origin: str, note: bytes) -> None:
        home = self._home(origin)
        replace_file(home / "checkpoint", note, incoming=home, at=self._at, name="witness")
        flush_directory(home)
        self._at("witness:kept")

    def _home(self, origin: str) -> Path:
        home = self.directory / _hash_of(origin)
        home.mkdir(mode=0o700, exist_ok=True)
        return home

    def _evidence(self, origin: str, checkpoint: Checkpoint) -> Path:
        name = sha256(checkpoint.text.encode()).hexdigest()[:16]
        return self._home(origin) / "evidence" / f"{checkpoint.size}-{name}.txt"

    def _keep_evidence(self, note: bytes, checkpoint: Checkpoint) -> None:
        """Keep the two checkpoints, each as it was signed; both verify by themselves with the log's key."""
        path = self._evidence(checkpoint.origin, checkpoint)
        path.parent.mkdir(exist_ok=True)
        before = self.latest(_hash_of(checkpoint.origin)) or b"(none before)\n"
        content = b"cosigned before:\n\n" + before + b"\n----\n\nshown at %d:\n\n" % self._now() + note
        replace_file(path, content, incoming=path.parent, name="evidence")
        flush_directory(path.parent)


def _require_continued(last: Checkpoint, checkpoint: Checkpoint, proof: tuple[bytes, ...]) -> None:
    """Raise `ProofError` unless the checkpoint is shown to continue the last one."""
    if last.size == 0:
        if proof or (checkpoint.size == 0 and checkpoint.root != EMPTY_ROOT):
            raise ProofError("before the first checkpoint there is nothing to prove")
        return
    verify_consistency(
        proof, old_size=last.size, new_size=checkpoint.size, old_root=last.root, new_root=checkpoint.root
    )


def _hash_of(origin: str) -> str:
    return sha256(origin.encode()).hexdigest()
