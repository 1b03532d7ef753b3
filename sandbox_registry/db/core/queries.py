"""Asking the database from above: the functions of `db` take a connection, and nobody else sees one."""

from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Concatenate, ParamSpec, TypeVar

from sqlalchemy.ext.asyncio import AsyncConnection

P = ParamSpec("P")
T = TypeVar("T")


class Queries:
    """Runs functions of `db` on one connection."""

    def __init__(self, connection: AsyncConnection) -> None:
        self.connection = connection

    def run(
        self, query: Callable[Concatenate[AsyncConnection, P], Awaitable[T]], /, *args: P.args, **kwargs: P.kwargs
    ) -> Awaitable[T]:
        """Run a query or a change on this connection."""
        return query(self.connection, *args, **kwargs)

    def stream(
        self,
        query: Callable[Concatenate[AsyncConnection, P], AsyncGenerator[T, None]],
        /,
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> AsyncGenerator[T, None]:
        """Run a query whose rows come in batches; its caller closes it."""
        return query(self.connection, *args, **kwargs)


@asynccontextmanager
async def queries_on(connection: AbstractAsyncContextManager[AsyncConnection]) -> AsyncIterator[Queries]:
    """Open a connection for queries."""
    async with connection as opened:
        yield Queries(opened)
