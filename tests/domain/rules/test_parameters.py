"""No dead parameter: each one that an act or a deadline goes by changes what happens when its value changes.

The others belong to the life of a trial, and are listed.
"""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from sandbox_registry.authz.standings import standing_as
from sandbox_registry.domain.cases.applications import SupplementRequest
from sandbox_registry.domain.cases.appraisal import Choice, Clarification, CouncilSession, Vote
from sandbox_registry.domain.cases.consultations import require_clarifiable
from sandbox_registry.domain.cases.councils import Composition, conclude, convene, council_of, is_binding
from sandbox_registry.domain.cases.deadlines import CaseFacts, case_deadlines, latest_apology
from sandbox_registry.domain.cases.filings import require_another_attempt, require_applicant_kind
from sandbox_registry.domain.cases.links import Link, with_links
from sandbox_registry.domain.errors import ConditionNotMet, DomainError, Invalid
from sandbox_registry.domain.identity.people import OrganisationKind
from sandbox_registry.domain.permits.bounds import open_bounds, permit_kinds
from sandbox_registry.domain.permits.permits import PermitKind, latest_end
from sandbox_registry.domain.rules.form_fields import Condition, Operator
from sandbox_registry.domain.rules.procedures import PARAMETERS, Confidence, Parameter, Procedure, Route
from sandbox_registry.domain.stages import Stage
from sandbox_registry.rulebook.procedure_files import load_procedures
from tests.domain.small import CALENDAR, CASE, FRIDAY, PERSON, WORD, case, local, procedure

SHIPPED = Path(__file__).parents[3] / "policies" / "procedures"
MONDAY, LATER = local(2026, 11, 23, 9), local(2026, 12, 1, 9)
MEMBERS = tuple(UUID(int=number) for number in range(11, 16))
COUNCIL: dict[str, tuple[Any, str] | None] = {
    "council__required": (True, "yes/no"),
    "council__min_members": (3, "people"),
    "council__quorum": ("3/5", "ratio"),
    "council__pass_rule": ("majority_of_members", "word"),
    "council__written_opinions_count": (False, "yes/no"),
}


def standing_of_a_former_member(rules: Procedure) -> object:
    """How somebody stands to a case whose applicant they left a year ago."""
    left = Link(organisation_id=standing_as().organisation_id, until=local(2025, 12, 1, 9))
    return with_links(standing_as(), [left], procedure=rules, at=LATER)


def deadlines(rules: Procedure) -> object:
    """What a draft, a case under appraisal, one that waits for its decision and a refused one owe, and when."""
    supplement = SupplementRequest(
        id=UUID(int=21),
        version=1,
        application_id=CASE,
        round=1,
        items=(),
        exception_reason=None,
        requested_by=PERSON,
        requested_at=FRIDAY,
    )
    question = Clarification(
        id=UUID(int=22),
        version=1,
        application_id=CASE,
        round=1,
        question="Vì sao?",
        asked_by=PERSON,
        asked_at=local(2026, 11, 26, 9),
        answered_at=local(2026, 11, 30, 9),
    )
    facts = (
        CaseFacts(application=case(Stage.DRAFT)),
        CaseFacts(application=case(Stage.SUPPLEMENT_REQUESTED), supplements=(supplement,)),
        CaseFacts(application=case(Stage.UNDER_APPRAISAL, accepted_at=FRIDAY), clarifications=(question,)),
        CaseFacts(application=case(Stage.AWAITING_DECISION, accepted_at=FRIDAY, recommended_at=MONDAY)),
        CaseFacts(application=case(Stage.APPROVED, accepted_at=FRIDAY, recommended_at=MONDAY, decided_at=MONDAY)),
        CaseFacts(application=case(Stage.REFUSED, accepted_at=FRIDAY, recommended_at=MONDAY, decided_at=MONDAY)),
    )
    return [
        (each.name, None if each.computation is None else each.computation.due)
        for known in facts
        for each in case_deadlines(known, procedure=rules, calendar=CALENDAR, at=LATER)
    ]


def transfer(rules: Procedure) -> object:
    """What a registered dossier owes that belongs to another authority."""
    is_theirs = Condition(field="plan.title", op=Operator.EQ, value="Từ")
    elsewhere = Route(
        when=(is_theirs,), target="khac", authority=WORD, reason=WORD, basis="Điều 23", confidence=Confidence.V
    )
    found = case_deadlines(
        CaseFacts(application=case(Stage.ACCEPTED, received_at=FRIDAY, answers={"plan": {"title": "Từ"}})),
        procedure=replace(rules, routes=(elsewhere,)),
        calendar=CALENDAR,
        at=LATER,
    )
    return [each.computation and each.computation.due for each in found if each.name == "transfer.term"]


def another_attempt(rules: Procedure) -> object:
    return outcome(lambda: require_another_attempt(case(Stage.REFUSED), procedure=rules))


def applicant(rules: Procedure) -> object:
    return outcome(lambda: require_applicant_kind(OrganisationKind.INDIVIDUAL, rules))


