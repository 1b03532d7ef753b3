"""Tile names, widths and contents are those of C2SP tlog-tiles and of Go's sumdb."""

import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sandbox_registry.transparency.errors import LogError, TileError
from sandbox_registry.transparency.merkle import hash_leaf, root_of
from sandbox_registry.transparency.tiles import (
    Bundle,
    Tile,
    bundles_of,
    decode_bundle,
    decode_tile,
    encode_bundle,
    grow_tiles,
    new_bundles,
    new_tiles,
    parse_path,
    tiles_of,
    width_in,
)

VECTORS = Path(__file__).parent / "vectors"
C2SP = json.loads((VECTORS / "c2sp-examples.json").read_text())
SUMDB = json.loads((VECTORS / "golang-sumdb-tlog.json").read_text())["tile_paths_height_h"]


def wanted_tiles(size: int) -> set[Tile]:
    """The tiles of a tree as the specification words it, one hash at a time."""
    widths: dict[tuple[int, int], int] = {}
    for level in range(8):
        for index in range(size // 256**level):
            widths[level, index // 256] = widths.get((level, index // 256), 0) + 1
    return {Tile(level, index, width) for (level, index), width in widths.items()}


@pytest.mark.parametrize("example", C2SP["tile_path_examples"], ids=lambda example: example["enc"])
def test_path_c2sp_example(example: dict[str, object]) -> None:
    assert isinstance(example["n"], int)
    assert Tile(3, example["n"]).path == f"tile/3/{example['enc']}"
    assert parse_path(f"tile/3/{example['enc']}.p/17") == Tile(3, example["n"], 17)
    assert parse_path(f"tile/entries/{example['enc']}") == Bundle(example["n"])


@pytest.mark.parametrize("row", SUMDB["valid"], ids=lambda row: row[0])
def test_path_sumdb_valid(row: tuple[str, int, int, int, int]) -> None:
    path, height, level, index, width = row
    name = path.replace(f"tile/{height}/", "tile/", 1).replace("/data/", "/entries/")
    width = 256 if width == 1 << height else width
    place = Bundle(index, width) if level < 0 else Tile(level, index, width)
    assert (parse_path(name), place.path) == (place, name)


@pytest.mark.parametrize("path", SUMDB["invalid"])
def test_path_sumdb_invalid(path: str) -> None:
    with pytest.raises(TileError):
        parse_path(path.replace("tile/3/", "tile/", 1))


@pytest.mark.parametrize(
    "path",
    [
        "",
        "tile/0/",
        "tile/0/0",
        "tile/0/00",
        "tile/0/0000",
        "tile/00/000",
        "tile/-1/000",
        "tile/64/000",
        "tile/0/x000/001",
        "tile/0/x001",
        "tile/0/001/002",
        "tile/0/000.p/0",
        "tile/0/000.p/01",
        "tile/0/000.p/256",
        "tile/0/000.p/",
        "tile/0/000.p/1/",
        "tile/0/000\n",
        "/tile/0/000",
        "tile/data/000",
        "tile/٣/000",
        "tile/0/x999/x999/x999/x999/x999/x999/999",
        "tile/0/../000",
    ],
)
def test_path_refused(path: str) -> None:
    with pytest.raises(TileError):
        parse_path(path)


@settings(deadline=None)
@given(st.integers(0, 63), st.integers(0, 2**63 - 1), st.integers(1, 256))
def test_path_round_trip(level: int, index: int, width: int) -> None:
    for place in (Tile(level, index, width), Bundle(index, width)):
        assert parse_path(place.path) == place


@pytest.mark.parametrize("place", [(64, 0, 1), (-1, 0, 1), (0, -1, 1), (0, 2**63, 1), (0, 0, 0), (0, 0, 257)])
def test_tile_impossible(place: tuple[int, int, int]) -> None:
    with pytest.raises(TileError):
        Tile(*place)


def test_tiles_of_70000() -> None:
    tiles = list(tiles_of(70_000))
    assert len(tiles) == 273 + 1 + 1 + 1 + 1
    assert tiles[272:] == [Tile(0, 272), Tile(0, 273, 112), Tile(1, 0), Tile(1, 1, 17), Tile(2, 0, 1)]


def test_tiles_of_256() -> None:
    assert list(tiles_of(256)) == [Tile(0, 0), Tile(1, 0, 1)]
    assert list(bundles_of(256)) == [Bundle(0)]


@pytest.mark.parametrize("size", [0, 1, 255, 256, 257, 511, 512, 65_535, 65_536, 65_537, 65_792])
def test_tiles_of_any_size(size: int) -> None:
    tiles = list(tiles_of(size))
    assert set(tiles) == wanted_tiles(size)
    assert len(tiles) == len(set(tiles))
    assert all(width_in(tile.level, tile.index, size=size) == tile.width for tile in tiles)


@settings(deadline=None)
@given(st.integers(0, 140_000), st.integers(0, 70_000))
def test_new_tiles_are_the_difference(old_size: int, added: int) -> None:
    new_size = old_size + added
    assert set(new_tiles(old_size, new_size)) == set(tiles_of(new_size)) - set(tiles_of(old_size))
    assert set(new_bundles(old_size, new_size)) == set(bundles_of(new_size)) - set(bundles_of(old_size))


@pytest.mark.parametrize(("old_size", "new_size"), [(-1, 5), (6, 5), (0, 2**63)])
def test_new_tiles_no_growth(old_size: int, new_size: int) -> None:
    for listed in (new_tiles(old_size, new_size), new_bundles(old_size, new_size)):
        with pytest.raises(TileError):
            next(listed)


@pytest.mark.parametrize(("level", "index"), [(0, 2), (1, 1), (0, -1), (-1, 0), (64, 0)])
def test_width_in_no_such_tile(level: int, index: int) -> None:
    with pytest.raises(TileError):
        width_in(level, index, size=300)


def publish(store: dict[str, bytes], leaves: list[bytes], *, old_size: int) -> None:
    """Grow a store of tiles, refusing to rewrite one."""
    grown = list(grow_tiles(leaves, old_size=old_size, read_tile=lambda *place: store[Tile(*place).path]))
    assert [tile for tile, _ in grown] == list(new_tiles(old_size, old_size + len(leaves)))
    for tile, content in grown:
        assert store.setdefault(tile.path, content) == content


@settings(deadline=None)
@given(st.lists(st.integers(1, 700), min_size=1, max_size=8))
def test_grow_tiles_in_any_steps(steps: list[int]) -> None:
    leaves = [hash_leaf(b"%d" % index) for index in range(sum(steps))]
    store: dict[str, bytes] = {}
    size = 0
    for step in steps:
        publish(store, leaves[size : size + step], old_size=size)
        size += step
        for tile in tiles_of(size):
            span = 256**tile.level
            starts = range(tile.index * 256 * span, (tile.index * 256 + tile.width) * span, span)
            assert store[tile.path] == b"".join(root_of(leaves[start : start + span]) for start in starts)


def test_grow_tiles_two_levels_up() -> None:
    leaves = [hash_leaf(b"%d" % index) for index in range(65_536 + 300)]
    store: dict[str, bytes] = {}
    publish(store, leaves[:65_535], old_size=0)
    publish(store, leaves[65_535:], old_size=65_535)
    assert store["tile/2/000.p/1"] == root_of(leaves[:65_536])


def test_grow_tiles_bad_edge() -> None:
    with pytest.raises(TileError):
        list(grow_tiles([hash_leaf(b"")], old_size=5, read_tile=lambda *_: b""))
    with pytest.raises(LogError):
        list(grow_tiles([b"short"], old_size=0, read_tile=lambda *_: b""))


@settings(deadline=None)
@given(st.lists(st.binary(max_size=300), min_size=1, max_size=256))
def test_bundle_round_trip(entries: list[bytes]) -> None:
    data = encode_bundle(entries)
    assert decode_bundle(data, width=len(entries)) == entries
    for wrong in (data[:-1], data + b"\x00", data + b"\x00\x00", b"\x00" + data, b""):
        with pytest.raises(TileError):
            decode_bundle(wrong, width=len(entries))


@settings(deadline=None)
@given(st.binary(max_size=600), st.integers(-1, 257))
def test_bundle_any_bytes(data: bytes, width: int) -> None:
    try:
        entries = decode_bundle(data, width=width)
    except TileError:
        return
    assert encode_bundle(entries) == data


def test_bundle_limits() -> None:
    longest = b"\xff" * 65_535
    assert decode_bundle(encode_bundle([longest]), width=1) == [longest]
    for entries in ([longest + b"\xff"], [], [b""] * 257):
        with pytest.raises(TileError):
            encode_bundle(entries)


@settings(deadline=None)
@given(st.lists(st.binary(min_size=32, max_size=32), min_size=1, max_size=256))
def test_tile_round_trip(hashes: list[bytes]) -> None:
    data = b"".join(hashes)
    assert decode_tile(data, width=len(hashes)) == hashes
    for wrong in (data[:-1], data + b"\x00", data[32:], b""):
        with pytest.raises(TileError):
            decode_tile(wrong, width=len(hashes))
