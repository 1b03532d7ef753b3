"""Which acts are possible: every act has its guards, each says what it reads, and facts close what they should."""

from dataclasses import replace
from typing import Any, cast
from uuid import UUID

import pytest

from sandbox_registry.domain.acts import Action, Side, on_sides
from sandbox_registry.domain.cases.applications import Application, WithdrawalRequest
from sandbox_registry.domain.cases.appraisal import Choice, Participation, Vote
from sandbox_registry.domain.cases.attachments import AttachmentKind
from sandbox_registry.domain.cases.case_records import SHOWN, Applicant, CaseRecords
from sandbox_registry.domain.cases.possible_acts import GUARDS, Situation, is_possible, records_needed
from sandbox_registry.domain.identity.people import Actor, Capacity, OrganisationKind, Role, Standing
from sandbox_registry.domain.stages import APPLICATION_STAGES, Stage
from tests.domain.cases.test_returns import RETURNED
from tests.domain.small import CALENDAR, CASE, FRIDAY, PERSON, UNIT, case, local, procedure
from tests.support.inputs import TRIED
from tests.support.small_cases import AT, CONSULTATION, QUESTION, REQUEST, approve, recommend, session

COUNCIL = procedure(
    council__required=(True, "yes/no"),
    council__quorum=("1/2", "ratio"),
    council__pass_rule=("majority_of_members", "word"),
)
OPEN = session(passed=None, concluded=None)
FOCAL = Participation(
    id=UUID(int=70),
    version=1,
    application_id=CASE,
    person_id=PERSON,
    capacity=Capacity.FOCAL,
    given_by=PERSON,
    since=FRIDAY,
)
VOTE = Vote(
    id=UUID(int=71),
    version=1,
    application_id=CASE,
    session_id=OPEN.id,
    member_id=PERSON,
    choice=Choice.FOR,
    is_written=False,
    dissent="",
    cast_at=AT,
)
NOTHING = CaseRecords(applicant=Applicant(kind=OrganisationKind.ENTERPRISE, licence_end=None))
FULL = replace(
    NOTHING,
    supplements=(REQUEST,),
    clarifications=(QUESTION,),
    consultations=(replace(CONSULTATION, unit_id=UNIT),),
    assignments=(FOCAL,),
    conflicted=frozenset({CASE}),
    reviewed_by=frozenset({PERSON}),
    sessions=(OPEN,),
    votes=(VOTE,),
    decisions=(approve()[1],),
    recommendations=(recommend()[1],),
    returns=(RETURNED,),
    has_hold=True,
    agency_code="H12.01",
    papers=frozenset({AttachmentKind.SIGNED_FORM}),
)


def situation(application: Application, records: CaseRecords = FULL, **changes: Any) -> Situation:
    now = Situation(
        application=application,
        procedure=COUNCIL,
        calendar=CALENDAR,
        records=records,
        actor=Actor(
            person_id=PERSON,
            offices=frozenset({(Role.CONSULTED_OFFICER, UNIT)}),
            signs_for_organisations=frozenset(),
            drafts_for_organisations=frozenset(),
            signs_for=None,
            auth_method="test",
            token_scopes=None,
            request_id="test",
        ),
        standing=Standing(
            organisation_id=application.organisation_id,
            unit_ids=frozenset({UNIT}),
            capacities=frozenset(),
            past_capacities=frozenset(),
            conflicted=None,
        ),
        allowed=frozenset(Action),
        bar=None,
        at=AT,
        takes_drafts=False,
    )
    return replace(now, **changes)


AT_A_DESK = replace(situation(case(Stage.DRAFT)).actor, offices=frozenset({(Role.ONE_STOP_OFFICER, UNIT)}))


class Watched:
    """Records that remember which of their parts were looked at."""

    def __init__(self, records: CaseRecords) -> None:
        self._records = records
        self.seen: set[str] = set()

    def __getattr__(self, part: str) -> object:
        self.seen.add(part)
        return getattr(self._records, part)


def test_every_act_on_a_case_has_its_guards() -> None:
    elsewhere = on_sides(Side.REGISTRY, Side.REGISTRY_READING, Side.OWN_ACCOUNT)
    unguarded = set(GUARDS) ^ (set(Action) - elsewhere - {Action.APPLICATION_CREATE, Action.PERMIT_READ})
    assert unguarded == set(), "give each a line in GUARDS of sandbox_registry/domain/cases/possible_acts.py"
    assert not is_possible(Action.PERMIT_READ, situation(case(Stage.APPROVED)))


