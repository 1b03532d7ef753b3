"""Inclusion and consistency proofs of RFC 6962 §2.1.1 and §2.1.2: built from any source of node hashes, verified strictly.

A `HashReader` answers ``read(level, index)`` with the hash over the leaves ``[index << level, (index + 1) << level)``.
Building a proof in a tree of a million leaves asks it for some twenty hashes.
"""

from __future__ import annotations

import hmac
from collections.abc import Callable, Iterator, Sequence
from typing import Final

from sandbox_registry.transparency.errors import ProofError
from sandbox_registry.transparency.merkle import HASH_SIZE, MAX_TREE_SIZE, hash_children, root_of

HashReader = Callable[[int, int], bytes]

MAX_PROOF_LENGTH: Final = 64
"""A tree of fewer than 2^63 leaves never needs more."""


def perfect_subtrees(start: int, end: int) -> Iterator[tuple[int, int]]:
    """List (level, index) of the perfect subtrees that tile the leaves [start, end), left to right.

    `start` must be a multiple of the largest power of two not above the number of leaves, as every split of
    RFC 6962 §2.1 is.
    """
    while start < end:
        level = (end - start).bit_length() - 1
        yield level, start >> level
        start += 1 << level


def range_root(start: int, end: int, *, read: HashReader) -> bytes:
    """Return MTH(D[start:end]) of RFC 6962 §2.1 for a range that a split of the tree made."""
    subtrees = [read(level, index) for level, index in perfect_subtrees(start, end)]
    node = subtrees.pop()
    while subtrees:
        node = hash_children(subtrees.pop(), node)
    return node


def root_at(size: int, *, read: HashReader) -> bytes:
    """Return the tree head over the first `size` leaves; raise `ProofError` for a size outside 0 ... 2^63 - 1."""
    if not 0 <= size <= MAX_TREE_SIZE:
        raise ProofError("no such tree")
    return range_root(0, size, read=read) if size else root_of(())


def split_of(width: int) -> int:
    """Return the largest power of two below `width` (k in RFC 6962 §2.1)."""
    return 1 << ((width - 1).bit_length() - 1)


def inclusion_proof(index: int, *, size: int, read: HashReader) -> list[bytes]:
    """Build PATH(index, D[size]) of RFC 6962 §2.1.1, the leaf's sibling first.

    Raises `ProofError` unless 0 <= index < size < 2^63.
    """
    if not 0 <= index < size <= MAX_TREE_SIZE:
        raise ProofError("no such leaf")
    proof: list[bytes] = []
    start, end = 0, size
    while end - start > 1:
        middle = start + split_of(end - start)
        if index < middle:
            proof.append(range_root(middle, end, read=read))
            end = middle
        else:
            proof.append(range_root(start, middle, read=read))
            start = middle
    return proof[::-1]


def consistency_proof(old_size: int, *, new_size: int, read: HashReader) -> list[bytes]:
    """Build PROOF(old_size, D[new_size]) of RFC 6962 §2.1.2.

    Raises `ProofError` unless 1 <= old_size <= new_size < 2^63; the empty tree is before every other and has no
    proof.
    """
    if not 1 <= old_size <= new_size <= MAX_TREE_SIZE:
        raise ProofError("no such trees")
    proof: list[bytes] = []
    start, end = 0, new_size
    while old_size != end:
        middle = start + split_of(end - start)
        if old_size <= middle:
            proof.append(range_root(middle, end, read=read))
            end = middle
        else:
            proof.append(range_root(start, middle, read=read))
            start = middle
    if start:
        proof.append(range_root(start, end, read=read))
    return proof[::-1]


def require_hashes(proof: Sequence[bytes], *others: bytes) -> None:
    """Refuse a proof of more than 64 hashes, or anything that is not 32 bytes long, with `ProofError`."""
    if len(proof) > MAX_PROOF_LENGTH:
        raise ProofError("a proof has at most 64 hashes")
    if any(len(value) != HASH_SIZE for value in (*proof, *others)):
        raise ProofError("a hash has 32 bytes")


def verify_inclusion(proof: Sequence[bytes], *, index: int, size: int, leaf_hash: bytes, root: bytes) -> None:
    """Verify that `leaf_hash` is leaf `index` of the tree (RFC 6962 §2.1.1, RFC 9162 §2.1.3.2).

    Raises `ProofError` when it is not shown: wrong numbers, lengths, a hash too many or too few, another root.
    """
    require_hashes(proof, leaf_hash, root)
    if not 0 <= index < size <= MAX_TREE_SIZE:
        raise ProofError("no such leaf")
    node, place, last = leaf_hash, index, size - 1
    for value in proof:
        if not last:
            raise ProofError("the proof is too long")
        if place & 1 or place == last:
            node = hash_children(value, node)
            place, last = skip_lone_levels(place, last)
        else:
            node = hash_children(node, value)
        place, last = place >> 1, last >> 1
    if last or not hmac.compare_digest(node, root):
        raise ProofError("the leaf is not shown to be in this tree")


def skip_lone_levels(place: int, last: int) -> tuple[int, int]:
    """Climb the levels at which the node has no sibling because it is the last of its level."""
    while place and not place & 1:
        place, last = place >> 1, last >> 1
    return place, last


def verify_consistency(
    proof: Sequence[bytes], *, old_size: int, new_size: int, old_root: bytes, new_root: bytes
) -> None:
    """Verify that the old tree is a prefix of the new one (RFC 6962 §2.1.2, RFC 9162 §2.1.4.2).

    Raises `ProofError` when it is not shown. An old size of 0 is refused: nothing about an empty tree needs proof.
    """
    require_hashes(proof, old_root, new_root)
    if not 1 <= old_size <= new_size <= MAX_TREE_SIZE:
        raise ProofError("no such trees")
    if old_size == new_size:
        is_consistent = not proof and hmac.compare_digest(old_root, new_root)
    elif not proof:
        is_consistent = False
    else:
        path = (old_root, *proof) if old_size.bit_count() == 1 else tuple(proof)
        roots = fold_consistency(path, place=old_size - 1, last=new_size - 1)
        is_consistent = hmac.compare_digest(roots[0], old_root) & hmac.compare_digest(roots[1], new_root)
    if not is_consistent:
        raise ProofError("the old tree is not shown to be a prefix of the new one")


def fold_consistency(path: Sequence[bytes], *, place: int, last: int) -> tuple[bytes, bytes]:
    """Recompute both roots from a consistency path; raise `ProofError` when it is too long or too short."""
    while place & 1:
        place, last = place >> 1, last >> 1
    old = new = path[0]
    for value in path[1:]:
        if not last:
            raise ProofError("the proof is too long")
        if place & 1 or place == last:
            old, new = hash_children(value, old), hash_children(value, new)
            place, last = skip_lone_levels(place, last)
        else:
            new = hash_children(new, value)
        place, last = place >> 1, last >> 1
    if last:
        raise ProofError("the proof is too short")
    return old, new
