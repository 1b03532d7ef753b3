"""What the terms of a permit must satisfy: window, ceiling, kind, space, phases, numbers; every broken rule at once."""

from collections.abc import Iterator
from datetime import datetime

from sandbox_registry.domain.errors import FieldError
from sandbox_registry.domain.permits.permits import Effect, PermitKind, PermitTerms
from sandbox_registry.domain.rules.calendars import local_date, start_of
from sandbox_registry.domain.rules.procedures import Procedure
from sandbox_registry.domain.texts import Phrase

Problem = tuple[str, str, Phrase]


def term_errors(
    terms: PermitTerms, *, procedure: Procedure, decided_at: datetime, ceiling: datetime | None, at_path: str = "terms"
) -> tuple[FieldError, ...]:
    """List every rule these terms break; empty when a permit may have them.

    `ceiling` is the last possible end, null when nothing sets one (see `permits.latest_end`).
    """
    return tuple(
        FieldError(field=f"{at_path}.{field}", code=code, message=message)
        for broken in (
            _window(terms, decided_at=decided_at, ceiling=ceiling),
            _kind(terms, procedure),
            _space(terms),
            _phases(terms),
            _numbers(terms),
        )
        for field, code, message in broken
    )


def _window(terms: PermitTerms, *, decided_at: datetime, ceiling: datetime | None) -> Iterator[Problem]:
    if terms.start < start_of(local_date(decided_at)):
        yield "start", "start_in_past", Phrase("terms.start_in_past")
    if terms.end <= terms.start:
        yield "end", "end_before_start", Phrase("terms.end_before_start")
    elif terms.end <= decided_at:
        yield "end", "end_in_past", Phrase("terms.end_in_past")
    if ceiling is not None and terms.end > ceiling:
        yield "end", "end_beyond_ceiling", Phrase("terms.beyond_ceiling", ceiling=ceiling)
    if terms.daily_hours is not None and terms.daily_hours.end <= terms.daily_hours.start:
        yield "daily_hours.end", "end_before_start", Phrase("terms.end_before_start")


def _kind(terms: PermitTerms, procedure: Procedure) -> Iterator[Problem]:
    if not is_known_kind(terms.kind, procedure):
        yield "kind", "unknown_kind", Phrase("terms.unknown_kind")
    if terms.kind is PermitKind.EXEMPTION_FROM_PROVISIONS and not terms.exempted_provisions:
        yield "exempted_provisions", "exemption_names_no_provision", Phrase("terms.provision_missing")
    for index, provision in enumerate(terms.exempted_provisions):
        if provision.effect is Effect.REPLACED_BY and not provision.condition:
            yield f"exempted_provisions.{index}.condition", "required", Phrase("terms.replacement_missing")
    if not terms.legal_basis:
        yield "legal_basis", "required", Phrase("terms.legal_basis_missing")


def is_known_kind(kind: PermitKind, procedure: Procedure) -> bool:
    """Tell whether a procedure gives permits of this kind: named by its parameter and by its permit rules, if they name any."""
    listed = procedure.items("permit_kind")
    ruled = tuple(each.value for each in procedure.permit.kinds)
    return (listed is None or kind in listed) and (not ruled or kind in ruled)


def _space(terms: PermitTerms) -> Iterator[Problem]:
    if not terms.sites and not terms.cyber_space:
        yield "sites", "no_space", Phrase("terms.no_space")
    for index, site in enumerate(terms.sites):
        if (site.latitude is None) != (site.longitude is None):
            yield f"sites.{index}", "half_a_position", Phrase("terms.half_position")


def _phases(terms: PermitTerms) -> Iterator[Problem]:
    previous = terms.start
    for index, phase in enumerate(terms.phases):
        if phase.start < previous or phase.end <= phase.start or phase.end > terms.end:
            yield f"phases.{index}", "phase_out_of_order", Phrase("terms.phase_order")
        if phase.max_users is not None and phase.max_users > terms.max_users:
            yield f"phases.{index}.max_users", "phase_users_above_cap", Phrase("terms.phase_users")
        previous = phase.end


def _numbers(terms: PermitTerms) -> Iterator[Problem]:
    if terms.max_users < 1:
        yield "max_users", "not_positive", Phrase("terms.not_positive")
    caps = {"per_person": terms.money.per_person, "per_day": terms.money.per_day, "total": terms.money.total}
    for name, cap in caps.items():
        if cap is not None and cap < 0:
            yield f"money.{name}", "negative", Phrase("terms.negative")
        elif cap is not None and terms.money.total is not None and cap > terms.money.total:
            yield f"money.{name}", "above_total", Phrase("terms.above_total")
    for index, phase in enumerate(terms.phases):
        if phase.max_users is not None and phase.max_users < 1:
            yield f"phases.{index}.max_users", "not_positive", Phrase("terms.not_positive")
    for index, limit in enumerate(terms.limits):
        if limit.scale < 1:
            yield f"limits.{index}.scale", "not_positive", Phrase("terms.not_positive")
