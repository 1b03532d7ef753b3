"""How many connections each process may open, out of what the server allows all of them together.

Loads no more than the driver: `serve` asks before it starts the processes that load the rest.
"""

import psycopg

from sandbox_registry.runtime.failures import Failure

FEWEST = 4
"""With fewer, a process cannot read and act at once."""
BESIDE = 2
"""What a process opens beside its pool: the signer's reader, and one that is being replaced."""
KEPT_FREE = 16
"""For the queue, migrations, backups and an operator's psql."""

_ALLOWED = b"""
    SELECT least(
        current_setting('max_connections')::int - current_setting('superuser_reserved_connections')::int
            - coalesce(current_setting('reserved_connections', true)::int, 0),
        (SELECT nullif(rolconnlimit, -1) FROM pg_roles WHERE rolname = session_user),
        (SELECT nullif(datconnlimit, -1) FROM pg_database WHERE datname = current_database())
    )
"""


class TooFewConnections(Failure):
    """The server allows fewer connections than the processes need; the message is one line."""


def connections_each(url: str, *, processes: int, most: int) -> int:
    """Return how many connections each process may hold open to a server: `most`, or its share of what is allowed.

    Raises:
        TooFewConnections: the share is too small to work with, or nobody can tell.

    """
    try:
        with psycopg.connect(url, connect_timeout=10) as connection:
            row = connection.execute(_ALLOWED).fetchone()
    except psycopg.Error as error:
        raise TooFewConnections(f"The database does not answer: {' '.join(str(error).split())}") from error
    allowed = int(row[0]) if row else 0
    share = (allowed - KEPT_FREE) // processes - BESIDE
    if share < FEWEST:
        needed = KEPT_FREE + processes * (FEWEST + BESIDE)
        message = (
            f"SANDBOX_WORKERS: {processes} processes need {needed} connections to the database, which allows {allowed}. "
            "Start fewer, or raise max_connections."
        )
        raise TooFewConnections(message)
    return min(share, most)
