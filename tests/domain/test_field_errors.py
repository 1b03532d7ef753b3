"""Every error of a field that a rule of the domain gives, by that rule: its sentence in three languages, and no code in it."""

from dataclasses import replace
from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import UUID

import pytest

from sandbox_registry.domain.cases import assignments, consultations, councils, intake, reviews
from sandbox_registry.domain.cases.applications import Reason
from sandbox_registry.domain.cases.appraisal import (
    Advice,
    Choice,
    CouncilSession,
    DisagreementAnswer,
    FileReturn,
    Opinion,
    Participation,
    ReturnRecipient,
)
from sandbox_registry.domain.cases.appraisal_guards import unmet
from sandbox_registry.domain.cases.case_records import CaseRecords
from sandbox_registry.domain.cases.consultations import demanding_rule, disagreement_errors
from sandbox_registry.domain.cases.councils import Composition
from sandbox_registry.domain.cases.deadlines import require_closing_reason
from sandbox_registry.domain.cases.filings import require_applicant_kind, submit_supplement
from sandbox_registry.domain.cases.reasons import reason_errors
from sandbox_registry.domain.errors import FieldError
from sandbox_registry.domain.identity import offices
from sandbox_registry.domain.identity.contacts import contact_errors
from sandbox_registry.domain.identity.organisations import agency_code_errors, applicant_errors, procedure_errors
from sandbox_registry.domain.identity.passwords import check_password
from sandbox_registry.domain.identity.people import (
    Capacity,
    Organisation,
    OrganisationKind,
    Role,
    RoleGrant,
)
from sandbox_registry.domain.identity.tokens import Limits, lifetime_errors, limit_errors
from sandbox_registry.domain.integrations.webhooks import check_overlap, endpoint_errors
from sandbox_registry.domain.permits.permits import (
    Comparator,
    DailyHours,
    Effect,
    ExemptedProvision,
    MoneyCaps,
    OpenBound,
    PermitKind,
    Phase,
    Site,
    TechnicalLimit,
)
from sandbox_registry.domain.permits.proposals import propose
from sandbox_registry.domain.permits.terms import grant_errors
from sandbox_registry.domain.rules.calendars import Term, Unit
from sandbox_registry.domain.rules.form_fields import Choice as FieldChoice
from sandbox_registry.domain.rules.form_fields import DossierComponent, Field, FieldKind, Section
from sandbox_registry.domain.rules.forms import validate
from sandbox_registry.domain.rules.procedures import (
    Ceiling,
    Confidence,
    ConsultationRule,
    HoursRule,
    PermitRules,
    PhaseRule,
    Procedure,
    Route,
    StandingCondition,
)
from sandbox_registry.domain.stages import Stage
from tests.domain.small import CALENDAR, COMPANY, FRIDAY, OTHER, PERSON, UNIT, WORD, case, local, procedure
from tests.support.decided import TRIAL_END, TRIAL_START, why_of
from tests.support.dossiers import DOSSIER, DRAFT
from tests.support.field_errors import Rule, check_said, errors_of
from tests.support.small_cases import (
    AT,
    CONSULTATION,
    PASSED,
    QUESTION,
    REQUEST,
    SIGNING,
    TERMS,
    approve,
    recommend,
    session,
)

DAY = timedelta(days=1)
REFUSES = replace(
    DRAFT, parameters={name: each for name, each in DRAFT.parameters.items() if name != "grant.beyond_request"}
)
FAILED = session(passed=False)
SCORES = {each.key: each.max_score for each in DRAFT.criteria}
A, B, C, SECRETARY = (UUID(int=number) for number in range(10, 14))
SEATS = Composition(chair_id=A, secretary_id=SECRETARY, member_ids=(A, B, C))
COUNCIL = DRAFT.council
assert COUNCIL is not None
THREE = replace(COUNCIL, min_members=3)
STATE_UNIT = Organisation(
    id=UNIT,
    version=1,
    kind=OrganisationKind.STATE_UNIT,
    name="Sở",
    tax_code=None,
    address="",
    email="",
    phone="",
    licence_end=None,
    agency_code=None,
    handles=(),
    created_at=FRIDAY,
)
FIRM = replace(STATE_UNIT, id=COMPANY, kind=OrganisationKind.ENTERPRISE)
GRANT = RoleGrant(
    id=UUID(int=80),
    version=1,
    person_id=PERSON,
    role=Role.FOCAL_OFFICER,
    unit_id=UNIT,
    valid_from=FRIDAY,
    valid_to=None,
)


