"""Kills at every point between a commit and a published checkpoint: never two roots for one size (F7)."""

import itertools
import os
import random
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from sandbox_registry.runtime.shipped import shipped
from sandbox_registry.transparency.checkpoints import checkpoint_of, open_checkpoint
from sandbox_registry.transparency.errors import LogError
from sandbox_registry.transparency.merkle import hash_leaf, root_of
from sandbox_registry.transparency.notes import parse_note
from sandbox_registry.transparency.tiles import bundles_of, decode_bundle, tiles_of
from tests.faults.signer_program import DONE, REFUSED
from tests.support.ledger import Ledger, new_ledger

POINTS = [
    "checked",
    "state:written",
    "state:synced",
    "state:renamed",
    "state:kept",
    "signed",
    "tile:written",
    "tile:synced",
    "tile:renamed",
    "tiles:kept",
    "checkpoint:written",
    "checkpoint:synced",
    "checkpoint:renamed",
    "checkpoint:kept",
]
TIMES = 20
KILLED = -signal.SIGKILL


@pytest.fixture
async def ledger(database_url: str, owner: AsyncEngine, tmp_path: Path) -> AsyncIterator[Ledger]:
    async with new_ledger(database_url, owner, tmp_path) as made:
        yield made


@dataclass
class Program:
    """The signer as another process, and everything it was ever seen to have signed."""

    process: "subprocess.Popen[str]"
    ledger: Ledger
    roots: dict[int, bytes] = field(default_factory=dict)

    def run(self, point: str = "none", *, skip: int = 0) -> int:
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(f"{point} {skip} {self.ledger.files.directory.parent}\n")
        self.process.stdin.flush()
        code = int(self.process.stdout.readline())
        self.look()
        return code

    def look(self) -> None:
        """Read every file there is, unfinished ones too: whatever was signed has one root for its size."""
        for root, _, names in itertools.chain(os.walk(self.ledger.folder.root), os.walk(self.ledger.files.directory)):
            for name in names:
                content = (Path(root) / name).read_bytes()
                try:
                    found = checkpoint_of(parse_note(content))
                except LogError:
                    continue
                open_checkpoint(content, keys=[self.ledger.signer().key.verifier_key])
                assert self.roots.setdefault(found.size, found.root) == found.root, f"two roots for {found.size}"

    def published_is_whole(self) -> bool:
        """Hash what the folder holds, from the entries up."""
        note = self.ledger.folder.checkpoint()
        if note is None:
            return True
        checkpoint = checkpoint_of(parse_note(note))
        read = self.ledger.folder.read
        entries = [
            entry
            for bundle in bundles_of(checkpoint.size)
            for entry in decode_bundle(read(bundle.path), width=bundle.width)
        ]
        return root_of(map(hash_leaf, entries)) == checkpoint.root and all(
            read(tile.path) for tile in tiles_of(checkpoint.size)
        )


@pytest.fixture(scope="module")
def process(database_url: str) -> "Iterator[subprocess.Popen[str]]":
    root = shipped("alembic").parent
    command = [sys.executable, str(root / "tests/faults/signer_program.py"), database_url]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env={**os.environ, "PYTHONPATH": str(root)}
    ) as started:
        yield started
        assert started.stdin is not None
        started.stdin.close()
        assert started.wait() == 0


@pytest.fixture
def program(process: "subprocess.Popen[str]", ledger: Ledger) -> Program:
    return Program(process, ledger)


@pytest.mark.parametrize("point", POINTS)
async def test_kills_at_a_point_never_give_two_roots(ledger: Ledger, program: Program, point: str) -> None:
    chance = random.Random(point)  # noqa: S311 - Repeatable, not secret.
    decided = 0
    for time in range(TIMES):
        await ledger.append(chance.choice([1, 2, 60]), words=f"{time}")
        decided = ledger.files.state().size
        code = program.run(point, skip=chance.randrange(2) if point.startswith("tile:") else 0)
        assert code in ({KILLED, DONE} if point.startswith("tile:") else {KILLED})
        assert program.published_is_whole()
        if time % 4 == 0:
            last = await ledger.replace_last(b"another leaf in place of the last")
            is_decided = ledger.files.state().size == (await ledger.reader.head()).size
            expected = REFUSED if is_decided else DONE
            assert program.run() == expected
            if expected == REFUSED:
                await ledger.replace_last(last)
        if time % 2:
            # The other rounds leave it to the next, which is killed while it recovers.
            continue
        assert program.run() == DONE
        assert ledger.files.state().size == (await ledger.reader.head()).size > decided
        assert program.published_is_whole()
    assert len(program.roots) >= TIMES // 2


async def test_every_point_named_here_is_one_the_signer_passes(ledger: Ledger) -> None:
    passed: list[str] = []
    await ledger.append(3)
    ledger.folder._at = passed.append  # noqa: SLF001 - The hook under test.
    await ledger.signer(at=passed.append).publish()
    assert set(passed) == set(POINTS)
