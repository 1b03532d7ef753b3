"""Proof files for single leaves, from the published folder alone: the database is not asked."""

from dataclasses import dataclass, field

from sandbox_registry.auditlog.publishing.folder import LogFolder
from sandbox_registry.runtime.files import MissingFile
from sandbox_registry.transparency.checkpoints import checkpoint_of
from sandbox_registry.transparency.notes import parse_note
from sandbox_registry.transparency.proofs import inclusion_proof
from sandbox_registry.transparency.tile_hashes import TileCache, TileHashes
from sandbox_registry.transparency.tlog_proofs import TlogProof

CACHED_TILES = 512


@dataclass(slots=True)
class Prover:
    """Makes proofs under the published checkpoint, keeping the tiles used last; for one thread at a time."""

    folder: LogFolder
    cache: TileCache = field(default_factory=lambda: TileCache(capacity=CACHED_TILES))

    def prove(self, index: int, *, checkpoint: bytes | None = None) -> TlogProof:
        """Prove that leaf `index` is in the log, under the published checkpoint or another of this log.

        Raises:
            MissingFile: nothing is published yet, or a tile is gone.
            LogError: the checkpoint does not cover this leaf (yet).

        """
        note = checkpoint or self.folder.checkpoint()
        if note is None:
            raise MissingFile("checkpoint")
        size = checkpoint_of(parse_note(note)).size
        tree = TileHashes(size=size, read_tile=self.folder.read_tile, cache=self.cache)
        hashes = inclusion_proof(index, size=size, read=tree)
        return TlogProof(index=index, hashes=tuple(hashes), checkpoint=note)
