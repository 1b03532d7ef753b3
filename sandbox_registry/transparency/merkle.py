"""Tree hashing of RFC 6962 §2.1 and the compact range with which a log grows without reading its past.

A compact range holds the roots of the perfect subtrees that make up the tree, largest (leftmost) first, one per
set bit of the size. Appending leaf number ``n`` (the size before the append) merges the new leaf hash with the
last hash of the range as many times as ``n`` has trailing one bits:

    node = leaf_hash
    while n is odd:   node = SHA-256(0x01 || last hash, removed from the range || node);   n = n div 2
    the range = what is left of it || node;   size = size + 1

Nothing else is needed, so the same loop fits a database procedure that stores the size and the hashes. The root
folds the range from the right: ``node(h[0], node(h[1], ... node(h[k-1], h[k])))``.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import sha256
from typing import Final, Self

from sandbox_registry.transparency.errors import TreeError

HASH_SIZE: Final = 32
MAX_TREE_SIZE: Final = 2**63 - 1
"""Sizes are kept in signed 64-bit integers by databases and by Go; no log comes near."""

EMPTY_ROOT: Final = sha256(b"").digest()
"""The root of a tree without leaves (RFC 6962 §2.1)."""


def hash_leaf(entry: bytes) -> bytes:
    """Hash one entry to its leaf: SHA-256(0x00 || entry), RFC 6962 §2.1."""
    return sha256(b"\x00" + entry).digest()


def hash_children(left: bytes, right: bytes) -> bytes:
    """Hash two subtrees to their parent: SHA-256(0x01 || left || right), RFC 6962 §2.1."""
    return sha256(b"\x01" + left + right).digest()


def require_hash(value: bytes) -> None:
    """Refuse what is not 32 bytes long with `TreeError`."""
    if len(value) != HASH_SIZE:
        raise TreeError(f"a hash has {HASH_SIZE} bytes, not {len(value)}")


@dataclass(frozen=True, slots=True)
class CompactRange:
    """Hold the perfect subtrees of a tree of `size` leaves, largest first.

    Raises `TreeError` when the number of hashes is not the number of one bits of the size, or a hash is not 32
    bytes long.
    """

    size: int = 0
    hashes: tuple[bytes, ...] = ()

    def __post_init__(self) -> None:
        if not 0 <= self.size <= MAX_TREE_SIZE:
            raise TreeError("a tree size lies between 0 and 2^63 - 1")
        if len(self.hashes) != self.size.bit_count():
            raise TreeError(f"a tree of {self.size} leaves has {self.size.bit_count()} subtrees")
        for value in self.hashes:
            require_hash(value)

    @classmethod
    def from_list(cls, hashes: Iterable[bytes], *, size: int) -> Self:
        """Read a stored range; `hashes` are 32 bytes each, largest subtree first."""
        return cls(size, tuple(hashes))

    def append(self, leaf_hash: bytes) -> CompactRange:
        """Return the range with one more leaf: at most 63 hashes, none of them read from anywhere."""
        require_hash(leaf_hash)
        node, index, remaining = leaf_hash, self.size, len(self.hashes)
        while index & 1:
            remaining -= 1
            node = hash_children(self.hashes[remaining], node)
            index >>= 1
        return CompactRange(self.size + 1, (*self.hashes[:remaining], node))

    def root(self) -> bytes:
        """Return the tree head of RFC 6962 §2.1 over all leaves."""
        if not self.hashes:
            return EMPTY_ROOT
        node = self.hashes[-1]
        for left in reversed(self.hashes[:-1]):
            node = hash_children(left, node)
        return node


def parent_level(hashes: list[bytes]) -> list[bytes]:
    """Hash neighbours pairwise; a last hash without a neighbour moves up unchanged."""
    parents = [hash_children(left, right) for left, right in zip(hashes[::2], hashes[1::2], strict=False)]
    return parents + hashes[len(parents) * 2 :]


def root_of(leaf_hashes: Iterable[bytes]) -> bytes:
    """Return the tree head of RFC 6962 §2.1 over leaf hashes, level by level in O(n)."""
    level = list(leaf_hashes)
    for value in level:
        require_hash(value)
    while len(level) > 1:
        level = parent_level(level)
    return level[0] if level else EMPTY_ROOT
