"""The appraisal council: who may sit, how votes are cast and counted, when a vote passes (hard rule 6)."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from fractions import Fraction
from uuid import UUID

from sandbox_registry.domain.cases.appraisal import Choice, CouncilSession, EarlierConclusion, Vote
from sandbox_registry.domain.errors import ConditionNotMet, Duplicate, FieldError, Invalid, RuleGap
from sandbox_registry.domain.identity.people import Capacity
from sandbox_registry.domain.rules.procedures import Council, Procedure
from sandbox_registry.domain.texts import Phrase


@dataclass(frozen=True, slots=True, kw_only=True)
class Composition:
    """Who sits: an odd number of members, the chair among them; the secretary has no vote."""

    chair_id: UUID
    secretary_id: UUID
    member_ids: tuple[UUID, ...]

    def seats(self) -> frozenset[tuple[UUID, Capacity]]:
        """Return the capacity each person has by sitting."""
        members = {(each, Capacity.COUNCIL_MEMBER) for each in self.member_ids if each != self.chair_id}
        return frozenset(members | {(self.chair_id, Capacity.CHAIR), (self.secretary_id, Capacity.SECRETARY)})


_SHARES = {"two_thirds": Fraction(2, 3), "three_quarters": Fraction(3, 4), "unanimity": Fraction(1)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """How a vote went. `taking_part` are the members who were present or whose written opinion is counted.

    `in_quorum` are those of them who count towards the quorum. `tie_passes`: the chair's vote decides a tie, and it
    was in favour.
    """

    members: int
    in_quorum: int
    taking_part: int
    votes_for: int
    votes_against: int
    votes_abstain: int
    tie_passes: bool = False

    def has_quorum(self, quorum: Fraction) -> bool:
        """Tell whether enough members count towards the quorum, as a share of all members."""
        return Fraction(self.in_quorum, self.members) >= quorum

    def passes(self, rule: str) -> bool:
        """Apply the procedure's pass rule; an abstention is never a vote in favour.

        Where exactly half are in favour, no majority is reached: the chair's vote decides if the procedure says so.
        """
        share, _, whole = rule.partition("_of_")
        of = self.members if whole == "members" else self.taking_part
        if of == 0:
            return False
        reached = Fraction(self.votes_for, of)
        if share == "majority":
            is_tied = self.votes_for == self.votes_against and reached == Fraction(1, 2)
            return reached > Fraction(1, 2) or (is_tied and self.tie_passes)
        return reached >= _SHARES[share]


def council_of(procedure: Procedure) -> Council:
    """Return the council's rules; refuse where the procedure has no council."""
    council = procedure.council
    if council is None:
        raise ConditionNotMet("no_council")
    return council


def require_council(procedure: Procedure) -> None:
    """Refuse to call a council where the procedure has none."""
    if not procedure.has_council:
        raise ConditionNotMet("no_council")


def convene(
    *,
    session_id: UUID,
    application_id: UUID,
    composition: Composition,
    scheduled_at: datetime,
    place: str,
    earlier: tuple[CouncilSession, ...],
    council: Council,
    by: UUID,
    at: datetime,
) -> CouncilSession:
    """Call the council (A16). A case has one council: what it concluded is not put to another.

    Raises:
        Duplicate: the case has a session, open or concluded.
        Invalid: who sits breaks a rule of composition, or the sitting lies in the past.

    """
    require_no_session(earlier)
    _check(composition, council=council, scheduled_at=scheduled_at, at=at)
    return CouncilSession(
        id=session_id,
        version=1,
        application_id=application_id,
        chair_id=composition.chair_id,
        secretary_id=composition.secretary_id,
        member_ids=composition.member_ids,
        scheduled_at=scheduled_at,
        place=place,
        convened_by=by,
        convened_at=at,
    )


def require_no_session(sessions: tuple[CouncilSession, ...]) -> None:
    """Refuse a second council of a case."""
    if sessions:
        raise Duplicate(what="council_session")


