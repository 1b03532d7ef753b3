"""Every reader of bytes is total: a result or a `LogError`; any other exception, or a failed claim of the reader, fails."""

import runpy
from collections.abc import Callable
from pathlib import Path
from time import process_time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sandbox_registry.transparency.errors import LogError

TARGETS: dict[str, tuple[Callable[[bytes], None], bytes]] = runpy.run_path(
    str(Path(__file__).parent / "fuzz_parsers.py")
)["TARGETS"]
ANY_TEXT = st.text(st.characters()).map(lambda text: text.encode("utf-8", "surrogatepass"))
SPLICES = st.lists(
    st.tuples(st.integers(0, 2000), st.integers(0, 40), st.one_of(st.binary(max_size=40), ANY_TEXT)),
    min_size=1,
    max_size=4,
)


def spliced(seed: bytes, splices: list[tuple[int, int, bytes]]) -> bytes:
    """Replace stretches of a good input."""
    for start, length, piece in splices:
        place = start % (len(seed) + 1)
        seed = seed[:place] + piece + seed[place + length :]
    return seed


def accepts(name: str, data: bytes) -> bool:
    try:
        TARGETS[name][0](data)
    except LogError:
        return False
    return True


@pytest.mark.parametrize("name", TARGETS)
def test_seed_is_accepted(name: str) -> None:
    assert accepts(name, TARGETS[name][1])


@pytest.mark.parametrize("name", TARGETS)
@settings(deadline=None)
@given(data=st.binary())
def test_any_bytes(name: str, data: bytes) -> None:
    accepts(name, data)


@pytest.mark.parametrize("name", TARGETS)
@settings(deadline=None)
@given(data=ANY_TEXT)
def test_any_text(name: str, data: bytes) -> None:
    accepts(name, data)


@pytest.mark.parametrize("name", TARGETS)
@settings(deadline=None)
@given(splices=SPLICES)
def test_good_input_spliced(name: str, splices: list[tuple[int, int, bytes]]) -> None:
    accepts(name, spliced(TARGETS[name][1], splices))


@pytest.mark.parametrize("name", TARGETS)
@pytest.mark.parametrize("piece", [b"\n", b"a", b"9", b" ", b"\xff", b"x000/", b"=", b"+", b"\n\n", "\u2014 ".encode()])
def test_huge_input_is_refused_at_once(name: str, piece: bytes) -> None:
    seed, begun = TARGETS[name][1], process_time()
    for place in (0, len(seed) // 2, len(seed)):
        assert not accepts(name, seed[:place] + piece * (4_000_000 // len(piece)) + seed[place:])
    assert process_time() - begun < 20
