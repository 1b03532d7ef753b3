"""The signer on a real database: what it publishes, and what it refuses to sign."""

import asyncio
import contextlib
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from structlog.testing import capture_logs

from sandbox_registry.auditlog.publishing.folder import FolderDiffers, LogFolder
from sandbox_registry.auditlog.publishing.signing import Refused, SignerFiles
from sandbox_registry.auditlog.publishing.signing_loop import keep_signing
from sandbox_registry.runtime.files import Busy
from sandbox_registry.transparency.checkpoints import Checkpoint, open_checkpoint
from sandbox_registry.transparency.merkle import hash_leaf, root_of
from sandbox_registry.transparency.tiles import bundles_of, decode_bundle, tiles_of
from tests.support.ledger import ORIGIN, Ledger


def published(ledger: Ledger) -> Checkpoint:
    note = ledger.folder.checkpoint()
    assert note is not None
    return open_checkpoint(note, keys=[ledger.signer().key.verifier_key]).checkpoint


def entries_in(folder: LogFolder, size: int) -> list[bytes]:
    return [
        entry for bundle in bundles_of(size) for entry in decode_bundle(folder.read(bundle.path), width=bundle.width)
    ]


async def test_every_published_size_can_be_read_from_the_folder(ledger: Ledger) -> None:
    signer = ledger.signer()
    sizes = []
    for count in (1, 2, 253, 1, 300):
        await ledger.append(count, words=f"after {count}")
        sizes.append((await signer.publish()).size)
    entries = await ledger.entries()
    assert sizes == [1, 3, 256, 257, 557]
    assert published(ledger) == Checkpoint(origin=ORIGIN, size=557, root=root_of(map(hash_leaf, entries)))
    for size in sizes:
        assert entries_in(ledger.folder, size) == entries[:size]
        assert all(ledger.folder.read(tile.path) for tile in tiles_of(size))


async def test_nothing_new_changes_no_file(ledger: Ledger) -> None:
    await ledger.append(3)
    await ledger.signer().publish()
    before = {path: path.stat().st_mtime_ns for path in ledger.folder.root.rglob("*") if path.is_file()}
    assert (await ledger.signer().publish()).size == 3
    assert {path: path.stat().st_mtime_ns for path in ledger.folder.root.rglob("*") if path.is_file()} == before


async def test_an_empty_log_publishes_nothing(ledger: Ledger) -> None:
    assert (await ledger.signer().publish()).size == 0
    assert ledger.folder.checkpoint() is None


async def test_a_lost_folder_is_rebuilt_to_the_same_checkpoint(ledger: Ledger, tmp_path: Path) -> None:
    await ledger.append(300)
    await ledger.signer().publish()
    note = ledger.folder.checkpoint()
    ledger.folder = LogFolder(tmp_path / "another")
    await ledger.signer().publish()
    assert ledger.folder.checkpoint() == note


@pytest.mark.parametrize(
    ("statement", "message", "index"),
    [
        ("UPDATE audit_leaves SET entry = 'x' WHERE index = 301", "not that of its entry", 301),
        (
            "UPDATE audit_leaves SET entry = 'x', leaf_hash = sha256('\\x0078') WHERE index = 301",
            "is not that of its 310 leaves",
            None,
        ),
        ("DELETE FROM audit_leaves WHERE index = 305", "leaf 305 is missing", 305),
        ("UPDATE log_head SET size = 200, hashes = (SELECT hashes[1:3] FROM log_head)", "back in time", 200),
        (
            "UPDATE log_head SET hashes = hashes[2:5] || hashes[1]",
            "the head kept in the database",
            None,
        ),
        (
            "UPDATE audit_leaves SET entry = 'x', leaf_hash = sha256('\\x0078') WHERE index = 299",
            "leaf 299 changed",
            299,
        ),
        ("UPDATE audit_leaves SET entry = 'x', leaf_hash = sha256('\\x0078') WHERE index = 7", "leaf 7 changed", 7),
        ("UPDATE audit_leaves SET entry = 'x' WHERE index = 7", "not that of its entry", 7),
    ],
)
async def test_a_changed_database_is_refused_and_nothing_is_signed(
    ledger: Ledger, statement: str, message: str, index: int | None
) -> None:
    await ledger.append(300)
    await ledger.signer().publish()
    note, state = ledger.folder.checkpoint(), ledger.files.state()
    await ledger.append(10, words="later")
    await ledger.forge(statement)
    with pytest.raises(Refused, match=message) as caught:
        await ledger.signer().publish()
    assert caught.value.index == index
    assert (ledger.folder.checkpoint(), ledger.files.state()) == (note, state)