def recompose(
    session: CouncilSession,
    *,
    composition: Composition,
    scheduled_at: datetime,
    place: str,
    reason: str | None = None,
    council: Council,
    by: UUID,
    at: datetime,
) -> CouncilSession:
    """Change who sits, when or where, while nothing binds: the way out when a member leaves for a conflict.

    Votes of members who stay keep counting; those of members who left do not. Minutes that nobody confirmed yet are
    drawn up again, for a `reason`, and stay on record.
    """
    require_not_binding(session, council=council)
    if errors := tuple(_wrong_reason(session, reason)):
        raise Invalid(errors)
    _check(composition, council=council, scheduled_at=scheduled_at, at=at, unchanged=session.scheduled_at)
    return replace(
        session,
        version=session.version + 1,
        chair_id=composition.chair_id,
        secretary_id=composition.secretary_id,
        member_ids=composition.member_ids,
        scheduled_at=scheduled_at,
        place=place,
        present_ids=(),
        minutes="",
        dissent=(),
        votes_for=None,
        votes_against=None,
        votes_abstain=None,
        is_passed=None,
        concluded_by=None,
        concluded_at=None,
        earlier=_replaced(session, reason=reason, by=by, at=at),
    )


def is_binding(session: CouncilSession, *, council: Council) -> bool:
    """Tell whether what a council concluded binds: where its minutes are confirmed by two people, once they are."""
    return session.concluded_at is not None and (session.confirmed_at is not None or not council.minutes_confirmed)


def require_not_binding(session: CouncilSession, *, council: Council) -> None:
    """Refuse to touch a council whose conclusion binds."""
    if is_binding(session, council=council):
        raise ConditionNotMet("council_concluded")


def require_open(session: CouncilSession) -> None:
    """Refuse to touch a council that concluded."""
    if session.concluded_at is not None:
        raise ConditionNotMet("council_concluded")


def require_vote(session: CouncilSession, *, votes: tuple[Vote, ...], by: UUID, at: datetime) -> None:
    """Refuse who voted, a council that concluded, and who has no seat in it.

    A written opinion may come at any hour; who sent one and comes to the sitting after all votes there.

    Raises:
        Duplicate: this member voted.
        ConditionNotMet: `council_concluded`, `not_a_member`.

    """
    own = [each for each in votes if each.session_id == session.id and each.member_id == by]
    if any(not each.is_written or at < session.scheduled_at for each in own):
        raise Duplicate(what="vote")
    require_open(session)
    if by not in session.member_ids:
        raise ConditionNotMet("not_a_member")


def cast(
    session: CouncilSession,
    *,
    vote_id: UUID,
    earlier: tuple[Vote, ...],
    choice: Choice,
    is_written: bool,
    dissent: str,
    by: UUID,
    at: datetime,
) -> Vote:
    """Vote, once. A written opinion may come before the sitting, a vote only once it began, in the place of an opinion.

    Raises:
        Duplicate: this member voted already.
        ConditionNotMet: `council_concluded`, `council_not_begun`, `not_a_member` of this council.

    """
    require_vote(session, votes=earlier, by=by, at=at)
    if is_written and earlier:
        raise Duplicate(what="vote")
    if not is_written and at < session.scheduled_at:
        raise ConditionNotMet("council_not_begun")
    return Vote(
        id=vote_id,
        version=1,
        application_id=session.application_id,
        session_id=session.id,
        member_id=by,
        choice=choice,
        is_written=is_written,
        dissent=dissent,
        cast_at=at,
    )


def conclude(
    session: CouncilSession,
    *,
    votes: tuple[Vote, ...],
    present_ids: tuple[UUID, ...],
    minutes: str,
    reason: str | None = None,
    conflicted: frozenset[UUID],
    council: Council,
    by: UUID,
    at: datetime,
) -> CouncilSession:
    """Close the sitting: who was present, how the vote went, whether it passed, the minutes and every dissent.

    Until the other one of chair and secretary confirms the minutes, where the procedure asks for it, either may draw
    them up again for a `reason`; those that are replaced stay on record.

    Raises:
        RuleGap: the procedure leaves the quorum or the pass rule open.
        Invalid: the list of those present does not fit the council or the votes; minutes replaced without a reason, or a
            reason where none are.
        ConditionNotMet: `council_concluded`, `council_not_begun`, `council_member_left` (recompose first),
            `council_votes_missing`, `council_quorum_not_reached`.

    """
    pass_rule = _require_rules(council)[1]
    _require_begun(session, conflicted=conflicted, council=council, at=at)
    cast_by_members = _of_members(votes, session)
    errors = (
        *_wrong_presence(session, votes=cast_by_members, present_ids=present_ids),
        *_wrong_reason(session, reason),
    )
    if errors:
        raise Invalid(errors)
    tally = _counted(session, votes=cast_by_members, present_ids=present_ids, council=council)
    return replace(
        session,
        version=session.version + 1,
        present_ids=present_ids,
        minutes=minutes,
        dissent=tuple(each.dissent for each in cast_by_members if each.dissent),
        votes_for=tally.votes_for,
        votes_against=tally.votes_against,
        votes_abstain=tally.votes_abstain,
        is_passed=tally.passes(pass_rule),
        concluded_by=by,
        concluded_at=at,
        earlier=_replaced(session, reason=reason, by=by, at=at),
    )


