"""The program itself as an actor: what it does at its start and on the operator's command line."""

from uuid import UUID

from sandbox_registry.domain.audit import ActorKind
from sandbox_registry.domain.identity.people import Actor, Role
from sandbox_registry.usecases.transaction.context import RequestContext

OPERATOR = UUID("00000000-0000-7000-8000-000000000001")
"""Who acts when the program does; belongs to no person, so nobody can log in as it."""

NOBODY = UUID(int=0)
"""Who acts when it is not known who tries."""


COMMAND_LINE = "command_line"


def operator(*, method: str, request_id: str) -> RequestContext:
    """Return the program as an administrator. `method` says how it was told: `command_line`, `start`, `watch`."""
    offices = frozenset({(Role.SYSTEM_ADMIN, OPERATOR)})
    return RequestContext(actor=_actor(OPERATOR, offices=offices, method=method, request_id=request_id))


def kind_of_actor(actor: Actor) -> ActorKind:
    """Say what acts: the program by itself, its operator at the command line, a person, or nobody known."""
    if actor.person_id == OPERATOR:
        return ActorKind.OPERATOR if actor.auth_method == COMMAND_LINE else ActorKind.SYSTEM
    return ActorKind.NOBODY if actor.person_id == NOBODY else ActorKind.PERSON


def nobody(*, request_id: str) -> Actor:
    """Return who acts while nobody has said who they are."""
    return _actor(NOBODY, offices=frozenset(), method="", request_id=request_id)


def applicant(person_id: UUID, *, method: str, request_id: str) -> Actor:
    """Return a person who holds no office yet: one who logs in, or registers."""
    return _actor(person_id, offices=frozenset(), method=method, request_id=request_id)


def _actor(person_id: UUID, *, offices: frozenset[tuple[Role, UUID]], method: str, request_id: str) -> Actor:
    return Actor(
        person_id=person_id,
        offices=offices,
        signs_for_organisations=frozenset(),
        drafts_for_organisations=frozenset(),
        signs_for=None,
        auth_method=method,
        token_scopes=None,
        request_id=request_id,
    )
