"""How an application moves: one table of stages, one function per act, each refusing what is not legal now."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from uuid import UUID

from sandbox_registry.domain.cases.applications import (
    Apology,
    Application,
    Closing,
    ClosingKind,
    Delivery,
    Reason,
    SupplementItem,
    SupplementRequest,
    WithdrawalRequest,
)
from sandbox_registry.domain.cases.deadlines import CaseFacts, appointment, supplement_deadline
from sandbox_registry.domain.cases.reasons import reason_errors
from sandbox_registry.domain.errors import ConditionNotMet, Duplicate, FieldError, Invalid, TransitionNotAllowed
from sandbox_registry.domain.rules.calendars import Calendar
from sandbox_registry.domain.rules.forms import Referral
from sandbox_registry.domain.rules.procedures import Procedure
from sandbox_registry.domain.stages import OPEN_STAGES, Stage
from sandbox_registry.domain.texts import Text

# Act -> stages it may start from, stage it leads to (null: the stage stays). Events of the field (A2...) beside each.
TRANSITIONS: Mapping[str, tuple[frozenset[Stage], Stage | None]] = {
    "discard": (frozenset({Stage.DRAFT}), Stage.WITHDRAWN),
    "submit": (frozenset({Stage.DRAFT}), Stage.SUBMITTED),  # A2
    "receive": (frozenset({Stage.SUBMITTED}), None),  # A3
    "request_supplement": (frozenset({Stage.SUBMITTED}), Stage.SUPPLEMENT_REQUESTED),  # A4, A5
    "submit_supplement": (frozenset({Stage.SUPPLEMENT_REQUESTED}), Stage.SUBMITTED),  # A6, A7
    "lapse": (frozenset({Stage.SUPPLEMENT_REQUESTED}), Stage.LAPSED),  # A8
    "refuse_intake": (frozenset({Stage.SUBMITTED}), Stage.INTAKE_REFUSED),  # A9
    "refer": (frozenset({Stage.SUBMITTED, Stage.ACCEPTED, Stage.UNDER_APPRAISAL}), Stage.REFERRED),  # A9, A12
    "accept": (frozenset({Stage.SUBMITTED}), Stage.ACCEPTED),  # A10
    "classify": (frozenset({Stage.ACCEPTED}), Stage.UNDER_APPRAISAL),  # A11, A13
    "recommend": (frozenset({Stage.UNDER_APPRAISAL}), Stage.AWAITING_DECISION),  # A18
    "approve": (frozenset({Stage.AWAITING_DECISION}), Stage.APPROVED),  # A19
    "refuse": (frozenset({Stage.AWAITING_DECISION}), Stage.REFUSED),  # A20
    "request_withdrawal": (OPEN_STAGES, None),  # A21
    "stop": (OPEN_STAGES, Stage.WITHDRAWN),  # A21
    "apologize": (frozenset({Stage.ACCEPTED, Stage.UNDER_APPRAISAL, Stage.AWAITING_DECISION}), None),  # A22
    "issue": (frozenset({Stage.APPROVED}), None),  # A23
    "deliver": (frozenset({Stage.APPROVED, Stage.REFUSED}), None),  # A24
    "complain": (frozenset({Stage.REFUSED, Stage.INTAKE_REFUSED}), None),  # A25
}


def require_stage(application: Application, act: str) -> None:
    """Refuse an act that the case's stage does not allow; `act` is a key of `TRANSITIONS`.

    Raises:
        TransitionNotAllowed: with the act and the stage.

    """
    if application.stage not in TRANSITIONS[act][0]:
        raise TransitionNotAllowed(action=act, stage=application.stage)


def moved(application: Application, act: str, *, at: datetime, **facts: object) -> Application:
    """Return the application after an act: next version, next stage, the facts the act adds."""
    require_stage(application, act)
    stage = TRANSITIONS[act][1] or application.stage
    return replace(application, version=application.version + 1, stage=stage, updated_at=at, **facts)  # type: ignore[arg-type]  # Facts are fields.


def submit(
    application: Application,
    *,
    by: UUID,
    at: datetime,
    procedure: Procedure,
    unit_ids: tuple[UUID, ...],
    errors: tuple[FieldError, ...],
) -> Application:
    """File a draft: the electronic filing is the receipt in law, so the rules are pinned and the clock starts here.

    Raises:
        TransitionNotAllowed: it is not a draft.
        ConditionNotMet: `procedure_takes_no_dossiers`, for a procedure that is only a referral target.
        Invalid: the dossier breaks rules of its procedure.

    """
    require_stage(application, "submit")
    if not procedure.takes_dossiers:
        raise ConditionNotMet("procedure_takes_no_dossiers", _NO_DOSSIERS)
    if errors:
        raise Invalid(errors)
    return moved(
        application,
        "submit",
        at=at,
        procedure_version=procedure.checksum,
        unit_ids=unit_ids,
        submitted_by=by,
        submitted_at=at,
        completeness_from=at,
    )


def receive(application: Application, *, code: str, at: datetime) -> Application:
    """Register a filed dossier and give it its code (Decree 61/2018 art. 26)."""
    require_stage(application, "receive")
    if application.received_at is not None:
        raise Duplicate(what="receipt")
    return moved(application, "receive", at=at, code=code, received_at=at)


def require_received(application: Application) -> None:
    """Refuse intake acts on a dossier that nobody registered yet."""
    if application.received_at is None:
        raise ConditionNotMet("not_received", _NOT_RECEIVED)


def request_supplement(
    application: Application,
    *,
    request_id: UUID,
    items: tuple[SupplementItem, ...],
    exception_reason: str | None,
    earlier: tuple[SupplementRequest, ...],
    procedure: Procedure,
    by: UUID,
    at: datetime,
) -> tuple[Application, SupplementRequest]:
    """Ask once, completely, item by item, for what is missing (Decree 61/2018 arts 15(3), 17(2)(a)).

    A request beyond `supplement.max_rounds` needs a recorded reason for the exception.

    Raises:
        Invalid: no item, an item twice, or one that names no field or part of the procedure.
        ConditionNotMet: `supplement_rounds_used` without a reason.

    """
    require_stage(application, "request_supplement")
    require_received(application)
    _check_items(items, procedure)
    rounds = procedure.number("supplement.max_rounds")
    if rounds is not None and len(earlier) >= rounds and not exception_reason:
        raise ConditionNotMet("supplement_rounds_used", _ROUNDS_USED)
    request = SupplementRequest(
        id=request_id,
        version=1,
        application_id=application.id,
        round=len(earlier) + 1,
        items=items,
        exception_reason=exception_reason if earlier else None,
        requested_by=by,
        requested_at=at,
    )
    return moved(application, "request_supplement", at=at), request


def is_known_target(target: str, *, procedure: Procedure) -> bool:
    """Tell whether `answers.<section>.<field>` or `documents.<part>` names something the procedure asks for."""
    kind, _, path = target.partition(".")
    if kind == "documents":
        return procedure.part(path) is not None
    return kind == "answers" and procedure.field(path) is not None


def _check_items(items: tuple[SupplementItem, ...], procedure: Procedure) -> None:
    errors = [] if items else [FieldError(field="items", code="required", message=_NO_ITEMS)]
    seen: set[str] = set()
    for index, item in enumerate(items):
        if not is_known_target(item.target, procedure=procedure):
            errors.append(FieldError(field=f"items.{index}.target", code="unknown_target", message=_UNKNOWN_TARGET))
        if item.target in seen:
            errors.append(FieldError(field=f"items.{index}.target", code="twice", message=_TWICE))
        seen.add(item.target)
    if errors:
        raise Invalid(tuple(errors))


def submit_supplement(
    application: Application,
    *,
    request: SupplementRequest,
    procedure: Procedure,
    calendar: Calendar,
    errors: tuple[FieldError, ...],
    by: UUID,
    at: datetime,
) -> tuple[Application, SupplementRequest]:
    """Answer the open request with the completed dossier, as a whole.

    The completeness clock restarts when the procedure says so, else it goes on from where the request held it.

    Raises:
        ConditionNotMet: `supplement_too_late`, once the term for supplementing has passed.
        Invalid: the dossier still breaks rules.

    """
    require_stage(application, "submit_supplement")
    due = supplement_deadline(request, procedure=procedure, calendar=calendar)
    if due is not None and due.is_over(at):
        raise ConditionNotMet("supplement_too_late", _TOO_LATE)
    if errors:
        raise Invalid(errors)
    restart = procedure.word("supplement.clock_policy") != "continue"
    started = at if restart else application.completeness_from
    return (
        moved(application, "submit_supplement", at=at, completeness_from=started),
        replace(request, version=request.version + 1, answered_by=by, answered_at=at),
    )


def lapse(
    application: Application,
    *,
    request: SupplementRequest,
    procedure: Procedure,
    calendar: Calendar,
    by: UUID,
    at: datetime,
) -> Application:
    """Confirm that the term for supplementing passed without an answer; nothing lapses by itself.

    Raises:
        ConditionNotMet: `supplement_term_open` while the applicant still has time, or no term was set at all.

    """
    require_stage(application, "lapse")
    due = supplement_deadline(request, procedure=procedure, calendar=calendar)
    if due is None or not due.is_over(at):
        raise ConditionNotMet("supplement_term_open", _TERM_OPEN)
    return moved(application, "lapse", at=at, closing=_closed(ClosingKind.LAPSED, at=at, by=by))


def refuse_intake(
    application: Application, *, reasons: tuple[Reason, ...], procedure: Procedure, by: UUID, at: datetime
) -> Application:
    """Refuse to take the dossier in, with reasons (form 03; Decree 61/2018 art. 17(1)(b))."""
    require_stage(application, "refuse_intake")
    require_received(application)
    errors = reason_errors(reasons, procedure)
    if errors:
        raise Invalid(errors)
    return moved(
        application, "refuse_intake", at=at, closing=_closed(ClosingKind.INTAKE_REFUSED, at=at, by=by, reasons=reasons)
    )


def refer(application: Application, *, referral: Referral, reason: str, by: UUID, at: datetime) -> Application:
    """Send a case to the competent authority that the router names."""
    require_stage(application, "refer")
    require_received(application)
    closing = replace(
        _closed(ClosingKind.REFERRED, at=at, by=by, reasons=(Reason(code="not_competent", text=reason),)),
        authority=referral.authority.vi,
        target_procedure=referral.target,
    )
    return moved(application, "refer", at=at, closing=closing)


def accept(application: Application, *, procedure: Procedure, calendar: Calendar, at: datetime) -> Application:
    """Take a complete dossier in and promise the day of the result (form 01).

    The appointment stays null, and shows as a gap, when the procedure leaves a term open.
    """
    require_stage(application, "accept")
    require_received(application)
    accepted = moved(application, "accept", at=at, accepted_at=at)
    return replace(accepted, appointment_at=appointment(CaseFacts(application=accepted), procedure, calendar))


def classify(application: Application, *, level: str | None, procedure: Procedure, at: datetime) -> Application:
    """Fix the trial level and open the appraisal; the authority fixes it, not the applicant (Decree 142/2026 art. 22).

    Raises:
        Invalid: the procedure has levels and this is none of them.

    """
    require_stage(application, "classify")
    known = {each.key for each in procedure.levels}
    if (known and level not in known) or (not known and level is not None):
        raise Invalid((FieldError(field="level", code="unknown_level", message=_UNKNOWN_LEVEL),))
    return moved(application, "classify", at=at, level=level, classified_at=at)


def request_withdrawal(application: Application, *, reason: str, by: UUID, at: datetime) -> Application:
    """Record the applicant's wish to stop; the authority answers with its notice."""
    require_stage(application, "request_withdrawal")
    if application.withdrawal is not None:
        raise Duplicate(what="withdrawal")
    return moved(application, "request_withdrawal", at=at, withdrawal=WithdrawalRequest(at=at, by=by, reason=reason))