def _wrong_reason(session: CouncilSession, reason: str | None) -> Iterator[FieldError]:
    if session.concluded_at is not None and not reason:
        yield FieldError(field="reason", code="required", message=Phrase("councils.replaced_without_reason"))
    if session.concluded_at is None and reason:
        yield FieldError(field="reason", code="nothing_replaced", message=Phrase("councils.nothing_replaced"))


def _replaced(session: CouncilSession, *, reason: str | None, by: UUID, at: datetime) -> tuple[EarlierConclusion, ...]:
    """Put what the council concluded so far, if it did, beside what was replaced before."""
    if session.concluded_at is None:
        return session.earlier
    replaced = EarlierConclusion(
        present_ids=session.present_ids,
        minutes=session.minutes,
        dissent=session.dissent,
        votes_for=session.votes_for or 0,
        votes_against=session.votes_against or 0,
        votes_abstain=session.votes_abstain or 0,
        is_passed=bool(session.is_passed),
        concluded_by=session.concluded_by,
        concluded_at=session.concluded_at,
        reason=reason or "",
        replaced_by=by,
        replaced_at=at,
    )
    return (*session.earlier, replaced)


def require_concludable(
    session: CouncilSession,
    *,
    votes: tuple[Vote, ...],
    conflicted: frozenset[UUID],
    council: Council,
    at: datetime,
) -> None:
    """Refuse where no list of those present could close the sitting; raises as `conclude`.

    The best such list names everybody who voted there: anyone else named is one more vote missing, anyone left out
    is one fewer towards the quorum.
    """
    _require_rules(council)
    _require_begun(session, conflicted=conflicted, council=council, at=at)
    cast_by_members = _of_members(votes, session)
    voters = tuple(each.member_id for each in cast_by_members if not each.is_written)
    _counted(session, votes=cast_by_members, present_ids=voters, council=council)


def confirm(session: CouncilSession, *, council: Council, by: UUID, at: datetime) -> CouncilSession:
    """Stand by the minutes that the other one of chair and secretary drew up; from now on they bind.

    Raises:
        ConditionNotMet: `minutes_by_one` where the procedure asks for no second person, `council_not_concluded`,
            `council_concluded` when they are confirmed, `four_eyes`.

    """
    require_confirmable(session, council=council, by=by)
    return replace(session, version=session.version + 1, confirmed_by=by, confirmed_at=at)


def require_confirmable(session: CouncilSession, *, council: Council, by: UUID) -> None:
    """Refuse to confirm minutes that nobody drew up, one's own, and those that bind already; raises as `confirm`."""
    if not council.minutes_confirmed:
        raise ConditionNotMet("minutes_by_one")
    if session.concluded_at is None:
        raise ConditionNotMet("council_not_concluded")
    require_not_binding(session, council=council)
    if by == session.concluded_by:
        raise ConditionNotMet("four_eyes.minutes")


def _of_members(votes: tuple[Vote, ...], session: CouncilSession) -> tuple[Vote, ...]:
    """Return the vote of each member; one cast at the sitting stands in the place of a written opinion."""
    of_session = [each for each in votes if each.session_id == session.id and each.member_id in session.member_ids]
    came = {each.member_id for each in of_session if not each.is_written}
    return tuple(each for each in of_session if not each.is_written or each.member_id not in came)


def _counted(
    session: CouncilSession, *, votes: tuple[Vote, ...], present_ids: tuple[UUID, ...], council: Council
) -> Tally:
    """Count a vote that has its quorum and lacks nobody's vote."""
    tally, quorum = count(session, votes=votes, present_ids=present_ids, council=council), _require_rules(council)[0]
    if not tally.has_quorum(quorum):
        raise ConditionNotMet("council_quorum_not_reached", quorum=str(quorum))
    if set(present_ids) - {each.member_id for each in votes}:
        raise ConditionNotMet("council_votes_missing")
    return tally


