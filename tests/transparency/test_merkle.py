"""The tree equals the naive recursion of RFC 6962 and the published roots."""

import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sandbox_registry.transparency.errors import TreeError
from sandbox_registry.transparency.merkle import EMPTY_ROOT, CompactRange, hash_children, hash_leaf, root_of

ROOTS = json.loads((Path(__file__).parent / "vectors/rfc6962-roots.json").read_text())


def naive_root(leaves: list[bytes]) -> bytes:
    """MTH, written as in RFC 6962 §2.1."""
    if len(leaves) <= 1:
        return leaves[0] if leaves else EMPTY_ROOT
    split = 1 << ((len(leaves) - 1).bit_length() - 1)
    return hash_children(naive_root(leaves[:split]), naive_root(leaves[split:]))


def grow(leaves: list[bytes]) -> CompactRange:
    tree = CompactRange()
    for leaf in leaves:
        tree = tree.append(leaf)
    return tree


@pytest.mark.parametrize("size", range(9))
def test_root_published_tree(size: int) -> None:
    leaves = [hash_leaf(bytes.fromhex(entry)) for entry in ROOTS["leaf_inputs_hex"][:size]]
    assert (grow(leaves).root().hex(), root_of(leaves).hex()) == (ROOTS["roots_hex"][size],) * 2


def test_root_every_size_to_300() -> None:
    leaves = [hash_leaf(b"%d" % index) for index in range(300)]
    tree = CompactRange()
    for size in range(300):
        assert tree.root() == naive_root(leaves[:size]) == root_of(leaves[:size])
        tree = tree.append(leaves[size])


@settings(deadline=None)
@given(st.lists(st.binary(max_size=40), max_size=300))
def test_root_any_entries(entries: list[bytes]) -> None:
    leaves = [hash_leaf(entry) for entry in entries]
    assert grow(leaves).root() == naive_root(leaves) == root_of(leaves)


@settings(deadline=None)
@given(st.integers(0, 2**63 - 2))
def test_append_merges_trailing_ones(size: int) -> None:
    tree = CompactRange(size, (EMPTY_ROOT,) * size.bit_count())
    grown = tree.append(hash_leaf(b""))
    trailing_ones = (size ^ (size + 1)).bit_length() - 1
    assert (grown.size, len(grown.hashes)) == (size + 1, len(tree.hashes) - trailing_ones + 1)


def test_range_survives_storage() -> None:
    tree = grow([hash_leaf(b"%d" % index) for index in range(77)])
    assert CompactRange.from_list(list(tree.hashes), size=77) == tree


@pytest.mark.parametrize(
    ("size", "hashes"),
    [
        (-1, ()),
        (0, (EMPTY_ROOT,)),
        (1, ()),
        (2, (EMPTY_ROOT, EMPTY_ROOT)),
        (1, (b"short",)),
        (1, (EMPTY_ROOT + b"\x00",)),
        (2**63, (EMPTY_ROOT,)),
    ],
)
def test_range_impossible(size: int, hashes: tuple[bytes, ...]) -> None:
    with pytest.raises(TreeError):
        CompactRange(size, hashes)


@pytest.mark.parametrize("leaf", [b"", EMPTY_ROOT[:31], EMPTY_ROOT + b"\x00"])
def test_append_wrong_length(leaf: bytes) -> None:
    for tree in (CompactRange(), grow([EMPTY_ROOT])):
        with pytest.raises(TreeError):
            tree.append(leaf)
    with pytest.raises(TreeError):
        root_of([EMPTY_ROOT, leaf])


def test_append_full_tree() -> None:
    with pytest.raises(TreeError):
        CompactRange(2**63 - 1, (EMPTY_ROOT,) * 63).append(EMPTY_ROOT)
