"""Intervals of failed logins: each moment lies in one, and one that is over is not counted before its last login."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from sandbox_registry.domain.identity.logins import GRACE, INTERVAL, RefusedLogins, interval_of, last_over, summed

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("seconds", "began"), [(0, 0), (899, 0), (900, 15), (1799, 15), (1800, 30), (3599, 45), (3600, 60)]
)
def test_intervals_are_the_quarters_of_the_hour(seconds: int, began: int) -> None:
    assert interval_of(NOON + timedelta(seconds=seconds)) == NOON + timedelta(minutes=began)


def test_an_interval_is_over_a_minute_after_its_end() -> None:
    end = NOON + INTERVAL + GRACE
    assert last_over(end - timedelta(microseconds=1)) == NOON - INTERVAL
    assert last_over(end) == NOON


def test_tries_are_added_up_and_no_account_is_named() -> None:
    nobody, first, second, identity = UUID(int=0), UUID(int=1), UUID(int=2), UUID(int=3)
    assert summed(NOON, {nobody: 4, first: 2, second: 1}, nobody=nobody, identity=identity) == RefusedLogins(
        id=identity, version=1, since=NOON, until=NOON + INTERVAL, tries=7, without_account=4, accounts=2
    )
    assert summed(NOON, {first: 2}, nobody=nobody, identity=identity).without_account == 0
