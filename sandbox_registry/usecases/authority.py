"""Looking at authority once more, under locks: what allowed an act when it began must still stand when it is done."""

from uuid import UUID

from sandbox_registry.db import people
from sandbox_registry.domain.errors import PermissionDenied
from sandbox_registry.domain.people import Role
from sandbox_registry.usecases.acts import Act
from sandbox_registry.usecases.operators import OPERATOR


async def lock_people(act: Act, *person_ids: UUID) -> None:
    """Lock these people and the actor, then make sure that the role which allowed the act is still held.

    Two administrators who disable or dismiss each other at the same moment go one after the other; the second is late.

    Raises:
        PermissionDenied: the actor's account or office ended a moment ago.

    """
    actor = act.actor
    await people.lock(act.work.connection, {actor.person_id, *person_ids})
    if actor.person_id == OPERATOR or act.decision.role in {None, Role.APPLICANT}:
        return
    now = await people.actor_for_person(
        act.work.connection, actor.person_id, at=act.at, method=actor.auth_method, request_id=actor.request_id
    )
    if now is None or act.decision.role not in now.roles:
        raise PermissionDenied(action=act.action, line=act.decision.line)