def ceiling(**what: Any) -> Ceiling:
    wanted: dict[str, Any] = {"unit": "m"} | what
    return Ceiling(label=WORD, basis="Điều 5", confidence=Confidence.S, **wanted)


def granted(rules: Procedure | None = None, **changes: Any) -> Rule:
    """Terms with one thing wrong in them."""
    terms = replace(TERMS, **changes)
    justified = terms if "justifications" in changes else replace(terms, justifications=why_of(terms))
    return lambda: grant_errors(
        justified, procedure=rules or procedure(), answers={}, decided_at=AT, licence_end=TRIAL_END
    )


def bounded(**permit: Any) -> Procedure:
    return procedure(more={"permit": PermitRules(**permit)})


def filled(kind: FieldKind, answer: object, **more: Any) -> Rule:
    """A form of one field, answered so."""
    asked = Field(key="asked", kind=kind, label=WORD, **more)
    rules = procedure(more={"sections": (Section(key="plan", title=WORD, fields=(asked,)),)})
    return lambda: validate(rules, {"plan": {"asked": answer}}, frozenset({"trial_plan"}))


def phase(start: Any, end: Any, max_users: int | None = None) -> Phase:
    return Phase(name="Pha", start=start, end=end, entry_gate="", max_users=max_users)


def appraised(**records: Any) -> Rule:
    whole = CaseRecords(assignments=(), reviewed_by=frozenset({PERSON}), sessions=(PASSED,))
    return lambda: unmet(DRAFT, {}, replace(whole, **records))


def convened(**changes: Any) -> CouncilSession:
    how: dict[str, Any] = {"composition": SEATS, "scheduled_at": AT, "earlier": (), "council": THREE} | changes
    return councils.convene(session_id=OTHER, application_id=OTHER, place="Phòng 2", by=OTHER, at=AT, **how)


def concluded(
    *present: UUID, written: bool = False, reason: str | None = None, concluded_at: datetime | None = None
) -> Rule:
    session = replace(convened(), concluded_at=concluded_at)
    votes = tuple(
        councils.cast(
            convened(), vote_id=each, earlier=(), choice=Choice.FOR, is_written=written, dissent="", by=each, at=AT
        )
        for each in SEATS.member_ids
    )
    return lambda: councils.conclude(
        session,
        votes=votes,
        present_ids=present,
        minutes="-",
        reason=reason,
        conflicted=frozenset(),
        council=replace(THREE, minutes_confirmed=True),
        by=A,
        at=AT,
    )


def scored(**scores: int) -> Rule:
    return lambda: reviews.submit(
        review_id=OTHER,
        application_id=OTHER,
        scores=scores,
        comment="",
        advice=Advice.APPROVE,
        procedure=DRAFT,
        by=PERSON,
        at=AT,
    )


def consulted(
    unit: Organisation = STATE_UNIT,
    *,
    remind_on: date | None = None,
    handling: tuple[UUID, ...] = (),
    demanded_by: ConsultationRule | None = None,
) -> Rule:
    return lambda: consultations.ask_unit(
        consultation_id=OTHER,
        application_id=OTHER,
        unit=unit,
        handling_unit_ids=handling,
        question="?",
        term=Term(value=7, unit=Unit.WD),
        remind_on=remind_on,
        is_required=True,
        demanded_by=demanded_by,
        earlier=(),
        procedure=procedure(),
        calendar=CALENDAR,
        by=OTHER,
        at=AT,
    )


def supplemented(*targets: str) -> Rule:
    items = tuple(replace(REQUEST.items[0], target=each) for each in targets)
    return lambda: intake.request_supplement(
        case(Stage.SUBMITTED, code="1", received_at=FRIDAY),
        request_id=OTHER,
        items=items,
        earlier=(),
        exception_reason=None,
        procedure=procedure(),
        by=OTHER,
        at=AT,
    )