def stop(application: Application, *, by: UUID, at: datetime) -> Application:
    """Give notice that handling stops at the applicant's wish (form 05, Circular 03/2025)."""
    require_stage(application, "stop")
    if application.withdrawal is None:
        raise ConditionNotMet("no_withdrawal_requested", _NO_WISH)
    reasons = (Reason(code="applicant_wish", text=application.withdrawal.reason),)
    return moved(application, "stop", at=at, closing=_closed(ClosingKind.WITHDRAWN, at=at, by=by, reasons=reasons))


def discard(application: Application, *, by: UUID, at: datetime) -> Application:
    """Give up a draft. It was never filed, yet it stays on record as given up."""
    require_stage(application, "discard")
    closing = _closed(ClosingKind.WITHDRAWN, at=at, by=by)
    return moved(application, "discard", at=at, closing=closing)


def apologize(
    application: Application,
    *,
    promised_at: datetime,
    reason: str,
    latest: datetime | None,
    by: UUID,
    at: datetime,
) -> Application:
    """Apologize for a delay and promise one new day (form 04; Decree 61/2018 art. 19(9)): once only, and in time.

    `latest` is the last moment for such a notice, null when the procedure sets none.

    Raises:
        Duplicate: a new date was given already.
        ConditionNotMet: `apology_too_late`.
        Invalid: the new date does not lie after the promised one.

    """
    require_stage(application, "apologize")
    if application.apology is not None:
        raise Duplicate(what="apology")
    if latest is not None and at >= latest:
        raise ConditionNotMet("apology_too_late", _APOLOGY_LATE)
    if promised_at <= (application.appointment_at or at):
        raise Invalid((FieldError(field="promised_at", code="not_later", message=_NOT_LATER),))
    apology = Apology(at=at, by=by, reason=reason, promised_at=promised_at)
    return moved(application, "apologize", at=at, apology=apology)


