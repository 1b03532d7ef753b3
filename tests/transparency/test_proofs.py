"""Proofs equal the recursions of RFC 6962 §2.1.1 and §2.1.2, and nothing near a proof is a proof."""

import json
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sandbox_registry.transparency.errors import ProofError
from sandbox_registry.transparency.merkle import EMPTY_ROOT, hash_children, hash_leaf, root_of
from sandbox_registry.transparency.proofs import (
    consistency_proof,
    inclusion_proof,
    root_at,
    verify_consistency,
    verify_inclusion,
)
from tests.support.transparency import list_reader

LEAVES = [hash_leaf(b"entry %d" % index) for index in range(300)]
READ = list_reader(LEAVES)
SIZES = st.integers(1, 300)
HASHES = st.binary(min_size=32, max_size=32)


def split(width: int) -> int:
    return 1 << ((width - 1).bit_length() - 1)


def mth(leaves: list[bytes]) -> bytes:
    if len(leaves) == 1:
        return leaves[0]
    k = split(len(leaves))
    return hash_children(mth(leaves[:k]), mth(leaves[k:]))


def path(m: int, leaves: list[bytes]) -> list[bytes]:
    if len(leaves) == 1:
        return []
    k = split(len(leaves))
    if m < k:
        return [*path(m, leaves[:k]), mth(leaves[k:])]
    return [*path(m - k, leaves[k:]), mth(leaves[:k])]


def subproof(m: int, leaves: list[bytes], *, whole: bool) -> list[bytes]:
    if m == len(leaves):
        return [] if whole else [mth(leaves)]
    k = split(len(leaves))
    if m <= k:
        return [*subproof(m, leaves[:k], whole=whole), mth(leaves[k:])]
    return [*subproof(m - k, leaves[k:], whole=False), mth(leaves[:k])]


def includes(proof: list[bytes], index: int, size: int, leaf: bytes, root: bytes) -> bool:
    try:
        verify_inclusion(proof, index=index, size=size, leaf_hash=leaf, root=root)
    except ProofError:
        return False
    return True


def extends(proof: list[bytes], old_size: int, new_size: int, old_root: bytes, new_root: bytes) -> bool:
    try:
        verify_consistency(proof, old_size=old_size, new_size=new_size, old_root=old_root, new_root=new_root)
    except ProofError:
        return False
    return True


def flipped(value: bytes, bit: int) -> bytes:
    position, shift = divmod(bit % (8 * len(value)), 8)
    return value[:position] + bytes([value[position] ^ (1 << shift)]) + value[position + 1 :]


def damaged(proof: list[bytes], *, garbage: bytes, bit: int) -> Iterator[list[bytes]]:
    """Every proof of another length or with one bit changed, and proofs with a hash of another length."""
    yield [garbage, *proof]
    yield [*proof, garbage]
    yield [b"", *proof]
    yield [*proof, b""]
    yield [*proof, *[garbage] * 65]
    yield [*proof, EMPTY_ROOT]
    for place, value in enumerate(proof):
        yield proof[:place] + proof[place + 1 :]
        yield [*proof[:place], value, *proof[place:]]
        yield [*proof[:place], flipped(value, bit), *proof[place + 1 :]]
        yield [*proof[:place], value[:31], *proof[place + 1 :]]
        yield [*proof[:place], value + b"\x00", *proof[place + 1 :]]


def test_inclusion_every_leaf_of_small_trees() -> None:
    for size in range(1, 41):
        leaves, root = LEAVES[:size], mth(LEAVES[:size])
        for index in range(size):
            proof = inclusion_proof(index, size=size, read=READ)
            assert proof == path(index, leaves)
            verify_inclusion(proof, index=index, size=size, leaf_hash=leaves[index], root=root)


def test_consistency_every_pair_of_small_trees() -> None:
    roots = [EMPTY_ROOT, *(mth(LEAVES[:size]) for size in range(1, 41))]
    for new_size in range(1, 41):
        for old_size in range(1, new_size + 1):
            proof = consistency_proof(old_size, new_size=new_size, read=READ)
            assert proof == subproof(old_size, LEAVES[:new_size], whole=True)
            verify_consistency(
                proof, old_size=old_size, new_size=new_size, old_root=roots[old_size], new_root=roots[new_size]
            )


@settings(deadline=None)
@given(SIZES, st.data())
def test_inclusion_any_leaf(size: int, data: st.DataObject) -> None:
    index = data.draw(st.integers(0, size - 1))
    proof = inclusion_proof(index, size=size, read=READ)
    assert proof == path(index, LEAVES[:size])
    assert includes(proof, index, size, LEAVES[index], mth(LEAVES[:size]))


@settings(deadline=None)
@given(SIZES, SIZES)
def test_consistency_any_pair(one: int, other: int) -> None:
    old_size, new_size = sorted((one, other))
    proof = consistency_proof(old_size, new_size=new_size, read=READ)
    assert proof == subproof(old_size, LEAVES[:new_size], whole=True)
    assert extends(proof, old_size, new_size, mth(LEAVES[:old_size]), mth(LEAVES[:new_size]))