async def test_a_restored_older_backup_is_refused_however_it_grows(ledger: Ledger) -> None:
    await ledger.append(20)
    entries = await ledger.entries()
    await ledger.signer().publish()
    for other in (entries[:10], entries[:10] + [b"other"] * 10, entries[:10] + [b"other"] * 40):
        await ledger.rewrite(other)
        with pytest.raises(Refused):
            await ledger.signer().publish()
    await ledger.rewrite([*entries, b"next"])
    assert (await ledger.signer().publish()).size == 21


async def test_a_running_signer_notices_another_tree_of_the_same_size(ledger: Ledger) -> None:
    await ledger.append(20)
    signer = ledger.signer()
    await signer.publish()
    await ledger.rewrite([b"other"] * 20)
    with pytest.raises(Refused, match="another tree of 20"):
        await signer.publish()


CHANGE = "UPDATE audit_leaves SET entry = 'x', leaf_hash = sha256('\\x0078') WHERE index = %s"
UNDO = "UPDATE audit_leaves SET entry = %s, leaf_hash = %s WHERE index = %s"


async def test_a_running_signer_looks_again_at_old_leaves_in_turn(ledger: Ledger) -> None:
    await ledger.append(600)
    entries = await ledger.entries()
    signer = ledger.signer()
    await signer.publish()
    for _ in range(4):  # Three windows, then the first again.
        await signer.look_again(window=256)
    await ledger.forge(CHANGE, 300)
    await signer.publish()
    with pytest.raises(Refused, match="leaf 300 changed") as caught:
        await signer.look_again(window=256)
    assert caught.value.index == 300
    await ledger.append(1)
    with pytest.raises(Refused, match="leaf 300 changed"):
        await signer.publish()
    await ledger.forge(UNDO, entries[300], hash_leaf(entries[300]), 300)
    assert (await signer.publish()).size == 601
    for _ in range(3):
        await signer.look_again(window=256)


async def test_a_log_that_grew_within_a_tile_is_looked_at_again_whole(ledger: Ledger) -> None:
    signer = ledger.signer()
    for words in ("one", "two", "three"):
        await ledger.append(170, words=words)
        await signer.publish()
        await signer.look_again()
    await ledger.forge(CHANGE, 450)
    with pytest.raises(Refused, match="leaf 450 changed"):
        await signer.look_again()


async def test_a_damaged_checkpoint_is_a_refusal_when_looking_again_too(ledger: Ledger) -> None:
    await ledger.append(3)
    signer = ledger.signer()
    await signer.publish()
    (ledger.folder.root / "checkpoint").write_bytes(b"not a note")
    with pytest.raises(Refused, match="does not fit"):
        await signer.look_again()


async def test_before_anything_is_published_there_is_nothing_to_look_at_again(ledger: Ledger) -> None:
    await ledger.append(3)
    await ledger.signer().look_again()


async def test_the_loop_stops_signing_when_an_old_leaf_changed(ledger: Ledger) -> None:
    await ledger.append(5)
    sizes: list[int] = []
    loop = asyncio.create_task(
        keep_signing(
            ledger.signer(),
            wake=asyncio.Event(),
            pause=0.02,
            look=0.01,
            again=0.01,
            after=lambda checkpoint: sizes.append(checkpoint.size),
        )
    )
    while not sizes:  # noqa: ASYNC110 - The loop under test has no other sign.
        await asyncio.sleep(0.01)
    with capture_logs() as said:
        await ledger.forge(CHANGE, 2)
        while not any(line["event"] == "log.refused" for line in said):  # noqa: ASYNC110 - As above.
            await asyncio.sleep(0.01)
    await ledger.append(1)
    await asyncio.sleep(0.2)
    loop.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await loop
    assert (sizes, published(ledger).size) == ([5], 5)


