"""Which unit a case belongs to: given to one that was founded or made responsible after the filing."""

from dataclasses import replace
from datetime import datetime

from sandbox_registry.domain.cases.applications import Application
from sandbox_registry.domain.errors import Duplicate, FieldError, Invalid
from sandbox_registry.domain.identity.people import Organisation, OrganisationKind
from sandbox_registry.domain.texts import Phrase


def entrust(application: Application, *, unit: Organisation, as_desk: bool, at: datetime) -> Application:
    """Let a unit work on a case beside those that do; `as_desk` addresses the dossier to it from now on.

    Raises:
        Invalid: `not_handling`, the unit works on no cases of this procedure; `no_desk`, it takes no dossiers in.
        Duplicate: the unit has the case in this way already.

    """
    if unit.kind is not OrganisationKind.STATE_UNIT or application.procedure_code not in unit.handles:
        raise _refusal("not_handling")
    if as_desk and unit.agency_code is None:
        raise _refusal("no_desk")
    is_there = unit.id in application.unit_ids
    if is_there and (not as_desk or application.receiving_unit_id == unit.id):
        raise Duplicate(what="unit_of_case")
    return replace(
        application,
        version=application.version + 1,
        unit_ids=application.unit_ids if is_there else (*application.unit_ids, unit.id),
        receiving_unit_id=unit.id if as_desk else application.receiving_unit_id,
        updated_at=at,
    )


def _refusal(code: str) -> Invalid:
    return Invalid((FieldError(field="unit_id", code=code, message=Phrase(f"desks.{code}")),))