@settings(deadline=None)
@given(SIZES, st.data(), HASHES, st.integers(0, 255))
def test_inclusion_damaged(size: int, data: st.DataObject, garbage: bytes, bit: int) -> None:
    index = data.draw(st.integers(0, size - 1))
    leaf, root = LEAVES[index], root_at(size, read=READ)
    proof = inclusion_proof(index, size=size, read=READ)
    assert not any(includes(wrong, index, size, leaf, root) for wrong in damaged(proof, garbage=garbage, bit=bit))
    for wrong_index in (index - 1, index + 1, index ^ 1, index + size, -index - 1, size):
        assert not includes(proof, wrong_index, size, leaf, root)
    for wrong_size in (size * 2, size // 2, 0, -size, 2**63):
        assert not includes(proof, index, wrong_size, leaf, root)
    for wrong in (flipped(leaf, bit), garbage, root[:31], b"", leaf + b"\x00"):
        assert not includes(proof, index, size, wrong, root) or (size == 1 and wrong == root)
    for wrong in (flipped(root, bit), garbage, root[:31], b"", root + b"\x00", EMPTY_ROOT):
        assert not includes(proof, index, size, leaf, wrong)


@settings(deadline=None)
@given(SIZES, SIZES, HASHES, st.integers(0, 255))
def test_consistency_damaged(one: int, other: int, garbage: bytes, bit: int) -> None:
    old_size, new_size = sorted((one, other))
    old, new = root_at(old_size, read=READ), root_at(new_size, read=READ)
    proof = consistency_proof(old_size, new_size=new_size, read=READ)
    for wrong_proof in damaged(proof, garbage=garbage, bit=bit):
        assert not extends(wrong_proof, old_size, new_size, old, new)
    for wrong_old in (old_size - 1, old_size + 1, old_size * 2, old_size // 2, 0, -old_size):
        assert not extends(proof, wrong_old, new_size, old, new)
    for wrong_new in (new_size * 2, new_size // 2, old_size - 1, 0, 2**63):
        assert not extends(proof, old_size, wrong_new, old, new)
    for wrong in (flipped(old, bit), garbage, old[:31], b"", old + b"\x00", EMPTY_ROOT):
        assert not extends(proof, old_size, new_size, wrong, new)
    for wrong in (flipped(new, bit), garbage, new[:31], b"", new + b"\x00", EMPTY_ROOT):
        assert not extends(proof, old_size, new_size, old, wrong)


@settings(deadline=None)
@given(SIZES, SIZES)
def test_consistency_of_forked_tree(one: int, other: int) -> None:
    old_size, new_size = sorted((one, other))
    forked = [*LEAVES[: old_size - 1], EMPTY_ROOT, *LEAVES[old_size:]]
    proof = consistency_proof(old_size, new_size=new_size, read=list_reader(forked))
    new_root = root_of(forked[:new_size])
    assert extends(proof, old_size, new_size, root_of(forked[:old_size]), new_root)
    assert not extends(proof, old_size, new_size, root_at(old_size, read=READ), new_root)


@settings(deadline=None)
@given(
    st.lists(st.binary(min_size=31, max_size=33), max_size=70),
    st.integers(-2, 2**65),
    st.integers(-2, 2**65),
    HASHES,
    HASHES,
)
def test_verify_any_input_ends_in_proof_error(proof: list[bytes], one: int, other: int, old: bytes, new: bytes) -> None:
    assert not includes(proof, one, other, old, new)
    assert not extends(proof, one, other, old, new) or (one == other and old == new)


def test_size_one_tree() -> None:
    assert includes([], 0, 1, LEAVES[0], LEAVES[0])
    assert not includes([], 0, 0, LEAVES[0], EMPTY_ROOT)


@pytest.mark.parametrize(("index", "size"), [(0, 0), (-1, 5), (5, 5), (0, 2**63)])
def test_inclusion_proof_no_such_leaf(index: int, size: int) -> None:
    with pytest.raises(ProofError):
        inclusion_proof(index, size=size, read=READ)


@pytest.mark.parametrize(("old_size", "new_size"), [(0, 5), (-1, 5), (6, 5), (1, 2**63)])
def test_consistency_proof_no_such_trees(old_size: int, new_size: int) -> None:
    with pytest.raises(ProofError):
        consistency_proof(old_size, new_size=new_size, read=READ)


def test_root_at_published_tree() -> None:
    published = json.loads((Path(__file__).parent / "vectors/rfc6962-roots.json").read_text())
    read = list_reader([hash_leaf(bytes.fromhex(entry)) for entry in published["leaf_inputs_hex"]])
    assert [root_at(size, read=read).hex() for size in range(9)] == published["roots_hex"]
    for size in (-1, 2**63):
        with pytest.raises(ProofError):
            root_at(size, read=read)


def test_proof_length_in_the_largest_tree() -> None:
    def read(level: int, index: int) -> bytes:
        return sha256(b"%d %d" % (level, index)).digest()

    assert len(inclusion_proof(0, size=2**63 - 1, read=read)) == 63
    assert len(consistency_proof(2**62 + 1, new_size=2**63 - 1, read=read)) == 64
