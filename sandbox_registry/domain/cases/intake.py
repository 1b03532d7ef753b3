"""What the authority does with a filed dossier up to its appraisal, and with the result at its end.

Each act begins with its guard (`require_…`), which says whether it can succeed now whatever else is sent.
"""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from uuid import UUID

from sandbox_registry.domain.cases.applications import (
    Apology,
    Application,
    ClosingKind,
    LevelCorrection,
    Reason,
    ResultHandover,
    SupplementItem,
    SupplementRequest,
    WithdrawalRequest,
)
from sandbox_registry.domain.cases.competence import require_ours
from sandbox_registry.domain.cases.deadlines import (
    CaseFacts,
    appointment,
    require_closing_reason,
    require_waited,
    supplement_deadline,
)
from sandbox_registry.domain.cases.filings import open_request
from sandbox_registry.domain.cases.lifecycle import closed, moved, require_stage
from sandbox_registry.domain.cases.promises import Promise
from sandbox_registry.domain.cases.reasons import NOT_COMPETENT, reason_errors, require_listed_reasons
from sandbox_registry.domain.errors import (
    ConditionNotMet,
    Duplicate,
    FieldError,
    Invalid,
)
from sandbox_registry.domain.rules.calendars import Calendar
from sandbox_registry.domain.rules.forms import Referral, route
from sandbox_registry.domain.rules.procedures import Procedure
from sandbox_registry.domain.texts import Phrase


def receive(application: Application, *, code: str, at: datetime) -> Application:
    """Register a filed dossier and give it its code (Decree 61/2018 art. 26)."""
    require_unregistered(application)
    return moved(application, "receive", at=at, code=code, received_at=at)


def require_receivable(application: Application, *, agency_code: str | None) -> str:
    """Return the code of the receiving unit, under which a dossier is registered.

    Raises:
        TransitionNotAllowed: the dossier is not filed.
        Duplicate: it is registered already.
        ConditionNotMet: `no_agency_code`, when the unit has no code any more.

    """
    require_unregistered(application)
    if agency_code is None:
        raise ConditionNotMet("no_agency_code")
    return agency_code


def require_unregistered(application: Application) -> None:
    """Refuse to register a dossier that is not filed, or is registered already."""
    require_stage(application, "receive")
    if application.received_at is not None:
        raise Duplicate(what="receipt")


def require_intake(application: Application, act: str) -> None:
    """Refuse an act of intake at another stage, or on a dossier that nobody registered yet."""
    require_stage(application, act)
    if application.received_at is None:
        raise ConditionNotMet("not_received")


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
    require_intake(application, "request_supplement")
    _check_items(items, procedure)
    rounds = procedure.number("supplement.max_rounds")
    if rounds is not None and len(earlier) >= rounds and not exception_reason:
        raise ConditionNotMet("supplement_rounds_used")
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
        return procedure.component(path) is not None
    return kind == "answers" and procedure.field(path) is not None


def _check_items(items: tuple[SupplementItem, ...], procedure: Procedure) -> None:
    errors = [] if items else [FieldError(field="items", code="required", message=Phrase("supplement.no_items"))]
    targets: set[str] = set()
    for index, item in enumerate(items):
        if not is_known_target(item.target, procedure=procedure):
            errors.append(
                FieldError(
                    field=f"items.{index}.target", code="unknown_target", message=Phrase("supplement.unknown_target")
                )
            )
        if item.target in targets:
            errors.append(
                FieldError(field=f"items.{index}.target", code="twice", message=Phrase("supplement.named_twice"))
            )
        targets.add(item.target)
    if errors:
        raise Invalid(tuple(errors))


def lapse(
    application: Application,
    *,
    supplements: tuple[SupplementRequest, ...],
    promises: tuple[Promise, ...],
    letters: tuple[datetime, ...],
    reason: str | None,
    procedure: Procedure,
    calendar: Calendar,
    by: UUID,
    at: datetime,
) -> Application:
    """Confirm that what was asked for never came; nothing lapses by itself.

    Where the procedure sets no term, `reason` says why the case is closed, and a letter gave the applicant notice;
    `letters` are the moments at which officials wrote to them.

    Raises:
        ConditionNotMet: `supplement_term_open` while the applicant still has time, `notice_missing`.
        Invalid: no reason, where no term is one.

    """
    require_lapsable(
        application,
        supplements=supplements,
        promises=promises,
        letters=letters,
        procedure=procedure,
        calendar=calendar,
        at=at,
    )
    require_closing_reason(reason, term=procedure.term("supplement.term"))
    reasons = () if reason is None else (Reason(code="no_supplement", text=reason),)
    return moved(application, "lapse", at=at, closing=closed(ClosingKind.LAPSED, at=at, by=by, reasons=reasons))


