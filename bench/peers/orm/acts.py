"""Acts on a case: submit, accept, refuse; each checked, computed, told and put on record as ours are."""

from fastapi import HTTPException
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column, selectinload
from uuid_utils.compat import uuid7

from bench.peers.orm import bodies
from bench.peers.orm.acting import COMPUTED_FROM, Asked, Asking, closed, facts_of, opened, taking_part
from bench.peers.orm.cases import Application, Decision, DossierVersion
from bench.peers.orm.people import Base, Organisation, Person, RoleGrant
from sandbox_registry.domain.cases.applications import Reason
from sandbox_registry.domain.cases.deadlines import appointment, next_due
from sandbox_registry.domain.cases.reasons import reason_errors
from sandbox_registry.domain.identity.people import Capacity, Role
from sandbox_registry.domain.rules.calendars import local_date
from sandbox_registry.domain.rules.forms import validate


class Counter(Base):
    """The last number of a gap-free series."""

    __tablename__ = "counters"
    series: Mapped[str] = mapped_column(primary_key=True)
    last: Mapped[int]


async def submit(asked: Asking) -> bodies.ApplicationShown:
    """File a draft that is complete."""
    more = selectinload(Application.documents), selectinload(Application.organisation)
    act = await opened(asked, "application:submit", *more, *COMPUTED_FROM)
    case, at = act.case, act.at
    _require_stage(case, "draft")
    connection = await asked.session.connection()
    procedure = await act.tools.rules.current(connection, case.procedure_code, at=at)
    kinds = procedure.items("applicant_kinds")
    if case.organisation.kind == "state_unit" or (kinds is not None and case.organisation.kind not in kinds):
        raise HTTPException(400, "applicant_kind")
    documents = [each for each in case.documents if each.removed_at is None]
    errors = validate(procedure, case.answers, frozenset(each.part for each in documents))
    if errors:
        raise HTTPException(400, [{"field": each.field, "code": each.code} for each in errors])
    units = await asked.session.scalars(
        select(Organisation).where(Organisation.kind == "state_unit").order_by(Organisation.id)
    )
    last = await asked.session.scalar(
        select(func.max(DossierVersion.number)).where(DossierVersion.application_id == case.id)
    )
    case.stage, case.procedure_version = "submitted", procedure.checksum
    case.unit_ids = [unit.id for unit in units if procedure.code in unit.handles]
    case.submitted_by, case.submitted_at, case.completeness_from = act.actor.person_id, at, at
    version = DossierVersion(
        application_id=case.id,
        number=(last or 0) + 1,
        cause="submitted",
        title=case.title,
        answers=case.answers,
        documents=[
            {"part": each.part, "filename": each.filename, "sha256": each.sha256, "size": each.size}
            for each in documents
        ],
        made_by=act.actor.person_id,
        made_at=at,
    )
    asked.session.add(version)
    calendar = await act.tools.rules.calendar(connection, at=at)
    due = next_due(facts_of(case), procedure=procedure, calendar=calendar, at=at)
    await closed(act, due=due, beside=[*taking_part(act, Capacity.FILER), version])
    return _shown(asked, case)


async def accept(asked: Asking) -> bodies.ApplicationShown:
    """Take a dossier in and promise the day of the result."""
    act = await opened(asked, "application:accept", *COMPUTED_FROM)
    case, at = act.case, act.at
    _require_stage(case, "submitted")
    if case.received_at is None:
        raise HTTPException(409, "not_received")
    connection = await asked.session.connection()
    procedure = await act.tools.rules.version(connection, case.procedure_code, case.procedure_version or "")
    calendar = await act.tools.rules.calendar(connection, at=at)
    case.stage, case.accepted_at = "accepted", at
    case.appointment_at = appointment(facts_of(case), procedure=procedure, calendar=calendar, at=at)
    due = next_due(facts_of(case), procedure=procedure, calendar=calendar, at=at)
    await closed(act, due=due, beside=taking_part(act, Capacity.INTAKE))
    return _shown(asked, case)


async def refuse(asked: Asking, data: bodies.RefusalIn) -> bodies.DecidedShown:
    """Refuse the trial, under the next number of the year."""
    act = await opened(asked, "decision:refuse")
    case, at, year = act.case, act.at, local_date(act.at).year
    _require_stage(case, "awaiting_decision")
    signer = await asked.session.get_one(Person, act.actor.person_id)
    connection = await asked.session.connection()
    procedure = await act.tools.rules.version(connection, case.procedure_code, case.procedure_version or "")
    reasons = [each.model_dump() for each in data.reasons]
    office = await asked.session.scalar(
        select(RoleGrant)
        .where(
            RoleGrant.person_id == signer.id,
            RoleGrant.role == Role.DECISION_MAKER,
            RoleGrant.unit_id.in_(case.unit_ids),
        )
        .order_by(RoleGrant.unit_id)
        .limit(1)
    )
    if office is None:
        raise HTTPException(403)
    titles = procedure.items("signer_titles")
    errors = reason_errors(tuple(Reason(**each) for each in reasons), procedure)
    if errors or not data.legal_basis or (titles is not None and office.title not in titles):
        raise HTTPException(400, [{"field": each.field, "code": each.code} for each in errors])
    decision = Decision(
        id=uuid7(),
        version=1,
        application_id=case.id,
        unit_id=office.unit_id,
        number=f"{await _next_number(asked.session, f'decision {office.unit_id} {year}')}/QĐ-UBND",
        outcome="refused",
        signer_id=act.actor.person_id,
        signer_title=office.title,
        on_behalf_of=act.actor.signs_for,
        decided_at=at,
        legal_basis=data.legal_basis,
        reasons=reasons,
        conditions=[],
        terms=None,
        year=year,
    )
    asked.session.add(decision)
    case.stage, case.decided_at = "refused", at
    await closed(act, due=None, beside=[decision, *taking_part(act, Capacity.DECIDER)])
    return bodies.DecidedShown(
        application=_shown(asked, case),
        decision=bodies.DecisionShown.model_validate(decision),
        signer_name=signer.full_name,
    )


def _require_stage(case: Application, stage: str) -> None:
    if case.stage != stage:
        raise HTTPException(409)


async def _next_number(session: AsyncSession, series: str) -> int:
    counter = await session.get(Counter, series, with_for_update=True)
    if counter is None:
        counter = Counter(series=series, last=0)
        session.add(counter)
    counter.last += 1
    return counter.last


def _shown(asked: Asked, case: Application) -> bodies.ApplicationShown:
    asked.response.headers["ETag"] = f'"{case.version}"'
    shown: bodies.ApplicationShown = bodies.ApplicationShown.model_validate(case)
    return shown
