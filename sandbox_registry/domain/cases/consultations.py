"""Questions beside a case: to another agency (consultation) and to the applicant (clarification)."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import date, datetime
from uuid import UUID

from sandbox_registry.domain.cases.appraisal import Clarification, Consultation, DisagreementAnswer, Opinion
from sandbox_registry.domain.cases.deadlines import clarification_deadline, require_closing_reason, require_waited
from sandbox_registry.domain.cases.promises import Promise
from sandbox_registry.domain.errors import ConditionNotMet, Duplicate, FieldError, Invalid
from sandbox_registry.domain.identity.people import Organisation, OrganisationKind
from sandbox_registry.domain.rules.calendars import Calendar, Deadline, Term, Unit, deadline, local_date
from sandbox_registry.domain.rules.form_fields import Answers
from sandbox_registry.domain.rules.forms import visible
from sandbox_registry.domain.rules.procedures import ConsultationRule, Procedure
from sandbox_registry.domain.texts import Phrase, search_form


def ask_unit(
    *,
    consultation_id: UUID,
    application_id: UUID,
    unit: Organisation,
    handling_unit_ids: tuple[UUID, ...],
    question: str,
    term: Term | None,
    remind_on: date | None,
    is_required: bool,
    demanded_by: ConsultationRule | None = None,
    earlier: tuple[Consultation, ...],
    procedure: Procedure,
    calendar: Calendar,
    by: UUID,
    at: datetime,
) -> Consultation:
    """Ask another agency for its opinion (A14; Decree 61/2018 art. 19(5)).

    The lead sets the term; without one the procedure's `consult.term` counts. What `demanded_by` a rule is always required.

    Raises:
        RuleGap: no term was set and the procedure leaves it open.
        Duplicate: this agency has a question that waits for an answer.
        Invalid: not another state unit, not the agency that the rule demands, or a reminder outside the term.

    """
    applicable = term or procedure.required_term("consult.term")
    if any(each.unit_id == unit.id and is_open(each) for each in earlier):
        raise Duplicate(what="consultation")
    consultation = Consultation(
        id=consultation_id,
        version=1,
        application_id=application_id,
        unit_id=unit.id,
        question=question,
        asked_by=by,
        asked_at=at,
        term_value=applicable.value,
        term_unit=applicable.unit,
        remind_on=remind_on,
        is_required=is_required or demanded_by is not None,
        demanded_by=None if demanded_by is None else demanded_by.key,
    )
    errors = (
        *_broken(consultation, unit=unit, handling_unit_ids=handling_unit_ids, calendar=calendar),
        *_agency_errors(demanded_by, unit=unit),
    )
    if errors:
        raise Invalid(errors)
    return consultation


def demanding_rule(key: str | None, *, procedure: Procedure, answers: Answers) -> ConsultationRule | None:
    """Return the rule of that key which demands a consultation on this dossier; null for no key.

    Raises:
        Invalid: no rule of that key demands anything of it.

    """
    if key is None:
        return None
    demanded = procedure.consultations_for(visible(procedure, answers))
    rule = next((each for each in demanded if each.key == key), None)
    if rule is None:
        message = Phrase("consultations.not_demanded")
        raise Invalid((FieldError(field="demanded_by", code="not_demanded", message=message),))
    return rule


def is_open(consultation: Consultation) -> bool:
    """Tell whether a question still waits: not answered, and its silence not yet recorded."""
    return consultation.answered_at is None and consultation.closed_silent_at is None


def consultation_deadline(consultation: Consultation, *, calendar: Calendar) -> Deadline:
    """Compute until when the agency may answer in time, by the calendar in force when it was asked."""
    term = Term(value=consultation.term_value, unit=Unit(consultation.term_unit))
    return deadline(term, start=consultation.asked_at, calendar=calendar.at(consultation.asked_at))


def answer_consultation(
    consultation: Consultation, *, opinion: Opinion, text: str, calendar: Calendar, by: UUID, at: datetime
) -> Consultation:
    """Give the agency's opinion. A late one is kept and marked late, even after its silence was recorded.

    Raises:
        Duplicate: the question is answered already.

    """
    require_unanswered_consultation(consultation)
    return replace(
        consultation,
        version=consultation.version + 1,
        answered_by=by,
        answered_at=at,
        opinion=opinion,
        text=text,
        is_late=consultation_deadline(consultation, calendar=calendar).is_over(at),
    )


def require_unanswered_consultation(consultation: Consultation) -> None:
    """Refuse a second answer; one after the silence was recorded is taken."""
    if consultation.answered_at is not None:
        raise Duplicate(what="consultation_answer")


def close_silent(consultation: Consultation, *, calendar: Calendar, at: datetime) -> Consultation:
    """Record that the agency let its term pass. Silence is silence: never consent.

    Raises:
        Duplicate: the question is answered, or closed already.
        ConditionNotMet: `consultation_term_open` while the agency still has time.

    """
    require_silent(consultation, calendar=calendar, at=at)
    return replace(consultation, version=consultation.version + 1, closed_silent_at=at)


def require_silent(consultation: Consultation, *, calendar: Calendar, at: datetime) -> None:
    """Refuse to record the silence of an agency that answered, or still may; raises as `close_silent`."""
    if not is_open(consultation):
        raise Duplicate(what="consultation_outcome")
    if not consultation_deadline(consultation, calendar=calendar).is_over(at):
        raise ConditionNotMet("consultation_term_open")


def disagreement_errors(
    answers: tuple[DisagreementAnswer, ...],
    *,
    consultations: tuple[Consultation, ...],
    agencies: Mapping[UUID, str],
) -> tuple[FieldError, ...]:
    """List the agencies that had to be asked, disagree and are not answered, and answers to nobody's disagreement.

    A late disagreement counts as one in time. `agencies` are the names of the agencies, by identity.
    """
    disagreeing = {each.id: each for each in consultations if each.is_required and each.opinion is Opinion.DISAGREE}
    answered = {each.consultation_id for each in answers}
    unanswered = (
        FieldError(
            field=f"disagreements.{identity}",
            code="disagreement_unanswered",
            message=Phrase("appraisal.disagreement_unanswered", agency=agencies.get(each.unit_id, "")),
        )
        for identity, each in disagreeing.items()
        if identity not in answered
    )
    unexpected = (
        FieldError(
            field=f"disagreements.{index}.consultation_id",
            code="no_disagreement",
            message=Phrase("appraisal.no_disagreement"),
        )
        for index, each in enumerate(answers)
        if each.consultation_id not in disagreeing
    )
    return (*unanswered, *unexpected)


def ask_applicant(
    *,
    clarification_id: UUID,
    application_id: UUID,
    question: str,
    earlier: tuple[Clarification, ...],
    procedure: Procedure,
    by: UUID,
    at: datetime,
) -> Clarification:
    """Ask the applicant a question of substance (A17; Decree 61/2018 art. 19(4)).

    Where the procedure states no number of rounds there is no limit to refuse by.

    Raises:
        Duplicate: a question still waits for its answer.
        ConditionNotMet: `clarification_rounds_used`.

    """
    require_clarifiable(earlier, procedure=procedure)
    return Clarification(
        id=clarification_id,
        version=1,
        application_id=application_id,
        round=len(earlier) + 1,
        question=question,
        asked_by=by,
        asked_at=at,
    )


def require_clarifiable(earlier: tuple[Clarification, ...], *, procedure: Procedure) -> None:
    """Refuse a question while another waits, or beyond the procedure's rounds; raises as `ask_applicant`."""
    if any(is_waiting(each) for each in earlier):
        raise Duplicate(what="clarification")
    rounds = procedure.number("clarification.max_rounds")
    if rounds is not None and len(earlier) >= rounds:
        raise ConditionNotMet("clarification_rounds_used", count=rounds)