def require_lapsable(
    application: Application,
    *,
    supplements: tuple[SupplementRequest, ...],
    promises: tuple[Promise, ...],
    letters: tuple[datetime, ...],
    procedure: Procedure,
    calendar: Calendar,
    at: datetime,
) -> None:
    """Refuse to close a case whose applicant may still answer; raises as `lapse`."""
    require_stage(application, "lapse")
    request, term = open_request(supplements), procedure.term("supplement.term")
    due = supplement_deadline(request, procedure=procedure, calendar=calendar, promises=promises)
    still_open = ConditionNotMet("supplement_term_open")
    require_waited(term, due, asked_at=request.requested_at, letters=letters, still_open=still_open, at=at)


def refuse_intake(
    application: Application, *, reasons: tuple[Reason, ...], procedure: Procedure, by: UUID, at: datetime
) -> Application:
    """Refuse to take the dossier in, with reasons (form 03; Decree 61/2018 art. 17(1)(b))."""
    require_intake_refusable(application, procedure=procedure)
    errors = reason_errors(reasons, procedure)
    if errors:
        raise Invalid(errors)
    return moved(
        application, "refuse_intake", at=at, closing=closed(ClosingKind.INTAKE_REFUSED, at=at, by=by, reasons=reasons)
    )


def require_intake_refusable(application: Application, *, procedure: Procedure) -> None:
    """Refuse to turn a dossier away that is not registered, or for which the procedure lists no reason."""
    require_intake(application, "refuse_intake")
    require_listed_reasons(procedure)


def require_referable(application: Application, *, procedure: Procedure) -> None:
    """Refuse to refer a case that is not registered, or whose procedure names no other authority.

    Raises:
        ConditionNotMet: `not_received`, `no_referral`.

    """
    require_intake(application, "refer")
    if not any(each.target for each in procedure.routes):
        raise ConditionNotMet("no_referral")


def referral_of(application: Application, *, target: str | None, procedure: Procedure) -> Referral:
    """Name the competent authority: by the answers on competence, or the route of the procedure to `target`.

    Raises:
        ConditionNotMet: `no_referral`, when the answers name no other authority.
        Invalid: the procedure has no route to `target`.

    """
    require_referable(application, procedure=procedure)
    if target is None:
        referral = route(procedure, application.answers)
        if referral is None or referral.target is None:
            raise ConditionNotMet("no_referral")
        return referral
    for each in procedure.routes:
        if each.target == target:
            return Referral(
                target=each.target, authority=each.authority, reason=each.reason, basis=each.basis, answers={}
            )
    raise Invalid((FieldError(field="target", code="unknown_target", message=Phrase("referral.unknown_target")),))


def refer(application: Application, *, referral: Referral, reason: str, by: UUID, at: datetime) -> Application:
    """Send a case to the competent authority that `referral_of` names."""
    require_intake(application, "refer")
    closing = replace(
        closed(ClosingKind.REFERRED, at=at, by=by, reasons=(Reason(code=NOT_COMPETENT, text=reason),)),
        authority=None if referral.authority is None else referral.authority.vi,
        target_procedure=referral.target,
    )
    return moved(application, "refer", at=at, closing=closing)


def accept(application: Application, *, procedure: Procedure, calendar: Calendar, at: datetime) -> Application:
    """Take a complete dossier in and promise the day of the result (form 01).

    The appointment stays null, and shows as a gap, when the procedure leaves a term open or no calendar reaches it.

    Raises:
        ConditionNotMet: `not_received`, `another_authority`.

    """
    require_acceptable(application, procedure=procedure)
    accepted = moved(application, "accept", at=at, accepted_at=at)
    promised = appointment(CaseFacts(application=accepted), procedure=procedure, calendar=calendar, at=at)
    return replace(accepted, appointment_at=promised)


def require_acceptable(application: Application, *, procedure: Procedure) -> None:
    """Refuse to take in a dossier that is not registered, or that belongs to another authority."""
    require_intake(application, "accept")
    require_ours(application, procedure=procedure)


def classify(application: Application, *, level: str | None, procedure: Procedure, at: datetime) -> Application:
    """Fix the trial level and open the appraisal; the authority fixes it, not the applicant (Decree 142/2026 art. 22).

    Raises:
        ConditionNotMet: `another_authority`.
        Invalid: the procedure has levels and this is none of them.

    """
    require_classifiable(application, procedure=procedure)
    levels = {each.key for each in procedure.levels}
    if (levels and level not in levels) or (not levels and level is not None):
        raise Invalid((FieldError(field="level", code="unknown_level", message=Phrase("lifecycle.unknown_level")),))
    return moved(application, "classify", at=at, level=level, classified_at=at)


def require_classifiable(application: Application, *, procedure: Procedure) -> None:
    """Refuse to open the appraisal at another stage, or of a case that belongs to another authority."""
    require_stage(application, "classify")
    require_ours(application, procedure=procedure)


