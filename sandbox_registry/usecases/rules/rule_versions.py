"""Versions of procedures and calendars: registered at start, proposed, approved by somebody else, tried on past cases.

A version never touches a dossier already received: each is pinned to the one in force when it came in.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from hashlib import sha256
from pathlib import Path
from uuid import UUID

import anyio.to_thread

from sandbox_registry.authz import Action
from sandbox_registry.authz.policy import AuthorizationPolicy
from sandbox_registry.db.cases import replays
from sandbox_registry.db.core.jobs import Task
from sandbox_registry.db.rules import rule_versions
from sandbox_registry.db.rules.rule_versions import RuleVersionRow
from sandbox_registry.domain.cases.deadlines import CaseDeadline, CaseFacts, case_deadlines, computed_afresh
from sandbox_registry.domain.errors import FieldError, Invalid
from sandbox_registry.domain.rules.calendars import Calendar, local_date, start_of
from sandbox_registry.domain.rules.procedures import Procedure
from sandbox_registry.domain.rules.rule_versions import RuleKind, RuleStatus, RuleVersion, approve, reject, withdraw
from sandbox_registry.domain.texts import Phrase
from sandbox_registry.rulebook.calendar_checks import calendar_findings, calendar_warnings
from sandbox_registry.rulebook.calendar_files import parse_calendar
from sandbox_registry.rulebook.faults import Fault, Faults, fault
from sandbox_registry.rulebook.procedure_checks import faults_of
from sandbox_registry.rulebook.procedure_files import ProcedureFileError, ProcedureFinding, parse_procedure
from sandbox_registry.usecases.identity.authority import lock_people, refuse_own_account
from sandbox_registry.usecases.transaction.context import RequestContext
from sandbox_registry.usecases.transaction.operators import operator
from sandbox_registry.usecases.transaction.preconditions import check_fields, check_version
from sandbox_registry.usecases.transaction.transaction import Transaction
from sandbox_registry.usecases.transaction.transactions import Transactions

REPLAYED_CASES = 500
Dues = Mapping[tuple[str, str], datetime | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class ShippedRule:
    """A rule file that came with the program; `since` is the day it names as its first, if it names one."""

    kind: RuleKind
    code: str
    content: str
    since: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """A deadline of a past case that another version would have set otherwise; null where none would run."""

    application_id: UUID
    code: str | None
    deadline: str
    subject: str
    before: datetime | None
    after: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Replay:
    """What a version would have changed: how many cases were looked at, and every deadline that differs."""

    cases: int
    differences: tuple[Difference, ...]


class RuleVersions:
    """One method per thing done with a version."""

    def __init__(self, transactions: Transactions) -> None:
        self.transactions = transactions

    async def register_shipped(self, folder: Path) -> tuple[RuleVersion, ...]:
        """Register the rule files of a folder that the database does not hold yet, and return those.

        The first version of a code is in force at once. A later one waits for an administrator: installing a new
        release moves no deadline. Any number of nodes may do this at the same time.
        """
        async with self.transactions.primary() as primary:
            checksums = await primary.run(rule_versions.checksums)
        registered = frozenset(checksum for each in checksums.values() for checksum in each)
        versions = [
            await self._register(rule, is_first=(rule.kind, rule.code) not in checksums)
            for rule in shipped_rules(folder, registered=registered)
        ]
        return tuple(each for each in versions if each is not None)

    async def propose(self, context: RequestContext, *, kind: RuleKind, content: str) -> RuleVersion:
        """Propose a version; it takes effect when another administrator approves it.

        Raises:
            Invalid: the file cannot be read, or `rules check` finds something; each finding with its key.
            Duplicate: this very text is a version already.

        """
        async with self.transactions.open(context, Action.PROCEDURE_PROPOSE) as act:
            code = await self._check(act, kind, content)
            # Not before: the check takes seconds, and nobody waits for an account so long.
            await lock_people(act)
            return act.respond(
                await act.add(
                    RuleVersion(
                        id=act.new_id(),
                        version=1,
                        kind=kind,
                        code=code,
                        checksum=_checksum(content),
                        content=content,
                        status=RuleStatus.PROPOSED,
                        proposed_by=context.actor.person_id,
                        proposed_at=act.at,
                    )
                )
            )

    async def approve(
        self,
        context: RequestContext,
        version_id: UUID,
        *,
        expected_version: int,
        effective_from: datetime,
        warnings_accepted: str | None = None,
    ) -> RuleVersion:
        """Put a proposed version in force from a moment on, as an administrator who did not propose it.

        What `warnings` lists is stood by with a reason. A calendar gives new dates to open cases when it takes force, only where that helps the citizen.

        Raises:
            NotFound: no such version.
            StaleVersion: somebody approved it since it was read.
            Duplicate: it is approved already.
            ConditionNotMet: `four_eyes`, `own_account`, `effective_in_past`.
            Invalid: `rules check` finds something in it beside the policy and the procedures as they are now, or warns
                of something, and no reason is given to approve it all the same.

        """
        async with self.transactions.open(context, Action.PROCEDURE_APPROVE) as act:
            proposed = await act.get(RuleVersion, version_id)
            check_version(proposed.version, expected_version)
            approved = approve(proposed, by=context.actor.person_id, at=act.at, effective_from=effective_from)
            # A release brings versions that nobody proposed, and the policy may have changed since somebody did.
            await self._check(act, proposed.kind, proposed.content)
            warned = _errors(await self._warnings(proposed, at=act.at))
            if warned and warnings_accepted is None:
                message = Phrase("rules.reason_for_warnings")
                raise Invalid((*warned, FieldError(field="warnings_accepted", code="required", message=message)))
            approved = replace(approved, warnings_accepted=warnings_accepted if warned else None)
            # Not before: the check takes seconds, and nobody waits for an account so long.
            await lock_people(act)
            await refuse_own_account(act, proposed.proposed_by)
            await act.save(approved)
            if approved.kind is RuleKind.CALENDAR:
                await act.defer(Task.REFRESH_DUE_DATES, at=effective_from, as_of=effective_from)
            return act.respond(approved)

    async def warnings(self, version_id: UUID) -> tuple[Fault, ...]:
        """List what is unusual in a version, for whoever is to approve it; `NotFound` when there is none."""
        return await self._warnings(await self.read(version_id), at=self.transactions.now())

    async def _warnings(self, version: RuleVersion, *, at: datetime) -> tuple[Fault, ...]:
        if version.kind is not RuleKind.CALENDAR:
            return ()
        warn = partial(calendar_warnings, version.content.encode(), at=local_date(at))
        return await anyio.to_thread.run_sync(warn)

    async def reject(
        self, context: RequestContext, version_id: UUID, *, expected_version: int, reason: str
    ) -> RuleVersion:
        """Turn somebody else's proposal down, with a reason; raises as `approve`."""
        return await self._close(
            context, Action.PROCEDURE_REJECT, version_id, close=reject, expected_version=expected_version, reason=reason
        )

    async def withdraw(
        self, context: RequestContext, version_id: UUID, *, expected_version: int, reason: str
    ) -> RuleVersion:
        """Take one's own proposal back, with a reason; raises as `approve`."""
        return await self._close(
            context,
            Action.PROCEDURE_WITHDRAW,
            version_id,
            close=withdraw,
            expected_version=expected_version,
            reason=reason,
        )

    async def _close(
        self,
        context: RequestContext,
        action: Action,
        version_id: UUID,
        *,
        close: Callable[..., RuleVersion],
        expected_version: int,
        reason: str,
    ) -> RuleVersion:
        async with self.transactions.open(context, action) as act:
            await lock_people(act)
            proposed = await act.get(RuleVersion, version_id)
            check_version(proposed.version, expected_version)
            closed = close(proposed, by=context.actor.person_id, at=act.at, reason=reason)
            return act.respond(await act.save(closed))

    async def list_versions(
        self, *, kind: RuleKind | None = None, code: str | None = None
    ) -> tuple[RuleVersionRow, ...]:
        """List versions without their text, proposals included: how rules change is nobody's secret."""
        async with self.transactions.replica() as replica:
            return await replica.run(rule_versions.list_versions, kind=kind, code=code)

    async def read(self, version_id: UUID) -> RuleVersion:
        """Read one version with its text; `NotFound` when there is none."""
        async with self.transactions.database.transaction() as work:
            return await work.get(RuleVersion, version_id)

    async def current(self, code: str) -> Procedure:
        """Read the procedure in force now; `NotFound` when there is none."""
        async with self.transactions.replica() as replica:
            return await replica.run(self.transactions.rules.current, code, at=self.transactions.now())

    async def in_force(self) -> tuple[Procedure, ...]:
        """List the procedures in force now, by code."""
        at = self.transactions.now()
        async with self.transactions.replica() as replica:
            versions = await replica.run(rule_versions.all_in_force, kind=RuleKind.PROCEDURE, at=at)
            return tuple([await replica.run(self.transactions.rules.version, *version) for version in versions])

    async def calendar(self) -> Calendar:
        """Read the calendar of days off in force now."""
        async with self.transactions.replica() as replica:
            return await replica.run(self.transactions.rules.calendar, at=self.transactions.now())

    async def replay(self, context: RequestContext, version_id: UUID) -> Replay:
        """Compute the deadlines of past cases again under a version, and say which would have been otherwise.

        Changes nothing. Looks at the newest filed cases: of the procedure, or all of them for a calendar.

        Raises:
            NotFound: no such version.

        """
        async with self.transactions.open(context, Action.PROCEDURE_PROPOSE) as act:
            act.skip_audit()
            tried = await act.get(RuleVersion, version_id)
            code = tried.code if tried.kind is RuleKind.PROCEDURE else None
            cases = await act.run(replays.filed_cases, procedure_code=code, limit=REPLAYED_CASES)
            calendar = await act.run(self.transactions.rules.calendar, at=act.at)
            new_procedure, new_calendar = _read(tried)
            differences: list[Difference] = []
            for case in cases:
                pinned = await act.run(self.transactions.rules.pinned, case.application)
                before = _dues(case_deadlines(case, procedure=pinned, calendar=calendar, at=act.at))
                after = _dues(
                    computed_afresh(
                        case,
                        procedure=new_procedure or pinned,
                        calendar=new_calendar or calendar,
                        at=act.at,
                        by_latest=new_calendar is not None,
                    )
                )
                differences += _differences(case, before, after)
            return Replay(cases=len(cases), differences=tuple(differences))

    async def _check(self, act: Transaction, kind: RuleKind, content: str) -> str:
        """Return the code of a rule text; `Invalid` with every finding when it cannot come into force."""
        codes = frozenset(await act.run(rule_versions.codes, kind=RuleKind.PROCEDURE))
        await act.run(rule_versions.wait_for_check)
        # A procedure's cases are walked, which takes a second: not while everybody waits.
        code, errors = await anyio.to_thread.run_sync(
            partial(_judged, kind, content, codes=codes, policy=self.transactions.authorizer.policy)
        )
        check_fields(errors)
        return code

    async def _register(self, rule: ShippedRule, *, is_first: bool) -> RuleVersion | None:
        action = Action.PROCEDURE_APPROVE if is_first else Action.PROCEDURE_PROPOSE
        async with self.transactions.open(operator(method="start", request_id="start"), action) as act:
            await act.run(rule_versions.lock)
            checksums = (await act.run(rule_versions.checksums)).get((rule.kind, rule.code), frozenset())
            if _checksum(rule.content) in checksums or (is_first and checksums):
                # Another node was faster; what it brought decides.
                act.skip_audit()
                return None
            return act.respond(
                await act.add(
                    RuleVersion(
                        id=act.new_id(),
                        version=1,
                        kind=rule.kind,
                        code=rule.code,
                        checksum=_checksum(rule.content),
                        content=rule.content,
                        status=RuleStatus.APPROVED if is_first else RuleStatus.PROPOSED,
                        proposed_by=None,
                        proposed_at=act.at,
                        approved_at=act.at if is_first else None,
                        effective_from=(rule.since or act.at) if is_first else None,
                    )
                )
            )


