"""The whole policy as one text: who may do each act, and what each role and relation takes away."""

from collections.abc import Collection, Iterator

from sandbox_registry.authz.space import Pair, Space
from sandbox_registry.domain.acts import Action
from sandbox_registry.domain.identity.people import Relation, Role
from sandbox_registry.domain.stages import APPLICATION_STAGES, OPEN_STAGES, PERMIT_STAGES, Stage

_SHORT = {
    "every stage": frozenset(Stage),
    "every case stage": frozenset(APPLICATION_STAGES),
    "every filed stage": frozenset(APPLICATION_STAGES) - {Stage.DRAFT},
    "every open stage": OPEN_STAGES,
    "every permit stage": frozenset(PERMIT_STAGES),
}


def authority_table(space: Space) -> str:
    """Write what one role standing in one relation may do, then what takes it away, whatever else one is.

    The two parts determine the answer to every request: some pair must be allowed and none taken away.
    """
    return "\n".join([*_permissions(space), *_refusals(space)]) + "\n"


def _permissions(space: Space) -> Iterator[str]:
    yield "== Who may =="
    for action in Action:
        yield f"\n{action}"
        for role in Role:
            places = {relation: _stages(space, action, (role, relation)) for relation in Relation}
            for stages in sorted(set(places.values()) - {frozenset()}, key=sorted):
                relations = frozenset(relation for relation in Relation if places[relation] == stages)
                yield f"    {role} as {_relations_in_words(relations)}: {_stages_in_words(stages)}"


def _refusals(space: Space) -> Iterator[str]:
    yield "\n== What takes it away =="
    refused: dict[str, dict[Action, set[Stage]]] = {}
    for (stage, action), cell in space.cells.items():
        if cell.allow:
            for title in _titles(cell.deny.keys()):
                refused.setdefault(title, {}).setdefault(action, set()).add(stage)
    for title, stages_by_action in sorted(refused.items()):
        yield f"\n{title}"
        by_place: dict[str, list[Action]] = {}
        for action, stages in sorted(stages_by_action.items()):
            allowed = {stage for stage in Stage if space.cells[stage, action].allow}
            where = "" if stages == allowed else f" at {_stages_in_words(frozenset(stages))}"
            by_place.setdefault(action.partition(":")[0] + where, []).append(action)
        yield from (
            f"    {place}: {', '.join(act.partition(':')[2] for act in acts)}" for place, acts in by_place.items()
        )


def _titles(denied: Collection[Pair]) -> Iterator[str]:
    relations = [how for how in Relation if all((role, how) in denied for role in Role)]
    roles = [role for role in Role if all((role, how) in denied for how in Relation)]
    yield from (f"standing as {relation}" for relation in relations)
    yield from (f"being {role}" for role in roles)
    for role, relation in sorted(denied):
        if role not in roles and relation not in relations:
            yield f"being {role} and standing as {relation}"


def _stages(space: Space, action: Action, pair: Pair) -> frozenset[Stage]:
    return frozenset(stage for stage in Stage if space.allows({pair[0]}, {pair[1]}, stage, action))


def _stages_in_words(stages: frozenset[Stage]) -> str:
    for words, group in _SHORT.items():
        if stages == group:
            return words
    return ", ".join(stage for stage in Stage if stage in stages)


def _relations_in_words(relations: frozenset[Relation]) -> str:
    missing = [relation for relation in Relation if relation not in relations]
    if len(missing) > len(Relation) // 2:
        return " or ".join(sorted(relations))
    return "anyone" if not missing else f"anyone but {', '.join(missing)}"