def require_unanswered_clarification(clarification: Clarification) -> None:
    """Refuse a second answer."""
    if clarification.answered_at is not None:
        raise Duplicate(what="clarification_answer")


def is_waiting(clarification: Clarification) -> bool:
    """Tell whether the authority still waits for the applicant's answer."""
    return clarification.answered_at is None and clarification.closed_at is None


def answer_clarification(
    clarification: Clarification,
    *,
    answer: str,
    promises: tuple[Promise, ...],
    procedure: Procedure,
    calendar: Calendar,
    by: UUID,
    at: datetime,
) -> Clarification:
    """Answer a question about the dossier, once; `Duplicate` when it is answered already.

    A late answer is kept and marked late, even after the authority stopped waiting.
    """
    require_unanswered_clarification(clarification)
    due = clarification_deadline(clarification, procedure=procedure, calendar=calendar, promises=promises)
    return replace(
        clarification,
        version=clarification.version + 1,
        answer=answer,
        answered_by=by,
        answered_at=at,
        is_late=clarification.closed_at is not None or (due is not None and due.is_over(at)),
    )


def close_clarification(
    clarification: Clarification,
    *,
    reason: str | None,
    letters: tuple[datetime, ...],
    promises: tuple[Promise, ...],
    procedure: Procedure,
    calendar: Calendar,
    by: UUID,
    at: datetime,
) -> Clarification:
    """Stop waiting for an answer: the appraisal goes on without it. Silence is silence, and no admission.

    Raises:
        Duplicate: the question is answered, or closed already.
        ConditionNotMet: `clarification_term_open`, `notice_missing`.
        Invalid: no reason, where no term is one.

    """
    require_closable(clarification, letters=letters, promises=promises, procedure=procedure, calendar=calendar, at=at)
    require_closing_reason(reason, term=procedure.term("clarification.term"))
    return replace(clarification, version=clarification.version + 1, closed_by=by, closed_at=at, closing_reason=reason)


