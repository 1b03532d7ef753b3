"""An act records what it declares to write, and is logged if it declares to be."""

import pytest

from sandbox_registry.authz import Action
from tests.support.leaves import told
from tests.support.stages import FOCAL, claimed
from tests.support.world import World


async def classify(world: World, *, kind: str, is_logged: bool) -> None:
    case = await claimed(world)
    async with world.transactions.open_case(world.context(FOCAL), Action.APPLICATION_CLASSIFY, case.id) as act:
        act.record_state(kind, case.id, case.version + 1, {"level": "low"})
        if not is_logged:
            act.skip_audit()


@pytest.mark.parametrize(("kind", "is_logged"), [("review", True), ("unheard_of", True), ("application", False)])
async def test_undeclared_kind_and_unlogged_change_are_refused(world: World, kind: str, *, is_logged: bool) -> None:
    with pytest.raises(LookupError, match="declare"):
        await classify(world, kind=kind, is_logged=is_logged)
    assert (await told(world))[-1][0] == Action.ASSIGNMENT_CLAIM
