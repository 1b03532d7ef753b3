"""How a case is decided: recommended to the signer, approved or refused, and the permit issued on the approval."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from types import MappingProxyType
from uuid import UUID

from sandbox_registry.domain.cases.applications import Application, Reason
from sandbox_registry.domain.cases.appraisal import (
    Advice,
    Consultation,
    CouncilSession,
    Decision,
    DisagreementAnswer,
    FileReturn,
    Outcome,
    Recommendation,
    ReturnRecipient,
)
from sandbox_registry.domain.cases.appraisal_guards import require_complete
from sandbox_registry.domain.cases.competence import require_ours
from sandbox_registry.domain.cases.consultations import disagreement_errors
from sandbox_registry.domain.cases.lifecycle import moved, require_stage
from sandbox_registry.domain.cases.reasons import NOT_COMPETENT, reason_errors, require_listed_reasons
from sandbox_registry.domain.cases.returns import answered, open_return
from sandbox_registry.domain.errors import ConditionNotMet, Duplicate, FieldError, Invalid, NotFound
from sandbox_registry.domain.permits.permits import Justification, OpenBound, Permit, PermitTerms, latest_end
from sandbox_registry.domain.permits.proposals import justified_as, starting_after, with_conditions, with_safeguards_of
from sandbox_registry.domain.permits.terms import confirmation_errors, grant_errors, open_bound_errors
from sandbox_registry.domain.rules.forms import visible
from sandbox_registry.domain.rules.procedures import Procedure
from sandbox_registry.domain.texts import AnyOf, Phrase


def recommend(
    application: Application,
    *,
    recommendation_id: UUID,
    advice: Advice,
    report: str,
    conditions: tuple[str, ...],
    justifications: tuple[Justification, ...] = (),
    departure: str | None,
    terms: PermitTerms | None,
    sessions: tuple[CouncilSession, ...],
    unmet: tuple[FieldError, ...],
    procedure: Procedure,
    licence_end: datetime | None,
    by: UUID,
    at: datetime,
    disagreements: tuple[DisagreementAnswer, ...] = (),
    consultations: tuple[Consultation, ...] = (),
    agencies: Mapping[UUID, str] = MappingProxyType({}),
    return_answer: str | None = None,
    returns: tuple[FileReturn, ...] = (),
    errors: tuple[FieldError, ...] = (),
) -> tuple[Application, Recommendation, FileReturn | None]:
    """Put the appraisal report before the signer, with the terms it recommends (A18).

    The focal department may advise against the council's vote, but then says why in `departure`. `justifications` say why
    conditions and limits stand. Each agency that had to be asked and disagrees is answered in `disagreements`; `agencies`
    names them. When the signer returned the file, `return_answer` says what was done about it. `errors` brings what only
    the registry's books know of the terms.

    Raises:
        TransitionNotAllowed: the case is not under appraisal.
        AppraisalIncomplete: `unmet` names what is still missing.
        Invalid: conditions or terms that do not fit the advice, terms that no permit may have, a departure without
            reason, a disagreement or a return without answer; all at once.

    """
    require_recommendable(application, unmet=unmet)
    departs = departs_from_council(advice, sessions)
    terms = None if terms is None else with_conditions(terms, conditions, justifications)
    waiting = open_return(returns, ReturnRecipient.HEAD)
    errors = (
        *_condition_errors(advice, conditions, justifications),
        *_departure_errors(departure, departs=departs),
        *disagreement_errors(disagreements, consultations=consultations, agencies=agencies),
        *_return_errors(return_answer, waiting=waiting),
        *_recommended_terms_errors(application, advice, terms, procedure=procedure, licence_end=licence_end, at=at),
        *errors,
    )
    if errors:
        raise Invalid(errors)
    recommendation = Recommendation(
        id=recommendation_id,
        version=1,
        application_id=application.id,
        advice=advice,
        report=report,
        conditions=conditions,
        departure=departure,
        made_by=by,
        made_at=at,
        terms=terms,
        disagreements=disagreements,
    )
    settled = None if waiting is None else answered(waiting, answer=return_answer or "", by=by, at=at)
    return moved(application, "recommend", at=at, recommended_at=at), recommendation, settled


def live(recommendations: tuple[Recommendation, ...]) -> Recommendation:
    """Return the recommendation that counts.

    Raises:
        NotFound: there is none, or the signer returned it.

    """
    for each in recommendations:
        if each.superseded_at is None:
            return each
    raise NotFound(what="recommendation")


def require_recommendable(application: Application, *, unmet: tuple[FieldError, ...]) -> None:
    """Refuse to put a case before the signer at another stage, or while its appraisal lacks something."""
    require_stage(application, "recommend")
    require_complete(unmet)


def departs_from_council(advice: Advice, sessions: tuple[CouncilSession, ...]) -> bool:
    """Tell whether an advice goes against the last vote of the council; never while there is none."""
    concluded = [each for each in sessions if each.concluded_at is not None]
    if not concluded:
        return False
    last = max(concluded, key=lambda each: (each.concluded_at or each.convened_at, each.id))
    return last.is_passed is (advice is Advice.REFUSE)


def _condition_errors(
    advice: Advice, conditions: tuple[str, ...], justifications: tuple[Justification, ...]
) -> Iterator[FieldError]:
    if advice is Advice.APPROVE_WITH_CONDITIONS and not conditions:
        yield FieldError(field="conditions", code="required", message=Phrase("decisions.conditions_missing"))
    if advice is not Advice.APPROVE_WITH_CONDITIONS and conditions:
        yield FieldError(
            field="conditions", code="not_with_this_advice", message=Phrase("decisions.conditions_not_expected")
        )
    if advice is Advice.REFUSE and justifications:
        message = Phrase("decisions.terms_not_expected")
        yield FieldError(field="justifications", code="not_with_this_advice", message=message)


def _recommended_terms_errors(
    application: Application,
    advice: Advice,
    terms: PermitTerms | None,
    *,
    procedure: Procedure,
    licence_end: datetime | None,
    at: datetime,
) -> Iterator[FieldError]:
    if advice is Advice.REFUSE:
        if terms is not None:
            yield FieldError(field="terms", code="not_with_this_advice", message=Phrase("decisions.terms_not_expected"))
    elif terms is None:
        yield FieldError(field="terms", code="required", message=Phrase("decisions.terms_missing"))
    else:
        yield from grant_errors(
            terms, procedure=procedure, answers=application.answers, decided_at=at, licence_end=licence_end
        )


def _departure_errors(departure: str | None, *, departs: bool) -> Iterator[FieldError]:
    if departs and not departure:
        yield FieldError(field="departure", code="required", message=Phrase("decisions.departure_unexplained"))
    if departure and not departs:
        yield FieldError(field="departure", code="no_departure", message=Phrase("decisions.no_departure"))


def _return_errors(answer: str | None, *, waiting: FileReturn | None) -> Iterator[FieldError]:
    if waiting is not None and not answer:
        yield FieldError(field="return_answer", code="required", message=Phrase("decisions.return_unanswered"))
    if waiting is None and answer:
        yield FieldError(field="return_answer", code="nothing_returned", message=Phrase("decisions.nothing_returned"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Signing:
    """Who signs a decision, in which agency, under which title and number, on whose power, on what legal basis."""

    decision_id: UUID
    unit_id: UUID
    number: str
    signer_id: UUID
    signer_title: str
    on_behalf_of: UUID | None
    legal_basis: tuple[str, ...]
    at: datetime


def approve(
    application: Application,
    *,
    signing: Signing,
    terms: PermitTerms | None,
    conditions: tuple[str, ...],
    justifications: tuple[Justification, ...] = (),
    recommendation: Recommendation,
    procedure: Procedure,
    licence_end: datetime | None,
    consultations: tuple[Consultation, ...] = (),
    agencies: Mapping[UUID, str] = MappingProxyType({}),
    errors: tuple[FieldError, ...] = (),
) -> tuple[Application, Decision]:
    """Allow the trial under terms (A19; Decree 142/2026 arts 23 and 44(5)).

    `terms` are those the signer sets; null for those of the recommendation, beginning no earlier than now. Every condition
    of the recommendation and of the decision becomes one of the permit, with its justification: what the recommendation
    justified need not be justified again. `licence_end` is the end of the holder's own licence; `errors` brings what only
    the registry's books know.

    Raises:
        TransitionNotAllowed: the case does not await a decision.
        ConditionNotMet: `another_authority`; `licence_over`, where no window is left that the holder's licence covers.
        AppraisalIncomplete: an agency that had to be asked disagreed after the recommendation, which does not answer it.
        Invalid: every rule the decision or its terms break.

    """
    require_approvable(application, procedure=procedure, licence_end=licence_end, at=signing.at)
    require_answered(recommendation, consultations=consultations, agencies=agencies)
    allowed = decided_terms(
        terms, recommendation=recommendation, conditions=conditions, justifications=justifications, at=signing.at
    )
    if allowed is None:
        missing = FieldError(field="terms", code="required", message=Phrase("decisions.terms_missing"))
        raise Invalid((*_signing_errors(signing, procedure, application), missing))
    broken = (
        *_signing_errors(signing, procedure, application),
        *grant_errors(
            allowed,
            procedure=procedure,
            answers=application.answers,
            decided_at=signing.at,
            licence_end=licence_end,
        ),
        *errors,
    )
    if broken:
        raise Invalid(broken)
    decision = _decided(application, signing, Outcome.APPROVED, conditions=conditions, terms=allowed)
    return moved(application, "approve", at=signing.at, decided_at=signing.at), decision


def decided_terms(
    terms: PermitTerms | None,
    *,
    recommendation: Recommendation,
    conditions: tuple[str, ...],
    justifications: tuple[Justification, ...],
    at: datetime,
) -> PermitTerms | None:
    """Return the terms that a decision allows; null where neither the signer nor the recommendation names any.

    What the recommendation rests on, its safeguards and its cases of stopping stay beside those that the signer names.
    """
    recommended = recommendation.terms
    if terms is None and recommended is not None:
        terms = starting_after(recommended, at)
    if terms is None:
        return None
    allowed = with_conditions(terms, (*recommendation.conditions, *conditions), justifications)
    if recommended is None:
        return allowed
    return justified_as(with_safeguards_of(allowed, recommended), recommended)


def require_approvable(
    application: Application, *, procedure: Procedure, licence_end: datetime | None, at: datetime
) -> None:
    """Refuse to allow a trial at another stage, of another authority, or beyond what the holder's licence covers."""
    require_stage(application, "approve")
    require_ours(application, procedure=procedure)
    if licence_end is not None and licence_end <= at and procedure.flag("duration.cap_by_licence"):
        raise ConditionNotMet("licence_over")