def deliver(application: Application, *, channel: str, by: UUID, at: datetime) -> Application:
    """Hand the result over; processed and delivered are two facts (Decree 61/2018 art. 20)."""
    require_stage(application, "deliver")
    if application.delivery is not None:
        raise Duplicate(what="delivery")
    return moved(application, "deliver", at=at, delivery=Delivery(at=at, by=by, channel=channel))


def _closed(kind: ClosingKind, *, at: datetime, by: UUID, reasons: tuple[Reason, ...] = ()) -> Closing:
    return Closing(kind=kind, at=at, by=by, reasons=reasons)


_NO_DOSSIERS = Text(
    vi="Thủ tục này không thuộc thẩm quyền của tỉnh; hồ sơ phải nộp cho cơ quan có thẩm quyền.",
    en="This procedure is outside the province's competence; file with the competent authority.",
    fr="Cette procédure ne relève pas de la province ; adressez-vous à l'autorité compétente.",
)
_NOT_RECEIVED = Text(
    vi="Hồ sơ chưa được bộ phận một cửa ghi nhận.",
    en="The one-stop unit has not registered this dossier yet.",
    fr="Le guichet unique n'a pas encore enregistré ce dossier.",
)
_NO_ITEMS = Text(
    vi="Phải nêu từng nội dung cần bổ sung.",
    en="Name each thing to complete.",
    fr="Indiquez chaque élément à compléter.",
)
_UNKNOWN_TARGET = Text(
    vi="Không có trường hoặc thành phần hồ sơ này trong thủ tục; không được yêu cầu thêm giấy tờ.",
    en="The procedure has no such field or part; nothing beyond it may be asked for.",
    fr="La procédure ne connaît ni ce champ ni cette pièce ; rien d'autre ne peut être exigé.",
)
_TWICE = Text(vi="Nội dung này đã được nêu.", en="This was named already.", fr="Cet élément est déjà cité.")
_ROUNDS_USED = Text(
    vi="Đã yêu cầu bổ sung đủ số lần cho phép; chỉ được yêu cầu thêm khi ghi rõ lý do ngoại lệ.",
    en="The allowed requests are used up; a further one needs a recorded reason for the exception.",
    fr="Le nombre de demandes est épuisé ; une de plus exige un motif d'exception consigné.",
)
_TOO_LATE = Text(
    vi="Đã hết thời hạn bổ sung hồ sơ.",
    en="The term for supplementing has passed.",
    fr="Le délai pour compléter est écoulé.",
)
_TERM_OPEN = Text(
    vi="Thời hạn bổ sung chưa hết hoặc chưa được quy định.",
    en="The term for supplementing has not passed, or none is set.",
    fr="Le délai pour compléter n'est pas écoulé, ou aucun n'est fixé.",
)
_UNKNOWN_LEVEL = Text(
    vi="Cấp độ thử nghiệm không có trong thủ tục.",
    en="The procedure has no such trial level.",
    fr="La procédure ne connaît pas ce niveau d'expérimentation.",
)
_NO_WISH = Text(
    vi="Tổ chức, cá nhân chưa đề nghị dừng xử lý hồ sơ.",
    en="The applicant has not asked to stop.",
    fr="Le demandeur n'a pas demandé l'arrêt.",
)
_APOLOGY_LATE = Text(
    vi="Đã quá hạn gửi phiếu xin lỗi và hẹn lại ngày trả kết quả.",
    en="It is too late for a notice of delay.",
    fr="Il est trop tard pour un avis de retard.",
)
_NOT_LATER = Text(
    vi="Ngày hẹn mới phải sau ngày hẹn cũ.",
    en="The new date must come after the old one.",
    fr="La nouvelle date doit suivre l'ancienne.",
)