async def test_a_lost_or_older_memory_of_the_signer_is_refused(ledger: Ledger) -> None:
    await ledger.append(5)
    await ledger.signer().publish()
    older = ledger.files.state_path.read_bytes()
    await ledger.append(5)
    await ledger.signer().publish()
    ledger.files.state_path.write_bytes(older)
    with pytest.raises(Refused, match="memory went back"):
        await ledger.signer().publish()
    ledger.files.state_path.unlink()
    with pytest.raises(Refused, match=r"memory .* cannot be read"):
        await ledger.signer().publish()


async def test_a_damaged_tile_is_refused(ledger: Ledger) -> None:
    await ledger.append(300)
    await ledger.signer().publish()
    path = ledger.folder.root / "tile/0/001.p/44"
    path.write_bytes(bytes(len(path.read_bytes())))
    await ledger.append(1)
    with pytest.raises(Refused):
        await ledger.signer().publish()


async def test_the_folder_of_another_key_is_refused(ledger: Ledger, tmp_path: Path) -> None:
    await ledger.append(5)
    await ledger.signer().publish()
    ledger.files = SignerFiles(directory=tmp_path / "other")
    ledger.files.make(name=ORIGIN)
    with pytest.raises(Refused):
        await ledger.signer().publish()


async def test_only_one_signer_at_a_time(ledger: Ledger) -> None:
    with ledger.signer().holding(), pytest.raises(Busy), ledger.signer().holding():
        pass


async def test_the_loop_publishes_by_itself_and_waits_out_a_refusal(ledger: Ledger) -> None:
    wake = asyncio.Event()
    sizes: list[int] = []
    loop = asyncio.create_task(
        keep_signing(
            ledger.signer(), wake=wake, pause=0.02, look=0.01, after=lambda checkpoint: sizes.append(checkpoint.size)
        )
    )

    async def until(size: int) -> None:
        while size not in sizes:  # noqa: ASYNC110 - The loop under test has no other sign.
            await asyncio.sleep(0.01)

    await ledger.append(2)
    await until(2)
    entries = await ledger.entries()
    await ledger.rewrite(entries[:1])
    await asyncio.sleep(0.1)
    await ledger.rewrite([*entries, b"next"])
    wake.set()
    await until(3)
    loop.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await loop
    assert published(ledger).size == 3


def test_immutable_files_are_never_rewritten(tmp_path: Path) -> None:
    folder = LogFolder(tmp_path)
    folder.add([("tile/0/000.p/1", b"one")])
    folder.add([("tile/0/000.p/1", b"one")])
    with pytest.raises(FolderDiffers):
        folder.add([("tile/0/000.p/1", b"two")])
    assert folder.read("tile/0/000.p/1") == b"one"


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.integers(1, 300), min_size=1, max_size=5))
async def test_any_growth_gives_the_tree_of_its_entries(
    ledger: Ledger, tmp_path_factory: pytest.TempPathFactory, counts: list[int]
) -> None:
    await ledger.rewrite([])
    directory = tmp_path_factory.mktemp("grown")
    ledger.files = SignerFiles(directory=directory / "signer")
    ledger.files.make(name=ORIGIN)
    ledger.folder = LogFolder(directory / "log")
    signer = ledger.signer()
    entries: list[bytes] = []
    for count in counts:
        entries += [b"%d" % number for number in range(count)]
        await ledger.rewrite(entries)
        assert (await signer.publish()).root == root_of(map(hash_leaf, entries))
    assert entries_in(ledger.folder, len(entries)) == entries
