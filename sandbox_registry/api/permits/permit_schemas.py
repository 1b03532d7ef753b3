"""Bodies of permits: the terms a decision sets, one permit as its reader sees it, lists."""

from datetime import UTC, date, time
from typing import Annotated
from uuid import UUID

import msgspec
from msgspec import Meta

from sandbox_registry.api.handling.cursors import BY_CHANGE, BY_ID
from sandbox_registry.api.handling.log_links import ProofOut, PublishedLog, proof_of
from sandbox_registry.api.handling.schemas import (
    ONE_LINE,
    Code,
    In,
    Instant,
    Line,
    Moment,
    Out,
    PageOut,
    Paragraph,
    Remark,
    TextOut,
    shown,
)
from sandbox_registry.domain.identity.people import Role
from sandbox_registry.domain.permits.condition_library import Restriction
from sandbox_registry.domain.permits.obligations import PermitObligation
from sandbox_registry.domain.permits.permit_lists import PermitRow
from sandbox_registry.domain.permits.permits import (
    Comparator,
    Effect,
    Justification,
    OpenBound,
    PermitTerms,
)
from sandbox_registry.domain.rules.calendars import Deadline, Unit
from sandbox_registry.domain.rules.form_fields import DossierComponent
from sandbox_registry.domain.rules.procedures import DutyStart
from sandbox_registry.domain.stages import Stage, stage_name
from sandbox_registry.domain.texts import Phrase
from sandbox_registry.usecases.permits.permits import PermitView

SPECIMEN = Phrase("permits.specimen")
SAFE = 2**53 - 1  # Beyond it, numbers in JSON differ from program to program.
Dong = Annotated[int, Meta(ge=0, le=10**15, description="whole đồng (VND)")]
Count = Annotated[int, Meta(ge=0, le=100_000_000)]
Fixed = Annotated[int, Meta(ge=-SAFE, le=SAFE, description="the value times `scale`, a whole number")]
Scale = Annotated[int, Meta(ge=1, le=1_000_000_000)]
OptionalLine = Annotated[str, Meta(max_length=300, pattern=ONE_LINE)]
Hour = Annotated[time, Meta(tz=False)]
Lines = Annotated[tuple[Line, ...], Meta(max_length=50)]
Paragraphs = Annotated[tuple[Paragraph, ...], Meta(max_length=50)]


class WindowIn(In):
    """A half-open stretch of time: `start` belongs to it, `end` does not."""

    start: Moment
    end: Moment

    def __post_init__(self) -> None:
        super().__post_init__()
        self.start, self.end = self.start.astimezone(UTC), self.end.astimezone(UTC)


class ProvisionIn(In, kw_only=True):
    """A provision set aside for the trial, or replaced by `condition`."""

    document: Line
    article: Line
    clause: OptionalLine = ""
    effect: Effect
    condition: Remark = ""


class SiteIn(In):
    """A place of the trial; coordinates in degrees (WGS 84), both or none."""

    name: Line
    commune: Line
    address: OptionalLine = ""
    latitude: Annotated[float, Meta(ge=-90, le=90)] | None = None
    longitude: Annotated[float, Meta(ge=-180, le=180)] | None = None


class LimitIn(In, kw_only=True):
    """A technical limit without floats: 1.57 m is value 157, scale 100, unit m."""

    quantity: Line
    comparator: Comparator
    value: Fixed
    scale: Scale = 1
    unit: Line
    condition: Remark = ""
    method: Remark = ""


class PhaseIn(WindowIn):
    """One phase of the trial and what must be true to enter it."""

    name: Line
    entry_gate: Remark = ""
    max_users: Count | None = None


class MoneyIn(In):
    """Caps in whole đồng; null: no cap."""

    per_person: Dong | None = None
    per_day: Dong | None = None
    total: Dong | None = None


class HoursIn(In):
    """Local hours of the day in which the trial may run."""

    start: Hour
    end: Hour


class SummaryIn(In):
    """What the public reads, in the three languages of the registry."""

    vi: Paragraph
    en: Paragraph
    fr: Paragraph


class OpenBoundIn(In):
    """A bound that the procedure leaves open, and in the decision's own words what it rests on instead."""

    parameter: Line
    basis: Paragraph


