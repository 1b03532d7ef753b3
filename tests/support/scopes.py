"""What a scope means, in Python: the oracle for the condition that lists put into SQL."""

from sandbox_registry.domain.identity.people import MUST_DECLARE, Standing
from sandbox_registry.domain.identity.scopes import Scope
from sandbox_registry.domain.stages import Stage


def admits(scope: Scope, standing: Standing, stage: Stage, *, procedure_code: str) -> bool:
    """Say whether a list may show this case; the meaning a query must have."""
    if scope.procedures is not None and procedure_code not in scope.procedures:
        return False
    if scope.hides_conflicted and standing.conflicted:
        return False
    if scope.hides_undeclared and standing.conflicted is None and standing.capacities & MUST_DECLARE:
        return False
    return (
        stage in scope.all_stages
        or any(stage in scope.unit_stages.get(unit, ()) for unit in standing.unit_ids)
        or any(stage in scope.desk_stages.get(unit, ()) for unit in standing.unit_ids - standing.other_desks)
        or (standing.organisation_id in scope.own_organisations and stage in scope.own_stages)
        or (standing.organisation_id in scope.delegate_organisations and stage in scope.delegate_stages)
        or any(stage in scope.capacities.get(capacity, ()) for capacity in standing.capacities)
        or (bool(standing.conflicted) and stage in scope.conflicted_stages)
    )
