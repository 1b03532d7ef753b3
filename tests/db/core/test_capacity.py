"""What each process may open: its share of what the server allows, or a refusal before anything starts."""

import psycopg
import pytest

from sandbox_registry.db.core.capacity import BESIDE, FEWEST, KEPT_FREE, TooFewConnections, connections_each


@pytest.fixture
def allowed(database_url: str) -> int:
    with psycopg.connect(database_url) as connection:
        shown = [
            connection.execute(f"SHOW {name}".encode()).fetchone()
            for name in ("max_connections", "superuser_reserved_connections", "reserved_connections")
        ]
    most, *reserved = [int(row[0]) for row in shown if row]
    return most - sum(reserved)


def test_few_processes_get_what_they_ask_for(database_url: str) -> None:
    assert connections_each(database_url, processes=2, most=20) == 20
    assert connections_each(database_url, processes=1, most=6) == 6


@pytest.mark.parametrize("processes", [7, 11])
def test_many_processes_share_and_never_ask_for_more_than_there_is(
    database_url: str, allowed: int, processes: int
) -> None:
    each = connections_each(database_url, processes=processes, most=200)
    assert each >= FEWEST
    assert processes * (each + BESIDE) + KEPT_FREE <= allowed < processes * (each + 1 + BESIDE) + KEPT_FREE


def test_more_processes_than_can_work_are_refused(database_url: str, allowed: int) -> None:
    processes = allowed // (FEWEST + BESIDE)
    with pytest.raises(TooFewConnections, match=f"{processes} processes need .* which allows {allowed}"):
        connections_each(database_url, processes=processes, most=20)


def test_a_limit_of_the_database_counts(database_url: str) -> None:
    with psycopg.connect(database_url, autocommit=True) as connection:
        connection.execute("ALTER DATABASE registry CONNECTION LIMIT 30")
        try:
            assert connections_each(database_url, processes=2, most=20) == (30 - KEPT_FREE) // 2 - BESIDE
        finally:
            connection.execute("ALTER DATABASE registry CONNECTION LIMIT -1")


def test_a_server_that_does_not_answer_is_said_in_one_line() -> None:
    with pytest.raises(TooFewConnections, match=r"^The database does not answer: [^\n]*$"):
        connections_each("postgresql://nobody@/registry?host=/nonexistent", processes=1, most=20)
