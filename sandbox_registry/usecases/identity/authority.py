"""Looking at authority inside an act: whether what allowed it still stands, and who may stand on which side."""

from uuid import UUID

from sandbox_registry.db.identity import people
from sandbox_registry.domain.errors import ConditionNotMet, NotFound, PermissionDenied
from sandbox_registry.domain.identity.offices import check_other_hand
from sandbox_registry.domain.identity.people import Role
from sandbox_registry.usecases.transaction.operators import OPERATOR
from sandbox_registry.usecases.transaction.transaction import Transaction


async def lock_people(act: Transaction, *person_ids: UUID) -> None:
    """Lock these people and the actor, then make sure that the role which allowed the act is still held.

    Two administrators who disable or dismiss each other at the same moment go one after the other; the second is late.

    Raises:
        PermissionDenied: the actor's account or office ended a moment ago.

    """
    actor = act.actor
    await act.run(people.lock, {actor.person_id, *person_ids})
    if actor.person_id == OPERATOR or act.decision.role in {None, Role.APPLICANT}:
        return
    now = await act.run(
        people.actor_for_person, actor.person_id, at=act.at, method=actor.auth_method, request_id=actor.request_id
    )
    if now is None or act.decision.role not in now.roles:
        raise PermissionDenied(action=act.action, line=act.decision.line)


async def accounts_of_one_hand(act: Transaction) -> frozenset[UUID]:
    """List the accounts tied to the actor's by who opened them or set their password, over any number of steps.

    What the operator did ties nobody: the first administrators come from there.
    """
    return await act.run(people.accounts_of_one_hand, act.actor.person_id, apart_from=OPERATOR)


async def refuse_own_account(act: Transaction, *accounts: UUID | None) -> None:
    """Refuse that the actor approves what came from an account of one hand with theirs.

    Raises:
        ConditionNotMet: `own_account`.

    """
    check_other_hand(await accounts_of_one_hand(act), *accounts)


async def refuse_official(act: Transaction, person_id: UUID) -> None:
    """Keep somebody who holds an office off an applicant's side: naming an official would bar that official from the case.

    Raises:
        NotFound: no such account, or a closed one.
        ConditionNotMet: `holds_office`.

    """
    person = await act.run(
        people.actor_for_person, person_id, at=act.at, method=act.actor.auth_method, request_id=act.actor.request_id
    )
    if person is None:
        raise NotFound(what="person")
    if person.offices:
        raise ConditionNotMet("holds_office")
