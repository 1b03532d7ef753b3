"""A time-boxed trial permit: what it allows, in typed numbers, from when until when."""

from dataclasses import dataclass
from datetime import datetime, time
from enum import StrEnum
from uuid import UUID

from sandbox_registry.domain.errors import FieldError, Invalid
from sandbox_registry.domain.stages import Stage
from sandbox_registry.domain.texts import Text


class PermitKind(StrEnum):
    """Legal technique of the permission (Hanoi HN; AI; FT: domain.md section 6)."""

    TIME_LIMITED_LICENCE = "time_limited_licence"
    EXEMPTION_FROM_PROVISIONS = "exemption_from_provisions"
    CONFIRMATION = "confirmation"


class Comparator(StrEnum):
    """How a limit compares the measured quantity with its value."""

    AT_MOST = "at_most"
    AT_LEAST = "at_least"
    EQUAL = "equal"


@dataclass(frozen=True, slots=True, kw_only=True)
class ExemptedProvision:
    """A provision set aside, or replaced by a condition, for this trial only."""

    document: str
    article: str
    clause: str
    effect: str
    condition: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """A physical place of the trial; coordinates in degrees (WGS 84), null when only an address is known."""

    name: str
    commune: str
    address: str
    latitude: float | None = None
    longitude: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Limit:
    """A technical limit: quantity, comparator, value in `unit`, under a condition, measured how.

    `value` is an integer count of `scale` fractions: 1.57 m is value 157, scale 100, unit m. No floats in law.
    """

    quantity: str
    comparator: Comparator
    value: int
    scale: int
    unit: str
    condition: str = ""
    method: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Phase:
    """One ordered phase of the trial, half-open in time, with what must be true to enter it."""

    name: str
    start: datetime
    end: datetime
    entry_gate: str
    max_users: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class MoneyCaps:
    """Caps in whole đồng (VND); null: no cap was set."""

    per_person: int | None = None
    per_day: int | None = None
    total: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DailyHours:
    """Local hours of the day in which the trial may run, half-open."""

    start: time
    end: time


@dataclass(frozen=True, slots=True, kw_only=True)
class PermitTerms:
    """Everything a permit allows. `start <= at < end` is the window; a permit is never edited, only versioned."""

    kind: PermitKind
    legal_basis: tuple[str, ...]
    exempted_provisions: tuple[ExemptedProvision, ...]
    sites: tuple[Site, ...]
    cyber_space: str
    excluded_zones: str
    start: datetime
    end: datetime
    daily_hours: DailyHours | None
    phases: tuple[Phase, ...]
    eligible_users: str
    max_users: int
    minors_allowed: bool
    money: MoneyCaps
    limits: tuple[Limit, ...]
    data_categories: tuple[str, ...]
    safeguards: tuple[str, ...]
    conditions: tuple[str, ...]
    stop_cases: tuple[str, ...]
    supervising_unit_id: UUID
    stop_contact: str
    public_summary: Text


@dataclass(frozen=True, slots=True, kw_only=True)
class Permit:
    """A permit issued on a decision. Whether it is active or ended follows from the clock.

    The facts after issue (suspension, end, completion) are kept here for the supervision of the trial.
    """

    id: UUID
    version: int
    number: str
    application_id: UUID
    decision_id: UUID
    organisation_id: UUID
    unit_ids: tuple[UUID, ...]
    procedure_code: str
    procedure_version: str
    terms_version: int
    terms: PermitTerms
    issued_by: UUID
    issued_at: datetime
    suspended_at: datetime | None = None
    revoked_at: datetime | None = None
    terminated_at: datetime | None = None
    completed_at: datetime | None = None
    completion_refused_at: datetime | None = None
    transition_until: datetime | None = None

    def stage(self, *, at: datetime) -> Stage:
        """Derive where the permit stands at an instant: no job is needed for a permit to begin or end."""
        return _fact_stage(self, at=at) or _window_stage(self.terms, at=at)


def _fact_stage(permit: Permit, *, at: datetime) -> Stage | None:
    if permit.revoked_at is not None:
        return Stage.PERMIT_REVOKED
    if permit.completed_at is not None:
        within = permit.transition_until is not None and at < permit.transition_until
        return Stage.PERMIT_TRANSITION if within else Stage.PERMIT_COMPLETED
    if permit.completion_refused_at is not None:
        return Stage.PERMIT_COMPLETION_REFUSED
    if permit.terminated_at is not None:
        return Stage.PERMIT_TERMINATED
    if permit.suspended_at is not None and at < permit.terms.end:
        return Stage.PERMIT_SUSPENDED
    return None


def _window_stage(terms: PermitTerms, *, at: datetime) -> Stage:
    if at < terms.start:
        return Stage.PERMIT_ISSUED
    return Stage.PERMIT_ACTIVE if at < terms.end else Stage.PERMIT_ENDED