OpenBounds = Annotated[tuple[OpenBoundIn, ...], Meta(max_length=10)]


class JustificationIn(In):
    """Why a condition or a limit stands: the risk it answers, the evidence that would lift it, the day it is reviewed.

    `of` is the condition in its own words, or the quantity of the limit.
    """

    of: Paragraph
    risk: Paragraph
    lifted_by: Paragraph
    review_on: date


Justifications = Annotated[tuple[JustificationIn, ...], Meta(max_length=150)]


class IssueIn(In):
    """On what the bounds rest that the procedure leaves open and the approval says nothing of."""

    open_bounds: OpenBounds = ()


class TermsIn(WindowIn, kw_only=True):
    """Everything a permit allows, from `start` until before `end`.

    `beyond_request` says why the terms go beyond what the applicant asked, where the procedure lets them. Each condition and
    limit that the law does not demand itself has its justification.
    """

    kind: Code
    legal_basis: Lines
    exempted_provisions: Annotated[tuple[ProvisionIn, ...], Meta(max_length=50)] = ()
    sites: Annotated[tuple[SiteIn, ...], Meta(max_length=100)] = ()
    cyber_space: Remark = ""
    excluded_zones: Remark = ""
    daily_hours: HoursIn | None = None
    phases: Annotated[tuple[PhaseIn, ...], Meta(max_length=20)] = ()
    eligible_users: Paragraph
    max_users: Count
    minors_allowed: bool = False
    money: MoneyIn = msgspec.field(default_factory=MoneyIn)
    limits: Annotated[tuple[LimitIn, ...], Meta(max_length=100)] = ()
    data_categories: Lines = ()
    safeguards: Paragraphs = ()
    conditions: Paragraphs = ()
    stop_cases: Paragraphs = ()
    supervising_unit_id: UUID
    stop_contact: Line
    public_summary: SummaryIn
    territory: Remark = ""
    open_bounds: OpenBounds = ()
    beyond_request: Remark = ""
    justifications: Justifications = ()


class ProvisionOut(Out):
    """A provision set aside for the trial, or replaced by `condition`."""

    document: str
    article: str
    clause: str
    effect: Effect
    condition: str


class SiteOut(Out):
    """A place of the trial."""

    name: str
    commune: str
    address: str
    latitude: float | None
    longitude: float | None


class LimitOut(Out):
    """A technical limit: `value / scale` in `unit`."""

    quantity: str
    comparator: Comparator
    value: int
    scale: int
    unit: str
    condition: str
    method: str


class PhaseOut(Out):
    """One phase of the trial, half-open in time."""

    name: str
    start: Instant
    end: Instant
    entry_gate: str
    max_users: int | None


class MoneyOut(Out):
    """Caps in whole đồng; null: no cap."""

    per_person: int | None
    per_day: int | None
    total: int | None


class HoursOut(Out):
    """Local hours of the day in which the trial may run."""

    start: time
    end: time


class OpenBoundOut(Out):
    """A bound that the procedure leaves open, and in the decision's own words what it rests on instead."""

    parameter: str
    basis: str


class JustificationOut(Out):
    """Why a condition or a limit stands: the risk it answers, the evidence that would lift it, the day it is reviewed.

    `of` is the condition in its own words, or the quantity of the limit.
    """

    of: str
    risk: str
    lifted_by: str
    review_on: date


class TermsOut(Out):
    """Everything a permit allows, from `start` until before `end`.

    `open_bounds` are the gaps of the law that the decision filled; `beyond_request` says why it went beyond what was asked.
    Terms set before conditions had to be justified have no `justifications`.
    """

    kind: str
    legal_basis: tuple[str, ...]
    exempted_provisions: tuple[ProvisionOut, ...]
    sites: tuple[SiteOut, ...]
    cyber_space: str
    excluded_zones: str
    start: Instant
    end: Instant
    daily_hours: HoursOut | None
    phases: tuple[PhaseOut, ...]
    eligible_users: str
    max_users: int
    minors_allowed: bool
    money: MoneyOut
    limits: tuple[LimitOut, ...]
    data_categories: tuple[str, ...]
    safeguards: tuple[str, ...]
    conditions: tuple[str, ...]
    stop_cases: tuple[str, ...]
    supervising_unit_id: UUID
    stop_contact: str
    public_summary: TextOut
    territory: str
    open_bounds: tuple[OpenBoundOut, ...]
    beyond_request: str
    justifications: tuple[JustificationOut, ...]