def clarifying(rules: Procedure) -> object:
    asked = Clarification(
        id=UUID(int=22),
        version=1,
        application_id=CASE,
        round=1,
        question="Vì sao?",
        asked_by=PERSON,
        asked_at=MONDAY,
        answered_at=LATER,
    )
    return outcome(lambda: require_clarifiable((asked,), procedure=rules))


def apology(rules: Procedure) -> object:
    return latest_apology(case(Stage.ACCEPTED, appointment_at=LATER), procedure=rules, calendar=CALENDAR)


def sitting(rules: Procedure) -> object:
    """Convene five members: three are there, two of them in favour, and a fourth wrote in favour."""
    composition = Composition(chair_id=MEMBERS[0], secretary_id=PERSON, member_ids=MEMBERS)

    def held() -> object:
        session = convene(
            session_id=UUID(int=30),
            application_id=CASE,
            composition=composition,
            scheduled_at=LATER,
            place="Cà Mau",
            earlier=(),
            council=council_of(rules),
            by=PERSON,
            at=MONDAY,
        )
        votes = [vote(session, member, Choice.FOR) for member in MEMBERS[:2]]
        votes.append(vote(session, MEMBERS[2], Choice.AGAINST))
        written = replace(vote(session, MEMBERS[3], Choice.FOR), is_written=True)
        concluded = conclude(
            session,
            votes=(*votes, written),
            present_ids=MEMBERS[:3],
            minutes="Biên bản",
            conflicted=frozenset(),
            council=council_of(rules),
            by=PERSON,
            at=LATER,
        )
        return concluded.is_passed, concluded.votes_for, is_binding(concluded, council=council_of(rules))

    return outcome(held)


def sitting_with_writers(rules: Procedure) -> object:
    """Let the fourth member's written opinion be counted where four of five make the quorum."""
    return sitting(
        with_values(rules, ("council.written_opinions_count", True, "yes/no"), ("council.quorum", "4/5", "ratio"))
    )


def even_sitting(rules: Procedure) -> object:
    """Convene four members, who divide evenly, the chair in favour."""
    composition = Composition(chair_id=MEMBERS[0], secretary_id=PERSON, member_ids=MEMBERS[:4])

    def held() -> object:
        session = convene(
            session_id=UUID(int=31),
            application_id=CASE,
            composition=composition,
            scheduled_at=LATER,
            place="Cà Mau",
            earlier=(),
            council=council_of(rules),
            by=PERSON,
            at=MONDAY,
        )
        choices = (Choice.FOR, Choice.FOR, Choice.AGAINST, Choice.AGAINST)
        concluded = conclude(
            session,
            votes=tuple(vote(session, member, choice) for member, choice in zip(MEMBERS[:4], choices, strict=True)),
            present_ids=MEMBERS[:4],
            minutes="Biên bản",
            conflicted=frozenset(),
            council=council_of(rules),
            by=PERSON,
            at=LATER,
        )
        return concluded.is_passed

    return outcome(held)


def tie(rules: Procedure) -> object:
    """Let an even council divide evenly where even councils are allowed."""
    return even_sitting(with_values(rules, ("council.even_allowed", True, "yes/no")))


def with_values(rules: Procedure, *values: tuple[str, Any, str]) -> Procedure:
    others = {
        name: Parameter(name=name, value=value, unit=unit, basis="", confidence=Confidence.I)
        for name, value, unit in values
    }
    return replace(rules, parameters={**rules.parameters, **others})


KINDS = ("decision", "permit")


def numbers(rules: Procedure) -> object:
    return [(rules.number_of(kind, serial=7, year=2026), rules.series_of(kind, within="2026")) for kind in KINDS]


def vote(session: CouncilSession, member: UUID, choice: Choice) -> Vote:
    return Vote(
        id=member,
        version=1,
        application_id=CASE,
        session_id=session.id,
        member_id=member,
        choice=choice,
        is_written=False,
        dissent="",
        cast_at=LATER,
    )


def bounds(rules: Procedure) -> object:
    """What kinds a permit may have, when it ends at the latest, and on which bounds the decision must say more."""
    end = latest_end(LATER, procedure=rules, licence_end=local(2027, 3, 1))
    return [kind in permit_kinds(rules) for kind in PermitKind], end, open_bounds(rules, {})


def outcome(act: Callable[[], object]) -> object:
    try:
        return act()
    except Invalid as refused:
        return [error.code for error in refused.errors]
    except ConditionNotMet as refused:
        return refused.code, str(refused)
    except DomainError as refused:
        return refused.code