def answered(**because: str) -> Rule:
    return lambda: submit_supplement(
        case(Stage.SUPPLEMENT_REQUESTED),
        supplements=(REQUEST,),
        promises=(),
        procedure=procedure(),
        calendar=CALENDAR,
        errors=(),
        unanswered=REQUEST.items[:1],
        no_change_because={name.replace("__", "."): word for name, word in because.items()},
        by=OTHER,
        at=local(2026, 11, 25),
    )


def apologized(promised_at: Any, *, bound: Any = None, why: str | None = None) -> Rule:
    return lambda: intake.apologize(
        case(Stage.UNDER_APPRAISAL, appointment_at=AT),
        promised_at=promised_at,
        reason="-",
        length_reason=why,
        latest=AT,
        latest_promise=bound,
        by=OTHER,
        at=AT - 5 * DAY,
    )


def chosen(password: str) -> Rule:
    return lambda: check_password(password, about=("Trần Văn Tôm",), common=frozenset({"matkhau"}))


def beyond(rules: Procedure) -> tuple[FieldError, ...]:
    """Terms for more users than the dossier asks for."""
    asked = propose(DRAFT, DOSSIER, supervising_unit_id=OTHER, at=AT)
    assert asked is not None
    more = replace(asked, max_users=asked.max_users + 1)
    more = replace(more, justifications=why_of(more))
    return grant_errors(more, procedure=rules, answers=DOSSIER, decided_at=AT, licence_end=None)


def limited(requested: Limits, own: Limits | None = None) -> Rule:
    return lambda: limit_errors(
        requested, own=own or Limits(), acts=frozenset({"permit:read"}), procedures=frozenset({"nho"})
    )


