"""Which backups of a schedule stay."""

from datetime import UTC, datetime, timedelta

from sandbox_registry.domain.operations.backup_times import outdated

NOW = datetime(2026, 11, 30, 5, tzinfo=UTC)  # Noon in Ca Mau.


def ago(**how_long: float) -> datetime:
    return NOW - timedelta(**how_long)


def test_all_of_the_last_day_stay() -> None:
    made = [ago(minutes=5 * each) for each in range(12 * 24 + 1)]
    assert outdated(made, now=NOW, days=30) == frozenset()


def test_of_an_earlier_local_day_the_last_stays() -> None:
    # Local days begin at 17:00 UTC: these two are the last of one day and the first of the next.
    last, first = datetime(2026, 11, 27, 16, 55, tzinfo=UTC), datetime(2026, 11, 27, 17, tzinfo=UTC)
    earlier, later = last - timedelta(hours=3), first + timedelta(hours=3)
    assert outdated([later, earlier, first, last], now=NOW, days=30) == {earlier, first}


def test_none_stays_longer_than_is_said() -> None:
    made = [ago(days=each) for each in range(1, 40)]
    assert outdated(made, now=NOW, days=30) == {ago(days=each) for each in range(31, 40)}
    assert outdated([], now=NOW, days=30) == frozenset()
