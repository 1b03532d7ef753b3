"""Reading cases: lists inside a scope, one case with its deadlines, versions and their differences."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sandbox_registry.authz import Action
from sandbox_registry.db.cases import applications as case_rows
from sandbox_registry.db.cases import case_lists, dossiers, histories
from sandbox_registry.domain.cases import filings
from sandbox_registry.domain.cases.applications import (
    Application,
    Complaint,
    Document,
    DossierVersion,
    FiledApplicant,
    SupplementItem,
    SupplementRequest,
)
from sandbox_registry.domain.cases.case_lists import CaseFilter, CaseRow
from sandbox_registry.domain.cases.deadlines import (
    CaseDeadline,
    ResponsibleParty,
    case_deadlines,
    supplement_deadline,
)
from sandbox_registry.domain.cases.possible_acts import Situation, is_possible, records_needed
from sandbox_registry.domain.cases.promises import APPOINTMENT, Promise, of_deadline, with_appointment
from sandbox_registry.domain.errors import FieldError, NotFound
from sandbox_registry.domain.identity.people import Capacity, Organisation
from sandbox_registry.domain.rules.calendars import Deadline
from sandbox_registry.domain.rules.forms import Referral, route, validate
from sandbox_registry.domain.rules.procedures import Procedure
from sandbox_registry.domain.stages import EDITABLE_STAGES, Stage
from sandbox_registry.usecases.cases.assignments import bar_to
from sandbox_registry.usecases.cases.filing_digests import filing_digest, unanswered
from sandbox_registry.usecases.transaction.context import RequestContext
from sandbox_registry.usecases.transaction.transaction import CaseTransaction
from sandbox_registry.usecases.transaction.transactions import Transactions

_STEPS = (Action.APPLICATION_SUBMIT, Action.APPLICATION_RECEIVE, Action.APPLICATION_ACCEPT)


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseView:
    """One case as its reader may see it: the dossier, what hangs on it, its deadlines, and what the reader may do."""

    application: Application
    procedure: Procedure
    documents: tuple[Document, ...]
    supplements: tuple[SupplementRequest, ...]
    complaints: tuple[Complaint, ...]
    deadlines: tuple[CaseDeadline, ...]
    may_do: frozenset[Action]


@dataclass(frozen=True, slots=True, kw_only=True)
class Problems:
    """What stands between a draft and its submission, and whether another authority seems competent."""

    errors: tuple[FieldError, ...]
    referral: Referral | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Submission:
    """What a signatory would file now: `digest` (SHA-256, hex) names `content` in canonical JSON.

    `due` is the moment until which an open supplement request can be answered (null: a draft, or no term), `is_late`
    whether it has passed, and `unanswered` what the request names and nobody changed yet.
    """

    version: int
    content: Mapping[str, object]
    digest: str
    due: datetime | None
    is_late: bool
    unanswered: tuple[SupplementItem, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """What the applicant is given for a filed dossier, and the leaves of filing, registration and acceptance.

    `appointments` are the days of the result that were promised, oldest first; the last is the application's.
    `filings` are the versions that were filed, oldest first, each with the digest its signatory named.
    """

    application: Application
    appointments: tuple[Promise, ...]
    submitted_at: datetime
    organisation: str
    procedure: Procedure
    filings: tuple[DossierVersion, ...]
    filed: int | None
    received: int | None
    accepted: int | None


def _as_filed(application: Application, organisation: Organisation) -> FiledApplicant:
    """Return the applicant's data as filed; of cases from before they were kept, and of erased ones, those of now."""
    return application.applicant or filings.as_filed(organisation)


