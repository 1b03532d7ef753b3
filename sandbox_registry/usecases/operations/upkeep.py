"""What the program does by itself, at its hour or after an act. It decides nothing; that a calendar moved a date is a leaf.

Each method may be done twice, or broken off and begun again, without harm: that is what a queue can promise.
"""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import date, datetime, timedelta
from uuid import UUID

import structlog

from sandbox_registry.authz import Action
from sandbox_registry.db.cases import applications as case_rows
from sandbox_registry.db.cases import replays
from sandbox_registry.db.core import idempotency
from sandbox_registry.db.core.jobs import Task
from sandbox_registry.db.core.queries import Queries
from sandbox_registry.db.identity import account_mails, refused_logins, sessions
from sandbox_registry.db.integrations import webhooks
from sandbox_registry.db.operations import reminders
from sandbox_registry.db.privacy import erasures, removed_files
from sandbox_registry.documents.uploads.store import Store
from sandbox_registry.domain.cases.applications import Application
from sandbox_registry.domain.cases.appraisal import Participation
from sandbox_registry.domain.cases.deadlines import CaseFacts, next_due
from sandbox_registry.domain.cases.promises import Promise
from sandbox_registry.domain.cases.recalculation import recalculated
from sandbox_registry.domain.identity.logins import last_over, summed
from sandbox_registry.domain.identity.people import Membership, Person
from sandbox_registry.domain.identity.tokens import EXPIRY_NOTICE
from sandbox_registry.domain.kinds.events import case_events
from sandbox_registry.domain.operations.mails import Mail, concerned_by_dates, expiry_notice, new_dates_notice
from sandbox_registry.domain.operations.stored_files import REMOVED_KEPT
from sandbox_registry.domain.rules.calendars import Calendar
from sandbox_registry.domain.rules.working_days import start_of
from sandbox_registry.domain.stages import OPEN_STAGES
from sandbox_registry.usecases.operations.quotas import RateLimits
from sandbox_registry.usecases.transaction.operators import NOBODY, operator
from sandbox_registry.usecases.transaction.subjects import pinned_procedure
from sandbox_registry.usecases.transaction.transactions import Transactions

ANSWERS_KEPT = timedelta(hours=24)
UPLOADS_KEPT = timedelta(days=1)
PLACES_KEPT = timedelta(days=30)
"""How long after its end an address and a browser are kept with a session."""
NOTICES = (EXPIRY_NOTICE, timedelta(days=1))
"""How long before its end the holder of a token is told: by the first of these that is shorter than it lasts."""
UPLOADS_LAST = timedelta(minutes=10)
"""Longer than the last step of an upload takes, from keeping its bytes to the row that names them."""
BATCH = 100
"""Cases refreshed in one transaction, during which nobody else can act on them."""

Send = Callable[[Mail], Awaitable[None]]
"""Hands a mail to the mail server. Raises when that does not take it; the queue tries again later."""

logger = structlog.get_logger("registry.upkeep")