def require_answered(
    recommendation: Recommendation, *, consultations: tuple[Consultation, ...], agencies: Mapping[UUID, str]
) -> None:
    """Refuse to allow a trial against agencies whose disagreement the recommendation does not answer.

    Raises:
        AppraisalIncomplete: with each of these agencies.

    """
    answers = recommendation.disagreements
    require_complete(disagreement_errors(answers, consultations=consultations, agencies=agencies))


def require_refusable(application: Application, *, procedure: Procedure) -> None:
    """Refuse to refuse a trial at another stage, or without a reason that the procedure lists.

    A trial of another authority is refused for that reason alone, unless the head recorded why the case stays.
    """
    require_stage(application, "refuse")
    require_listed_reasons(procedure)
    if procedure.refusal_reason(NOT_COMPETENT) is None:
        require_ours(application, procedure=procedure)


def require_decided(application: Application) -> None:
    """Refuse to show a decision that nobody made yet."""
    if application.decided_at is None:
        raise NotFound(what="decision")


def refuse(
    application: Application, *, signing: Signing, reasons: tuple[Reason, ...], procedure: Procedure
) -> tuple[Application, Decision]:
    """Refuse the trial in writing, with reasons (A20; Decree 142/2026 art. 23(6); Decree 61/2018 art. 19(8)).

    Raises:
        TransitionNotAllowed: the case does not await a decision.
        ConditionNotMet: `another_authority`, but for the reason that it is competent.
        Invalid: every rule the decision breaks.

    """
    require_refusable(application, procedure=procedure)
    if all(each.code != NOT_COMPETENT for each in reasons):
        require_ours(application, procedure=procedure)
    broken = (*_signing_errors(signing, procedure, application), *reason_errors(reasons, procedure))
    if broken:
        raise Invalid(broken)
    decision = _decided(application, signing, Outcome.REFUSED, reasons=reasons)
    return moved(application, "refuse", at=signing.at, decided_at=signing.at), decision


