"""What a case can be under a procedure and what can happen to it next, by the functions that act on real cases.

Bounded: at most one supplement request, one question to the applicant, one consultation and one council, in any order,
and the file returned to the head and to the officer any number of times, with people who never answer beside others who
do. Time counts as far as a term has run out or a letter has gone.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from functools import partial
from uuid import UUID

from sandbox_registry.domain.acts import Action
from sandbox_registry.domain.cases import (
    consultations,
    councils,
    decisions,
    filings,
    intake,
    lifecycle,
    returns,
    reviews,
)
from sandbox_registry.domain.cases.applications import Application, Reason, SupplementItem
from sandbox_registry.domain.cases.appraisal import (
    Advice,
    Choice,
    Clarification,
    Consultation,
    CouncilSession,
    DisagreementAnswer,
    FileReturn,
    Opinion,
    Participation,
    ReturnRecipient,
)
from sandbox_registry.domain.cases.appraisal_guards import unmet
from sandbox_registry.domain.cases.case_records import CaseRecords
from sandbox_registry.domain.errors import DomainError
from sandbox_registry.domain.identity.people import Capacity, Organisation, OrganisationKind
from sandbox_registry.domain.rules.calendars import Calendar, Term, Unit
from sandbox_registry.domain.rules.procedures import ConsultationRule, Council, Procedure
from sandbox_registry.domain.stages import OPEN_STAGES, Stage

_START = datetime(2026, 1, 5, 2, tzinfo=UTC)
_DAYS = timedelta(days=2)
_LONG = timedelta(days=4000)
"""Longer than any term that an applicant or an agency has."""
_CALENDAR = Calendar(
    code="check",
    version="check",
    marks={},
    covered_from=date(2020, 1, 1),
    covered_to=date(2120, 1, 1),
    official_to=date(2120, 1, 1),
)
_CASE, _OFFICER, _UNIT, _AGENCY, _ABSENT_REVIEWER, _REVIEWER, _RECORD = (UUID(int=number) for number in range(1, 8))
_FEWEST_MEMBERS = 3
_ABSENT, _PRESENT, _NEXT, _ASKED = 100, 200, 300, 400
"""Where the people of three councils begin: who never come, who come, and who come when one of these has left; and of consultations."""


class Party(StrEnum):
    """On whom it depends that something happens."""

    AUTHORITY = "authority"
    OTHERS = "others"


Key = tuple[Stage, frozenset[str]]
Permitted = Callable[[Stage, Action], bool]


@dataclass(frozen=True, slots=True)
class State:
    """One case at one moment."""

    application: Application
    records: CaseRecords
    at: datetime

    @property
    def key(self) -> Key:
        """The stage and what hangs on the case, as far as it decides what can happen next: to an ended one, nothing."""
        stage = self.application.stage
        return stage, frozenset(self._features()) if stage in OPEN_STAGES else frozenset()

    def _features(self) -> Iterator[str]:
        if self.application.withdrawal is not None:
            # Nothing but the notice moves such a case, whatever else hangs on it.
            yield "withdrawal=waiting"
            return
        yield from self._intake_features()
        yield from self._question_features()
        yield from self._people_features()

    def _intake_features(self) -> Iterator[str]:
        is_filed = self.application.stage is Stage.SUBMITTED
        if is_filed and self.application.received_at is not None:
            yield "received=yes"
        for request in self.records.supplements:
            if request.answered_at is None:
                yield from self._waiting("supplement", request.requested_at)
            elif is_filed:
                yield "supplement=answered"

    def _question_features(self) -> Iterator[str]:
        for question in self.records.clarifications:
            if consultations.is_waiting(question):
                yield from self._waiting("clarification", question.asked_at)
            else:
                yield "clarification=settled"
        for consultation in self.records.consultations:
            if consultations.is_open(consultation):
                yield from self._waiting("consultation", consultation.asked_at)
            elif consultation.answered_at is None:
                yield "consultation=silent"
            else:
                answered = any(consultation.answered_at <= each.made_at for each in self.records.recommendations)
                yield f"consultation={'taken_up' if answered else 'answered'}"

    def _people_features(self) -> Iterator[str]:
        records = self.records
        for participation in records.assignments:
            filed = participation.person_id in records.reviewed_by
            yield f"reviewer={'filed' if filed else 'absent' if participation.person_id == _ABSENT_REVIEWER else 'present'}"
        for session in records.sessions:
            who = "absent" if _never_comes(session) else "present"
            voted = "voted" if records.votes else who
            closed = "confirmed" if session.confirmed_at else "concluded" if session.concluded_at else voted
            yield f"council={closed}"
        if records.conflicted:
            yield "council=left_by_a_member"
        # A file that was completed may be returned again: nothing tells it from one that never was.
        yield from (f"return_to_{each.recipient}=waiting" for each in records.returns if each.answered_at is None)

    def _waiting(self, what: str, since: datetime) -> Iterator[str]:
        yield f"{what}=waiting"
        if self.at >= since + _LONG:
            yield "time=long"
        letters = [sent for sent in self.records.letters if sent > since]
        if letters:
            yield "letter=earlier" if min(letters) + _DAYS <= self.at + timedelta(hours=1) else "letter=today"


Move = tuple[Party, Action | None, Callable[[], State]]
"""On whom it depends, the act (null: time passes), and the state after it, if the domain does not refuse."""


@dataclass(frozen=True, slots=True)
class Moves:
    """Everything that can happen to a case in one state: each act with some input that it takes."""

    state: State
    procedure: Procedure
    permitted: Permitted

    def all(self) -> Iterator[tuple[Party, State]]:
        """List what can happen next, and on whom it depends; nothing more to a case that ended."""
        stage = self.state.application.stage
        if stage not in OPEN_STAGES:
            return
        for party, action, change in (*self._at_stage(stage), *self._always()):
            if action is not None and not self.permitted(stage, action):
                continue
            try:
                if action is not None:
                    lifecycle.require_step(self.state.application, action, self.procedure)
                yield party, change()
            except DomainError:
                continue

    def _at_stage(self, stage: Stage) -> Iterator[Move]:
        return {
            Stage.SUBMITTED: self._intake,
            Stage.SUPPLEMENT_REQUESTED: self._supplement,
            Stage.ACCEPTED: self._classification,
            Stage.UNDER_APPRAISAL: self._appraisal,
            Stage.AWAITING_DECISION: self._decision,
        }[stage]()

    def _always(self) -> Iterator[Move]:
        state = self.state
        yield Party.AUTHORITY, None, lambda: replace(state, at=state.at + _DAYS)
        yield Party.AUTHORITY, None, lambda: replace(state, at=state.at + _LONG)
        letters = (state.at + timedelta(hours=1),)
        yield Party.AUTHORITY, Action.MESSAGE_SEND, lambda: self._with(letters=letters)
        yield Party.OTHERS, Action.APPLICATION_REQUEST_WITHDRAWAL, self._asked_to_stop
        yield Party.AUTHORITY, Action.APPLICATION_STOP, self._stopped

    def _moved(self, application: Application, **records: object) -> State:
        changed = replace(self.state.records, **records)  # type: ignore[arg-type]  # Parts of it.
        return replace(self.state, application=application, records=changed)

    def _with(self, **records: object) -> State:
        return self._moved(self.state.application, **records)

    def _asked_to_stop(self) -> State:
        case, at = self.state.application, self.state.at
        return self._moved(filings.request_withdrawal(case, reason="-", procedure=self.procedure, by=_OFFICER, at=at))

    def _stopped(self) -> State:
        return self._moved(intake.stop(self.state.application, by=_OFFICER, at=self.state.at))

    def _intake(self) -> Iterator[Move]:
        yield Party.AUTHORITY, Action.APPLICATION_RECEIVE, self._received
        yield Party.AUTHORITY, Action.APPLICATION_ACCEPT, self._accepted
        yield Party.AUTHORITY, Action.APPLICATION_REFUSE_INTAKE, self._turned_away
        if not self.state.records.supplements:
            yield Party.AUTHORITY, Action.APPLICATION_REQUEST_SUPPLEMENT, self._asked_to_complete

    def _received(self) -> State:
        return self._moved(intake.receive(self.state.application, code="-", at=self.state.at))

    def _accepted(self) -> State:
        case = intake.accept(self.state.application, procedure=self.procedure, calendar=_CALENDAR, at=self.state.at)
        return replace(self.state, application=case, records=CaseRecords())

    def _turned_away(self) -> State:
        reasons = tuple(Reason(code=each.code, text="-") for each in self.procedure.refusal_reasons[:1])
        return self._moved(
            intake.refuse_intake(
                self.state.application, reasons=reasons, procedure=self.procedure, by=_OFFICER, at=self.state.at
            )
        )

    def _asked_to_complete(self) -> State:
        application, request = intake.request_supplement(
            self.state.application,
            request_id=_RECORD,
            items=(SupplementItem(target=_target(self.procedure), reason="-"),),
            exception_reason="-",
            earlier=(),
            procedure=self.procedure,
            by=_OFFICER,
            at=self.state.at,
        )
        return self._moved(application, supplements=(request,))

    def _supplement(self) -> Iterator[Move]:
        yield Party.AUTHORITY, Action.APPLICATION_LAPSE, self._lapsed
        yield Party.OTHERS, Action.APPLICATION_SUBMIT_SUPPLEMENT, self._completed

    def _lapsed(self) -> State:
        return self._moved(
            intake.lapse(
                self.state.application,
                supplements=self.state.records.supplements,
                letters=self.state.records.letters,
                promises=(),
                reason="-",
                procedure=self.procedure,
                calendar=_CALENDAR,
                by=_OFFICER,
                at=self.state.at,
            )
        )

    def _completed(self) -> State:
        filed, request = filings.submit_supplement(
            self.state.application,
            supplements=self.state.records.supplements,
            promises=(),
            procedure=self.procedure,
            calendar=_CALENDAR,
            errors=(),
            unanswered=(),
            no_change_because={},
            by=_OFFICER,
            at=self.state.at,
        )
        return self._moved(filed, supplements=(request,), letters=())

    def _classification(self) -> Iterator[Move]:
        yield Party.AUTHORITY, Action.APPLICATION_CLASSIFY, self._classified

    def _classified(self) -> State:
        level = next((each.key for each in self.procedure.levels), None)
        return self._moved(
            intake.classify(self.state.application, level=level, procedure=self.procedure, at=self.state.at),
            letters=(),
        )

    def _appraisal(self) -> Iterator[Move]:
        records = self.state.records
        yield Party.AUTHORITY, Action.APPLICATION_RECOMMEND, self._recommended
        if not records.clarifications:
            yield Party.AUTHORITY, Action.CLARIFICATION_ASK, self._questioned
        for question in records.clarifications:
            yield Party.OTHERS, Action.CLARIFICATION_ANSWER, partial(self._answered, question)
            yield Party.AUTHORITY, Action.CLARIFICATION_CLOSE, partial(self._given_up, question)
        if not records.consultations:
            yield Party.AUTHORITY, Action.CONSULTATION_ASK, self._consulted
        for consultation in records.consultations:
            yield Party.OTHERS, Action.CONSULTATION_ANSWER, partial(self._disagreed, consultation)
            yield Party.AUTHORITY, Action.CONSULTATION_CLOSE, partial(self._silent, consultation)
        yield from self._returns()
        yield from self._reviews()
        council = self.procedure.council
        if council is not None:
            yield from self._council(council)

    def _recommended(self) -> State:
        # A refusal is advised: the terms of a permit are another matter than whether the file can go to the signer.
        records = self.state.records
        departs = decisions.departs_from_council(Advice.REFUSE, records.sessions)
        moved, recommendation, settled = decisions.recommend(
            self.state.application,
            recommendation_id=_RECORD,
            advice=Advice.REFUSE,
            report="-",
            conditions=(),
            departure="-" if departs else None,
            terms=None,
            sessions=records.sessions,
            unmet=unmet(self.procedure, self.state.application.answers, records),
            procedure=self.procedure,
            licence_end=None,
            by=_OFFICER,
            at=self.state.at,
            disagreements=tuple(
                DisagreementAnswer(consultation_id=each.id, answer="-")
                for each in records.consultations
                if each.opinion is Opinion.DISAGREE
            ),
            consultations=records.consultations,
            return_answer="-" if returns.open_return(records.returns, ReturnRecipient.HEAD) else None,
            returns=records.returns,
        )
        remaining = CaseRecords(
            consultations=records.consultations,
            recommendations=(recommendation,),
            returns=records.returns if settled is None else _with_answer(records.returns, settled),
        )
        return replace(self.state, application=moved, records=remaining)

    def _questioned(self) -> State:
        question = consultations.ask_applicant(
            clarification_id=_RECORD,
            application_id=_CASE,
            question="-",
            earlier=(),
            procedure=self.procedure,
            by=_OFFICER,
            at=self.state.at,
        )
        return self._with(clarifications=(question,), letters=())

    def _answered(self, question: Clarification) -> State:
        answered = consultations.answer_clarification(
            question,
            answer="-",
            promises=(),
            procedure=self.procedure,
            calendar=_CALENDAR,
            by=_OFFICER,
            at=self.state.at,
        )
        return self._with(clarifications=(answered,))

    def _given_up(self, question: Clarification) -> State:
        closed = consultations.close_clarification(
            question,
            reason="-",
            letters=self.state.records.letters,
            promises=(),
            procedure=self.procedure,
            calendar=_CALENDAR,
            by=_OFFICER,
            at=self.state.at,
        )
        return self._with(clarifications=(closed,))

    def _consulted(self) -> State:
        rules = self.procedure.consultations or (None,)
        return self._with(consultations=tuple(self._asked(rule, seat) for seat, rule in enumerate(rules)))

    def _asked(self, rule: ConsultationRule | None, seat: int) -> Consultation:
        return consultations.ask_unit(
            consultation_id=UUID(int=_ASKED + seat),
            application_id=_CASE,
            unit=_agency(rule),
            handling_unit_ids=(_UNIT,),
            question="-",
            term=self.procedure.term("consult.term") or Term(1, Unit.WD),
            remind_on=None,
            is_required=True,
            demanded_by=rule,
            earlier=(),
            procedure=self.procedure,
            calendar=_CALENDAR,
            by=_OFFICER,
            at=self.state.at,
        )

    def _settled(self, changed: Consultation) -> State:
        held = self.state.records.consultations
        return self._with(consultations=tuple(changed if each.id == changed.id else each for each in held))

    def _disagreed(self, consultation: Consultation) -> State:
        answered = consultations.answer_consultation(
            consultation, opinion=Opinion.DISAGREE, text="-", calendar=_CALENDAR, by=_OFFICER, at=self.state.at
        )
        return self._settled(answered)

    def _silent(self, consultation: Consultation) -> State:
        return self._settled(consultations.close_silent(consultation, calendar=_CALENDAR, at=self.state.at))

    def _returns(self) -> Iterator[Move]:
        yield Party.AUTHORITY, Action.FILE_RETURN_TO_OFFICER, self._returned_to_officer
        yield Party.AUTHORITY, Action.FILE_RESUBMIT, self._resubmitted

    def _returned_to_officer(self) -> State:
        records, at = self.state.records, self.state.at
        case, returned = returns.return_to_officer(
            self.state.application,
            return_id=UUID(int=_RECORD.int + 1 + len(records.returns)),
            reason="-",
            assignments=(_participation(_OFFICER, at, Capacity.FOCAL),),
            returns=records.returns,
            by=_OFFICER,
            at=at,
        )
        return self._moved(case, returns=(*records.returns, returned))

    def _resubmitted(self) -> State:
        records, at = self.state.records, self.state.at
        case, done = returns.resubmit(self.state.application, returns=records.returns, answer="-", by=_OFFICER, at=at)
        return self._moved(case, returns=_with_answer(records.returns, done))

    def _returned_to_head(self) -> State:
        records = self.state.records
        case, superseded, returned = returns.return_to_head(
            self.state.application,
            return_id=UUID(int=_RECORD.int + 1 + len(records.returns)),
            recommendation=decisions.live(records.recommendations),
            reason="-",
            by=_OFFICER,
            at=self.state.at,
        )
        return self._moved(case, recommendations=(superseded,), returns=(*records.returns, returned))

    def _reviews(self) -> Iterator[Move]:
        assignments = self.state.records.assignments
        people = {each.person_id for each in assignments}
        for person in {_ABSENT_REVIEWER, _REVIEWER} - people:
            extended = (*assignments, _participation(person, self.state.at))
            yield Party.AUTHORITY, Action.ASSIGNMENT_ASSIGN, partial(self._with, assignments=extended)
        if _ABSENT_REVIEWER in people:
            reduced = tuple(each for each in assignments if each.person_id != _ABSENT_REVIEWER)
            yield Party.AUTHORITY, Action.ASSIGNMENT_RELEASE, partial(self._with, assignments=reduced)
        if _REVIEWER in people:
            yield Party.AUTHORITY, Action.REVIEW_SUBMIT, self._reviewed

    def _reviewed(self) -> State:
        reviews.require_unfiled(self.state.records.reviewed_by, reviewer_id=_REVIEWER)
        review = reviews.submit(
            review_id=_RECORD,
            application_id=_CASE,
            scores={each.key: each.max_score for each in self.procedure.criteria},
            comment="",
            advice=Advice.APPROVE,
            procedure=self.procedure,
            by=_REVIEWER,
            at=self.state.at,
        )
        return self._with(reviewed_by=frozenset({review.reviewer_id}))

    def _council(self, council: Council) -> Iterator[Move]:
        records = self.state.records
        if not records.sessions:
            for row in (_ABSENT, _PRESENT):
                yield Party.AUTHORITY, Action.COUNCIL_CONVENE, partial(self._convened, council, row)
        for session in records.sessions:
            for row in (_PRESENT, _NEXT):
                yield Party.AUTHORITY, Action.COUNCIL_CONVENE, partial(self._recomposed, session, council, row)
            if not _never_comes(session):
                yield Party.AUTHORITY, Action.COUNCIL_VOTE, partial(self._voted, session)
            yield Party.AUTHORITY, Action.COUNCIL_CONCLUDE, partial(self._concluded, session, council)
            if session.chair_id not in records.conflicted:
                yield Party.AUTHORITY, Action.COUNCIL_CONFIRM, partial(self._confirmed, session, council)
            if not councils.is_binding(session, council=council):
                conflicted = frozenset({session.chair_id})
                yield Party.OTHERS, Action.DECLARATION_MAKE, partial(self._with, conflicted=conflicted)

    def _convened(self, council: Council, row: int) -> State:
        session = councils.convene(
            session_id=_RECORD,
            application_id=_CASE,
            composition=_seats(council, row),
            scheduled_at=self.state.at,
            place="-",
            earlier=(),
            council=council,
            by=_OFFICER,
            at=self.state.at,
        )
        return self._with(sessions=(session,))

    def _recomposed(self, session: CouncilSession, council: Council, row: int) -> State:
        changed = councils.recompose(
            session,
            composition=_seats(council, row),
            scheduled_at=self.state.at,
            place="-",
            reason=None if session.concluded_at is None else "-",
            council=council,
            by=_OFFICER,
            at=self.state.at,
        )
        return self._with(sessions=(changed,), votes=(), conflicted=frozenset())

    def _voted(self, session: CouncilSession) -> State:
        votes = tuple(
            councils.cast(
                session,
                vote_id=_RECORD,
                earlier=self.state.records.votes,
                choice=Choice.FOR,
                is_written=False,
                dissent="",
                by=member,
                at=self.state.at,
            )
            for member in session.member_ids
        )
        return self._with(votes=votes)

    def _concluded(self, session: CouncilSession, council: Council) -> State:
        concluded = councils.conclude(
            session,
            votes=self.state.records.votes,
            present_ids=tuple(each.member_id for each in self.state.records.votes),
            minutes="-",
            reason=None if session.concluded_at is None else "-",
            conflicted=self.state.records.conflicted,
            council=council,
            by=session.secretary_id,
            at=self.state.at,
        )
        return self._with(sessions=(concluded,))

    def _confirmed(self, session: CouncilSession, council: Council) -> State:
        confirmed = councils.confirm(session, council=council, by=session.chair_id, at=self.state.at)
        return self._with(sessions=(confirmed,))

    def _decision(self) -> Iterator[Move]:
        yield Party.AUTHORITY, Action.DECISION_APPROVE, self._approved
        yield Party.AUTHORITY, Action.DECISION_REFUSE, self._refused
        yield Party.AUTHORITY, Action.FILE_RETURN_TO_HEAD, self._returned_to_head
        for consultation in self.state.records.consultations:
            yield Party.OTHERS, Action.CONSULTATION_ANSWER, partial(self._disagreed, consultation)

    def _approved(self) -> State:
        case, at = self.state.application, self.state.at
        decisions.require_approvable(case, procedure=self.procedure, licence_end=None, at=at)
        recommendation, asked_agencies = (
            decisions.live(self.state.records.recommendations),
            self.state.records.consultations,
        )
        decisions.require_answered(recommendation, consultations=asked_agencies, agencies={})
        return self._moved(lifecycle.moved(case, "approve", at=at, decided_at=at))

    def _refused(self) -> State:
        case, at = self.state.application, self.state.at
        decisions.require_refusable(case, procedure=self.procedure)
        return self._moved(lifecycle.moved(case, "refuse", at=at, decided_at=at))


def filed_case(procedure: Procedure) -> State:
    """Return a complete dossier as it is just after its filing."""
    draft = Application(
        id=_CASE,
        version=1,
        stage=Stage.DRAFT,
        procedure_code=procedure.code,
        procedure_version=None,
        organisation_id=_AGENCY,
        receiving_unit_id=_UNIT,
        unit_ids=(),
        title="-",
        answers={},
        created_by=_OFFICER,
        created_at=_START,
        updated_at=_START,
    )
    in_effect = replace(procedure, effective_from=None, effective_to=None)
    filed = filings.submit(
        draft, by=_OFFICER, at=_START, procedure=in_effect, unit_ids=(_UNIT,), errors=(), takes_drafts=True
    )
    return State(application=filed, records=CaseRecords(), at=_START)


def _target(procedure: Procedure) -> str:
    for component in procedure.parts:
        return f"documents.{component.key}"
    return next((f"answers.{each.key}.{field.key}" for each in procedure.sections for field in each.fields), "")


def _never_comes(session: CouncilSession) -> bool:
    return session.chair_id == UUID(int=_ABSENT)


def _seats(council: Council, row: int) -> councils.Composition:
    size = max(council.min_members or 0, _FEWEST_MEMBERS)
    members = tuple(UUID(int=row + seat) for seat in range(size))
    return councils.Composition(chair_id=members[0], secretary_id=_OFFICER, member_ids=members)


def _with_answer(earlier: tuple[FileReturn, ...], answered: FileReturn) -> tuple[FileReturn, ...]:
    return tuple(answered if each.id == answered.id else each for each in earlier)


def _participation(person: UUID, at: datetime, capacity: Capacity = Capacity.REVIEWER) -> Participation:
    return Participation(
        id=person,
        version=1,
        application_id=_CASE,
        person_id=person,
        capacity=capacity,
        given_by=_OFFICER,
        since=at,
    )


def _agency(rule: ConsultationRule | None) -> Organisation:
    return Organisation(
        id=_AGENCY,
        version=1,
        kind=OrganisationKind.STATE_UNIT,
        name="-" if rule is None else rule.agency.vi,
        tax_code=None,
        address="",
        email="",
        phone="",
        licence_end=None,
        agency_code=None if rule is None else rule.agency_code,
        handles=(),
        created_at=_START,
    )
