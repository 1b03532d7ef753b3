"""What the one-stop unit does: register, check, ask once, take in, refuse, refer, apologize, stop, hand over."""

from datetime import datetime
from uuid import UUID

from sandbox_registry.authz import Action
from sandbox_registry.domain.cases import competence, intake
from sandbox_registry.domain.cases.applications import Application, Reason, SupplementItem, SupplementRequest
from sandbox_registry.domain.cases.deadlines import latest_apology, latest_promise
from sandbox_registry.domain.cases.possible_acts import records_needed
from sandbox_registry.domain.cases.promises import with_appointment
from sandbox_registry.domain.identity.people import Capacity, Organisation
from sandbox_registry.domain.rules.calendars import local_date
from sandbox_registry.domain.stages import Stage
from sandbox_registry.usecases.cases.participations import take_part
from sandbox_registry.usecases.transaction.context import RequestContext
from sandbox_registry.usecases.transaction.transaction import CaseTransaction
from sandbox_registry.usecases.transaction.transactions import Transactions


class Intake:
    """One method per thing an intake officer does. Anyone who does one of them has acted as intake, permanently."""

    def __init__(self, transactions: Transactions) -> None:
        self.transactions = transactions

    async def receive(self, context: RequestContext, application_id: UUID, *, expected_version: int) -> Application:
        """Register a filed dossier (A3) and give it its code `agency-YYMMDD-XXXX`, gap-free per unit and day."""
        async with self.transactions.open_case(
            context, Action.APPLICATION_RECEIVE, application_id, expected_version=expected_version
        ) as act:
            unit = await act.get(Organisation, act.application.receiving_unit_id)
            agency_code = intake.require_receivable(act.application, agency_code=unit.agency_code)
            day = f"{agency_code}-{local_date(act.at):%y%m%d}"
            number = await act.next_number(f"dossier {day}")
            received = intake.receive(act.application, code=f"{day}-{number:04}", at=act.at)
            return await self._save_and_take_part(act, received)

    async def request_supplement(
        self,
        context: RequestContext,
        application_id: UUID,
        *,
        expected_version: int,
        items: tuple[SupplementItem, ...],
        exception_reason: str | None,
    ) -> Application:
        """Ask for everything that is missing, once (A4, A5); a further request needs a recorded exception."""
        async with self.transactions.open_case(
            context, Action.APPLICATION_REQUEST_SUPPLEMENT, application_id, expected_version=expected_version
        ) as act:
            application, request = intake.request_supplement(
                act.application,
                request_id=act.new_id(),
                items=items,
                exception_reason=exception_reason,
                earlier=await act.all(SupplementRequest),
                procedure=await act.procedure(),
                by=context.actor.person_id,
                at=act.at,
            )
            await act.save(application)
            await act.add(request)
            await take_part(act, Capacity.INTAKE)
            return act.respond(application)

    async def lapse(
        self, context: RequestContext, application_id: UUID, *, expected_version: int, reason: str | None
    ) -> Application:
        """Confirm that a supplement never came (A8); where no term is set, with a reason and after a letter."""
        async with self.transactions.open_case(
            context, Action.APPLICATION_LAPSE, application_id, expected_version=expected_version
        ) as act:
            records = await act.records(also=records_needed({act.action}))
            lapsed = intake.lapse(
                act.application,
                supplements=records.supplements,
                promises=records.promises,
                letters=records.letters,
                reason=reason,
                procedure=await act.procedure(),
                calendar=await act.calendar(),
                by=context.actor.person_id,
                at=act.at,
            )
            return await self._save_and_take_part(act, lapsed)

    async def refuse_intake(
        self, context: RequestContext, application_id: UUID, *, expected_version: int, reasons: tuple[Reason, ...]
    ) -> Application:
        """Refuse to take the dossier in, with reasons from the procedure's list (A9; form 03)."""
        async with self.transactions.open_case(
            context, Action.APPLICATION_REFUSE_INTAKE, application_id, expected_version=expected_version
        ) as act:
            procedure = await act.procedure()
            refused = intake.refuse_intake(
                act.application, reasons=reasons, procedure=procedure, by=context.actor.person_id, at=act.at
            )
            return await self._save_and_take_part(act, refused)

    async def refer(
        self, context: RequestContext, application_id: UUID, *, expected_version: int, reason: str, target: str | None
    ) -> Application:
        """Send the case to the competent authority (A9, A12).

        The procedure's routes name it from the answers; `target` picks one of the procedure's routes by hand instead.

        Raises:
            ConditionNotMet: `no_referral`, when the answers name no other authority.
            Invalid: the procedure has no route to `target`.

        """
        async with self.transactions.open_case(
            context, Action.APPLICATION_REFER, application_id, expected_version=expected_version
        ) as act:
            procedure = await act.procedure()
            referral = intake.referral_of(act.application, target=target, procedure=procedure)
            referred = intake.refer(
                act.application, referral=referral, reason=reason, by=context.actor.person_id, at=act.at
            )
            if act.application.stage is Stage.SUBMITTED:
                return await self._save_and_take_part(act, referred)
            return act.respond(await act.save(referred))

    async def retain(
        self, context: RequestContext, application_id: UUID, *, expected_version: int, reason: str
    ) -> Application:
        """Record why a case is handled here although its answers lead to another authority (A12).

        Raises:
            ConditionNotMet: `within_competence`, when the answers leave the case here.
            Duplicate: the reason is on record.

        """
        async with self.transactions.open_case(
            context, Action.APPLICATION_RETAIN, application_id, expected_version=expected_version
        ) as act:
            procedure = await act.procedure()
            retained = competence.retain(
                act.application, procedure=procedure, reason=reason, by=context.actor.person_id, at=act.at
            )
            return act.respond(await act.save(retained))

    async def accept(self, context: RequestContext, application_id: UUID, *, expected_version: int) -> Application:
        """Take a complete dossier in and promise the day of the result (A10; form 01)."""
        async with self.transactions.open_case(
            context, Action.APPLICATION_ACCEPT, application_id, expected_version=expected_version
        ) as act:
            accepted = intake.accept(
                act.application,
                procedure=await act.procedure(),
                calendar=await act.calendar(),
                at=act.at,
            )
            return await self._save_and_take_part(act, accepted)

    async def apologize(
        self,
        context: RequestContext,
        application_id: UUID,
        *,
        expected_version: int,
        promised_at: datetime,
        reason: str,
        length_reason: str | None,
    ) -> Application:
        """Apologize for a delay and promise one new day (A22; form 04); an unbounded one says why it is so late."""
        async with self.transactions.open_case(
            context, Action.APPLICATION_APOLOGIZE, application_id, expected_version=expected_version
        ) as act:
            procedure = await act.procedure()
            calendar = await act.calendar()
            application = with_appointment(act.application, (await act.records()).promises)
            apologized = intake.apologize(
                application,
                promised_at=promised_at,
                reason=reason,
                length_reason=length_reason,
                latest=latest_apology(application, procedure=procedure, calendar=calendar),
                latest_promise=latest_promise(application, procedure=procedure, calendar=calendar),
                by=context.actor.person_id,
                at=act.at,
            )
            return act.respond(await act.save(apologized))

    async def stop(self, context: RequestContext, application_id: UUID, *, expected_version: int) -> Application:
        """Give notice that handling stops at the applicant's wish (A21; form 05)."""
        async with self.transactions.open_case(
            context, Action.APPLICATION_STOP, application_id, expected_version=expected_version
        ) as act:
            stopped = intake.stop(act.application, by=context.actor.person_id, at=act.at)
            return act.respond(await act.save(stopped))

    async def deliver(
        self, context: RequestContext, application_id: UUID, *, expected_version: int, channel: str
    ) -> Application:
        """Hand the result over to the applicant (A24)."""
        async with self.transactions.open_case(
            context, Action.APPLICATION_DELIVER, application_id, expected_version=expected_version
        ) as act:
            delivered = intake.deliver(act.application, channel=channel, by=context.actor.person_id, at=act.at)
            return act.respond(await act.save(delivered))

    async def _save_and_take_part(self, act: CaseTransaction, application: Application) -> Application:
        saved = await act.save(application)
        await take_part(act, Capacity.INTAKE)
        return act.respond(saved)
