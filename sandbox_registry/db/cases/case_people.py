"""Who stands on the applicant's side of a case, and which of the identities in a record are people."""

from collections.abc import Iterable
from uuid import UUID

from sqlalchemy import Uuid, bindparam, func, or_, select, union
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncConnection

from sandbox_registry.db import tables
from sandbox_registry.db.core.statements import Statement
from sandbox_registry.domain.identity.people import FILING

_CASES, _DECISIONS = tables.applications.c, tables.decisions.c
_MEMBERS, _PARTS = tables.memberships.c, tables.participations.c
_CASE = bindparam("case_id", type_=Uuid)
_FILED = or_(*(_PARTS.capacity == capacity.value for capacity in sorted(FILING)))
_KNOWN_TO_APPLICANT = Statement(
    union(
        select(_MEMBERS.person_id)
        .join(tables.applications, _CASES.organisation_id == _MEMBERS.organisation_id)
        .where(_CASES.id == _CASE),
        select(_CASES.created_by).where(_CASES.id == _CASE),
        select(_PARTS.person_id).where(_PARTS.application_id == _CASE, _FILED),
        select(_DECISIONS.signer_id).where(_DECISIONS.application_id == _CASE),
        select(_DECISIONS.on_behalf_of).where(_DECISIONS.application_id == _CASE, _DECISIONS.on_behalf_of.is_not(None)),
    )
)
_PEOPLE = Statement(
    select(tables.people.c.id).where(tables.people.c.id == func.any(bindparam("ids", type_=ARRAY(Uuid))))
)


_FILED_BY = Statement(
    select(_PARTS.application_id).where(_PARTS.person_id == bindparam("person_id", type_=Uuid), _FILED).distinct()
)


async def cases_filed_by(connection: AsyncConnection, person_id: UUID) -> frozenset[UUID]:
    """List the cases that somebody ever wrote or signed for an applicant."""
    return frozenset(row[0] for row in await _FILED_BY.rows(connection, {"person_id": person_id}))


async def known_to_applicant(connection: AsyncConnection, case_id: UUID) -> frozenset[UUID]:
    """List the people of a case whom the applicant knows by name: their own, and who signed the decision."""
    return frozenset(row[0] for row in await _KNOWN_TO_APPLICANT.rows(connection, {"case_id": case_id}))


async def people_among(connection: AsyncConnection, identities: Iterable[UUID]) -> frozenset[UUID]:
    """Say which of these identities are people."""
    return frozenset(row[0] for row in await _PEOPLE.rows(connection, {"ids": list(identities)}))
