"""Any node of the tree from its tiles: what a proof needs, with the tiles last used kept unfolded in memory."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass, field

from sandbox_registry.transparency.errors import TileError
from sandbox_registry.transparency.merkle import MAX_TREE_SIZE, hash_children
from sandbox_registry.transparency.tiles import MAX_LEVEL, TILE_HEIGHT, TILE_WIDTH, TileReader, decode_tile, width_in

Rows = tuple[tuple[bytes, ...], ...]
"""The perfect subtrees within one tile: row 0 its own hashes, row r the hashes over 2^r of them."""


def unfold_tile(data: bytes, *, width: int) -> Rows:
    """Hash a tile up to its perfect subtrees, at most 255 hashes; raise `TileError` for a wrong length."""
    row = tuple(decode_tile(data, width=width))
    rows = [row]
    while len(row) > 1:
        row = tuple(hash_children(left, right) for left, right in zip(row[::2], row[1::2], strict=False))
        rows.append(row)
    return tuple(rows)


@dataclass(slots=True, kw_only=True)
class TileCache:
    """Keep the unfolded tiles of one log that were used last, at most `capacity` of them (about 35 kB each).

    Not for use by several threads at once.
    """

    capacity: int = 256
    tiles: OrderedDict[tuple[int, int, int], Rows] = field(default_factory=OrderedDict, repr=False)

    def __post_init__(self) -> None:
        if self.capacity < 1:
            raise TileError("a tile cache keeps at least one tile")

    def rows(self, level: int, index: int, width: int, *, read_tile: TileReader) -> Rows:
        """Return one tile unfolded, reading it when it is not kept."""
        place = (level, index, width)
        cached = self.tiles.get(place)
        if cached is not None:
            self.tiles.move_to_end(place)
            return cached
        rows = self.tiles[place] = unfold_tile(read_tile(level, index, width), width=width)
        if len(self.tiles) > self.capacity:
            self.tiles.popitem(last=False)
        return rows


@dataclass(frozen=True, slots=True, kw_only=True)
class TileHashes:
    """Read the node hashes of the tree of `size` leaves from its tiles; an instance is a `HashReader`.

    The cache may be shared by trees of every size of the same log, never by two logs.
    """

    size: int
    read_tile: TileReader
    cache: TileCache = field(default_factory=TileCache)

    def __post_init__(self) -> None:
        if not 0 <= self.size <= MAX_TREE_SIZE:
            raise TileError("no such tree")

    def __call__(self, level: int, index: int) -> bytes:
        """Return the hash over the leaves [index << level, (index + 1) << level); raise `TileError` beyond the tree."""
        if not 0 <= level <= MAX_LEVEL or index < 0 or (index + 1) << level > self.size:
            raise TileError("the tree has no such node")
        tile_level, row = divmod(level, TILE_HEIGHT)
        tile_index, column = divmod(index, TILE_WIDTH >> row)
        width = width_in(tile_level, tile_index, size=self.size)
        return self.cache.rows(tile_level, tile_index, width, read_tile=self.read_tile)[row][column]
