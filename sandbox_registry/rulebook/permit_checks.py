"""What `rules check` says of the bounds of a permit, and of the answers that its terms are proposed from."""

from sandbox_registry.domain.identity.people import WORKFLOW_ROLES
from sandbox_registry.domain.permits.bounds import rows_stated
from sandbox_registry.domain.rules.form_fields import FieldKind
from sandbox_registry.domain.rules.form_values import MOST_ROWS
from sandbox_registry.domain.rules.procedures import Ceiling, Confidence, FeeKind, PhaseRule, Procedure
from sandbox_registry.rulebook.condition_checks import NUMBERS, leaves_out
from sandbox_registry.rulebook.faults import Faults, fault


def permit_faults(procedure: Procedure) -> Faults:
    """List the faults of bounds that bind nothing, and for terms that could not be proposed."""
    permit, asked = procedure.permit, procedure.permit.asked
    for ceiling in permit.ceilings:
        yield from _ceiling_faults(procedure, ceiling)
    for index, rule in enumerate(permit.hours):
        if rule.end <= rule.start:
            yield fault("wrong_bounds.hours", f"permit.hours.{index}")
    if permit.phases is not None:
        yield from _phase_faults(procedure, permit.phases)
    if not procedure.takes_dossiers:
        return
    for name in ("start", "end"):
        field = procedure.field(getattr(asked, name))
        if field is None or field.kind is not FieldKind.DATE:
            yield fault("absent_field.date", f"permit.asked.{name}", field=getattr(asked, name))
    kinds = procedure.items("permit_kind") or tuple(each.value for each in permit.kinds)
    if len(kinds) != 1 and procedure.field(asked.kind) is None:
        yield fault("absent_field.permit_kind", "permit.asked.kind")
    summary = procedure.field(asked.summary)
    if summary is None or not summary.public:
        yield fault("absent_field.summary", "permit.asked.summary", field=asked.summary)


def fee_faults(procedure: Procedure) -> Faults:
    """List the faults of what is said of fees: every dossier is told that one is due, that none is, or that nobody knows."""
    for index, fee in enumerate(procedure.fees):
        key, is_fixed = f"fees.{index}", fee.kind is FeeKind.FIXED
        if is_fixed is not (fee.amount is not None and fee.amount > 0):
            yield fault("wrong_fee.amount", f"{key}.amount")
        if (fee.kind is FeeKind.NOT_LAID_DOWN) is not (fee.confidence is Confidence.NS):
            yield fault("wrong_fee.source", f"{key}.confidence")
        if not is_fixed and not fee.when and len(procedure.fees) > 1:
            yield fault("contradiction.fees", key)
    if procedure.takes_dossiers and leaves_out(procedure, (each.when for each in procedure.fees)):
        yield fault("no_fee_statement", "fees")


def _phase_faults(procedure: Procedure, rule: PhaseRule) -> Faults:
    if rule.minimum < 0:
        yield fault("wrong_bounds.phases", "permit.phases.minimum")
    if rule.gated is not (rule.opening is not None and rule.opened_by is not None):
        yield fault("half_a_gate", "permit.phases")
    if rule.opened_by is not None and rule.opened_by not in WORKFLOW_ROLES:
        yield fault("wrong_opener", "permit.phases.opened_by")
    asked = procedure.field(procedure.permit.asked.phases)
    columns = set() if asked is None else {column.key for column in asked.columns}
    if rule.gated and procedure.takes_dossiers and "entry_gate" not in columns:
        yield fault("absent_field.gate", "permit.phases", field=procedure.permit.asked.phases, column="entry_gate")
    if rule.minimum and procedure.takes_dossiers and (asked is None or rule.minimum > (asked.maximum or MOST_ROWS)):
        yield fault("impossible_phases", "permit.phases.minimum", field=procedure.permit.asked.phases)


def _ceiling_faults(procedure: Procedure, ceiling: Ceiling) -> Faults:
    key, asked = f"permit.ceilings.{ceiling.name}", procedure.permit.asked
    stated = {asked.max_users, asked.money_per_person, asked.money_per_day, asked.money_total}
    is_stated = ceiling.field in stated or (ceiling.field, ceiling.column) == (asked.phases, "max_users")
    counts_rows = not ceiling.column and ceiling.field in rows_stated(procedure)
    if ceiling.maximum is None and ceiling.minimum is None:
        yield fault("missing_key.ceiling", key)
    elif ceiling.maximum is not None and ceiling.minimum is not None and ceiling.maximum < ceiling.minimum:
        yield fault("wrong_bounds.order", key)
    if not ceiling.quantity and not is_stated and not counts_rows:
        yield fault("ceiling_binds_nothing", key)
    if counts_rows and ceiling.quantity:
        yield fault("ceiling_counts_rows", key)
    if not ceiling.field or counts_rows:
        return
    field = procedure.field(ceiling.field)
    if field is not None and ceiling.column:
        field = next((column for column in field.columns if column.key == ceiling.column), None)
    if field is None or field.kind not in NUMBERS:
        yield fault("absent_field.number", key, field=ceiling.field)