class DueOut(Out):
    """One due moment, exclusive: 24:00 of `due_date` for a term in days."""

    due: Instant
    due_date: date
    is_provisional: bool


class PermitDutyOut(Out):
    """A duty of the holder. `term` is null when the procedure leaves it open; an event duty has no dates yet.

    `is_complete` is false when more dates follow than the calendar of working days reaches.
    """

    key: str
    label: TextOut
    starts: DutyStart
    term: int | None
    term_unit: Unit | None
    is_recurring: bool
    form: str | None
    recipient: TextOut
    basis: str
    dues: tuple[DueOut, ...]
    is_complete: bool


class HolderOut(Out):
    """Who holds the permit."""

    id: UUID
    name: str
    tax_code: str | None
    address: str


class PhaseRuleOut(Out):
    """What the procedure demands of phases. A gated phase begins with `opening`, an act of who holds the office `opened_by`."""

    minimum: int
    gated: bool
    opening: TextOut | None
    opened_by: Role | None
    basis: str


class PermitVersionOut(Out):
    """What governed the permit when, and by which decision."""

    terms_version: int
    decision_id: UUID
    start: Instant
    end: Instant
    ceiling: Instant | None


class ExtensionPaperOut(Out):
    """A paper that a request to extend the trial brings; `is_required` without conditions."""

    key: str
    label: TextOut
    is_required: bool
    basis: str


class PermitOut(Out):
    """A permit as it stands now. `disclaimers` say what it is not.

    `extension_papers` are what a request to extend the trial brings; until when, its duty says.

    `kind_name` is what the procedure calls its kind of permit; null where the procedure only uses a kind known to all.

    `legal_force` says that it is a specimen, where its procedure is only a draft; null for a permit in law.

    `log` proves this version of it; null until the published checkpoint covers its leaf, and in the answer of the act
    itself.
    """

    id: UUID
    version: int
    number: str
    stage: Stage
    stage_name: TextOut
    title: str
    application_id: UUID
    case_code: str | None
    decision_id: UUID
    decision_number: str
    decided_at: Instant
    issued_at: Instant
    procedure_code: str
    procedure_version: str
    procedure_title: TextOut
    is_draft_procedure: bool
    legal_force: TextOut | None
    issuing_body: TextOut
    holder: HolderOut
    supervising_unit: str
    terms: TermsOut
    kind_name: TextOut | None
    phase_rule: PhaseRuleOut | None
    versions: tuple[PermitVersionOut, ...]
    duties: tuple[PermitDutyOut, ...]
    extension_papers: tuple[ExtensionPaperOut, ...]
    disclaimers: tuple[TextOut, ...]
    suspension_cases: tuple[TextOut, ...]
    may_do: tuple[str, ...]
    log: ProofOut | None


class PermitStateOut(Out):
    """A permit as one version of it was recorded."""

    id: UUID
    version: int
    number: str
    application_id: UUID
    decision_id: UUID
    organisation_id: UUID
    procedure_code: str
    procedure_version: str
    terms_version: int
    terms: TermsOut
    issued_at: Instant
    suspended_at: Instant | None
    revoked_at: Instant | None
    terminated_at: Instant | None
    completed_at: Instant | None
    completion_refused_at: Instant | None
    transition_until: Instant | None


class PermitRowOut(Out):
    """One line of a list."""

    id: UUID
    version: int
    number: str
    stage: Stage
    kind: str
    title: str
    procedure_code: str
    application_id: UUID
    organisation_id: UUID
    organisation_name: str
    start: Instant
    end: Instant
    issued_at: Instant
    updated_at: Instant


class PermitPageOut(PageOut):
    """A page of a list."""

    items: tuple[PermitRowOut, ...]


class RestrictionOut(Out):
    """A condition in its own words, or the quantity of a limit, over the permits of one procedure and kind.

    `used` counts the permits that carry or carried it, `lifted` those whose last version does not. `justified` is how the
    newest permit says why it stands; null where none does.
    """

    restriction: Restriction
    text: str
    procedure_code: str
    permit_kind: str
    used: int
    lifted: int
    last_issued_at: Instant
    justified: JustificationOut | None