def require_closable(
    clarification: Clarification,
    *,
    letters: tuple[datetime, ...],
    promises: tuple[Promise, ...],
    procedure: Procedure,
    calendar: Calendar,
    at: datetime,
) -> None:
    """Refuse to stop waiting while the applicant may still answer; raises as `close_clarification`."""
    if not is_waiting(clarification):
        raise Duplicate(what="clarification_outcome")
    term = procedure.term("clarification.term")
    due = clarification_deadline(clarification, procedure=procedure, calendar=calendar, promises=promises)
    still_open = ConditionNotMet("clarification_term_open")
    require_waited(term, due, asked_at=clarification.asked_at, letters=letters, still_open=still_open, at=at)


def _agency_errors(rule: ConsultationRule | None, *, unit: Organisation) -> Iterator[FieldError]:
    """Refuse that an agency answers for the one that the procedure demands."""
    if rule is None:
        return
    is_demanded = (
        search_form(unit.name) == search_form(rule.agency.vi)
        if rule.agency_code is None
        else unit.agency_code == rule.agency_code
    )
    if not is_demanded:
        message = Phrase("consultations.not_the_agency", agency=rule.agency)
        yield FieldError(field="unit_id", code="not_the_agency", message=message)


def _broken(
    consultation: Consultation, *, unit: Organisation, handling_unit_ids: tuple[UUID, ...], calendar: Calendar
) -> Iterator[FieldError]:
    if unit.kind is not OrganisationKind.STATE_UNIT or unit.id in handling_unit_ids:
        yield FieldError(field="unit_id", code="not_another_unit", message=Phrase("consultations.not_another_unit"))
    remind_on, due = consultation.remind_on, consultation_deadline(consultation, calendar=calendar).due_date
    if remind_on is None:
        return
    if remind_on < local_date(consultation.asked_at) or (due is not None and remind_on > due):
        yield FieldError(field="remind_on", code="outside_term", message=Phrase("consultations.reminder_outside_term"))
