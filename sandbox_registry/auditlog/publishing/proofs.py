"""Proof files for single leaves, from the published folder alone: the database is not asked."""

from dataclasses import dataclass, field

from sandbox_registry.auditlog.publishing.folder import LogFolder
from sandbox_registry.runtime.files import MissingFile
from sandbox_registry.transparency.checkpoints import CHECKPOINT, COSIGNED, checkpoint_of
from sandbox_registry.transparency.errors import LogError
from sandbox_registry.transparency.notes import parse_note
from sandbox_registry.transparency.proofs import inclusion_proof
from sandbox_registry.transparency.tile_hashes import TileCache, TileHashes
from sandbox_registry.transparency.tlog_proofs import TlogProof

CACHED_TILES = 512


def size_of(note: bytes) -> int:
    """Return how many leaves a checkpoint covers."""
    return checkpoint_of(parse_note(note)).size


def cosigned_note(folder: LogFolder) -> bytes | None:
    """Read the newest checkpoint that satisfied the witness policy; null where there is none, or a damaged one."""
    try:
        note = folder.read(COSIGNED)
        size_of(note)
    except (LogError, MissingFile):
        return None
    return note


def newest_note(folder: LogFolder, *, covering: int | None = None) -> bytes:
    """Choose the checkpoint of a bundle or proof: one that the witnesses cosigned, unless it does not cover what is wanted.

    Without `covering`, everything that is published is wanted.

    Raises:
        MissingFile: nothing is published yet.

    """
    newest, cosigned = folder.read(CHECKPOINT), cosigned_note(folder)
    wanted = size_of(newest) if covering is None else covering
    return newest if cosigned is None or size_of(cosigned) < wanted else cosigned


@dataclass(slots=True)
class Prover:
    """Makes proofs under the published checkpoint, keeping the tiles used last; for one thread at a time."""

    folder: LogFolder
    cache: TileCache = field(default_factory=lambda: TileCache(capacity=CACHED_TILES))

    def prove(self, index: int, *, checkpoint: bytes | None = None) -> TlogProof:
        """Prove that leaf `index` is in the log: under the newest cosigned checkpoint if it covers it, or under another.

        Raises:
            MissingFile: nothing is published yet, or a tile is gone.
            LogError: the checkpoint does not cover this leaf (yet).

        """
        note = checkpoint or newest_note(self.folder, covering=index + 1)
        try:
            return self._prove(index, note)
        except MissingFile:
            # A folder that was rebuilt has the partial tiles of its newest checkpoint only.
            newest = self.folder.read(CHECKPOINT)
            if checkpoint is not None or newest == note:
                raise
            return self._prove(index, newest)

    def _prove(self, index: int, note: bytes) -> TlogProof:
        size = size_of(note)
        tree = TileHashes(size=size, read_tile=self.folder.read_tile, cache=self.cache)
        hashes = inclusion_proof(index, size=size, read=tree)
        return TlogProof(index=index, hashes=tuple(hashes), checkpoint=note)
