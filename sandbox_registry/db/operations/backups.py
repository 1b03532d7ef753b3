"""Dumping and restoring the whole database with PostgreSQL's own programs, which the embedded server brings along."""

import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from uuid import UUID

import psycopg
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from sandbox_registry.db.embedded.binaries import wheel_files
from sandbox_registry.runtime.failures import Failure
from sandbox_registry.transparency.merkle import CompactRange, hash_leaf

ROLES = ("registry_app", "registry_read")
"""Roles belong to a server, not to a database, so a dump only names them."""

_MOMENT = """
    SELECT pg_export_snapshot(), size, hashes, (SELECT version_num FROM alembic_version) FROM log_head
"""
LOST = "lost"
"""What a leaf is about of which only the entry is left."""
_PUT_BACK = """
    INSERT INTO audit_leaves (index, entry, leaf_hash, object_type, object_id, at) VALUES (%s, %s, %s, %s, %s, %s)
"""
_CHANGES = """
    SELECT coalesce(sum(n_tup_ins + n_tup_upd + n_tup_del), 0) FROM pg_stat_user_tables
    WHERE relname NOT LIKE 'procrastinate%' AND relname NOT IN ('audit_leaves', 'audit_records', 'log_head', 'rate_limits')
"""
_IS_EMPTY = "SELECT to_regclass('public.log_head') IS NULL AND to_regclass('public.alembic_version') IS NULL"


class BackupFailed(Failure):
    """A backup cannot be made or restored; the message is one line."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """A moment of the database that stays readable: under which name, and what the log held then."""

    snapshot: str
    size: int
    hashes: tuple[bytes, ...]
    revision: str


@contextmanager
def one_moment(url: str) -> Iterator[Moment]:
    """Hold one moment of the database, as its owner; `dump` writes exactly what stood there."""
    with _one_line(), psycopg.connect(url) as connection:
        connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        connection.read_only = True
        row = connection.execute(_MOMENT).fetchone()
        if row is None:
            message = "the database has no log"
            raise BackupFailed(message)
        snapshot, size, hashes, revision = row
        yield Moment(snapshot=snapshot, size=size, hashes=tuple(hashes), revision=revision)


def changes(url: str) -> int:
    """Count what was ever written to the tables of the registry, but for the log, the queue and counters of requests.

    Raises:
        BackupFailed: the database does not answer.

    """
    with _one_line(), psycopg.connect(url) as connection:
        row = connection.execute(_CHANGES).fetchone()
    return int(row[0]) if row else 0


def dump(url: str, moment: Moment, path: Path) -> None:
    """Write that moment of the whole database into a new file, in the custom format of pg_dump.

    Raises:
        BackupFailed: pg_dump says why.

    """
    _run("pg_dump", url, "--format=custom", "--no-owner", f"--snapshot={moment.snapshot}", f"--file={path}")


def load(url: str, path: Path) -> None:
    """Restore a dump into an empty database, all of it or nothing, as the owner from then on.

    Raises:
        BackupFailed: the database holds something already, or pg_restore says why not.

    """
    with _one_line(), psycopg.connect(url, autocommit=True) as connection:
        row = connection.execute(_IS_EMPTY).fetchone()
        if row != (True,):
            message = "the database holds a registry already; a backup is restored into an empty one only"
            raise BackupFailed(message)
        for role in ROLES:
            if connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [role]).fetchone() is None:
                connection.execute(sql.SQL("CREATE ROLE {} NOLOGIN").format(sql.Identifier(role)))
            connection.execute(sql.SQL("GRANT {} TO CURRENT_USER").format(sql.Identifier(role)))
    _run("pg_restore", url, "--no-owner", "--exit-on-error", "--single-transaction", str(path))


def put_back(url: str, entries: Sequence[tuple[bytes, datetime]], *, first: int) -> None:
    """Append entries of leaves whose acts are lost, with the times they state, in one transaction as the owner.

    Raises:
        BackupFailed: the log does not end before `first`, or the database says why not.

    """
    with _one_line(), psycopg.connect(url) as connection:
        row = connection.execute("SELECT size, hashes FROM log_head FOR UPDATE").fetchone()
        if row is None or row[0] != first:
            message = f"the log does not end with entry {first - 1}"
            raise BackupFailed(message)
        tree, rows = CompactRange.from_list(row[1], size=first), []
        for index, (entry, at) in enumerate(entries, start=first):
            leaf_hash = hash_leaf(entry)
            tree = tree.append(leaf_hash)
            rows.append((index, entry, leaf_hash, LOST, UUID(int=0), at))
        with connection.cursor() as cursor:
            cursor.executemany(_PUT_BACK, rows)
        connection.execute("UPDATE log_head SET size = %s, hashes = %s", [tree.size, list(tree.hashes)])


def _run(program: str, url: str, *options: str) -> None:
    parameters = conninfo_to_dict(url)
    # Everybody on the machine sees the arguments of a program, so the password goes another way.
    environ = {"LC_ALL": "C", "PGPASSWORD": str(parameters.pop("password", ""))}
    command = [str(wheel_files() / "bin" / program), *options, f"--dbname={make_conninfo('', **parameters)}"]
    done = subprocess.run(command, env=environ, text=True, capture_output=True, check=False)  # noqa: S603 - Our own program.
    if done.returncode:
        reason = " ".join(line for line in done.stderr.splitlines() if "error" in line) or done.stderr.strip()
        message = f"{program}: {reason}"
        raise BackupFailed(message)


@contextmanager
def _one_line() -> Iterator[None]:
    try:
        yield
    except psycopg.Error as error:
        raise BackupFailed(" ".join(str(error).split())) from error