def count(
    session: CouncilSession, *, votes: tuple[Vote, ...], present_ids: tuple[UUID, ...], council: Council
) -> Tally:
    """Count the votes of those present; written ones of absent members only if the procedure says so (hard rule 6).

    That they are counted does not make them count to the quorum: the procedure says that apart.
    """
    counted = [each for each in votes if each.member_id in present_ids or council.written_opinions_count]
    taking_part = set(present_ids) | {each.member_id for each in counted}
    choices = [each.choice for each in counted]
    return Tally(
        members=len(session.member_ids),
        in_quorum=len(taking_part if council.written_opinions_in_quorum else set(present_ids)),
        taking_part=len(taking_part),
        votes_for=choices.count(Choice.FOR),
        votes_against=choices.count(Choice.AGAINST),
        votes_abstain=choices.count(Choice.ABSTAIN),
        tie_passes=bool(council.casting_vote)
        and any(each.member_id == session.chair_id and each.choice is Choice.FOR for each in counted),
    )


def _require_rules(council: Council) -> tuple[Fraction, str]:
    """Return quorum and pass rule, which no conclusion can do without."""
    if council.quorum is None:
        raise RuleGap(parameter="council.quorum")
    if council.pass_rule is None:
        raise RuleGap(parameter="council.pass_rule")
    return council.quorum, council.pass_rule


def _require_begun(session: CouncilSession, *, conflicted: frozenset[UUID], council: Council, at: datetime) -> None:
    """Refuse to conclude before the hour, what binds, or while somebody who left for a conflict still has a seat."""
    require_not_binding(session, council=council)
    if at < session.scheduled_at:
        raise ConditionNotMet("council_not_begun")
    if conflicted & {*session.member_ids, session.secretary_id}:
        raise ConditionNotMet("council_member_left")


def _wrong_presence(
    session: CouncilSession, *, votes: tuple[Vote, ...], present_ids: tuple[UUID, ...]
) -> Iterator[FieldError]:
    for index, person in enumerate(present_ids):
        if person not in session.member_ids:
            yield FieldError(field=f"present_ids.{index}", code="not_a_member", message=Phrase("councils.not_a_member"))
        if person in present_ids[:index]:
            yield FieldError(field=f"present_ids.{index}", code="twice", message=Phrase("councils.named_twice"))
        if any(each.is_written and each.member_id == person for each in votes):
            message = Phrase("councils.voted_by_letter")
            yield FieldError(field=f"present_ids.{index}", code="voted_by_letter", message=message)
    if any(not each.is_written and each.member_id not in present_ids for each in votes):
        yield FieldError(field="present_ids", code="voter_absent", message=Phrase("councils.voter_absent"))


def _check(
    composition: Composition,
    *,
    council: Council,
    scheduled_at: datetime,
    at: datetime,
    unchanged: datetime | None = None,
) -> None:
    errors = list(_wrong_composition(composition, council))
    if scheduled_at < at and scheduled_at != unchanged:
        errors.append(FieldError(field="scheduled_at", code="in_the_past", message=Phrase("councils.sitting_in_past")))
    if errors:
        raise Invalid(tuple(errors))


def _wrong_composition(composition: Composition, council: Council) -> Iterator[FieldError]:
    members = composition.member_ids
    for index, person in enumerate(members):
        if person in members[:index]:
            yield FieldError(field=f"member_ids.{index}", code="twice", message=Phrase("councils.named_twice"))
    if len(members) % 2 == 0 and not council.even_allowed:
        yield FieldError(field="member_ids", code="even", message=Phrase("councils.even_number"))
    if council.min_members is not None and len(members) < council.min_members:
        message = Phrase("councils.too_few_members", minimum=council.min_members)
        yield FieldError(field="member_ids", code="too_few", message=message)
    if composition.chair_id not in members:
        yield FieldError(field="chair_id", code="not_a_member", message=Phrase("councils.chair_not_a_member"))
    if composition.secretary_id in members:
        yield FieldError(field="secretary_id", code="is_a_member", message=Phrase("councils.secretary_votes"))