def _signing_errors(signing: Signing, procedure: Procedure, application: Application) -> Iterator[FieldError]:
    titles = procedure.titles_for(visible(procedure, application.answers))
    if not signing.signer_title:
        message = Phrase("decisions.office_without_title")
        yield FieldError(field="signer_title", code="office_without_title", message=message)
    elif titles is not None and signing.signer_title not in titles:
        message = Phrase("decisions.unknown_title", titles=AnyOf(titles))
        yield FieldError(field="signer_title", code="unknown_title", message=message)
    if not signing.legal_basis:
        yield FieldError(field="legal_basis", code="required", message=Phrase("decisions.legal_basis_missing"))


def _decided(
    application: Application,
    signing: Signing,
    outcome: Outcome,
    *,
    reasons: tuple[Reason, ...] = (),
    conditions: tuple[str, ...] = (),
    terms: PermitTerms | None = None,
) -> Decision:
    return Decision(
        id=signing.decision_id,
        version=1,
        application_id=application.id,
        unit_id=signing.unit_id,
        number=signing.number,
        outcome=outcome,
        signer_id=signing.signer_id,
        signer_title=signing.signer_title,
        on_behalf_of=signing.on_behalf_of,
        decided_at=signing.at,
        legal_basis=signing.legal_basis,
        reasons=reasons,
        conditions=conditions,
        terms=terms,
    )