class Cases:
    """One method per thing a reader does."""

    def __init__(self, transactions: Transactions) -> None:
        self.transactions = transactions

    async def list_cases(
        self,
        context: RequestContext,
        *,
        narrowed: CaseFilter,
        after: tuple[datetime, UUID] | UUID | None,
        limit: int,
    ) -> tuple[CaseRow, ...]:
        """List the cases this actor may read, newest first, or by change when `updated_since` is asked for."""
        scope = self.transactions.authorizer.scope(context.actor)
        async with self.transactions.replica() as replica:
            return await replica.run(case_lists.list_cases, scope=scope, narrowed=narrowed, after=after, limit=limit)

    async def awaiting_declaration(self, context: RequestContext) -> tuple[CaseRow, ...]:
        """List the cases this actor must declare interests for before opening them."""
        async with self.transactions.replica() as replica:
            return await replica.run(
                case_lists.awaiting_declaration, scope=self.transactions.authorizer.scope(context.actor)
            )

    async def read(self, context: RequestContext, application_id: UUID) -> CaseView:
        """Read one case. The People's Council and auditors leave a leaf by reading."""
        async with self.transactions.read_case(context, Action.APPLICATION_READ, application_id) as act:
            procedure = await act.procedure()
            allowed = self.transactions.authorizer.may_do(context.actor, act.standing, act.application.stage)
            records = await act.records(also=records_needed(allowed))
            deadlines = case_deadlines(
                await act.facts(),
                procedure=procedure,
                calendar=await act.calendar(),
                at=act.at,
            )
            view = CaseView(
                application=with_appointment(act.application, records.promises),
                procedure=procedure,
                documents=records.documents,
                supplements=records.supplements,
                complaints=records.complaints,
                # That an agency was asked, and whether it was late, is for those who may read the consultation.
                deadlines=tuple(
                    each
                    for each in deadlines
                    if each.responsible is not ResponsibleParty.CONSULTED or Action.CONSULTATION_READ in allowed
                ),
                may_do=await self._may_do(act, allowed, procedure),
            )
            return act.respond(view)

    async def _may_do(
        self, act: CaseTransaction, allowed: frozenset[Action], procedure: Procedure
    ) -> frozenset[Action]:
        """Leave of what the policy allows the reader what can succeed now."""
        bar = bar_to(Capacity.FOCAL, act.actor, act.standing, authorizer=self.transactions.authorizer)
        now = Situation(
            application=act.application,
            procedure=procedure,
            calendar=await act.calendar(),
            records=await act.records(),
            actor=act.actor,
            standing=act.standing,
            allowed=allowed,
            bar=bar,
            at=act.at,
            takes_drafts=self.transactions.rules.takes_drafts,
        )
        return frozenset(action for action in allowed if is_possible(action, now))

    async def receipt(self, context: RequestContext, application_id: UUID) -> Receipt:
        """Read the receipt of a filed dossier; `NotFound` while it is a draft."""
        async with self.transactions.read_case(context, Action.APPLICATION_READ, application_id) as act:
            if act.application.submitted_at is None:
                raise NotFound(what="receipt")
            filed, received, accepted = [
                await act.run(histories.leaf_of_act, application_id, {step}) for step in _STEPS
            ]
            organisation = await act.get(Organisation, act.application.organisation_id)
            promises = await act.all(Promise)
            receipt = Receipt(
                application=with_appointment(act.application, promises),
                appointments=of_deadline(promises, APPOINTMENT),
                submitted_at=act.application.submitted_at,
                organisation=_as_filed(act.application, organisation).name,
                procedure=await act.procedure(),
                filings=await act.run(dossiers.filed_versions, application_id),
                filed=filed,
                received=received,
                accepted=accepted,
            )
            return act.respond(receipt)

    async def submission(self, context: RequestContext, application_id: UUID) -> Submission:
        """Show what filing the dossier now would file, with the digest that the signatory names.

        Raises:
            NotFound: there is nothing to file: it is neither a draft nor to be completed.

        """
        async with self.transactions.read_case(context, Action.APPLICATION_READ, application_id) as act:
            application, procedure = act.application, await act.procedure()
            if application.stage not in EDITABLE_STAGES:
                raise NotFound(what="submission")
            is_asked = application.stage is Stage.SUPPLEMENT_REQUESTED
            documents = (await act.records()).documents
            due = await self._supplement_due(act) if is_asked else None
            return act.respond(
                Submission(
                    version=application.version,
                    content=filings.filed_content(application, documents=documents, procedure=procedure),
                    digest=filing_digest(application, documents=documents, procedure=procedure),
                    due=None if due is None else due.due,
                    is_late=due is not None and due.is_over(act.at),
                    unanswered=await unanswered(act) if is_asked else (),
                )
            )

    async def _supplement_due(self, act: CaseTransaction) -> Deadline | None:
        records = await act.records()
        return supplement_deadline(
            filings.open_request(records.supplements),
            procedure=await act.procedure(),
            calendar=await act.calendar(),
            promises=records.promises,
        )

    async def problems(self, context: RequestContext, application_id: UUID) -> Problems:
        """List what a dossier still lacks, without submitting it."""
        async with self.transactions.read_case(context, Action.APPLICATION_READ, application_id) as act:
            procedure = await act.procedure()
            documents = await act.run(dossiers.live_documents, application_id)
            return Problems(
                errors=validate(procedure, act.application.answers, frozenset(each.part for each in documents)),
                referral=route(procedure, act.application.answers),
            )

    async def document(self, context: RequestContext, application_id: UUID, document_id: UUID) -> Document:
        """Read about one document of a case, removed ones included."""
        async with self.transactions.read_case(context, Action.APPLICATION_READ, application_id) as act:
            return await act.one(Document, document_id)

    async def versions(self, context: RequestContext, application_id: UUID) -> tuple[DossierVersion, ...]:
        """List every version of a dossier."""
        async with self.transactions.read_case(context, Action.APPLICATION_READ, application_id) as act:
            return await act.run(dossiers.versions_of, application_id)

    async def workload(self, context: RequestContext) -> tuple[case_rows.Load, ...]:
        """Count the open cases each officer of the actor's units holds."""
        async with self.transactions.open(context, Action.WORKLOAD_READ) as act:
            act.skip_audit()
            units = frozenset(unit for _, unit in context.actor.offices)
            return await act.run(case_rows.workload, unit_ids=units, procedures=context.actor.token_procedures)
