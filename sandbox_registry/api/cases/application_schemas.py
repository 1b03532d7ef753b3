"""Bodies of applications: what is sent, what is shown."""

from datetime import date
from typing import Any
from uuid import UUID

import msgspec

from sandbox_registry.api.handling.cursors import BY_CHANGE, BY_ID
from sandbox_registry.api.handling.log_links import ProofOut, PublishedLog, proof_of
from sandbox_registry.api.handling.schemas import (
    Code,
    In,
    Instant,
    Line,
    Out,
    PageOut,
    Paragraph,
    Sha256,
    TextOut,
    check_depth,
    normal,
    shown,
)
from sandbox_registry.domain.acts import done_name
from sandbox_registry.domain.cases.applications import Application, ComplaintOutcome
from sandbox_registry.domain.cases.case_lists import CaseRow
from sandbox_registry.domain.cases.deadlines import CaseDeadline, Gap, ResponsibleParty, Timing
from sandbox_registry.domain.cases.promises import Promise
from sandbox_registry.domain.errors import FieldError
from sandbox_registry.domain.rules.calendars import Deadline, LedgerLine
from sandbox_registry.domain.rules.forms import Referral, visible
from sandbox_registry.domain.rules.procedures import FeeKind, Procedure
from sandbox_registry.domain.stages import Stage, stage_name
from sandbox_registry.usecases.cases.cases import CaseView, Problems, Receipt


class DraftIn(In):
    """A new draft. Without a receiving unit, the only one that takes the procedure in is meant."""

    procedure_code: Code
    organisation_id: UUID
    title: Line
    receiving_unit_id: UUID | None = None
    previous_case_id: UUID | None = None


class EditIn(In):
    """A JSON merge patch of the answers (RFC 7396): what is not sent stays, null removes."""

    title: Line | None = None
    answers: dict[str, Any] = msgspec.field(default_factory=dict)

    def __post_init__(self) -> None:
        super().__post_init__()
        check_depth(self.answers)


class AssistedDraftIn(In):
    """A draft begun for an applicant at a desk. Without a receiving unit, the only one that takes the procedure in is meant."""

    procedure_code: Code
    organisation_id: UUID
    title: Line
    receiving_unit_id: UUID | None = None


class FilingIn(In):
    """The digest of what is filed, as `GET …/submission` gave it to the signatory."""

    digest: Sha256


class AssistedFilingIn(FilingIn):
    """The digest of what is filed, and who signed the paper that is attached, for the applicant."""

    signatory: Line


class SupplementFilingIn(FilingIn):
    """The digest of what is filed and, of each item left as it was, why, by its target."""

    no_change_because: dict[str, Paragraph] = msgspec.field(default_factory=dict)

    def __post_init__(self) -> None:
        super().__post_init__()
        self.no_change_because = {target: normal(because) for target, because in self.no_change_because.items()}


class WithdrawalIn(In):
    """Why the applicant wants to stop."""

    reason: Paragraph


class ComplaintIn(In):
    """What the complaint is about."""

    grounds: Paragraph


class ApplicationOut(Out):
    """An application as its version stands; what hangs on it is in `CaseOut`.

    `returns` counts how often officials returned the file to each other to be completed.
    """

    id: UUID
    version: int
    stage: Stage
    procedure_code: str
    procedure_version: str | None
    organisation_id: UUID
    receiving_unit_id: UUID
    title: str
    code: str | None
    level: str | None
    previous_case_id: UUID | None
    created_at: Instant
    updated_at: Instant
    submitted_at: Instant | None
    received_at: Instant | None
    accepted_at: Instant | None
    appointment_at: Instant | None
    classified_at: Instant | None
    recommended_at: Instant | None
    decided_at: Instant | None
    issued_at: Instant | None
    withdrawal: "WithdrawalOut | None"
    apology: "ApologyOut | None"
    closing: "ClosingOut | None"
    delivery: "DeliveryOut | None"
    confirmation: "ConfirmationOut | None"
    retention: "RetentionOut | None"
    applicant: "FiledApplicantOut | None"
    level_corrections: "tuple[LevelCorrectionOut, ...]"
    returns: int
    assistance: "AssistanceOut | None"
    answers: dict[str, Any]


class FiledApplicantOut(Out):
    """The applicant's data as the dossier was filed with them; null in cases filed before they were kept."""

    name: str
    tax_code: str | None
    address: str
    email: str
    phone: str


