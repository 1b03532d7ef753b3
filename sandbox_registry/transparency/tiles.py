"""Tiles of height 8 and entry bundles (C2SP tlog-tiles): names, widths, contents, and what growth adds.

A tile at level ``l`` holds up to 256 consecutive hashes of tree level ``8 * l``; a bundle holds up to 256 entries.
A width below 256 is partial: it names a right edge of the tree at one published size.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from sandbox_registry.transparency.errors import TileError
from sandbox_registry.transparency.merkle import HASH_SIZE, MAX_TREE_SIZE, require_hash, root_of

TILE_HEIGHT: Final = 8
TILE_WIDTH: Final = 256
MAX_LEVEL: Final = 63
MAX_ENTRY_SIZE: Final = 0xFFFF

TileReader = Callable[[int, int, int], bytes]
"""``read_tile(level, index, width)`` answers with the bytes of one tile."""

PATH: Final = re.compile(
    r"tile/(?P<kind>entries|[0-9]{1,2})/(?P<index>(?:x[0-9]{3}/){0,6}[0-9]{3})(?:\.p/(?P<width>[1-9][0-9]{0,2}))?",
    re.ASCII,
)


@dataclass(frozen=True, slots=True)
class Tile:
    """Name the tile `index` of `level`, of `width` hashes; raise `TileError` when there can be none."""

    level: int
    index: int
    width: int = TILE_WIDTH

    def __post_init__(self) -> None:
        require_place(self.index, self.width)
        require_level(self.level)

    @property
    def path(self) -> str:
        """Return ``tile/<L>/<N>[.p/<W>]`` (C2SP tlog-tiles, Merkle Tree)."""
        return f"tile/{self.level}/{place_path(self.index, self.width)}"


@dataclass(frozen=True, slots=True)
class Bundle:
    """Name the entry bundle `index`, of `width` entries; raise `TileError` when there can be none."""

    index: int
    width: int = TILE_WIDTH

    def __post_init__(self) -> None:
        require_place(self.index, self.width)

    @property
    def path(self) -> str:
        """Return ``tile/entries/<N>[.p/<W>]`` (C2SP tlog-tiles, Log entries)."""
        return f"tile/entries/{place_path(self.index, self.width)}"


def require_level(level: int) -> None:
    """Refuse a level that no tile has with `TileError`."""
    if not 0 <= level <= MAX_LEVEL:
        raise TileError("a tile level lies between 0 and 63")


def require_place(index: int, width: int) -> None:
    """Refuse an index or a width that no tile has with `TileError`."""
    if not 0 <= index <= MAX_TREE_SIZE:
        raise TileError("no such tile index")
    if not 1 <= width <= TILE_WIDTH:
        raise TileError("a tile is 1 to 256 wide")


def place_path(index: int, width: int) -> str:
    """Write an index in groups of three digits, all but the last after an ``x``, and the width if partial."""
    groups = [f"{index % 1000:03d}"]
    while index := index // 1000:
        groups.insert(0, f"x{index % 1000:03d}")
    return "/".join(groups) + ("" if width == TILE_WIDTH else f".p/{width}")


def parse_path(path: str) -> Tile | Bundle:
    """Read a tile or bundle path relative to the log's prefix; raise `TileError` for any other spelling."""
    match = PATH.fullmatch(path)
    if match is None:
        raise TileError("not a tile path")
    index = int(match["index"].replace("x", "").replace("/", ""))
    width = int(match["width"] or TILE_WIDTH)
    place = Bundle(index, width) if match["kind"] == "entries" else Tile(int(match["kind"]), index, width)
    if place.path != path:
        raise TileError("a tile path with leading zeros or a full width")
    return place


def width_in(level: int, index: int, *, size: int) -> int:
    """Return how wide tile `index` of `level` is in a tree of `size` leaves; raise `TileError` if it is empty."""
    require_level(level)
    width = min((size >> (TILE_HEIGHT * level)) - index * TILE_WIDTH, TILE_WIDTH)
    if width < 1 or index < 0:
        raise TileError("the tree has no such tile")
    return width


