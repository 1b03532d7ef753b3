"""Connections that are lost, and what a database says when it cannot work: in one place, for everybody above."""

import select
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
from psycopg.pq import ConnStatus
from sqlalchemy import event
from sqlalchemy.exc import DBAPIError, DisconnectionError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.ext.asyncio import AsyncEngine

from sandbox_registry.domain.operations.availability import DatabaseFull, DatabaseUnavailable

_NO_ROOM = "53100"
_READ_ONLY = "25006"
"""A server that takes no writes: it was, or will be, another's replica."""


@contextmanager
def telling_unavailable() -> Iterator[None]:
    """Turn what the driver says of a database that cannot work into one error of ours; every other error passes."""
    try:
        yield
    except DBAPIError as error:
        state = getattr(error.orig, "sqlstate", None)
        cause = one_line(error)
        if state == _NO_ROOM:
            raise DatabaseFull(cause) from error
        if state == _READ_ONLY or isinstance(error, OperationalError | InterfaceError):
            raise DatabaseUnavailable(cause) from error
        raise
    except PoolTimeout as error:
        raise DatabaseUnavailable("every connection is in use") from error


def one_line(error: BaseException) -> str:
    """Return what went wrong in one line, in the driver's words."""
    return " ".join(str(getattr(error, "orig", None) or error).split())


def is_lost(driver: "psycopg.AsyncConnection[object]") -> bool:
    """Tell whether an idle connection has ended, without asking the server.

    Nothing comes unasked over a connection but a change of a setting, or its end.
    """
    socket = select.poll()
    try:
        socket.register(driver.fileno(), select.POLLIN)
        while socket.poll(0):
            driver.pgconn.consume_input()
    except psycopg.OperationalError:
        return True
    return driver.closed or driver.pgconn.status == ConnStatus.BAD


def replace_lost(engine: AsyncEngine) -> None:
    """Have a connection that was lost while nobody used it replaced when it is taken out: who takes it never knows."""

    def look(connection: object, _record: object, _proxy: object) -> None:
        if is_lost(connection.driver_connection):  # type: ignore[attr-defined]  # SQLAlchemy's adapter of ours.
            raise DisconnectionError

    event.listen(engine.sync_engine, "checkout", look)