class WithdrawalOut(Out):
    """The applicant's wish to stop."""

    at: Instant
    reason: str


class ApologyOut(Out):
    """The notice of delay and the one new day.

    `latest_at` is how late that day could be; null: nothing bounds it, and `length_reason` says why it is so late.
    """

    at: Instant
    reason: str
    promised_at: Instant
    latest_at: Instant | None
    length_reason: str | None


class ReasonOut(Out):
    """A structured reason."""

    code: str
    text: str


class ClosingOut(Out):
    """How a case ended before a decision."""

    kind: str
    at: Instant
    reasons: tuple[ReasonOut, ...]
    authority: str | None
    target_procedure: str | None


class DeliveryOut(Out):
    """When and how the result was handed over."""

    at: Instant
    channel: str


class ConfirmationOut(Out):
    """The applicant filed here knowing that `authority` is competent under `target_procedure`."""

    at: Instant
    authority: str
    target_procedure: str | None


class RetentionOut(Out):
    """Why the case stays here although its answers give it to `authority`; null when they place it outside the mechanism."""

    at: Instant
    authority: str | None
    target_procedure: str | None
    reason: str


class LevelCorrectionOut(Out):
    """A level that was put right before a decision, and why."""

    at: Instant
    before: str
    after: str
    reason: str


class AssistanceOut(Out):
    """Who prepared the dossier for its applicant, at whose desk, and the paper by which `signatory` confirmed it, if one did."""

    by: UUID
    unit_id: UUID
    at: Instant
    signatory: str | None
    paper_id: UUID | None
    confirmed_at: Instant | None


class OriginalFileOut(Out):
    """What was sent where a cleaned copy stands in its place: kept as proof, and sent to nobody.

    The copy is what is shown, downloaded, filed and put into bundles.
    """

    sha256: str
    size: int


class DocumentOut(Out):
    """A document; its bytes are at `…/documents/{id}/content`.

    `original` is what was sent where this is a cleaned copy of it, else null.
    """

    id: UUID
    version: int
    part: str
    filename: str
    media_type: str
    size: int
    sha256: str
    uploaded_by: UUID
    uploaded_at: Instant
    removed_at: Instant | None
    original: OriginalFileOut | None
    is_scanned: bool


class SupplementItemOut(Out):
    """One thing to complete."""

    target: str
    reason: str


class UnchangedItemOut(Out):
    """What was filed as it was although it was to be completed, and why."""

    target: str
    because: str


class SupplementOut(Out):
    """A request to complete the dossier. `unchanged` is what the answer left as it was."""

    id: UUID
    version: int
    round: int
    items: tuple[SupplementItemOut, ...]
    exception_reason: str | None
    requested_at: Instant
    answered_at: Instant | None
    unchanged: tuple[UnchangedItemOut, ...]


class SettlementOut(Out):
    """How a complaint ended; `document` is the decision or notice that says so."""

    at: Instant
    outcome: ComplaintOutcome
    reasons: str
    document: str


class ComplaintOut(Out):
    """A complaint as filed, and its outcome; null until a complaints officer has recorded one."""

    id: UUID
    version: int
    filed_at: Instant
    grounds: str
    is_late: bool
    settlement: SettlementOut | None


class LedgerLineOut(Out):
    """One day of a computation: counted or not, the count after it, why, by which document."""

    date: date
    counted: bool
    running_count: int
    reason: TextOut
    source: str


class DateGivenOut(Out):
    """A date that was given: when, by which act and with which calendar. The last one counts; null: the clock stopped."""

    due: Instant | None
    made_at: Instant
    cause: str
    cause_name: TextOut
    calendar_version: str

    @classmethod
    def of(cls, promise: Promise) -> "DateGivenOut":
        """Show a date with its reason in words."""
        return cls(
            due=promise.due,
            made_at=promise.made_at,
            cause=promise.cause,
            cause_name=TextOut.of(done_name(promise.cause)),
            calendar_version=promise.calendar_version,
        )


