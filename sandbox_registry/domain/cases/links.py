"""Whose side somebody is or lately was on: links between people and applicants, judged when somebody acts."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from sandbox_registry.domain.errors import ConditionNotMet
from sandbox_registry.domain.identity.people import WORKFLOW_ROLES, Actor, Standing
from sandbox_registry.domain.rules.procedures import Procedure
from sandbox_registry.domain.rules.working_days import Term, add_term, end_of, local_date


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """That a person is, or was until before `until`, a member, representative or editor of an applicant."""

    organisation_id: UUID
    until: datetime | None


def lasts(link: Link, *, term: Term | None, at: datetime) -> bool:
    """Tell whether a link still binds: `term` after its end; without a term nothing says that it ever stops."""
    if link.until is None or at < link.until or term is None:
        return True
    return at < end_of(add_term(local_date(link.until), term))


def with_links(standing: Standing, links: Iterable[Link], *, procedure: Procedure, at: datetime) -> Standing:
    """Say how somebody stands to a case once their links to its applicant, and to others, are looked at."""
    term = procedure.term("interests.link_term")
    bound_to = {link.organisation_id for link in links if lasts(link, term=term, at=at)}
    return replace(
        standing,
        is_linked=standing.organisation_id in bound_to,
        declares_first=bool(bound_to - {standing.organisation_id})
        or procedure.flag("interests.officials_declare") is True,
    )


def require_outside_chain(actor: Actor, unit_ids: Collection[UUID]) -> None:
    """Refuse that somebody files under a procedure that units work on in which they hold an office.

    Raises:
        ConditionNotMet: `in_the_chain`.

    """
    if any(role in WORKFLOW_ROLES and unit in unit_ids for role, unit in actor.offices):
        raise ConditionNotMet("in_the_chain")
