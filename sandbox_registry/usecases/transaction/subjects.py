"""What an act can be about, and how each kind of it is found by those who may know of it.

The statement that loads a subject holds the condition who may know of it. For everybody else it returns nothing, just
as for an identity that nobody was ever given, so that the two can be told apart neither by an answer nor by its time.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Generic, Protocol, TypeVar
from uuid import UUID

from sandbox_registry.authz import Action
from sandbox_registry.db.cases import applications as case_rows
from sandbox_registry.db.cases.applications import Case
from sandbox_registry.db.core.unit_of_work import UnitOfWork
from sandbox_registry.db.permits import permits as permit_rows
from sandbox_registry.domain.cases.applications import Application
from sandbox_registry.domain.cases.links import with_links
from sandbox_registry.domain.identity.people import Actor, Standing
from sandbox_registry.domain.identity.scopes import Scope
from sandbox_registry.domain.permits.permits import Permit
from sandbox_registry.domain.stages import Stage
from sandbox_registry.rulebook.rule_book import RuleBook

S_co = TypeVar("S_co", bound="Subject", covariant=True)


class Subject(Protocol):
    """What the frame asks of anything an act can be about."""

    @property
    def version(self) -> int:
        """The version of which a person must have seen the last one to change it."""

    @property
    def case_id(self) -> UUID | None:
        """The case it belongs to, if to one."""

    @property
    def pinned_procedure(self) -> str | None:
        """The procedure it is handled under, as `code@checksum`; null while none is pinned."""

    @property
    def standing(self) -> Standing:
        """How the actor stands to it."""

    def stage(self, *, at: datetime) -> Stage:
        """Say by which stage acts on it are judged."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Viewer:
    """Who looks for a subject, and what they may know of: whatever one of `scopes` admits."""

    actor: Actor
    scopes: tuple[Scope, ...]
    now: Callable[[], datetime]
    rules: RuleBook


class Load(Protocol[S_co]):
    """Loads a subject for a viewer; null where the viewer may not know of it, and where there is none."""

    def __call__(self, work: UnitOfWork, identity: UUID, viewer: Viewer, /, *, lock: bool) -> Awaitable[S_co | None]:
        """Load it; with `lock`, nobody else changes it until the transaction ends."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SubjectKind(Generic[S_co]):
    """A kind of thing acts can be about.

    `name` is what it is called in the log. Who may do one of `known_through` to it, or the very act they ask for, may
    know of it.
    """

    name: str
    known_through: tuple[Action, ...]
    load: Load[S_co]
    is_case: bool = False

    def case_of(self, identity: UUID) -> UUID | None:
        """Return the case of a subject nobody loaded: a case is its own, of others the database knows."""
        return identity if self.is_case else None


def pinned_procedure(application: Application) -> str | None:
    """Return the version of the procedure a case was filed under, as `code@checksum`; null while it is a draft."""
    if application.procedure_version is None:
        return None
    return f"{application.procedure_code}@{application.procedure_version}"


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownCase:
    """An application, to somebody who may know of it."""

    application: Application
    standing: Standing

    @property
    def version(self) -> int:
        """The version of the application."""
        return self.application.version

    @property
    def case_id(self) -> UUID:
        """The application itself."""
        return self.application.id

    @property
    def pinned_procedure(self) -> str | None:
        """The version of the procedure it was filed under; null while it is a draft."""
        return pinned_procedure(self.application)

    def stage(self, *, at: datetime) -> Stage:  # noqa: ARG002 - a case stands where it was put, at every moment.
        """Return where the application stands."""
        return self.application.stage


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownPermit(KnownCase):
    """A permit and its case, to somebody who may know of the permit."""

    permit: Permit

    @property
    def version(self) -> int:
        """The version of the permit."""
        return self.permit.version

    def stage(self, *, at: datetime) -> Stage:
        """Return where the permit stands at a moment."""
        return self.permit.stage(at=at)


async def _load_case(work: UnitOfWork, application_id: UUID, viewer: Viewer, *, lock: bool) -> KnownCase | None:
    case = await work.run(
        case_rows.find_case,
        application_id,
        person_id=viewer.actor.person_id,
        scopes=viewer.scopes,
        consulted_unit_ids=viewer.actor.consulted_units,
        lock=lock,
    )
    if case is None:
        return None
    return KnownCase(application=case.application, standing=await _standing(work, case, viewer))


async def _standing(work: UnitOfWork, case: Case, viewer: Viewer) -> Standing:
    """Judge an office holder's links by the rules of the case, at the moment of the act."""
    if not viewer.actor.offices:
        return case.standing
    procedure = await work.run(viewer.rules.pinned, case.application, at=viewer.now())
    return with_links(case.standing, case.links, procedure=procedure, at=viewer.now())


async def _load_permit(work: UnitOfWork, permit_id: UUID, viewer: Viewer, *, lock: bool) -> KnownPermit | None:
    row = await work.run(
        permit_rows.find_permit,
        permit_id,
        person_id=viewer.actor.person_id,
        scopes=viewer.scopes,
        consulted_unit_ids=viewer.actor.consulted_units,
        at=viewer.now(),
        lock=lock,
    )
    if row is None:
        return None
    case, permit = row
    return KnownPermit(application=case.application, standing=await _standing(work, case, viewer), permit=permit)


CASE = SubjectKind(
    name="application",
    known_through=(Action.APPLICATION_READ, Action.DECLARATION_MAKE),
    load=_load_case,
    is_case=True,
)
PERMIT = SubjectKind(name="permit", known_through=(Action.PERMIT_READ,), load=_load_permit)
