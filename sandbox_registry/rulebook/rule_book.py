"""The rules in force: procedures and calendars from the database, each version decoded once."""

from dataclasses import replace
from datetime import datetime

from sandbox_registry.db.core.engine import Connection
from sandbox_registry.db.rules import rule_versions
from sandbox_registry.domain.cases.applications import Application
from sandbox_registry.domain.errors import NotFound
from sandbox_registry.domain.rules.calendars import Calendar
from sandbox_registry.domain.rules.procedures import Procedure
from sandbox_registry.domain.rules.rule_versions import RuleKind, VersionInForce
from sandbox_registry.rulebook.calendar_files import parse_calendar
from sandbox_registry.rulebook.procedure_files import parse_procedure

CALENDAR = "vn"


class RuleBook:
    """Looks rules up by code and moment, or by the version a case is pinned to. Versions never change, so they stay.

    `takes_drafts` says whether this installation takes dossiers under a procedure that is only a proposal.
    """

    def __init__(self, *, takes_drafts: bool = False) -> None:
        self.takes_drafts = takes_drafts
        self._procedures: dict[str, Procedure] = {}
        self._calendars: dict[str, Calendar] = {}

    async def current(self, connection: Connection, code: str, *, at: datetime) -> Procedure:
        """Return the procedure in force at a moment; `NotFound` when there is none."""
        checksum = await rule_versions.in_force(connection, kind=RuleKind.PROCEDURE, code=code, at=at)
        if checksum is None:
            raise NotFound(what="procedure")
        return await self.version(connection, code, checksum)

    async def version(self, connection: Connection, code: str, checksum: str) -> Procedure:
        """Return one version of a procedure; `NotFound` when there is none."""
        if checksum not in self._procedures:
            content = await rule_versions.content(connection, kind=RuleKind.PROCEDURE, code=code, checksum=checksum)
            if content is None:
                raise NotFound(what="procedure")
            self._procedures[checksum] = parse_procedure(content.encode(), file=f"{code}.toml")
        return self._procedures[checksum]

    async def pinned(
        self, connection: Connection, application: Application, *, at: datetime | None = None
    ) -> Procedure:
        """Return the version a case is pinned to, as it counts for its level; for a draft, the one in force at `at`."""
        if application.procedure_version is not None:
            pinned = await self.version(connection, application.procedure_code, application.procedure_version)
            return pinned.at_level(application.level)
        if at is None:
            raise NotFound(what="procedure")
        return await self.current(connection, application.procedure_code, at=at)

    async def calendar(self, connection: Connection, *, at: datetime) -> Calendar:
        """Return the calendar of days off in force at a moment, with those before it; `NotFound` when there is none."""
        versions = await rule_versions.took_force(connection, kind=RuleKind.CALENDAR, code=CALENDAR, at=at)
        return await self.calendar_of(connection, versions)

    async def calendar_of(self, connection: Connection, versions: tuple[VersionInForce, ...]) -> Calendar:
        """Return the first of these versions of the calendar, with the others; `NotFound` when there are none."""
        if not versions:
            raise NotFound(what="calendar")
        newest, *earlier = [
            replace(await self._calendar(connection, each.checksum), since=each.since) for each in versions
        ]
        return replace(newest, earlier=tuple(earlier))

    async def _calendar(self, connection: Connection, checksum: str) -> Calendar:
        if checksum not in self._calendars:
            content = await rule_versions.content(connection, kind=RuleKind.CALENDAR, code=CALENDAR, checksum=checksum)
            self._calendars[checksum] = parse_calendar((content or "").encode(), file=f"{CALENDAR}.toml")
        return self._calendars[checksum]