def issue(
    application: Application,
    *,
    decision: Decision,
    permit_id: UUID,
    number: str,
    procedure: Procedure,
    licence_end: datetime | None,
    by: UUID,
    at: datetime,
    open_bounds: tuple[OpenBound, ...] = (),
) -> Permit:
    """Issue the permit that the decision allows, on its terms as they are (A23; Decree 30/2020).

    `licence_end` is as of now: the holder's licence may have been cut short since the decision. `open_bounds` say on what
    a bound rests that the procedure leaves open, where the decision was made before it had to say so itself.

    Raises:
        TransitionNotAllowed: the case is not approved.
        ConditionNotMet: `window_over` or `beyond_ceiling`, when the decided window cannot be had any more.
        Invalid: the decision breaks a rule that every permit keeps, or a bound is open and nobody says on what it rests.

    """
    decided = require_issuable(application, decision=decision, procedure=procedure, licence_end=licence_end, at=at)
    terms = replace(decided, open_bounds=(*decided.open_bounds, *open_bounds))
    if broken := open_bound_errors(terms, procedure=procedure, answers=application.answers):
        raise Invalid(broken)
    if application.procedure_version is None:
        message = f"{application.id} was decided and is pinned to no version of its procedure"
        raise AssertionError(message)
    return Permit(
        id=permit_id,
        version=1,
        number=number,
        application_id=application.id,
        decision_id=decision.id,
        organisation_id=application.organisation_id,
        unit_ids=application.unit_ids,
        procedure_code=application.procedure_code,
        procedure_version=application.procedure_version,
        terms_version=1,
        terms=terms,
        issued_by=by,
        issued_at=at,
    )


def require_unissued(application: Application, *, has_permit: bool) -> None:
    """Refuse to issue a permit that no approval allows, or a second one."""
    require_stage(application, "issue")
    if has_permit:
        raise Duplicate(what="permit")


def ceiling_of(terms: PermitTerms | None, *, procedure: Procedure, licence_end: datetime | None) -> datetime | None:
    """Return the last moment a permit on these terms may end as of now; null when nothing limits it."""
    return None if terms is None else latest_end(terms.start, procedure=procedure, licence_end=licence_end)


def require_issuable(
    application: Application,
    *,
    decision: Decision,
    procedure: Procedure,
    licence_end: datetime | None,
    at: datetime,
) -> PermitTerms:
    """Return the decided terms; refuse what no basis of an open bound could mend, as `issue` does."""
    require_stage(application, "issue")
    terms = decision.terms
    if terms is None:
        message = f"the decision on {application.id} allows nothing"
        raise AssertionError(message)
    if at >= terms.end:
        raise ConditionNotMet("window_over")
    ceiling = ceiling_of(terms, procedure=procedure, licence_end=licence_end)
    if ceiling is not None and terms.end > ceiling:
        raise ConditionNotMet("beyond_ceiling", ceiling=ceiling)
    broken = confirmation_errors(
        terms, procedure=procedure, answers=application.answers, decided_at=decision.decided_at, ceiling=ceiling
    )
    if broken:
        raise Invalid(broken)
    return terms
