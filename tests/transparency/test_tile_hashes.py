"""Node hashes read from tiles equal those of the plain tree, and the cache forgets."""

from functools import cache

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sandbox_registry.transparency.errors import TileError
from sandbox_registry.transparency.merkle import hash_leaf
from sandbox_registry.transparency.proofs import consistency_proof, inclusion_proof, root_at
from sandbox_registry.transparency.tile_hashes import TileCache, TileHashes
from sandbox_registry.transparency.tiles import grow_tiles
from tests.support.transparency import list_reader

SIZE = 66_000
LEAVES = [hash_leaf(b"%d" % index) for index in range(SIZE)]
READ = cache(list_reader(LEAVES))
WIDEST = {
    (tile.level, tile.index): content for tile, content in grow_tiles(LEAVES, old_size=0, read_tile=lambda *_: b"")
}
SIZES = st.one_of(st.integers(1, 600), st.integers(1, SIZE))
CACHE = TileCache(capacity=3)


def read_tile(level: int, index: int, width: int) -> bytes:
    """Serve any width: what a partial tile held is the start of what the wider tile holds."""
    return WIDEST[level, index][: 32 * width]


@settings(deadline=None)
@given(SIZES, st.data())
def test_proofs_from_tiles(size: int, data: st.DataObject) -> None:
    index = data.draw(st.integers(0, size - 1))
    tiles = TileHashes(size=size, read_tile=read_tile, cache=CACHE)
    assert root_at(size, read=tiles) == root_at(size, read=READ)
    assert inclusion_proof(index, size=size, read=tiles) == inclusion_proof(index, size=size, read=READ)
    assert consistency_proof(index + 1, new_size=size, read=tiles) == consistency_proof(
        index + 1, new_size=size, read=READ
    )


def test_cache_reads_each_tile_once_while_it_is_kept() -> None:
    asked: list[tuple[int, int, int]] = []

    def counting(level: int, index: int, width: int) -> bytes:
        asked.append((level, index, width))
        return read_tile(level, index, width)

    tiles = TileHashes(size=1000, read_tile=counting, cache=TileCache(capacity=2))
    for index in (0, 300, 255, 300, 999, 0):
        assert tiles(0, index) == LEAVES[index]
    assert asked == [(0, 0, 256), (0, 1, 256), (0, 3, 232), (0, 0, 256)]
    assert len(tiles.cache.tiles) == 2


@pytest.mark.parametrize(("level", "index"), [(0, 1000), (9, 1), (10, 0), (-1, 0), (0, -1), (64, 0), (10**9, 0)])
def test_node_beyond_the_tree(level: int, index: int) -> None:
    with pytest.raises(TileError):
        TileHashes(size=1000, read_tile=read_tile)(level, index)


@pytest.mark.parametrize("content", [b"", b"\x00" * 8191, b"\x00" * 8193])
def test_tile_of_wrong_length(content: bytes) -> None:
    with pytest.raises(TileError):
        TileHashes(size=1000, read_tile=lambda *_: content)(0, 0)


def test_limits_of_cache_and_tree() -> None:
    with pytest.raises(TileError):
        TileCache(capacity=0)
    for size in (-1, 2**63):
        with pytest.raises(TileError):
            TileHashes(size=size, read_tile=read_tile)
