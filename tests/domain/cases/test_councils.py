"""Councils: composition, votes, quorum, pass rules, dissent."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox_registry.domain.cases.appraisal import Choice, CouncilSession, EarlierConclusion, Vote
from sandbox_registry.domain.cases.councils import (
    Composition,
    Tally,
    cast,
    conclude,
    confirm,
    convene,
    count,
    is_binding,
    recompose,
    require_vote,
)
from sandbox_registry.domain.errors import ConditionNotMet, Duplicate, Invalid, RuleGap
from sandbox_registry.domain.identity.people import Capacity
from sandbox_registry.domain.rules.procedures import Council

NOW = datetime(2026, 11, 20, 7, tzinfo=UTC)
CASE, SESSION, SOMEBODY = UUID(int=1), UUID(int=2), UUID(int=3)
A, B, C, D, E, F, SECRETARY = (UUID(int=number) for number in range(10, 17))
RULES = Council(min_members=5, quorum=Fraction(2, 3), pass_rule="majority_of_members", written_opinions_count=False)
FIVE = Composition(chair_id=A, secretary_id=SECRETARY, member_ids=(A, B, C, D, E))


def called(**changes: object) -> CouncilSession:
    how: dict[str, object] = {"composition": FIVE, "scheduled_at": NOW, "earlier": (), "council": RULES} | changes
    return convene(session_id=SESSION, application_id=CASE, place="Phòng 2", by=SOMEBODY, at=NOW, **how)  # type: ignore[arg-type]  # Changes are named by the test.


def vote(member: UUID, choice: Choice = Choice.FOR, *, is_written: bool = False, dissent: str = "") -> Vote:
    return cast(
        called(), vote_id=member, earlier=(), choice=choice, is_written=is_written, dissent=dissent, by=member, at=NOW
    )


def closed(
    *votes: Vote,
    present: tuple[UUID, ...] = FIVE.member_ids,
    rules: Council = RULES,
    conflicted: frozenset[UUID] = frozenset(),
    at: datetime = NOW,
    session: CouncilSession | None = None,
    reason: str | None = None,
) -> CouncilSession:
    return conclude(
        session or called(),
        votes=votes,
        present_ids=present,
        minutes="Biên bản",
        reason=reason,
        conflicted=conflicted,
        council=rules,
        by=SECRETARY,
        at=at,
    )


def test_convened_session_keeps_who_sits_and_gives_each_a_part() -> None:
    assert called() == CouncilSession(
        id=SESSION,
        version=1,
        application_id=CASE,
        chair_id=A,
        secretary_id=SECRETARY,
        member_ids=(A, B, C, D, E),
        scheduled_at=NOW,
        place="Phòng 2",
        convened_by=SOMEBODY,
        convened_at=NOW,
    )
    assert FIVE.seats() == {
        (A, Capacity.CHAIR),
        *((each, Capacity.COUNCIL_MEMBER) for each in (B, C, D, E)),
        (SECRETARY, Capacity.SECRETARY),
    }


@pytest.mark.parametrize(
    ("composition", "errors"),
    [
        (replace(FIVE, member_ids=(A, B, C, D)), [("member_ids", "even"), ("member_ids", "too_few")]),
        (replace(FIVE, member_ids=(A, B, C)), [("member_ids", "too_few")]),
        (replace(FIVE, member_ids=(A, B, C, D, D)), [("member_ids.4", "twice")]),
        (replace(FIVE, chair_id=F), [("chair_id", "not_a_member")]),
        (replace(FIVE, secretary_id=E), [("secretary_id", "is_a_member")]),
        (
            replace(FIVE, member_ids=()),
            [("member_ids", "even"), ("member_ids", "too_few"), ("chair_id", "not_a_member")],
        ),
    ],
)
def test_faulty_composition_names_every_fault(composition: Composition, errors: list[tuple[str, str]]) -> None:
    with pytest.raises(Invalid) as caught:
        called(composition=composition)
    assert [(each.field, each.code) for each in caught.value.errors] == errors


def test_council_of_any_odd_size_is_fine_where_no_minimum_is_stated() -> None:
    three = replace(FIVE, member_ids=(A, B, C))
    assert called(composition=three, council=replace(RULES, min_members=None)).member_ids == (A, B, C)


def test_sitting_in_the_past_is_refused() -> None:
    with pytest.raises(Invalid) as caught:
        called(scheduled_at=NOW - timedelta(minutes=1))
    assert [(each.field, each.code) for each in caught.value.errors] == [("scheduled_at", "in_the_past")]


def test_second_council_is_refused_open_or_concluded() -> None:
    for earlier in (called(), closed(*map(vote, FIVE.member_ids))):
        with pytest.raises(Duplicate):
            called(earlier=(earlier,))


def test_recompose_keeps_a_past_hour_but_sets_no_new_one_in_the_past() -> None:
    later = NOW + timedelta(days=2)
    six = replace(FIVE, member_ids=(A, B, C, D, F))
    changed = recompose(called(), composition=six, scheduled_at=NOW, place="Phòng 3", council=RULES, by=B, at=later)
    assert changed == replace(called(), version=2, member_ids=(A, B, C, D, F), place="Phòng 3")
    with pytest.raises(Invalid):
        recompose(
            called(), composition=six, scheduled_at=NOW + timedelta(days=1), place="", council=RULES, by=B, at=later
        )


@pytest.mark.parametrize(
    ("change", "condition"),
    [
        ({"by": F}, "not_a_member"),
        ({"by": SECRETARY}, "not_a_member"),
        ({"at": NOW - timedelta(seconds=1)}, "council_not_begun"),
    ],
)
def test_vote_that_may_not_be_cast(change: dict[str, object], condition: str) -> None:
    how = {"by": B, "at": NOW} | change
    with pytest.raises(ConditionNotMet) as caught:
        cast(called(), vote_id=B, earlier=(), choice=Choice.FOR, is_written=False, dissent="", **how)  # type: ignore[arg-type]  # Named by the test.
    assert caught.value.condition == condition


def test_member_votes_once() -> None:
    with pytest.raises(Duplicate):
        cast(called(), vote_id=C, earlier=(vote(B),), choice=Choice.FOR, is_written=True, dissent="", by=B, at=NOW)


def test_written_opinion_may_come_before_the_sitting() -> None:
    early = cast(
        called(),
        vote_id=B,
        earlier=(),
        choice=Choice.FOR,
        is_written=True,
        dissent="",
        by=B,
        at=NOW - timedelta(hours=1),
    )
    assert early.is_written


def test_concluded_session_keeps_presence_votes_dissent_and_minutes() -> None:
    votes = (
        vote(A),
        vote(B),
        vote(C),
        vote(D, Choice.AGAINST, dissent="Thiếu số liệu"),
        vote(E, Choice.ABSTAIN),
    )
    assert closed(*votes) == replace(
        called(),
        version=2,
        present_ids=(A, B, C, D, E),
        minutes="Biên bản",
        dissent=("Thiếu số liệu",),
        votes_for=3,
        votes_against=1,
        votes_abstain=1,
        is_passed=True,
        concluded_by=SECRETARY,
        concluded_at=NOW,
    )


@pytest.mark.parametrize(
    ("given_", "condition"),
    [
        ({"present": (A, B, C)}, "council_quorum_not_reached"),
        ({"conflicted": frozenset({E})}, "council_member_left"),
        ({"conflicted": frozenset({SECRETARY})}, "council_member_left"),
        ({"at": NOW - timedelta(seconds=1)}, "council_not_begun"),
        ({"session": replace(called(), concluded_at=NOW, is_passed=True)}, "council_concluded"),
    ],
)
def test_conclusion_that_is_refused(given_: dict[str, object], condition: str) -> None:
    votes = [vote(each) for each in given_.get("present", FIVE.member_ids)]  # type: ignore[attr-defined]  # A tuple.
    with pytest.raises(ConditionNotMet) as caught:
        closed(*votes, **given_)  # type: ignore[arg-type]  # Named by the test.
    assert caught.value.condition == condition


def test_conflict_of_somebody_who_left_before_does_not_matter() -> None:
    assert closed(*map(vote, FIVE.member_ids), conflicted=frozenset({F})).is_passed


def test_present_member_without_a_vote_holds_the_conclusion_up() -> None:
    with pytest.raises(ConditionNotMet) as caught:
        closed(vote(A), vote(B), vote(C), vote(D))
    assert caught.value.condition == "council_votes_missing"


@pytest.mark.parametrize(
    ("present", "errors"),
    [
        ((A, B, C, D, F), [("present_ids.4", "not_a_member"), ("present_ids", "voter_absent")]),
        ((A, B, C, D, E, E), [("present_ids.5", "twice")]),
        ((A, B, C, D), [("present_ids", "voter_absent")]),
    ],
)
def test_list_of_those_present_that_does_not_fit(present: tuple[UUID, ...], errors: list[tuple[str, str]]) -> None:
    with pytest.raises(Invalid) as caught:
        closed(*map(vote, FIVE.member_ids), present=present)
    assert [(each.field, each.code) for each in caught.value.errors] == errors


def test_open_quorum_and_open_pass_rule_are_gaps() -> None:
    for rules, parameter in (
        (replace(RULES, quorum=None), "council.quorum"),
        (replace(RULES, pass_rule=None), "council.pass_rule"),
    ):
        with pytest.raises(RuleGap) as caught:
            closed(*map(vote, FIVE.member_ids), rules=rules)
        assert caught.value.parameter == parameter


@pytest.mark.parametrize("counts", [None, False])
def test_written_opinion_of_an_absent_member_counts_for_nothing_unless_said(counts: bool | None) -> None:  # noqa: FBT001 - a parameter of the test.
    votes = [vote(A), vote(B), vote(C), vote(D, is_written=True), vote(E, is_written=True)]
    rules = replace(RULES, written_opinions_count=counts)
    assert count(called(), votes=tuple(votes), present_ids=(A, B, C), council=rules) == Tally(
        members=5, in_quorum=3, taking_part=3, votes_for=3, votes_against=0, votes_abstain=0
    )


WRITTEN = replace(RULES, written_opinions_count=True)


@pytest.mark.parametrize("in_quorum", [None, False])
def test_written_opinion_that_is_counted_makes_no_quorum_unless_said(in_quorum: bool | None) -> None:  # noqa: FBT001 - a parameter of the test.
    votes = (vote(A), vote(B), vote(C, Choice.AGAINST), vote(D, is_written=True))
    rules = replace(WRITTEN, written_opinions_in_quorum=in_quorum)
    with pytest.raises(ConditionNotMet) as caught:
        closed(*votes, present=(A, B, C), rules=rules)
    assert caught.value.condition == "council_quorum_not_reached"
    enough = (vote(A), vote(B), vote(C, Choice.AGAINST), vote(D), vote(E, is_written=True))
    found = closed(*enough, present=(A, B, C, D), rules=rules)
    assert (found.votes_for, found.votes_against, found.is_passed) == (4, 1, True)


def test_written_opinion_counts_to_quorum_and_tally_where_the_procedure_says_so() -> None:
    votes = (vote(A), vote(B), vote(C, Choice.AGAINST), vote(D, is_written=True))
    rules = replace(WRITTEN, written_opinions_in_quorum=True)
    found = closed(*votes, present=(A, B, C), rules=rules)
    assert (found.votes_for, found.votes_against, found.is_passed, found.present_ids) == (3, 1, True, (A, B, C))


def test_written_opinion_of_a_member_who_came_after_all_is_a_vote() -> None:
    votes = (vote(A), vote(B), vote(C), vote(D, Choice.AGAINST, is_written=True))
    came = cast(called(), vote_id=D, earlier=votes[3:], choice=Choice.FOR, is_written=False, dissent="", by=D, at=NOW)
    assert closed(*votes, came, present=(A, B, C, D)).votes_for == 4
    with pytest.raises(Duplicate):
        cast(
            called(), vote_id=D, earlier=(votes[3], came), choice=Choice.FOR, is_written=False, dissent="", by=D, at=NOW
        )


def test_written_opinion_is_sent_once() -> None:
    letter = vote(D, is_written=True)
    for at in (NOW - timedelta(hours=1), NOW):
        with pytest.raises(Duplicate):
            cast(called(), vote_id=D, earlier=(letter,), choice=Choice.FOR, is_written=True, dissent="", by=D, at=at)
    with pytest.raises(Duplicate):
        require_vote(called(), votes=(letter,), by=D, at=NOW - timedelta(hours=1))


@pytest.mark.parametrize("rules", [RULES, WRITTEN, replace(WRITTEN, written_opinions_in_quorum=True)])
def test_who_voted_by_letter_is_not_named_as_present(rules: Council) -> None:
    votes = (vote(A), vote(B), vote(C), vote(D, is_written=True))
    with pytest.raises(Invalid) as caught:
        closed(*votes, present=(A, B, C, D), rules=rules)
    assert [(each.field, each.code) for each in caught.value.errors] == [("present_ids.3", "voted_by_letter")]


def test_vote_of_a_member_who_left_is_not_counted() -> None:
    session = recompose(
        called(),
        composition=replace(FIVE, member_ids=(A, B, C, D, F)),
        scheduled_at=NOW,
        place="Phòng 2",
        council=RULES,
        by=B,
        at=NOW,
    )
    votes = (*(vote(each) for each in (A, B, C, D)), vote(E, Choice.AGAINST))
    found = closed(*votes, session=session, present=(A, B, C, D))
    assert (found.votes_for, found.votes_against) == (4, 0)


@pytest.mark.parametrize(
    ("rule", "members", "taking_part", "votes_for", "passes"),
    [
        ("majority_of_members", 5, 5, 3, True),
        ("majority_of_members", 5, 4, 2, False),
        ("majority_of_members", 7, 4, 3, False),
        ("majority_of_present", 7, 5, 3, True),
        ("majority_of_present", 7, 4, 2, False),
        ("majority_of_present", 7, 0, 0, False),
        ("two_thirds_of_members", 9, 9, 6, True),
        ("two_thirds_of_members", 5, 5, 3, False),
        ("two_thirds_of_members", 5, 5, 4, True),
    ],
)
def test_pass_rules(rule: str, members: int, taking_part: int, votes_for: int, *, passes: bool) -> None:
    tally = Tally(
        members=members,
        in_quorum=taking_part,
        taking_part=taking_part,
        votes_for=votes_for,
        votes_against=taking_part - votes_for,
        votes_abstain=0,
    )
    assert tally.passes(rule) is passes


@pytest.mark.parametrize(("taking_part", "reached"), [(3, False), (4, True), (5, True)])
def test_quorum_is_an_exact_share_of_the_members(taking_part: int, *, reached: bool) -> None:
    tally = Tally(members=5, in_quorum=taking_part, taking_part=5, votes_for=0, votes_against=0, votes_abstain=0)
    assert tally.has_quorum(Fraction(2, 3)) is reached
    six_of_nine = replace(tally, members=9, in_quorum=6)
    assert six_of_nine.has_quorum(Fraction(2, 3))


@given(st.lists(st.sampled_from(Choice), min_size=5, max_size=5))
def test_one_more_vote_in_favour_never_turns_a_pass_into_a_failure(choices: list[Choice]) -> None:
    votes = [vote(member, choice) for member, choice in zip(FIVE.member_ids, choices, strict=True)]
    before = closed(*votes)
    assert (before.votes_for, before.votes_against, before.votes_abstain) == tuple(map(choices.count, Choice))
    for index, member in enumerate(FIVE.member_ids):
        after = closed(*votes[:index], vote(member), *votes[index + 1 :])
        assert after.is_passed or not before.is_passed


# --- Minutes by two -------------------------------------------------------------------------------------------------

BY_TWO = replace(RULES, minutes_confirmed=True)
DRAWN_UP = closed(*map(vote, FIVE.member_ids), rules=BY_TWO)


def test_conclusion_binds_at_once_or_once_the_other_one_confirms_the_minutes() -> None:
    assert is_binding(closed(*map(vote, FIVE.member_ids)), council=RULES)
    assert not is_binding(DRAWN_UP, council=BY_TWO)
    confirmed = confirm(DRAWN_UP, council=BY_TWO, by=A, at=NOW)
    assert confirmed == replace(DRAWN_UP, version=3, confirmed_by=A, confirmed_at=NOW)
    assert is_binding(confirmed, council=BY_TWO)


@pytest.mark.parametrize(
    ("session", "rules", "by", "condition"),
    [
        (DRAWN_UP, BY_TWO, SECRETARY, "four_eyes"),
        (DRAWN_UP, RULES, A, "minutes_by_one"),
        (called(), BY_TWO, A, "council_not_concluded"),
        (replace(DRAWN_UP, confirmed_by=A, confirmed_at=NOW), BY_TWO, A, "council_concluded"),
    ],
)
def test_minutes_are_not_confirmed(session: CouncilSession, rules: Council, by: UUID, condition: str) -> None:
    with pytest.raises(ConditionNotMet) as caught:
        confirm(session, council=rules, by=by, at=NOW)
    assert caught.value.condition == condition


def replaced(session: CouncilSession, reason: str, *, by: UUID) -> EarlierConclusion:
    assert session.concluded_at is not None
    return EarlierConclusion(
        present_ids=session.present_ids,
        minutes=session.minutes,
        dissent=session.dissent,
        votes_for=5,
        votes_against=0,
        votes_abstain=0,
        is_passed=True,
        concluded_by=session.concluded_by,
        concluded_at=session.concluded_at,
        reason=reason,
        replaced_by=by,
        replaced_at=NOW,
    )


def test_minutes_are_drawn_up_again_until_they_are_confirmed() -> None:
    votes = tuple(map(vote, FIVE.member_ids))
    again = closed(*votes, session=DRAWN_UP, present=(A, B, C, D, E), rules=BY_TWO, reason="Ghi thiếu ý kiến")
    assert again == replace(DRAWN_UP, version=3, earlier=(replaced(DRAWN_UP, "Ghi thiếu ý kiến", by=SECRETARY),))
    third = closed(*votes, session=again, present=(A, B, C, D, E), rules=BY_TWO, reason="Sai ngày")
    assert [each.reason for each in third.earlier] == ["Ghi thiếu ý kiến", "Sai ngày"]
    with pytest.raises(ConditionNotMet) as caught:
        closed(*votes, session=replace(DRAWN_UP, confirmed_by=A, confirmed_at=NOW), rules=BY_TWO)
    assert caught.value.condition == "council_concluded"


def test_council_that_loses_its_chair_before_the_confirmation_is_recomposed_and_concludes_again() -> None:
    others = Composition(chair_id=B, secretary_id=SECRETARY, member_ids=(B, C, D, E, F))
    how: dict[str, Any] = {"composition": others, "scheduled_at": NOW, "place": "Phòng 2", "council": BY_TWO}
    changed = recompose(DRAWN_UP, reason="Chủ tịch có lợi ích", by=C, at=NOW, **how)
    assert changed == replace(
        called(),
        version=3,
        chair_id=B,
        member_ids=(B, C, D, E, F),
        earlier=(replaced(DRAWN_UP, "Chủ tịch có lợi ích", by=C),),
    )


@pytest.mark.parametrize(
    ("session", "reason", "code"),
    [(DRAWN_UP, None, "required"), (DRAWN_UP, "", "required"), (called(), "Ghi thiếu", "nothing_replaced")],
)
def test_minutes_are_replaced_for_a_reason(session: CouncilSession, reason: str | None, code: str) -> None:
    votes = tuple(map(vote, FIVE.member_ids))
    with pytest.raises(Invalid) as concluded_again:
        closed(*votes, session=session, rules=BY_TWO, reason=reason)
    with pytest.raises(Invalid) as recomposed:
        recompose(session, composition=FIVE, scheduled_at=NOW, place="", reason=reason, council=BY_TWO, by=B, at=NOW)
    for refused in (concluded_again, recomposed):
        assert [(each.field, each.code) for each in refused.value.errors] == [("reason", code)]


# --- What instruments vary ------------------------------------------------------------------------------------------

SIX = Composition(chair_id=A, secretary_id=SECRETARY, member_ids=(A, B, C, D, E, F))
EVEN = replace(RULES, even_allowed=True, casting_vote=True)


def split(*against: UUID, rules: Council = EVEN) -> bool | None:
    session = called(composition=SIX, council=rules)
    votes = [vote(each, Choice.AGAINST if each in against else Choice.FOR) for each in FIVE.member_ids]
    last = replace(votes[0], id=F, member_id=F, choice=Choice.AGAINST if F in against else Choice.FOR)
    return closed(*votes, last, present=SIX.member_ids, rules=rules, session=session).is_passed


def test_even_council_sits_where_the_procedure_lets_it_and_its_chair_breaks_a_tie() -> None:
    with pytest.raises(Invalid):
        called(composition=SIX)
    assert (split(D, E, F), split(A, B, C)) == (True, False)
    assert split(D, E, F, rules=replace(EVEN, casting_vote=None)) is False


@pytest.mark.parametrize(
    ("rule", "passed"),
    [
        ("two_thirds_of_members", {4, 5, 6}),
        ("three_quarters_of_members", {5, 6}),
        ("unanimity_of_members", {6}),
        ("two_thirds_of_present", {4, 5, 6}),
        ("three_quarters_of_present", {4, 5, 6}),
        ("unanimity_of_present", {5, 6}),
    ],
)
def test_pass_rules_that_instruments_use(rule: str, passed: set[int]) -> None:
    tallies = {
        given: Tally(
            members=6, in_quorum=6, taking_part=max(5, given), votes_for=given, votes_against=0, votes_abstain=0
        )
        for given in range(7)
    }
    assert {given for given, tally in tallies.items() if tally.passes(rule)} == passed
    assert not Tally(members=6, in_quorum=0, taking_part=0, votes_for=0, votes_against=0, votes_abstain=0).passes(rule)
