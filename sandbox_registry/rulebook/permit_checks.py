"""What `rules check` says of the bounds of a permit, and of the answers that its terms are proposed from."""

from collections.abc import Iterator

from sandbox_registry.domain.rules.form_fields import FieldKind
from sandbox_registry.domain.rules.procedures import Ceiling, Procedure
from sandbox_registry.rulebook.condition_checks import NUMBERS

Faults = Iterator[tuple[str, str, str]]


def permit_faults(procedure: Procedure) -> Faults:
    """List `(key, code, message)` for bounds that bind nothing, and for terms that could not be proposed."""
    permit, asked = procedure.permit, procedure.permit.asked
    for ceiling in permit.ceilings:
        yield from _ceiling_faults(procedure, ceiling)
    for index, rule in enumerate(permit.hours):
        if rule.end <= rule.start:
            yield f"permit.hours.{index}", "wrong_bounds", "the hours end before they begin"
    if not procedure.takes_dossiers:
        return
    for name in ("start", "end"):
        field = procedure.field(getattr(asked, name))
        if field is None or field.kind is not FieldKind.DATE:
            yield (
                f"permit.asked.{name}",
                "absent_field",
                f"the form has no date «{getattr(asked, name)}» to propose terms from",
            )
    kinds = procedure.items("permit_kind") or tuple(each.value for each in permit.kinds)
    if len(kinds) != 1 and procedure.field(asked.kind) is None:
        yield "permit.asked.kind", "absent_field", "with several kinds of permit, the form asks which one is wanted"
    summary = procedure.field(asked.summary)
    if summary is None or not summary.public:
        yield (
            "permit.asked.summary",
            "absent_field",
            f"the form has no public answer «{asked.summary}» to tell the public with",
        )


def _ceiling_faults(procedure: Procedure, ceiling: Ceiling) -> Faults:
    key, asked = f"permit.ceilings.{ceiling.name}", procedure.permit.asked
    stated = {asked.max_users, asked.money_per_person, asked.money_per_day, asked.money_total, asked.phases}
    if ceiling.maximum is None and ceiling.minimum is None:
        yield key, "missing_key", "a ceiling has a maximum or a minimum"
    elif ceiling.maximum is not None and ceiling.minimum is not None and ceiling.maximum < ceiling.minimum:
        yield key, "wrong_bounds", "the maximum is smaller than the minimum"
    if not ceiling.quantity and ceiling.field not in stated:
        yield key, "ceiling_binds_nothing", "a permit says nothing of this number: name the quantity that it limits"
    if not ceiling.field:
        return
    field = procedure.field(ceiling.field)
    if field is not None and ceiling.column:
        field = next((column for column in field.columns if column.key == ceiling.column), None)
    if field is None or field.kind not in NUMBERS:
        yield key, "absent_field", f"the form has no number «{ceiling.field}»"
