"""A time-boxed trial permit: what it allows, in typed numbers, from when until when."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from uuid import UUID

from sandbox_registry.domain.rules.calendars import end_of, last_day_of, local_date
from sandbox_registry.domain.rules.procedures import Procedure
from sandbox_registry.domain.stages import Stage
from sandbox_registry.domain.texts import Text


class PermitKind(StrEnum):
    """The legal techniques of the instruments read; a procedure names others itself, with their labels.

    The first two after Capital Law 39/2024 art. 25, the confirmation after Decree 142/2026, the certificate of participation
    after Decree 94/2025.
    """

    TIME_LIMITED_LICENCE = "time_limited_licence"
    EXEMPTION_FROM_PROVISIONS = "exemption_from_provisions"
    CONFIRMATION = "confirmation"
    CERTIFICATE = "certificate"


class Comparator(StrEnum):
    """How a limit compares the measured quantity with its value."""

    AT_MOST = "at_most"
    AT_LEAST = "at_least"
    EQUAL = "equal"


class Effect(StrEnum):
    """What happens to an exempted provision inside the trial."""

    SET_ASIDE = "set_aside"
    REPLACED_BY = "replaced_by"


@dataclass(frozen=True, slots=True, kw_only=True)
class ExemptedProvision:
    """A provision set aside, or replaced by `condition`, for this trial only."""

    document: str
    article: str
    clause: str
    effect: Effect
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
class TechnicalLimit:
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
class OpenBound:
    """A bound that the procedure leaves open, and in the decision's own words what it rests on instead."""

    parameter: str
    basis: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Justification:
    """Why a condition or a limit stands: the risk it answers, the evidence that would lift it, the day it is reviewed.

    `of` is the condition in its own words, or the quantity of the limit.
    """

    of: str
    risk: str
    lifted_by: str
    review_on: date


@dataclass(frozen=True, slots=True, kw_only=True)
class PermitTerms:
    """Everything a permit allows. `start <= at < end` is the window; a permit is never edited, only versioned.

    `territory` describes an area where no single place bounds the trial. `beyond_request` says why the terms go beyond
    what the applicant asked, where they do. Terms set before conditions had to be justified carry no `justifications`.
    """

    kind: str
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
    limits: tuple[TechnicalLimit, ...]
    data_categories: tuple[str, ...]
    safeguards: tuple[str, ...]
    conditions: tuple[str, ...]
    stop_cases: tuple[str, ...]
    supervising_unit_id: UUID
    stop_contact: str
    public_summary: Text
    territory: str = ""
    open_bounds: tuple[OpenBound, ...] = ()
    beyond_request: str = ""
    justifications: tuple[Justification, ...] = ()

    @property
    def days(self) -> tuple[date, date]:
        """The first and the last local day of the window."""
        return local_date(self.start), local_date(self.end - timedelta(microseconds=1))

    @property
    def restrictions(self) -> frozenset[str]:
        """What a justification may be of: every condition, and the quantity of every limit."""
        return frozenset((*self.conditions, *(each.quantity for each in self.limits)))


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


@dataclass(frozen=True, slots=True, kw_only=True)
class PermitVersion:
    """What governs a permit from `start` until before `end`, and the decision that says so; never changed, only followed.

    `ceiling` is the last moment the window could have reached (`latest_end`) when the version was made.
    """

    permit_id: UUID
    terms_version: int
    decision_id: UUID
    start: datetime
    end: datetime
    ceiling: datetime | None
    terms: PermitTerms


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


def latest_end(start: datetime, *, procedure: Procedure, licence_end: datetime | None) -> datetime | None:
    """Return the last moment a permit that starts then may end; null when nothing limits it.

    The procedure's longest duration counts its first day: two years from 15 December end on 14 December at 24:00, two
    from 29 February on 28 February (`last_day_of`). The holder's own licence counts where the procedure says so.
    """
    longest = procedure.term("duration.max")
    ends = [] if longest is None else [end_of(last_day_of(local_date(start), longest))]
    if licence_end is not None and procedure.flag("duration.cap_by_licence"):
        ends.append(licence_end)
    return min(ends, default=None)


def first_version(permit: Permit, *, ceiling: datetime | None) -> PermitVersion:
    """Return what governs a permit from its issue on."""
    return PermitVersion(
        permit_id=permit.id,
        terms_version=permit.terms_version,
        decision_id=permit.decision_id,
        start=permit.terms.start,
        end=permit.terms.end,
        ceiling=ceiling,
        terms=permit.terms,
    )
