"""Which units may supervise a trial."""

from collections.abc import Iterable
from datetime import datetime

from sandbox_registry.domain.errors import FieldError
from sandbox_registry.domain.identity.offices import is_in_force
from sandbox_registry.domain.identity.people import HDND_ROLES, Organisation, OrganisationKind, Role, RoleGrant
from sandbox_registry.domain.texts import Phrase


def supervision_errors(
    unit: Organisation | None, offices: Iterable[RoleGrant], *, at: datetime
) -> tuple[FieldError, ...]:
    """Refuse a unit that cannot supervise: none of the state, one without supervisors, the People's Council.

    `unit` is null when there is no such organisation; `offices` are those of the unit.
    """
    if unit is None or unit.kind is not OrganisationKind.STATE_UNIT:
        return (_error("unknown_unit", Phrase("decisions.unknown_supervising_unit")),)
    held = {each.role for each in offices if is_in_force(each, at)}
    if Role.SUPERVISOR not in held or held & HDND_ROLES:
        return (_error("unit_supervises_nothing", Phrase("decisions.unit_supervises_nothing")),)
    return ()


def _error(code: str, message: Phrase) -> FieldError:
    return FieldError(field="terms.supervising_unit_id", code=code, message=message)