def shipped_rules(folder: Path, *, registered: frozenset[str] = frozenset()) -> tuple[ShippedRule, ...]:
    """Read `procedures/*.toml` and `calendars/*.toml` of a folder, except those whose checksum is registered already.

    Raises:
        ProcedureFileError, CalendarFileError: a file cannot be used.

    """
    return (*_procedures(folder / "procedures", registered), *_calendars(folder / "calendars", registered))


def _procedures(folder: Path, registered: frozenset[str]) -> Iterator[ShippedRule]:
    for name, content in _files(folder, registered):
        procedure = parse_procedure(content.encode(), file=name)
        since = None if procedure.effective_from is None else start_of(procedure.effective_from)
        yield ShippedRule(kind=RuleKind.PROCEDURE, code=procedure.code, content=content, since=since)


def _calendars(folder: Path, registered: frozenset[str]) -> Iterator[ShippedRule]:
    for name, content in _files(folder, registered):
        calendar = parse_calendar(content.encode(), file=name)
        since = start_of(calendar.covered_from)
        yield ShippedRule(kind=RuleKind.CALENDAR, code=calendar.code, content=content, since=since)


def _files(folder: Path, registered: frozenset[str]) -> Iterator[tuple[str, str]]:
    for path in sorted(folder.glob("*.toml")):
        # Not read_text: line ends count in the checksum.
        content = path.read_bytes().decode("utf-8")
        if _checksum(content) not in registered:
            yield path.name, content