class DeadlineOut(Out):
    """A deadline and how it was computed. `due` is exclusive (24:00 of `due_date`); null while paused or for a gap.

    `gap` says why there is no date: `procedure` sets no term, or the `calendar` does not reach that far.
    """

    name: str
    subject: str
    duty: ResponsibleParty
    timing: Timing
    due: Instant | None
    due_date: date | None
    started_at: Instant | None
    fulfilled_at: Instant | None
    basis: str
    calendar_version: str | None
    is_provisional: bool
    gap: Gap | None
    history: tuple[DateGivenOut, ...]
    ledger: tuple[LedgerLineOut, ...]

    @classmethod
    def of(cls, deadline: CaseDeadline) -> "DeadlineOut":
        """Show a deadline with its ledger."""
        shown_gap = cls(
            name=deadline.name,
            subject=deadline.subject,
            duty=deadline.responsible,
            timing=deadline.timing,
            due=None,
            due_date=None,
            started_at=None,
            fulfilled_at=deadline.fulfilled_at,
            basis=deadline.basis,
            calendar_version=None,
            is_provisional=False,
            gap=deadline.gap,
            history=tuple(map(DateGivenOut.of, deadline.promises)),
            ledger=(),
        )
        return shown_gap if deadline.computation is None else shown_gap.computed(deadline.computation)

    def computed(self, computation: Deadline) -> "DeadlineOut":
        """Add how the deadline was computed, day by day."""
        return msgspec.structs.replace(
            self,
            due=computation.due,
            due_date=computation.due_date,
            started_at=computation.started_at,
            calendar_version=computation.calendar_version,
            is_provisional=computation.provisional,
            ledger=tuple(map(_ledger_line, computation.ledger)),
        )


def _ledger_line(line: LedgerLine) -> LedgerLineOut:
    return LedgerLineOut(
        date=line.date,
        counted=line.counted,
        running_count=line.running_count,
        reason=TextOut.of(line.reason),
        source=line.source,
    )


class FeeOut(Out):
    """What is known of a fee for this dossier: one is fixed, there is none, or the instrument lays none down."""

    kind: FeeKind
    amount: int | None
    label: TextOut
    basis: str


class CaseOut(Out):
    """A case as its reader may see it, with its deadlines and what the reader may do now."""

    application: ApplicationOut
    stage_name: TextOut
    procedure_title: TextOut
    is_draft_procedure: bool
    documents: tuple[DocumentOut, ...]
    supplements: tuple[SupplementOut, ...]
    complaints: tuple[ComplaintOut, ...]
    deadlines: tuple[DeadlineOut, ...]
    fees: tuple[FeeOut, ...]
    may_do: tuple[str, ...]

    @property
    def version(self) -> int:
        """The application's version, for the ETag."""
        return self.application.version


class SubmissionOut(Out):
    """What filing the dossier now would file. `digest` is the SHA-256 of `content` in canonical JSON (RFC 8785).

    During a supplement: `due` is when its term ends, exclusive (null where none is set), `is_late` says that it has and
    nothing more is taken, `unanswered` lists what was asked for and nobody changed yet.
    """

    version: int
    digest: str
    content: dict[str, Any]
    due: Instant | None
    is_late: bool
    unanswered: tuple[SupplementItemOut, ...]


class FilingDocumentOut(Out):
    """A file as it was filed."""

    part: str
    filename: str
    size: int
    sha256: str


class FilingOut(Out):
    """One filing of the dossier, as the version `number`: when, what it is named by, and its files.

    `digest` is null for what was filed before filings were named by one.
    """

    number: int
    cause: str
    made_at: Instant
    digest: str | None
    documents: tuple[FilingDocumentOut, ...]


class ReceiptOut(Out):
    """The receipt of a filed dossier. `log` proves the filing, the others registration and acceptance once they are.

    Each is null until the published checkpoint covers its leaf, about a second. `appointments` are the days of the result
    that were promised, oldest first, each with its reason; the last is `appointment_at`. `filings` is what was filed,
    supplements included, oldest first.
    """

    application_id: UUID
    code: str | None
    title: str
    organisation_name: str
    procedure_title: TextOut
    is_draft_procedure: bool
    submitted_at: Instant
    received_at: Instant | None
    accepted_at: Instant | None
    appointment_at: Instant | None
    appointments: tuple[DateGivenOut, ...]
    filings: tuple[FilingOut, ...]
    fees: tuple[FeeOut, ...]
    log: ProofOut | None
    received_log: ProofOut | None
    accepted_log: ProofOut | None


class CaseRowOut(Out):
    """One line of a list."""

    id: UUID
    version: int
    code: str | None
    stage: Stage
    title: str
    procedure_code: str
    organisation_id: UUID
    organisation_name: str
    level: str | None
    submitted_at: Instant | None
    next_due_at: Instant | None
    updated_at: Instant