PROVISION = ExemptedProvision(document="Luật X", article="5", clause="1", effect=Effect.SET_ASIDE)
WIND = ceiling(quantity="Gió", maximum=1e15, unit="m/s")
STRONG = TechnicalLimit(quantity="Gió", comparator=Comparator.AT_MOST, value=10**16, scale=1, unit="m/s")
MIDDLE = TRIAL_START + 90 * DAY
GATED = PhaseRule(
    minimum=2, gated=True, opening=WORD, opened_by=Role.SUPERVISOR, basis="Điều 7", confidence=Confidence.I
)
DEMANDED = ConsultationRule(key="army", agency=WORD, basis="Điều 5", confidence=Confidence.I)
ROUTES = (Route(when=(), target="elsewhere", authority=WORD, reason=WORD, basis="Điều 1", confidence=Confidence.I),)
REVIEWER = Participation(
    id=OTHER,
    version=1,
    application_id=OTHER,
    person_id=OTHER,
    capacity=Capacity.REVIEWER,
    given_by=PERSON,
    since=FRIDAY,
)
DISAGREED = replace(CONSULTATION, answered_at=AT, answered_by=PERSON, opinion=Opinion.DISAGREE)
RETURNED = FileReturn(
    id=UUID(int=81),
    version=1,
    application_id=OTHER,
    number=1,
    recipient=ReturnRecipient.OFFICER,
    reason="Thiếu số liệu.",
    recommendation_id=None,
    returned_by=PERSON,
    returned_at=AT,
)
OPEN = procedure(duration__max=None, signer_titles=None)
RULES: dict[str, Rule] = {
    "applications.not_unanswered": answered(answers__plan__title="-", documents__trial_plan="-"),
    "applications.unanswered_item": answered(),
    "applications.wrong_applicant_kind": lambda: require_applicant_kind(OrganisationKind.STATE_UNIT, procedure()),
    "appraisal.clarification_open": appraised(clarifications=(QUESTION,)),
    "appraisal.consultation_open": appraised(consultations=(CONSULTATION,)),
    "appraisal.disagreement_unanswered": lambda: disagreement_errors(
        (), consultations=(DISAGREED,), agencies={CONSULTATION.unit_id: "Công an tỉnh"}
    ),
    "appraisal.minutes_unconfirmed": appraised(sessions=(replace(PASSED, concluded_by=PERSON),)),
    "appraisal.no_council": appraised(sessions=()),
    "appraisal.no_disagreement": lambda: disagreement_errors(
        (DisagreementAnswer(consultation_id=OTHER, answer="-"),), consultations=(), agencies={}
    ),
    "appraisal.return_open": appraised(returns=(RETURNED,)),
    "appraisal.review_missing": appraised(reviewed_by=frozenset()),
    "appraisal.review_outstanding": appraised(assignments=(REVIEWER,)),
    **{
        f"assignments.{bar}": lambda bar=bar: assignments.require_fit(bar, field="person_id")  # type: ignore[misc]
        for bar in ("conflicted", "role_not_held", "separation_of_duty", "unknown_person")
    },
    "consultations.not_another_unit": consulted(FIRM),
    "consultations.not_the_agency": consulted(
        demanded_by=ConsultationRule(key="army", agency=WORD, basis="Điều 5", confidence=Confidence.I)
    ),
    "consultations.reminder_outside_term": consulted(remind_on=date(2027, 6, 1)),
    "contacts.wrong_email": lambda: contact_errors(name="A", email="a@b", phone=""),
    "contacts.wrong_name": lambda: contact_errors(name=" ", email="a@b.vn", phone=""),
    "contacts.wrong_phone": lambda: contact_errors(name="A", email="a@b.vn", phone="call me"),
    "councils.chair_not_a_member": lambda: convened(composition=replace(SEATS, chair_id=OTHER)),
    "councils.even_number": lambda: convened(composition=replace(SEATS, member_ids=(A, B, C, PERSON))),
    "councils.named_twice": concluded(A, B, C, C),
    "councils.nothing_replaced": concluded(A, B, C, reason="Sai ngày"),
    "councils.replaced_without_reason": concluded(A, B, C, concluded_at=AT),
    "councils.not_a_member": concluded(A, B, C, PERSON),
    "councils.secretary_votes": lambda: convened(composition=replace(SEATS, secretary_id=C)),
    "councils.sitting_in_past": lambda: convened(scheduled_at=AT - DAY),
    "councils.too_few_members": lambda: convened(composition=replace(SEATS, member_ids=(A,))),
    "councils.voted_by_letter": concluded(A, B, C, written=True),
    "councils.voter_absent": concluded(A, B),
    "decisions.conditions_missing": lambda: recommend(advice=Advice.APPROVE_WITH_CONDITIONS),
    "decisions.conditions_not_expected": lambda: recommend(conditions=("Bảo hiểm",)),
    "decisions.departure_unexplained": lambda: recommend(sessions=(FAILED,)),
    "decisions.legal_basis_missing": lambda: approve(signing=replace(SIGNING, legal_basis=())),
    "decisions.no_departure": lambda: recommend(departure="Hội đồng chưa xét."),
    "decisions.nothing_returned": lambda: recommend(return_answer="Đã rõ."),
    "decisions.office_without_title": lambda: approve(signing=replace(SIGNING, signer_title="")),
    "decisions.return_unanswered": lambda: recommend(
        returns=(replace(RETURNED, recipient=ReturnRecipient.HEAD, recommendation_id=OTHER),)
    ),
    "decisions.terms_missing": lambda: recommend(allowed=None),
    "decisions.terms_not_expected": lambda: recommend(advice=Advice.REFUSE, conditions=("Bảo hiểm",)),
    "decisions.unknown_title": lambda: approve(signing=replace(SIGNING, signer_title="Giám đốc")),
    "form.bad_characters": filled(FieldKind.TEXT, "a\x00b"),
    "form.bad_format": filled(FieldKind.EMAIL, "a@b"),
    "form.missing_document": lambda: validate(
        procedure(more={"parts": (DossierComponent(key="trial_plan", label=WORD, basis="Điều 24", required=True),)}),
        {},
        frozenset(),
    ),
    "form.not_a_choice": filled(FieldKind.CHOICE, "c", choices=(FieldChoice(value="a", label=WORD),)),
    "form.repeated_choice": filled(FieldKind.CHOICES, ["a", "a"], choices=(FieldChoice(value="a", label=WORD),)),
    "form.required": filled(FieldKind.TEXT, None, required=True),
    "form.too_big": filled(FieldKind.MONEY, 10**16),
    "form.too_few_rows": filled(
        FieldKind.TABLE, [{}], minimum=2, columns=(Field(key="a", kind=FieldKind.TEXT, label=WORD),)
    ),
    "form.too_long": filled(FieldKind.LONG_TEXT, "x" * 10_001),
    "form.too_many_rows": filled(
        FieldKind.TABLE, [{}] * 2, maximum=1, columns=(Field(key="a", kind=FieldKind.TEXT, label=WORD),)
    ),
    "form.too_short": filled(FieldKind.TEXT, "x", min_length=5),
    "form.too_small": filled(FieldKind.DECIMAL, -1e15, minimum=-0.5),
    "form.unknown_field": lambda: validate(procedure(), {"plan": {"odd": 1}}, frozenset({"trial_plan"})),
    "form.wrong_type": filled(FieldKind.DATE, "01/02/2027"),
    "lifecycle.closing_unexplained": lambda: require_closing_reason(None, term=None),
    "lifecycle.new_date_not_later": apologized(AT),
    "lifecycle.new_date_too_late": apologized(AT + 9 * DAY, bound=AT + 2 * DAY),
    "lifecycle.same_level": lambda: intake.reclassify(
        case(Stage.UNDER_APPRAISAL, level="1"), level="1", reason="-", procedure=procedure(), by=OTHER, at=AT
    ),
    "lifecycle.unbounded_date_needs_reason": apologized(AT + DAY),
    "lifecycle.unknown_level": lambda: intake.classify(case(Stage.ACCEPTED), level="9", procedure=procedure(), at=AT),
    "offices.before_start": lambda: offices.check_window(AT, AT, at=AT),
    "offices.in_past": lambda: offices.check_window(AT - DAY, None, at=AT),
    "offices.not_a_unit": lambda: offices.check_grant(GRANT, unit=FIRM, grants=(), delegated=()),
    "offices.not_an_office": lambda: offices.check_grant(
        replace(GRANT, role=Role.APPLICANT), unit=STATE_UNIT, grants=(), delegated=()
    ),
    "offices.title_missing": lambda: offices.check_grant(
        replace(GRANT, role=Role.DECISION_MAKER), unit=STATE_UNIT, grants=(), delegated=()
    ),
    "organisations.needs_tax_code": lambda: applicant_errors(kind=OrganisationKind.ENTERPRISE, tax_code=None),
    "organisations.state_unit": lambda: applicant_errors(kind=OrganisationKind.STATE_UNIT, tax_code=None),
    "organisations.unknown_procedure": lambda: procedure_errors(("lạ",), known=frozenset()),
    "organisations.wrong_agency_code": lambda: agency_code_errors("?"),
    "organisations.wrong_tax_code": lambda: applicant_errors(kind=OrganisationKind.ENTERPRISE, tax_code="1"),
    "passwords.about_owner": chosen("Trần Văn Tôm 1"),
    "passwords.common": chosen("matkhau123456"),
    "passwords.pattern": chosen("abcdefghijklmnop"),
    "passwords.repetitive": chosen("abababababababab"),
    "passwords.too_long": chosen("dài quá mức " * 1000),
    "passwords.too_short": chosen("ngắn"),
    "reasons.missing": lambda: reason_errors((), procedure()),
    "reasons.unknown": lambda: reason_errors((Reason(code="mood", text="-"),), procedure()),
    "referral.unknown_target": lambda: intake.referral_of(
        case(Stage.SUBMITTED, code="1", received_at=FRIDAY), target="lạ", procedure=procedure(more={"routes": ROUTES})
    ),
    "reviews.score_missing": scored(),
    "reviews.score_out_of_range": scored(**(SCORES | {"plan": -1})),
    "reviews.unknown_criterion": scored(**(SCORES | {"luck": 3})),
    "supplement.named_twice": supplemented("answers.plan.title", "answers.plan.title"),
    "supplement.no_items": supplemented(),
    "supplement.unknown_target": supplemented("answers.plan.colour"),
    "terms.above_total": granted(money=MoneyCaps(per_person=6, per_day=5, total=5)),
    "terms.below_bound": granted(bounded(ceilings=(ceiling(field="users.max_users", minimum=10_000, unit="người"),))),
    "terms.beyond_bound": granted(bounded(ceilings=(WIND,)), limits=(STRONG,)),
    "terms.beyond_ceiling": granted(end=TRIAL_END + DAY),
    "terms.beyond_hours": granted(
        bounded(hours=(HoursRule(start=time(7), end=time(17), basis="Điều 6", confidence=Confidence.S),)),
        daily_hours=None,
    ),
    "terms.beyond_request": lambda: beyond(REFUSES),
    "terms.beyond_request_unexplained": lambda: beyond(DRAFT),
    "terms.bound_basis_missing": granted(OPEN, open_bounds=(OpenBound(parameter="duration.max", basis=" "),)),
    "terms.bound_not_open": granted(open_bounds=(OpenBound(parameter="permit_kind", basis="Điều 9"),)),
    "terms.bound_open": granted(OPEN),
    "terms.condition_of_law": granted(
        bounded(conditions=(StandingCondition(text=WORD, basis="Điều 6", confidence=Confidence.S),))
    ),
    "terms.end_before_start": granted(daily_hours=DailyHours(start=time(18), end=time(18))),
    "terms.end_in_past": granted(start=local(2026, 12, 15), end=AT, phases=()),
    "terms.half_position": granted(sites=(Site(name="A", commune="B", address="", latitude=9.0),)),
    "terms.justifies_nothing": granted(justifications=(replace(why_of(TERMS)[0], of="Gió"),)),
    "terms.legal_basis_missing": granted(legal_basis=()),
    "terms.another_law": granted(DRAFT, legal_basis=("Quyết định 5",)),
    "terms.licence_exempts_nothing": granted(exempted_provisions=(PROVISION,)),
    "terms.negative": granted(money=MoneyCaps(per_day=-1)),
    "terms.no_space": granted(sites=()),
    "terms.not_positive": granted(
        limits=(TechnicalLimit(quantity="Gió", comparator=Comparator.AT_MOST, value=10, scale=0, unit="m/s"),)
    ),
    "terms.phase_order": granted(phases=(phase(MIDDLE, MIDDLE),)),
    "terms.phase_users": granted(phases=(phase(TRIAL_START, MIDDLE, 201),)),
    "terms.provision_missing": granted(kind=PermitKind.EXEMPTION_FROM_PROVISIONS),
    "terms.replacement_missing": granted(
        kind=PermitKind.EXEMPTION_FROM_PROVISIONS,
        exempted_provisions=(replace(PROVISION, effect=Effect.REPLACED_BY),),
    ),
    "terms.review_outside_trial": granted(
        justifications=tuple(replace(each, review_on=date(2030, 1, 1)) for each in why_of(TERMS))
    ),
    "terms.space_not_allowed": granted(territory="Tỉnh Cà Mau"),
    "terms.gate_missing": granted(bounded(phases=GATED), phases=(phase(TRIAL_START, MIDDLE), phase(MIDDLE, TRIAL_END))),
    "terms.too_few_phases": granted(bounded(phases=GATED), phases=()),
    "appraisal.consultation_missing": lambda: unmet(
        replace(DRAFT, consultations=(DEMANDED,)), {}, CaseRecords(reviewed_by=frozenset({PERSON}), sessions=(PASSED,))
    ),
    "consultations.not_demanded": lambda: demanding_rule("army", procedure=procedure(), answers={}),
    "terms.start_in_past": granted(start=local(2026, 12, 14, 23)),
    "terms.unjustified": granted(justifications=()),
    "terms.unknown_kind": granted(kind=PermitKind.CONFIRMATION),
    "terms.wrong_unit": granted(bounded(ceilings=(WIND,)), limits=(replace(STRONG, unit="km/h"),)),
    "tokens.beyond_own_token": limited(Limits(), Limits(scopes=frozenset({"permit:read"}))),
    "tokens.lifetime": lambda: lifetime_errors(timedelta(0)),
    "tokens.unknown_acts": limited(Limits(scopes=frozenset({"lạ"}))),
    "tokens.unknown_procedures": limited(Limits(procedures=frozenset({"lạ"}))),
    "tokens.wrong_addresses": limited(Limits(addresses=("nhà",))),
    "webhooks.unknown_events": lambda: endpoint_errors(url="https://a.vn", events=("lạ",), known=(), to_loopback=False),
    "webhooks.wrong_overlap": lambda: check_overlap(timedelta(days=99)),
    "webhooks.wrong_url": lambda: endpoint_errors(url="ftp://a", events=("x",), known=("x",), to_loopback=False),
}


@pytest.mark.parametrize("key", RULES)
def test_rule_says_its_sentence_in_three_languages(key: str) -> None:
    check_said(key, errors_of(RULES[key]))