def _judged(
    kind: RuleKind, content: str, *, codes: frozenset[str], policy: AuthorizationPolicy
) -> tuple[str, tuple[FieldError, ...]]:
    """Read a proposal; return its code and what is wrong with it."""
    if kind is RuleKind.CALENDAR:
        findings = calendar_findings(content.encode(), file="content")
        return "" if findings else parse_calendar(content.encode(), file="content").code, _errors(findings)
    try:
        procedure = parse_procedure(content.encode(), file="content")
    except ProcedureFileError as error:
        return "", _errors(error.findings)
    return procedure.code, _errors(_faults(procedure, codes, policy))


def _errors(findings: Iterable[ProcedureFinding | Fault]) -> tuple[FieldError, ...]:
    return tuple(FieldError(field=each.key, code=each.code, message=each.message) for each in findings)


def _faults(procedure: Procedure, codes: frozenset[str], policy: AuthorizationPolicy) -> Faults:
    beside = (
        fault("unknown_target", f"routes.{index}.target", code=route.target)
        for index, route in enumerate(procedure.routes)
        if route.target is not None and route.target not in codes
    )
    yield from faults_of(procedure, policy, beside=tuple(beside))


def _read(tried: RuleVersion) -> tuple[Procedure | None, Calendar | None]:
    content = tried.content.encode()
    if tried.kind is RuleKind.PROCEDURE:
        return parse_procedure(content, file=tried.code), None
    return None, parse_calendar(content, file=tried.code)


def _differences(case: CaseFacts, before: Dues, after: Dues) -> Iterator[Difference]:
    for name, subject in sorted(before.keys() | after.keys()):
        old, new = before.get((name, subject)), after.get((name, subject))
        if old != new:
            yield Difference(
                application_id=case.application.id,
                code=case.application.code,
                deadline=name,
                subject=subject,
                before=old,
                after=new,
            )


def _dues(deadlines: Iterable[CaseDeadline]) -> Dues:
    return {(each.name, each.subject): _due(each) for each in deadlines}


def _due(deadline: CaseDeadline) -> datetime | None:
    return None if deadline.computation is None else deadline.computation.due


def _checksum(content: str) -> str:
    return sha256(content.encode()).hexdigest()
