"""What the database is sent, by SQLAlchemy and past it."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import event

from sandbox_registry.db.core.statements import logger
from tests.support.world import World


class _Keeper(logging.Handler):
    def __init__(self, sent: list[str]) -> None:
        super().__init__()
        self.sent = sent

    def emit(self, record: logging.LogRecord) -> None:
        self.sent.append(record.getMessage())


@contextmanager
def statements(world: World) -> Iterator[list[str]]:
    """Collect every statement the database is sent, in order."""
    sent: list[str] = []

    def keep(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        sent.append(statement)

    engine, keeper, level = world.database.engine.sync_engine, _Keeper(sent), logger.level
    event.listen(engine, "before_cursor_execute", keep)
    logger.addHandler(keeper)
    logger.setLevel(logging.DEBUG)
    try:
        yield sent
    finally:
        event.remove(engine, "before_cursor_execute", keep)
        logger.removeHandler(keeper)
        logger.setLevel(level)
