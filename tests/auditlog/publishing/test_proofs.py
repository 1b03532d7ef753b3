"""A proof leads to the newest checkpoint that witnesses cosigned, and to a newer one only where that covers too little."""

from pathlib import Path

import pytest

from sandbox_registry.auditlog.publishing.folder import LogFolder
from sandbox_registry.auditlog.publishing.proofs import Prover, newest_note
from sandbox_registry.runtime.files import MissingFile
from sandbox_registry.transparency.checkpoints import CHECKPOINT, COSIGNED, Checkpoint, sign_checkpoint
from sandbox_registry.transparency.errors import LogError
from sandbox_registry.transparency.merkle import hash_leaf, root_of
from sandbox_registry.transparency.proofs import verify_inclusion
from tests.support.published_logs import KEY, entries_of, put, write_log

LEAVES = [hash_leaf(entry) for entry in entries_of(700)]


def checkpoint_of_size(size: int) -> bytes:
    return sign_checkpoint(Checkpoint(origin=KEY.name, size=size, root=root_of(LEAVES[:size])), key=KEY)


@pytest.fixture
def folder(tmp_path: Path) -> LogFolder:
    write_log(tmp_path / "log", entries_of(600))
    folder = write_log(tmp_path / "log", entries_of(700))
    put(folder.root / COSIGNED, checkpoint_of_size(600))
    return folder


def test_a_proof_leads_to_what_was_cosigned_where_that_covers_the_leaf(folder: LogFolder) -> None:
    for index, size in ((0, 600), (599, 600), (600, 700), (699, 700)):
        proof = Prover(folder).prove(index)
        assert proof.checkpoint == checkpoint_of_size(size)
        root = root_of(LEAVES[:size])
        verify_inclusion(proof.hashes, index=index, size=size, leaf_hash=LEAVES[index], root=root)
    with pytest.raises(LogError):
        Prover(folder).prove(700)


def test_where_the_tiles_of_the_cosigned_checkpoint_are_gone_the_newest_is_taken(folder: LogFolder) -> None:
    """As after a folder was rebuilt, which has the partial tiles of the newest checkpoint only."""
    for path in (folder.root / "tile/0").rglob("88"):
        path.unlink()
    assert Prover(folder).prove(0).checkpoint == checkpoint_of_size(700)
    with pytest.raises(MissingFile):
        Prover(folder).prove(0, checkpoint=checkpoint_of_size(600))


def test_without_a_cosigned_checkpoint_or_with_a_damaged_one_the_newest_is_taken(folder: LogFolder) -> None:
    assert newest_note(folder) == checkpoint_of_size(700)
    assert newest_note(folder, covering=600) == checkpoint_of_size(600)
    put(folder.root / COSIGNED, b"damaged")
    assert newest_note(folder, covering=1) == checkpoint_of_size(700)
    (folder.root / COSIGNED).unlink()
    assert newest_note(folder, covering=1) == checkpoint_of_size(700)
    (folder.root / CHECKPOINT).unlink()
    with pytest.raises(MissingFile):
        newest_note(folder)