def check_terms(terms: PermitTerms, *, decided_at: datetime, ceiling: datetime | None, at_path: str = "terms") -> None:
    """Refuse terms that no permit may have; every problem at once.

    `ceiling` is the last possible end (the procedure's longest duration and the holder's own licence, whichever is
    earlier; domain.md section 6), null when neither sets one.

    Raises:
        Invalid: with one FieldError per broken rule.

    """
    errors = [
        *_window_errors(terms, decided_at=decided_at, ceiling=ceiling),
        *_phase_errors(terms),
        *_limit_errors(terms),
        *_kind_errors(terms),
    ]
    if errors:
        raise Invalid(
            tuple(FieldError(field=f"{at_path}.{field}", code=code, message=message) for field, code, message in errors)
        )


Problem = tuple[str, str, Text]


def _window_errors(terms: PermitTerms, *, decided_at: datetime, ceiling: datetime | None) -> list[Problem]:
    found: list[Problem] = []
    if terms.end <= terms.start:
        found.append(("end", "end_before_start", _END_BEFORE_START))
    if terms.start < decided_at:
        found.append(("start", "start_in_past", _START_IN_PAST))
    if ceiling is not None and terms.end > ceiling:
        found.append(("end", "end_beyond_ceiling", _BEYOND_CEILING.filled(ceiling=ceiling.isoformat())))
    return found


def _phase_errors(terms: PermitTerms) -> list[Problem]:
    found: list[Problem] = []
    previous = terms.start
    for index, phase in enumerate(terms.phases):
        if phase.start < previous or phase.end <= phase.start or phase.end > terms.end:
            found.append((f"phases.{index}", "phase_out_of_order", _PHASE_ORDER))
        if phase.max_users is not None and phase.max_users > terms.max_users:
            found.append((f"phases.{index}.max_users", "phase_users_above_cap", _PHASE_USERS))
        previous = phase.end
    return found


def _limit_errors(terms: PermitTerms) -> list[Problem]:
    found: list[Problem] = []
    if terms.max_users < 1:
        found.append(("max_users", "not_positive", _NOT_POSITIVE))
    for name in ("per_person", "per_day", "total"):
        cap = getattr(terms.money, name)
        if cap is not None and cap < 0:
            found.append((f"money.{name}", "not_positive", _NOT_POSITIVE))
    found += [
        (f"limits.{index}.scale", "not_positive", _NOT_POSITIVE)
        for index, limit in enumerate(terms.limits)
        if limit.scale < 1
    ]
    if terms.daily_hours is not None and terms.daily_hours.end <= terms.daily_hours.start:
        found.append(("daily_hours.end", "end_before_start", _END_BEFORE_START))
    return found


def _kind_errors(terms: PermitTerms) -> list[Problem]:
    if terms.kind is PermitKind.EXEMPTION_FROM_PROVISIONS and not terms.exempted_provisions:
        return [("exempted_provisions", "exemption_names_no_provision", _NO_PROVISION)]
    if not terms.legal_basis:
        return [("legal_basis", "required", _NO_BASIS)]
    return []


_END_BEFORE_START = Text(
    vi="Thời điểm kết thúc phải sau thời điểm bắt đầu.",
    en="The end must come after the start.",
    fr="La fin doit suivre le début.",
)
_START_IN_PAST = Text(
    vi="Ngày bắt đầu không được trước ngày quyết định.",
    en="The start cannot lie before the decision.",
    fr="Le début ne peut précéder la décision.",
)
_BEYOND_CEILING = Text(
    vi="Ngày kết thúc vượt quá thời hạn tối đa cho phép ({ceiling}).",
    en="The end lies beyond the longest period allowed ({ceiling}).",
    fr="La fin dépasse la durée maximale autorisée ({ceiling}).",
)
_PHASE_ORDER = Text(
    vi="Các giai đoạn phải nối tiếp nhau và nằm trong thời hạn thử nghiệm.",
    en="Phases must follow one another inside the trial period.",
    fr="Les phases doivent se suivre dans la période d'expérimentation.",
)
_PHASE_USERS = Text(
    vi="Số người tham gia của giai đoạn vượt quá giới hạn chung.",
    en="The phase allows more users than the permit does.",
    fr="La phase admet plus d'utilisateurs que le permis.",
)
_NOT_POSITIVE = Text(
    vi="Giá trị phải là số dương.", en="The value must be positive.", fr="La valeur doit être positive."
)
_NO_PROVISION = Text(
    vi="Giấy phép miễn áp dụng quy định phải nêu rõ văn bản, điều, khoản được miễn.",
    en="An exemption must name the document, article and clause it sets aside.",
    fr="Une dérogation doit nommer le texte, l'article et l'alinéa écartés.",
)
_NO_BASIS = Text(
    vi="Phải nêu căn cứ pháp lý.", en="The legal basis must be named.", fr="La base légale doit être indiquée."
)