def test_every_act_that_can_be_offered_is_tried_on_walks() -> None:
    """Give a new act an input in `tests/support/inputs.py`; a bundle needs a published log, and is tried with one."""
    untried = set(TRIED) ^ (set(GUARDS) - {Action.APPLICATION_READ_BUNDLE})
    assert untried == set(), "give each an input in tests/support/inputs.py"


@pytest.mark.parametrize("action", sorted(GUARDS))
def test_guards_read_what_they_say_and_nothing_else(action: Action) -> None:
    seen: set[str] = set()
    for stage in APPLICATION_STAGES:
        for records in (replace(NOTHING, decisions=FULL.decisions), FULL):
            watched = Watched(records)
            is_possible(action, situation(case(stage, received_at=FRIDAY), cast("CaseRecords", watched)))
            seen |= watched.seen
    assert seen == records_needed([action])


def test_what_is_shown_with_a_case_is_a_part_of_its_records() -> None:
    assert set(CaseRecords.__slots__) > SHOWN
    assert records_needed(GUARDS) <= set(CaseRecords.__slots__)


WISH = WithdrawalRequest(at=AT, by=PERSON, reason="Đổi ý")
LED = replace(NOTHING, assignments=(FOCAL,))
CLOSED: dict[str, tuple[Action, Application, CaseRecords, dict[str, Any]]] = {
    "a second receipt": (Action.APPLICATION_RECEIVE, case(Stage.SUBMITTED, received_at=FRIDAY), FULL, {}),
    "a receipt without a code": (Action.APPLICATION_RECEIVE, case(Stage.SUBMITTED), NOTHING, {}),
    "acceptance before receipt": (Action.APPLICATION_ACCEPT, case(Stage.SUBMITTED), FULL, {}),
    "a second claim": (Action.ASSIGNMENT_CLAIM, case(Stage.ACCEPTED), LED, {}),
    "a claim by a supervisor": (Action.ASSIGNMENT_CLAIM, case(Stage.ACCEPTED), NOTHING, {"bar": "separation_of_duty"}),
    "a release of nothing": (Action.ASSIGNMENT_RELEASE, case(Stage.ACCEPTED), NOTHING, {}),
    "a notice nobody wished for": (Action.APPLICATION_STOP, case(Stage.ACCEPTED), FULL, {}),
    "a second wish to stop": (Action.APPLICATION_REQUEST_WITHDRAWAL, case(Stage.ACCEPTED, withdrawal=WISH), FULL, {}),
    "a second classification": (Action.APPLICATION_CLASSIFY, case(Stage.UNDER_APPRAISAL), FULL, {}),
    "a lapse without a term": (
        Action.APPLICATION_LAPSE,
        case(Stage.SUPPLEMENT_REQUESTED),
        FULL,
        {"procedure": procedure(supplement__term=None), "at": local(2030, 1, 1)},
    ),
    "a late supplement": (
        Action.APPLICATION_SUBMIT_SUPPLEMENT,
        case(Stage.SUPPLEMENT_REQUESTED),
        FULL,
        {"at": local(2030, 1, 1)},
    ),
    "a filing for somebody who signed nothing": (
        Action.APPLICATION_FILE_ASSISTED,
        case(Stage.DRAFT),
        NOTHING,
        {"actor": AT_A_DESK},
    ),
    "a filing for somebody by an officer who left the desk": (
        Action.APPLICATION_FILE_ASSISTED,
        case(Stage.DRAFT),
        replace(NOTHING, papers=frozenset({AttachmentKind.SIGNED_FORM})),
        {},
    ),
    "a filing by somebody in the chain": (
        Action.APPLICATION_SUBMIT,
        case(Stage.DRAFT),
        replace(NOTHING, handling_units=frozenset({UNIT})),
        {},
    ),
    "an incomplete filing": (Action.APPLICATION_SUBMIT, case(Stage.DRAFT, answers={"odd": {}}), NOTHING, {}),
    "a referral to nowhere": (Action.APPLICATION_REFER, case(Stage.ACCEPTED, received_at=FRIDAY), FULL, {}),
    "a refusal without a listed reason": (
        Action.DECISION_REFUSE,
        case(Stage.AWAITING_DECISION),
        FULL,
        {"procedure": procedure(more={"refusal_reasons": ()})},
    ),
    "a question while one waits": (Action.CLARIFICATION_ASK, case(Stage.UNDER_APPRAISAL), FULL, {}),
    "an answer to nothing": (Action.CLARIFICATION_ANSWER, case(Stage.UNDER_APPRAISAL), NOTHING, {}),
    "another agency's answer": (
        Action.CONSULTATION_ANSWER,
        case(Stage.UNDER_APPRAISAL),
        replace(FULL, consultations=(CONSULTATION,)),
        {},
    ),
    "a silence within the term": (Action.CONSULTATION_CLOSE, case(Stage.UNDER_APPRAISAL), FULL, {"at": FRIDAY}),
    "a council where there is none": (
        Action.COUNCIL_CONVENE,
        case(Stage.UNDER_APPRAISAL),
        NOTHING,
        {"procedure": procedure()},
    ),
    "a council after its conclusion": (
        Action.COUNCIL_CONVENE,
        case(Stage.UNDER_APPRAISAL),
        replace(NOTHING, sessions=(session(passed=True),)),
        {},
    ),
    "a paper that goes with nothing one may do": (
        Action.ATTACHMENT_ADD,
        case(Stage.UNDER_APPRAISAL),
        FULL,
        {"allowed": frozenset({Action.ATTACHMENT_ADD, Action.APPLICATION_READ})},
    ),
    "minutes that nobody confirms": (
        Action.COUNCIL_CONFIRM,
        case(Stage.UNDER_APPRAISAL),
        replace(NOTHING, sessions=(session(passed=True),)),
        {},
    ),
    "a second vote": (Action.COUNCIL_VOTE, case(Stage.UNDER_APPRAISAL), FULL, {}),
    "a conclusion without votes": (
        Action.COUNCIL_CONCLUDE,
        case(Stage.UNDER_APPRAISAL),
        replace(FULL, votes=()),
        {},
    ),
    "a second review": (Action.REVIEW_SUBMIT, case(Stage.UNDER_APPRAISAL), FULL, {}),
    "a return to nobody": (Action.FILE_RETURN_TO_OFFICER, case(Stage.UNDER_APPRAISAL), NOTHING, {}),
    "a second return": (
        Action.FILE_RETURN_TO_OFFICER,
        case(Stage.UNDER_APPRAISAL),
        replace(LED, returns=(RETURNED,)),
        {},
    ),
    "a resubmission of nothing": (Action.FILE_RESUBMIT, case(Stage.UNDER_APPRAISAL), NOTHING, {}),
    "a level of one": (
        Action.APPLICATION_RECLASSIFY,
        case(Stage.UNDER_APPRAISAL),
        FULL,
        {"procedure": procedure(more={"levels": ()})},
    ),
    "a report on half an appraisal": (Action.APPLICATION_RECOMMEND, case(Stage.UNDER_APPRAISAL), FULL, {}),
    "a permit beyond the licence": (
        Action.PERMIT_ISSUE,
        case(Stage.APPROVED),
        replace(FULL, applicant=Applicant(kind=OrganisationKind.ENTERPRISE, licence_end=AT)),
        {},
    ),
    "an approval after the licence": (
        Action.DECISION_APPROVE,
        case(Stage.AWAITING_DECISION),
        replace(FULL, applicant=Applicant(kind=OrganisationKind.ENTERPRISE, licence_end=AT)),
        {},
    ),
    "a second permit": (Action.PERMIT_ISSUE, case(Stage.APPROVED), replace(FULL, has_permit=True), {}),
    "a decision nobody made": (Action.DECISION_READ, case(Stage.UNDER_APPRAISAL), FULL, {}),
    "the lifting of no hold": (Action.HOLD_LIFT, case(Stage.ACCEPTED), NOTHING, {}),
}


@pytest.mark.parametrize("what", CLOSED)
def test_what_cannot_succeed_is_not_possible(what: str) -> None:
    action, application, records, changes = CLOSED[what]
    assert not is_possible(action, situation(application, records, **changes))
