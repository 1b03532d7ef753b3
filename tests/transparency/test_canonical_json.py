"""Canonical JSON is that of the library, byte for byte, whichever way it is written."""

import math
from typing import Any

import pytest
import rfc8785
from hypothesis import example, given
from hypothesis import strategies as st

from sandbox_registry.transparency.canonical_json import canonical

EXACT = 2**53
NUMBERS = st.integers(1 - EXACT, EXACT - 1) | st.floats(allow_nan=False, allow_infinity=False)
VALUES = st.recursive(
    st.none() | st.booleans() | NUMBERS | st.text(),
    lambda each: st.lists(each) | st.lists(each).map(tuple) | st.dictionaries(st.text(), each),
)


@given(VALUES)
@example({"b": [0.1, 1e-4, 1e16, 1e15 + 0.5, 6.5], "a": -0.0, "10": 1.0})
@example({"\ue000": 1, "\U0001f990": 2, "é": 3, "z": 4})
@example('\x00\x1f\x7f"\\/\u2028 Cà Mau \U0001f990')
def test_value_is_written_as_the_library_writes_it(value: Any) -> None:
    assert canonical(value) == rfc8785.dumps(value)


@given(st.floats(1e-4, 1e16) | st.decimals(0, 1_000_000, places=4).map(float))
def test_fraction_is_written_as_the_library_writes_it(number: float) -> None:
    assert [canonical(each) for each in (number, -number)] == [rfc8785.dumps(each) for each in (number, -number)]


@pytest.mark.parametrize("value", [EXACT, -EXACT, math.nan, math.inf, {1: 2}, {"a": b"b"}, [object()]])
def test_value_that_is_no_exact_json_is_refused(value: Any) -> None:
    with pytest.raises(rfc8785.CanonicalizationError):
        canonical(value)


def test_surrogate_by_itself_is_refused() -> None:
    with pytest.raises(UnicodeEncodeError):
        canonical({"a": "\ud800"})