class Upkeep:
    """One method per thing to be kept in order; each returns how much there was to do."""

    def __init__(
        self, transactions: Transactions, *, store: Store, rate_limits: RateLimits, batch: int = BATCH
    ) -> None:
        self.transactions = transactions
        self.store = store
        self.rate_limits = rate_limits
        self.batch = batch

    async def refresh_due_dates(self, *, after: UUID | None = None, as_of: datetime | None = None) -> int:
        """Derive the kept due dates of some open cases again, and defer the next ones in the same transaction.

        Where the calendar in force gives a deadline a date that helps the citizen, the case is given that date.
        `as_of` is a moment whose rules must count even if the clock of this machine is a little behind.
        """
        at = self.transactions.now() if as_of is None else max(as_of, self.transactions.now())
        changed, helped = 0, list[UUID]()
        async with self.transactions.database.transaction() as work:
            cases = await work.run(replays.lock_open_cases, after=after, limit=self.batch)
            if not cases:
                return 0
            # After the locks: an act that read another calendar has committed, or will read this one.
            calendar = await work.run(self.transactions.rules.calendar, at=at)
            for case in cases:
                if await self._recalculated(work, case.facts, calendar=calendar, at=at):
                    helped.append(case.facts.application.id)
                else:
                    changed += await self._refresh(work, case, calendar=calendar, at=at)
            if len(cases) == self.batch:
                await work.defer(Task.REFRESH_DUE_DATES, after=cases[-1].facts.application.id, as_of=as_of)
        return changed + sum([await self.recalculate(each, at=at) for each in helped])

    async def recalculate(self, application_id: UUID, *, at: datetime) -> bool:
        """Give an open case the dates by the calendar in force that help the citizen, on record, and tell its parties.

        Webhooks tell their machines; each person concerned is written to once.
        """
        actor = operator(method="calendar", request_id="calendar")
        async with self.transactions.open(actor, Action.DEADLINE_RECALCULATE) as act:
            facts = await act.run(replays.lock_open_case, application_id)
            calendar = await act.run(self.transactions.rules.calendar, at=at)
            promises = () if facts is None else await self._recalculated(act.work, facts, calendar=calendar, at=at)
            if facts is None or not promises:
                act.skip_audit()
                return False
            application = facts.application
            act.case_id, act.pinned_procedure = application.id, pinned_procedure(application)
            for each in promises:
                await act.add(each)
            procedure = await act.run(self.transactions.rules.pinned, application)
            facts = replace(facts, promises=(*facts.promises, *promises))
            due = next_due(facts, procedure=procedure, calendar=calendar, at=at)
            await act.run(case_rows.set_next_due, application.id, due)
            happened = case_events(promises, before=application)
            await act.run(webhooks.announce, happened, case=application, at=act.at, new_id=act.new_id)
            members = await act.find(Membership, organisation_id=application.organisation_id)
            parts = await act.find(Participation, application_id=application.id, until=None)
            for person_id in sorted(concerned_by_dates(members, parts, at=act.at)):
                moved_ids = [each.id for each in promises]
                await act.defer(Task.WRITE_OF_NEW_DATES, promise_ids=moved_ids, person_id=person_id)
        return True

    async def write_of_new_dates(self, promise_ids: tuple[UUID, ...], person_id: UUID, *, send: Send) -> bool:
        """Write to somebody which dates of a case a calendar moved.

        Not of dates that others took the place of meanwhile, of a case that ended, or to a closed account.
        """
        async with self.transactions.database.transaction() as work:
            person = await work.get(Person, person_id)
            moved = [await work.get(Promise, each) for each in promise_ids]
            application = await work.get(Application, moved[0].application_id)
            history = await work.find(Promise, application_id=application.id)
        last = {(each.name, each.subject): each.id for each in history}
        given = tuple(each for each in moved if last[each.name, each.subject] == each.id)
        if not given or person.disabled_at is not None or application.stage not in OPEN_STAGES:
            return False
        await send(new_dates_notice(application, given, history=history, person=person))
        return True

    async def _recalculated(
        self, queries: Queries, facts: CaseFacts, *, calendar: Calendar, at: datetime
    ) -> tuple[Promise, ...]:
        procedure = await queries.run(self.transactions.rules.pinned, facts.application)
        return recalculated(facts, procedure=procedure, calendar=calendar, at=at, new_id=self.transactions.new_id)

    async def _refresh(self, queries: Queries, case: replays.OpenCase, *, calendar: Calendar, at: datetime) -> bool:
        application = case.facts.application
        procedure = await queries.run(self.transactions.rules.pinned, application)
        due = next_due(case.facts, procedure=procedure, calendar=calendar, at=at)
        if due == case.next_due_at:
            return False
        await queries.run(case_rows.set_next_due, application.id, due)
        return True

    async def purge_answers(self) -> int:
        """Delete the answers kept for repeated requests that nobody will repeat any more."""
        async with self.transactions.database.transaction() as work:
            return await work.run(idempotency.purge, before=self.transactions.now() - ANSWERS_KEPT)

    async def purge_account_mails(self) -> int:
        """Delete mail about accounts whose time is over, with the secrets that nobody used."""
        async with self.transactions.database.transaction() as work:
            return await work.run(account_mails.purge, at=self.transactions.now())

    async def log_refused_logins(self) -> int:
        """Put on record how many logins failed in each interval that is over: one leaf for each, none where none failed."""
        context, logged = operator(method="upkeep", request_id="upkeep"), 0
        until = last_over(self.transactions.now())
        while True:
            async with self.transactions.primary() as primary:
                if not await primary.run(refused_logins.is_waiting, until=until):
                    return logged
            async with self.transactions.open(context, Action.LOGIN_COUNT) as act:
                taken = await act.run(refused_logins.take, until=until)
                if taken is None:
                    act.skip_audit()  # Another process was faster.
                    return logged
                since, tries = taken
                found = summed(since, tries, nobody=NOBODY, identity=act.new_id())
                act.record_state("refused_logins", found.id, found.version, found)
                logged += 1

    async def forget_session_places(self) -> int:
        """Forget from where sessions were used that are over for a while."""
        async with self.transactions.database.transaction() as work:
            return await work.run(sessions.forget_over, before=self.transactions.now() - PLACES_KEPT)

    async def purge_quotas(self) -> int:
        """Delete the counts of requests that no longer limit anybody."""
        return await self.rate_limits.purge()

    async def forget_files(self, case_id: UUID) -> int:
        """Remove the files of an erased case that no other case holds.

        One written a moment ago may be another's upload whose row is not there yet: it is looked at again later.
        """
        async with self.transactions.database.transaction() as work:
            digests = await work.run(erasures.files_to_forget, case_id)
            now = self.transactions.now()
            recent = [each for each in digests if not await self.store.forget(each, older_than=now - UPLOADS_LAST)]
            if recent:
                await work.defer(Task.FORGET_FILES, at=now + UPLOADS_LAST, case_id=case_id)
        return len(digests) - len(recent)

    async def sweep_uploads(self) -> int:
        """Remove the temporary files of uploads that broke off, and files that were removed before they were ever filed."""
        swept = await self.store.sweep(older_than=self.transactions.now() - UPLOADS_KEPT)
        return swept + await self._forget_removed_files()

    async def _forget_removed_files(self) -> int:
        now, after, forgotten = self.transactions.now(), UUID(int=0), 0
        while True:
            async with self.transactions.database.transaction() as work:
                found = await work.run(removed_files.next_removed, before=now - REMOVED_KEPT, after=after)
                if found is None:
                    return forgotten
                after = found.document_id
                # What somebody is just uploading again is looked at another night.
                gone = [await self.store.forget(each, older_than=now - UPLOADS_LAST) for each in found.digests]
                if all(gone):
                    await work.run(removed_files.mark_forgotten, found.document_id, at=now)
                    forgotten += 1

    async def remind_consulted(self, *, day: date) -> int:
        """Say in the log which consulted units have not answered though their reminder falls on this day."""
        async with self.transactions.primary() as primary:
            due = await primary.run(reminders.consultations_on, day=day)
        for each in due:
            logger.warning(
                "consultation.reminder",
                consultation_id=each.consultation_id,
                application_id=each.application_id,
                code=each.code,
                unit_id=each.unit_id,
                is_required=each.is_required,
            )
        return len(due)

    async def remind_token_holders(self, *, day: date) -> int:
        """Note which tokens end within 14 days from this day, or on the next, and have their holders written to, once."""
        at, ending = self.transactions.now(), list[reminders.EndingToken]()
        async with self.transactions.database.transaction() as work:
            for notice in NOTICES:
                until = start_of(day + notice + timedelta(days=1))
                ending += await work.run(reminders.note_ending, at=at, until=until, notice=notice)
            for each in ending:
                await work.defer(Task.WRITE_TO_TOKEN_HOLDER, token_id=each.id)
        for each in ending:
            logger.warning("token.expires_soon", token_id=each.id, person_id=each.person_id, expires_at=each.expires_at)
        return len(ending)

    async def write_to_token_holder(self, token_id: UUID, *, send: Send) -> bool:
        """Write to the holder of a token that it ends; not once it was revoked, has ended, or the account is closed."""
        async with self.transactions.primary() as primary:
            holder = await primary.run(reminders.holder_of, token_id, at=self.transactions.now())
        if holder is None:
            return False
        token, email = holder
        await send(expiry_notice(token_id, name=token.name, expires_at=token.expires_at, to=email))
        return True
