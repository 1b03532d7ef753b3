"""When the database cannot do what is asked: it does not answer, is full of work, or takes no more."""

from sandbox_registry.domain.errors import DomainError


class DatabaseUnavailable(DomainError):
    """The database does not answer, or is busy beyond measure; nothing was done.

    `cause` is for the log.
    """

    code = "database_unavailable"

    def __init__(self, cause: str = "") -> None:
        super().__init__()
        self.cause = cause


class DatabaseFull(DatabaseUnavailable):
    """The database has no room left; nothing was done."""

    code = "database_full"