class CasePageOut(PageOut):
    """A page of a list."""

    items: tuple[CaseRowOut, ...]


class FieldProblemOut(Out):
    """A broken rule and the field it is about."""

    field: str
    code: str
    message: TextOut


class ReferralOut(Out):
    """Another authority that is competent, and the answers that say so. Filing here asks for its name.

    `target` and `authority` are null when the answers place the trial outside the mechanism: it cannot be filed.
    """

    target: str | None
    authority: TextOut | None
    reason: TextOut
    basis: str
    answers: dict[str, Any]


class ProblemsOut(Out):
    """What stands between a draft and its submission."""

    errors: tuple[FieldProblemOut, ...]
    referral: ReferralOut | None


class VersionOut(Out):
    """The dossier as it stood after one edit; `digest` names what was filed, null while it was only written."""

    number: int
    cause: str
    title: str
    made_by: UUID
    made_at: Instant
    digest: str | None
    answers: dict[str, Any]
    documents: tuple[dict[str, Any], ...]


class VersionsOut(Out):
    """Every version, oldest first."""

    items: tuple[VersionOut, ...]


class EditorOut(Out):
    """A person who may write on a dossier."""

    id: UUID
    version: int
    person_id: UUID
    since: Instant
    until: Instant | None


application_out = shown(ApplicationOut)
submission_out = shown(SubmissionOut)
document_out = shown(DocumentOut)


def case_out(view: CaseView) -> CaseOut:
    """Show a case."""
    return CaseOut(
        application=application_out(view.application),
        stage_name=TextOut.of(stage_name(view.application.stage)),
        procedure_title=TextOut.of(view.procedure.title),
        is_draft_procedure=view.procedure.status == "draft",
        documents=tuple(map(document_out, view.documents)),
        supplements=tuple(map(shown(SupplementOut), view.supplements)),
        complaints=tuple(map(shown(ComplaintOut), view.complaints)),
        deadlines=tuple(map(DeadlineOut.of, view.deadlines)),
        fees=_fees_out(view.procedure, view.application),
        may_do=tuple(sorted(view.may_do)),
    )


def _fees_out(procedure: Procedure, application: Application) -> tuple[FeeOut, ...]:
    return tuple(map(shown(FeeOut), procedure.fees_for(visible(procedure, application.answers))))


case_rows_out = shown(tuple[CaseRowOut, ...])


def receipt_out(receipt: Receipt, *, log: PublishedLog) -> ReceiptOut:
    """Show the receipt of a filed dossier."""
    application, procedure = receipt.application, receipt.procedure
    return ReceiptOut(
        application_id=application.id,
        code=application.code,
        title=application.title,
        organisation_name=receipt.organisation,
        procedure_title=TextOut.of(procedure.title),
        is_draft_procedure=procedure.status == "draft",
        submitted_at=receipt.submitted_at,
        received_at=application.received_at,
        accepted_at=application.accepted_at,
        appointment_at=application.appointment_at,
        appointments=tuple(map(DateGivenOut.of, receipt.appointments)),
        filings=tuple(map(shown(FilingOut), receipt.filings)),
        fees=_fees_out(procedure, application),
        log=proof_of(receipt.filed, log),
        received_log=proof_of(receipt.received, log),
        accepted_log=proof_of(receipt.accepted, log),
    )


def page_out(rows: tuple[CaseRow, ...], *, limit: int, by_change: bool) -> CasePageOut:
    """Show a page; there may be more when it is full."""
    after = (BY_CHANGE if by_change else BY_ID).after(rows, limit=limit)
    return CasePageOut(items=case_rows_out(rows), after=after)


def problems_out(problems: Problems) -> ProblemsOut:
    """Show what a dossier lacks."""
    return ProblemsOut(
        errors=tuple(_field_problem(error) for error in problems.errors),
        referral=None if problems.referral is None else _referral_out(problems.referral),
    )


def _referral_out(referral: Referral) -> ReferralOut:
    return ReferralOut(
        target=referral.target,
        authority=None if referral.authority is None else TextOut.of(referral.authority),
        reason=TextOut.of(referral.reason),
        basis=referral.basis,
        answers=dict(referral.answers),
    )


def _field_problem(error: FieldError) -> FieldProblemOut:
    return FieldProblemOut(field=error.field, code=error.code, message=TextOut.of(error.message))