READ: dict[str, tuple[Callable[[Procedure], object], object, object]] = {
    "apology.before": (apology, (1, "cd"), (2, "cd")),
    "applicant_kinds": (applicant, (("enterprise",), "list"), (("enterprise", "individual"), "list")),
    "appraisal.term": (deadlines, (10, "wd"), (11, "wd")),
    "clarification.clock_policy": (deadlines, ("continue", "word"), ("restart", "word")),
    "clarification.term": (deadlines, (5, "wd"), (6, "wd")),
    "clarification.max_rounds": (clarifying, (1, "times"), (2, "times")),
    "complaint.term": (deadlines, (90, "cd"), None),
    "completeness.term": (deadlines, (3, "wd"), (4, "wd")),
    "council.casting_vote": (tie, (False, "yes/no"), (True, "yes/no")),
    "council.even_allowed": (even_sitting, (False, "yes/no"), (True, "yes/no")),
    "council.minutes_confirmed": (sitting, (False, "yes/no"), (True, "yes/no")),
    "council.min_members": (sitting, (3, "people"), (7, "people")),
    "council.pass_rule": (sitting, ("majority_of_members", "word"), ("majority_of_present", "word")),
    "council.quorum": (sitting, ("3/5", "ratio"), ("1", "ratio")),
    "council.required": (sitting, (True, "yes/no"), (False, "yes/no")),
    "interests.link_term": (standing_of_a_former_member, (24, "mo"), (1, "mo")),
    "interests.officials_declare": (standing_of_a_former_member, (False, "yes/no"), (True, "yes/no")),
    "council.written_opinions_count": (sitting, (False, "yes/no"), (True, "yes/no")),
    "council.written_opinions_in_quorum": (sitting_with_writers, (False, "yes/no"), (True, "yes/no")),
    "decision.included_in_appraisal": (deadlines, (False, "yes/no"), (True, "yes/no")),
    "decision.number_format": (numbers, ("{n}/QĐ-UBND", "format"), ("{n}/QĐ-TNKS", "format")),
    "decision.term": (deadlines, (5, "wd"), (6, "wd")),
    "draft.ttl": (deadlines, (90, "cd"), None),
    "duration.cap_by_licence": (bounds, (True, "yes/no"), (False, "yes/no")),
    "duration.max": (bounds, (1, "mo"), (2, "mo")),
    "issue.term": (deadlines, (2, "wd"), (3, "wd")),
    "permit.number_format": (numbers, ("{n:02}/{year}/GP", "format"), ("{n:03}/{year}/GP", "format")),
    "permit_kind": (bounds, (("confirmation",), "list"), None),
    "resubmit_after_refusal": (another_attempt, (True, "yes/no"), (False, "yes/no")),
    "signer_titles": (bounds, (("Chủ tịch",), "list"), None),
    "space_kinds": (bounds, (("physical",), "list"), None),
    "supplement.term": (deadlines, (30, "cd"), (15, "cd")),
    "transfer.term": (transfer, (1, "wd"), (2, "wd")),
}
# Those whose change another test of the same act shows.
SHOWN_ELSEWHERE = {
    "apology.max_delay": "tests/domain/cases/test_deadlines.py",
    "consult.term": "tests/domain/cases/test_consultations.py",
    "grant.beyond_request": "tests/domain/permits/test_proposals.py",
    "supplement.clock_policy": "tests/domain/cases/test_lifecycle.py",
    "supplement.max_rounds": "tests/domain/cases/test_lifecycle.py",
}
IN_A_TRIAL = "an act of the life of a trial reads it: extension, change, suspension, report, end"
# What will read it, or what holds meanwhile.
NOT_READ_YET = {
    **dict.fromkeys(
        (
            "amendment.term",
            "archive.submit",
            "extension.decide",
            "extension.late_policy",
            "extension.max_count",
            "extension.max_length",
            "extension.pending_keeps_alive",
            "hearing_before_revocation",
            "operate_after_end",
            "start.deadline",
            "support.max_amount",
            "support.max_share",
            "suspend.extends_end",
            "suspend.max",
            "transition.max",
            "wind_down.term",
        ),
        IN_A_TRIAL,
    ),
}


@pytest.mark.parametrize("name", READ)
def test_another_value_makes_another_outcome(name: str) -> None:
    observe, one, other = READ[name]
    key = name.replace(".", "__")
    first = observe(procedure(**{**COUNCIL, key: one}))  # type: ignore[arg-type]
    second = observe(procedure(**{**COUNCIL, key: other}))  # type: ignore[arg-type]
    assert first != second


@pytest.mark.parametrize("name", SHOWN_ELSEWHERE)
def test_another_test_changes_the_value(name: str) -> None:
    content = (Path(__file__).parents[3] / SHOWN_ELSEWHERE[name]).read_text("utf-8")
    assert name.replace(".", "__") in content or name in content


def test_every_parameter_is_read_or_waits_for_a_reason() -> None:
    timed = {
        term
        for each in load_procedures(SHIPPED).values()
        for term in (*(duty.term for duty in each.duties), *(stage.term for stage in each.stages))
        if term is not None
    }
    assert sorted(PARAMETERS.keys() - READ.keys() - SHOWN_ELSEWHERE.keys() - NOT_READ_YET.keys() - timed) == []