def places_between(old: int, new: int) -> Iterator[tuple[int, int]]:
    """List (index, width) of the tiles that hold the hashes [old, new) of one level, as wide as `new` makes them."""
    for index in range(old // TILE_WIDTH, -(-new // TILE_WIDTH) if new > old else 0):
        yield index, min(new - index * TILE_WIDTH, TILE_WIDTH)


def require_growth(old_size: int, new_size: int) -> None:
    """Refuse sizes between which a log cannot grow with `TileError`."""
    if not 0 <= old_size <= new_size <= MAX_TREE_SIZE:
        raise TileError("a log grows from 0 upwards")


def new_tiles(old_size: int, new_size: int) -> Iterator[Tile]:
    """List the tiles of the tree of `new_size` leaves that the tree of `old_size` did not have, lowest level first.

    A right edge that grew counts as a new tile under a new name; nothing published is ever rewritten.
    """
    require_growth(old_size, new_size)
    level = 0
    while new_size > 0:
        for index, width in places_between(old_size, new_size):
            yield Tile(level, index, width)
        level, old_size, new_size = level + 1, old_size >> TILE_HEIGHT, new_size >> TILE_HEIGHT


def new_bundles(old_size: int, new_size: int) -> Iterator[Bundle]:
    """List the entry bundles of the log of `new_size` entries that the log of `old_size` did not have."""
    require_growth(old_size, new_size)
    for index, width in places_between(old_size, new_size):
        yield Bundle(index, width)


def tiles_of(size: int) -> Iterator[Tile]:
    """List every tile of a tree of `size` leaves, partial ones last at their level."""
    return new_tiles(0, size)


def bundles_of(size: int) -> Iterator[Bundle]:
    """List every entry bundle of a log of `size` entries."""
    return new_bundles(0, size)


def decode_tile(data: bytes, *, width: int) -> list[bytes]:
    """Split the content of a tile into its hashes; raise `TileError` unless it is exactly `width` hashes long."""
    require_place(0, width)
    if len(data) != width * HASH_SIZE:
        raise TileError(f"a tile {width} wide has {width * HASH_SIZE} bytes, not {len(data)}")
    return [data[start : start + HASH_SIZE] for start in range(0, len(data), HASH_SIZE)]


def encode_bundle(entries: Sequence[bytes]) -> bytes:
    """Join 1 to 256 entries, each after its length as a big-endian uint16; raise `TileError` for a longer entry."""
    require_place(0, len(entries))
    if any(len(entry) > MAX_ENTRY_SIZE for entry in entries):
        raise TileError("an entry has at most 65,535 bytes")
    return b"".join(part for entry in entries for part in (len(entry).to_bytes(2, "big"), entry))


def decode_bundle(data: bytes, *, width: int) -> list[bytes]:
    """Split an entry bundle; raise `TileError` unless it holds exactly `width` entries and nothing else."""
    require_place(0, width)
    entries: list[bytes] = []
    start = 0
    for _ in range(width):
        end = start + 2 + int.from_bytes(data[start : start + 2], "big")
        if start + 2 > len(data) or end > len(data):
            raise TileError("the entry bundle is cut short")
        entries.append(data[start + 2 : end])
        start = end
    if start != len(data):
        raise TileError("the entry bundle has too many entries")
    return entries


def grow_tiles(leaf_hashes: Iterable[bytes], *, old_size: int, read_tile: TileReader) -> Iterator[tuple[Tile, bytes]]:
    """Make the content of every tile that `leaf_hashes` add to a tree of `old_size` leaves, lowest level first.

    Asks `read_tile` for the partial tiles at the old right edge only (one a level at most). The tiles are those of
    `new_tiles`; raises `TileError` when an edge read has the wrong length.
    """
    added = list(leaf_hashes)
    require_growth(old_size, old_size + len(added))
    for value in added:
        require_hash(value)
    level, start = 0, old_size
    while added:
        first, edge = divmod(start, TILE_WIDTH)
        if edge:
            added = decode_tile(read_tile(level, first, edge), width=edge) + added
        rows = [added[offset : offset + TILE_WIDTH] for offset in range(0, len(added), TILE_WIDTH)]
        for index, row in enumerate(rows, start=first):
            yield Tile(level, index, len(row)), b"".join(row)
        added = [root_of(row) for row in rows if len(row) == TILE_WIDTH]
        level, start = level + 1, first
