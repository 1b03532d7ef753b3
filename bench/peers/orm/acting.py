"""The frame of an act, as a plain author writes it: lock, ask the policy, and in the end compute, tell, record, commit."""

import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated, Any
from uuid import UUID

import msgspec
from casbin import Enforcer
from fastapi import Depends, Header, HTTPException, Request, Response
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import selectinload
from uuid_utils.compat import uuid7

from bench.peers.orm import chain, webhooks
from bench.peers.orm.cases import Application, Participation
from bench.peers.orm.people import Acting, Base, Session
from sandbox_registry.domain.audit import Pseudonyms
from sandbox_registry.domain.cases.applications import Application as DomainApplication
from sandbox_registry.domain.cases.applications import SupplementRequest
from sandbox_registry.domain.cases.appraisal import Clarification, Consultation
from sandbox_registry.domain.cases.deadlines import CaseFacts
from sandbox_registry.domain.identity.people import Actor, Capacity, Role, Standing, relations
from sandbox_registry.rulebook.rule_book import RuleBook
from sandbox_registry.runtime.shipped import shipped

POLICY = shipped("policies") / "casbin"
COMPUTED_FROM = (
    selectinload(Application.supplements),
    selectinload(Application.clarifications),
    selectinload(Application.consultations),
)
_CONCERNING_ALL = (
    selectinload(Application.participations),
    selectinload(Application.declarations),
    selectinload(Application.consultations),
)


@dataclass(frozen=True, kw_only=True)
class Tools:
    """What every act needs: the policy, the rules, names that say nothing."""

    enforcer: Enforcer
    policy_version: str
    rules: RuleBook
    pseudonyms: Pseudonyms


def read_tools() -> Tools:
    """Read the policy, once."""
    files = [POLICY / "model.conf", POLICY / "policy.csv"]
    return Tools(
        enforcer=Enforcer(*map(str, files)),
        policy_version=hashlib.sha256(b"".join(each.read_bytes() for each in files)).hexdigest(),
        rules=RuleBook(takes_drafts=True),
        pseudonyms=Pseudonyms(b"bench" * 7),
    )


@dataclass(kw_only=True)
class Transaction:
    """An act on a locked case: allowed, and not yet written down."""

    tools: Tools
    session: AsyncSession
    actor: Actor
    action: str
    case: Application
    standing: Standing
    asked: dict[str, Any]
    line: str
    at: datetime


@dataclass(frozen=True)
class Asked:
    """A request to act on a case."""

    request: Request
    response: Response
    session: Session
    actor: Acting
    application_id: UUID
    if_match: Annotated[str, Header()]


Asking = Annotated[Asked, Depends()]


async def opened(asked: Asked, action: str, *more: Any) -> Transaction:
    """Lock a case and ask the policy; refuse anyone who may not, or saw another version."""
    tools: Tools = asked.request.app.state.tools
    actor, related = asked.actor, [*_CONCERNING_ALL, *more]
    case = await asked.session.get(Application, asked.application_id, options=related, with_for_update=True)
    if case is None or not actor.reaches(case.procedure_code):
        raise HTTPException(404)
    standing = _standing(case, actor)
    roles, how = sorted(actor.roles_towards(standing)), relations(actor, standing)
    line = _allowing(tools.enforcer, roles, how, case.stage, action)
    if line is None or (actor.token_scopes is not None and action not in actor.token_scopes):
        raise HTTPException(403)
    if asked.if_match != f'"{case.version}"':
        raise HTTPException(412)
    return Transaction(
        tools=tools,
        session=asked.session,
        actor=actor,
        action=action,
        case=case,
        standing=standing,
        asked={"roles": roles, "relations": sorted(how), "stage": case.stage},
        line=line,
        at=datetime.now(UTC),
    )


def _allowing(enforcer: Enforcer, roles: list[Role], how: frozenset[str], stage: str, action: str) -> str | None:
    """Ask for each role; any refusal wins. Return the line that allows."""
    allowing = None
    for role in roles:
        is_allowed, line = enforcer.enforce_ex(f"r:{role}", how, stage, action)
        if line and not is_allowed:
            return None
        allowing = ",".join(line[:5]) if is_allowed else allowing
    return allowing


def _standing(case: Application, actor: Actor) -> Standing:
    own = [each for each in case.participations if each.person_id == actor.person_id]
    declared = [each.conflicted for each in case.declarations if each.person_id == actor.person_id]
    capacities = {Capacity(each.capacity) for each in own if each.until is None}
    answering = {unit for role, unit in actor.offices if role is Role.CONSULTED_OFFICER}
    if any(each.unit_id in answering for each in case.consultations):
        capacities.add(Capacity.CONSULTED)
    return Standing(
        organisation_id=case.organisation_id,
        unit_ids=frozenset(case.unit_ids),
        capacities=frozenset(capacities),
        past_capacities=frozenset(Capacity(each.capacity) for each in own if each.until is not None),
        conflicted=declared[0] if declared else None,
    )


def taking_part(act: Transaction, capacity: Capacity) -> list[Base]:
    """Record that the actor acts in this capacity, once."""
    if capacity in act.standing.capacities:
        return []
    part = Participation(
        id=uuid7(),
        version=1,
        person_id=act.actor.person_id,
        capacity=capacity.value,
        given_by=act.actor.person_id,
        since=act.at,
        until=None,
    )
    act.case.participations.append(part)
    return [part]


async def closed(act: Transaction, *, due: datetime | None, beside: list[Base]) -> None:
    """Write the next deadline, what machines are told and the link, and commit."""
    case, session = act.case, act.session
    case.version, case.updated_at, case.next_due_at = case.version + 1, act.at, due
    await webhooks.announce(session, case, at=act.at)
    entry = {
        "t": act.at.isoformat(),
        "actor": act.tools.pseudonyms.of(act.actor.person_id, within=case.id),
        "auth": act.actor.auth_method,
        "act": act.action,
        "obj": {"type": "application", "id": str(case.id), "ver": case.version},
        "result": "done",
        "req_id": act.actor.request_id,
        "policy": {"line": act.line, "version": act.tools.policy_version},
        "procedure": f"{case.procedure_code}@{case.procedure_version}",
    }
    about = {"actor": act.actor.person_id, "signs_for": act.actor.signs_for, "asked": act.asked}
    await chain.append(session, entry=entry, about=about, case=case, beside=beside, at=act.at)
    await session.commit()


def facts_of(case: Application) -> CaseFacts:
    """Return what deadlines are computed from."""

    def of(kind: Any, rows: Any) -> Any:
        return msgspec.convert(rows, kind, from_attributes=True)

    return CaseFacts(
        application=of(DomainApplication, case),
        supplements=of(tuple[SupplementRequest, ...], case.supplements),
        clarifications=of(tuple[Clarification, ...], case.clarifications),
        consultations=of(tuple[Consultation, ...], case.consultations),
    )