def reclassify(
    application: Application, *, level: str, reason: str, procedure: Procedure, by: UUID, at: datetime
) -> Application:
    """Put the level right before a decision, with a reason (A11); every earlier level stays on record.

    Raises:
        TransitionNotAllowed: the case is not under appraisal.
        ConditionNotMet: `another_authority`; `no_other_level`.
        Invalid: the procedure has no such level, or it is the one that stands.

    """
    require_reclassifiable(application, procedure=procedure)
    if level not in {each.key for each in procedure.levels}:
        raise Invalid((FieldError(field="level", code="unknown_level", message=Phrase("lifecycle.unknown_level")),))
    if level == application.level:
        raise Invalid((FieldError(field="level", code="same_level", message=Phrase("lifecycle.same_level")),))
    correction = LevelCorrection(at=at, by=by, before=application.level or "", after=level, reason=reason)
    corrections = (*application.level_corrections, correction)
    return moved(application, "reclassify", at=at, level=level, level_corrections=corrections)


def require_reclassifiable(application: Application, *, procedure: Procedure) -> None:
    """Refuse to put a level right at another stage, of another authority's case, or where there is only one."""
    require_stage(application, "reclassify")
    require_ours(application, procedure=procedure)
    if all(each.key == application.level for each in procedure.levels):
        raise ConditionNotMet("no_other_level")


def stop(application: Application, *, by: UUID, at: datetime) -> Application:
    """Give notice that handling stops at the applicant's wish (form 05, Circular 03/2025)."""
    withdrawal = withdrawal_of(application)
    reasons = (Reason(code="applicant_wish", text=withdrawal.reason),)
    return moved(application, "stop", at=at, closing=closed(ClosingKind.WITHDRAWN, at=at, by=by, reasons=reasons))


def withdrawal_of(application: Application) -> WithdrawalRequest:
    """Return the applicant's wish to stop that a notice answers; refuse while there is none."""
    require_stage(application, "stop")
    if application.withdrawal is None:
        raise ConditionNotMet("no_withdrawal_requested")
    return application.withdrawal


def apologize(
    application: Application,
    *,
    promised_at: datetime,
    reason: str,
    length_reason: str | None,
    latest: datetime | None,
    latest_promise: datetime | None,
    by: UUID,
    at: datetime,
) -> Application:
    """Apologize for a delay and promise one new day (form 04; Decree 61/2018 art. 19(9)): once only, and in time.

    `latest` is the last moment for such a notice, null when the procedure sets none; `latest_promise` how late the new
    date may be, null when nothing bounds it: then its length is reasoned.

    Raises:
        Duplicate: a new date was given already.
        ConditionNotMet: `apology_too_late`.
        Invalid: the new date does not lie after the promised one, or beyond its bound; or nothing says why so late.

    """
    require_apologizable(application, latest=latest, at=at)
    errors = tuple(_promise_errors(application, promised_at, length_reason=length_reason, bound=latest_promise, at=at))
    if errors:
        raise Invalid(errors)
    apology = Apology(
        at=at,
        by=by,
        reason=reason,
        promised_at=promised_at,
        latest_at=latest_promise,
        length_reason=length_reason if latest_promise is None else None,
    )
    return moved(application, "apologize", at=at, apology=apology, appointment_at=promised_at)


def _promise_errors(
    application: Application, promised_at: datetime, *, length_reason: str | None, bound: datetime | None, at: datetime
) -> Iterator[FieldError]:
    if promised_at <= (application.appointment_at or at):
        yield FieldError(field="promised_at", code="not_later", message=Phrase("lifecycle.new_date_not_later"))
    if bound is not None and promised_at > bound:
        yield FieldError(
            field="promised_at", code="too_late", message=Phrase("lifecycle.new_date_too_late", latest=bound)
        )
    if bound is None and not length_reason:
        yield FieldError(
            field="length_reason", code="required", message=Phrase("lifecycle.unbounded_date_needs_reason")
        )


def require_unapologized(application: Application) -> None:
    """Refuse a second notice of delay, or one at another stage."""
    require_stage(application, "apologize")
    if application.apology is not None:
        raise Duplicate(what="apology")


def require_apologizable(application: Application, *, latest: datetime | None, at: datetime) -> None:
    """Refuse a second notice of delay, or one that comes too late; raises as `apologize`."""
    require_unapologized(application)
    if latest is not None and at >= latest:
        raise ConditionNotMet("apology_too_late")


def deliver(application: Application, *, channel: str, by: UUID, at: datetime) -> Application:
    """Hand the result over; processed and delivered are two facts (Decree 61/2018 art. 20)."""
    require_deliverable(application)
    return moved(application, "deliver", at=at, delivery=ResultHandover(at=at, by=by, channel=channel))


def require_deliverable(application: Application) -> None:
    """Refuse to hand over a result that does not exist yet, or was handed over already."""
    require_stage(application, "deliver")
    if application.delivery is not None:
        raise Duplicate(what="result_handover")