class RestrictionsOut(Out):
    """Conditions and limits, the most used first."""

    items: tuple[RestrictionOut, ...]


terms_out = shown(TermsOut)


def terms_of(terms_in: TermsIn) -> PermitTerms:
    """Take terms over into the domain."""
    return msgspec.convert(terms_in, PermitTerms, from_attributes=True)


def bounds_of(bounds: tuple[OpenBoundIn, ...]) -> tuple[OpenBound, ...]:
    """Take the bases of open bounds over into the domain."""
    return tuple(OpenBound(parameter=each.parameter, basis=each.basis) for each in bounds)


def justifications_of(justifications: tuple[JustificationIn, ...]) -> tuple[Justification, ...]:
    """Take justifications over into the domain."""
    return msgspec.convert(justifications, tuple[Justification, ...], from_attributes=True)


def permit_out(view: PermitView, *, log: PublishedLog) -> PermitOut:
    """Show a permit."""
    permit, procedure = view.permit, view.procedure
    return PermitOut(
        id=permit.id,
        version=permit.version,
        number=permit.number,
        stage=view.stage,
        stage_name=TextOut.of(stage_name(view.stage)),
        title=view.title,
        application_id=permit.application_id,
        case_code=view.case_code,
        decision_id=permit.decision_id,
        decision_number=view.decision_number,
        decided_at=view.decided_at,
        issued_at=permit.issued_at,
        procedure_code=permit.procedure_code,
        procedure_version=permit.procedure_version,
        procedure_title=TextOut.of(procedure.title),
        is_draft_procedure=procedure.is_draft,
        legal_force=TextOut.of(SPECIMEN) if procedure.is_draft else None,
        issuing_body=TextOut.of(procedure.issuing_body),
        holder=shown(HolderOut)(view.holder),
        supervising_unit=view.supervising_unit.name,
        terms=terms_out(permit.terms),
        kind_name=next(
            (TextOut.of(each.label) for each in procedure.permit.kinds if each.value == permit.terms.kind), None
        ),
        phase_rule=None if procedure.permit.phases is None else shown(PhaseRuleOut)(procedure.permit.phases),
        versions=tuple(map(shown(PermitVersionOut), view.versions)),
        duties=tuple(map(_duty_out, view.duties)),
        extension_papers=tuple(map(_paper_out, procedure.extension_parts)),
        disclaimers=tuple(map(TextOut.of, procedure.permit.disclaimers)),
        suspension_cases=tuple(map(TextOut.of, procedure.permit.suspension_cases)),
        may_do=tuple(sorted(view.may_do)),
        log=proof_of(view.leaf, log),
    )


def _paper_out(component: DossierComponent) -> ExtensionPaperOut:
    return ExtensionPaperOut(
        key=component.key, label=TextOut.of(component.label), is_required=component.required, basis=component.basis
    )


def _duty_out(duty: PermitObligation) -> PermitDutyOut:
    return PermitDutyOut(
        key=duty.obligation.key,
        label=TextOut.of(duty.obligation.label),
        starts=duty.obligation.starts,
        term=None if duty.term is None else duty.term.value,
        term_unit=None if duty.term is None else duty.term.unit,
        is_recurring=duty.obligation.recurring,
        form=duty.obligation.form,
        recipient=TextOut.of(duty.obligation.recipient),
        basis=duty.obligation.basis,
        dues=tuple(_due_out(each) for each in duty.dues),
        is_complete=duty.is_complete,
    )


def _due_out(computed: Deadline) -> DueOut:
    if computed.due is None or computed.due_date is None:
        message = "a duty's clock never stands still"
        raise AssertionError(message)
    return DueOut(due=computed.due, due_date=computed.due_date, is_provisional=computed.provisional)


def permit_page_out(rows: tuple[PermitRow, ...], *, limit: int, by_change: bool) -> PermitPageOut:
    """Show a page; there may be more when it is full."""
    after = (BY_CHANGE if by_change else BY_ID).after(rows, limit=limit)
    return PermitPageOut(items=tuple(map(shown(PermitRowOut), rows)), after=after)
