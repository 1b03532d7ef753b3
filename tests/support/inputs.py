"""For every act on a case, what a person could send: built from the facts of the case so that, if any input works, one of these does."""

from collections.abc import Awaitable, Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from hashlib import sha256
from random import Random
from typing import Any, TypeVar
from uuid import UUID, uuid4

from sandbox_registry.domain.acts import Action
from sandbox_registry.domain.cases.applications import (
    Application,
    Complaint,
    ComplaintOutcome,
    Document,
    Reason,
    SupplementItem,
    SupplementRequest,
)
from sandbox_registry.domain.cases.appraisal import (
    Advice,
    Choice,
    Clarification,
    Consultation,
    CouncilSession,
    Declaration,
    DisagreementAnswer,
    FileReturn,
    Opinion,
    Participation,
    ReturnRecipient,
    Vote,
)
from sandbox_registry.domain.cases.attachments import AttachmentKind
from sandbox_registry.domain.cases.councils import Composition
from sandbox_registry.domain.cases.decisions import departs_from_council
from sandbox_registry.domain.cases.returns import open_return
from sandbox_registry.domain.identity.people import Capacity, Organisation
from sandbox_registry.domain.permits.bounds import open_bounds
from sandbox_registry.domain.permits.permits import Justification, OpenBound, PermitKind, latest_end
from sandbox_registry.domain.permits.proposals import propose
from sandbox_registry.domain.privacy.erasures import HoldKind, LegalHold
from sandbox_registry.domain.rules.calendars import Term, Unit
from sandbox_registry.domain.rules.procedures import Procedure
from sandbox_registry.usecases.cases.filing_digests import filing_digest
from sandbox_registry.usecases.registry import UseCases
from sandbox_registry.usecases.transaction.context import RequestContext
from tests.support.decided import terms, why_of
from tests.support.dossiers import ATTACHED, DOSSIER
from tests.support.stages import AI_ATTACHED, AI_DOSSIER
from tests.support.world import AI_PROCEDURE, World

T = TypeVar("T")
Attempt = Callable[[UseCases, RequestContext], Awaitable[object]]
"""One act with one input, done by the person named, over whichever use cases are named."""


@dataclass(frozen=True, kw_only=True)
class Spares:
    """People and units outside the case that an input may name: acts ask for them, and a province has enough."""

    reviewers: tuple[UUID, ...]
    focal_officers: tuple[UUID, ...]
    supervisors: tuple[UUID, ...]
    experts: tuple[UUID, ...]
    units: tuple[UUID, ...]
    supervising_unit: UUID
    new_units: tuple[UUID, ...]
    writers: tuple[UUID, ...]


@dataclass(frozen=True, kw_only=True)
class Facts:
    """A case at a moment, read from its tables."""

    case: Application
    procedure: Procedure
    licence_end: datetime | None
    spares: Spares
    at: datetime
    random: Random
    found: Mapping[type[Any], tuple[Any, ...]] = field(default_factory=dict)

    def of(self, kind: type[T]) -> tuple[T, ...]:
        return self.found[kind]

    def free(self, people: tuple[UUID, ...], *allowed: Capacity) -> list[UUID]:
        """People who never had another part in the case than these, and declared no conflict."""
        taken = {each.person_id for each in self.of(Participation) if each.capacity not in allowed}
        taken |= {each.person_id for each in self.of(Declaration) if each.conflicted}
        return [each for each in people if each not in taken]


KINDS = (
    Clarification,
    Complaint,
    Consultation,
    CouncilSession,
    Declaration,
    Document,
    FileReturn,
    LegalHold,
    Participation,
    SupplementRequest,
    Vote,
)


async def facts_of(world: World, case_id: UUID, *, spares: Spares, random: Random) -> Facts:
    """Read a case as it stands."""
    async with world.database.transaction() as work:
        case = await work.get(Application, case_id)
        organisation = await work.get(Organisation, case.organisation_id)
        return Facts(
            case=case,
            procedure=await world.transactions.rules.pinned(work.connection, case, at=world.clock.at),
            licence_end=organisation.licence_end,
            spares=spares,
            at=world.clock.at,
            random=random,
            found={kind: await work.find(kind, application_id=case_id) for kind in KINDS},
        )


def attempts(action: Action, now: Facts) -> list[Attempt]:
    """Return the act with every input worth trying."""
    return list(_INPUTS[action](now))


def _moving(method: str, **given: Any) -> Callable[[Facts], Iterator[Attempt]]:
    """An act that names the version of the case and is found at a dotted path of the use cases."""

    def inputs(now: Facts) -> Iterator[Attempt]:
        yield _calling(method, now.case.id, expected_version=now.case.version, **given)

    return inputs


def _beside(method: str, **given: Any) -> Callable[[Facts], Iterator[Attempt]]:
    def inputs(now: Facts) -> Iterator[Attempt]:
        yield _calling(method, now.case.id, **given)

    return inputs


def _calling(method: str, *named: object, **given: Any) -> Attempt:
    aggregate, _, name = method.partition(".")
    return lambda use_cases, actor: getattr(getattr(use_cases, aggregate), name)(actor, *named, **given)


def _dossier(now: Facts) -> tuple[dict[str, dict[str, object]], frozenset[str]]:
    return (AI_DOSSIER, AI_ATTACHED) if now.case.procedure_code == AI_PROCEDURE else (DOSSIER, ATTACHED)


def _edit(now: Facts) -> Iterator[Attempt]:
    answers, parts = _dossier(now)
    live = {each.part: each.id for each in now.of(Document) if each.removed_at is None}
    edit = "applications.edit"
    wanted: list[Attempt] = [
        _calling(edit, now.case.id, expected_version=now.case.version, title=None, answers=answers),
        *(_attach(now, part) for part in sorted(parts - live.keys())),
    ]
    now.random.shuffle(wanted)
    yield from wanted
    yield _calling(edit, now.case.id, expected_version=now.case.version, title=None, answers={})
    for part in now.random.sample(sorted(live), min(1, len(live))):
        yield _calling("applications.remove_document", now.case.id, live[part])


def _attach(now: Facts, part: str) -> Attempt:
    return _calling(
        "applications.add_document",
        now.case.id,
        part=part,
        filename=f"{part}.pdf",
        media_type="application/pdf",
        size=1000,
        sha256=sha256(part.encode()).hexdigest(),
    )


def _entrust(now: Facts) -> Iterator[Attempt]:
    for unit in now.spares.new_units:
        yield _calling(
            "assignments.entrust",
            now.case.id,
            expected_version=now.case.version,
            unit_id=unit,
            as_desk=False,
            reason="Thành lập sau",
        )


def _request_supplement(now: Facts) -> Iterator[Attempt]:
    part = now.random.choice(now.procedure.parts).key
    yield _calling(
        "intake.request_supplement",
        now.case.id,
        expected_version=now.case.version,
        items=(SupplementItem(target=f"documents.{part}", reason="Mờ"),),
        exception_reason="Bản mới cũng mờ.",
    )


def _refuse_intake(now: Facts) -> Iterator[Attempt]:
    for reasons in _reasons(now):
        yield _calling("intake.refuse_intake", now.case.id, expected_version=now.case.version, reasons=reasons)


def _reasons(now: Facts) -> Iterator[tuple[Reason, ...]]:
    codes = [each.code for each in now.procedure.refusal_reasons] or ["plan_inadequate"]
    yield (Reason(code=now.random.choice(codes), text="Chưa đủ"),)


def _filing(method: str, **given: Any) -> Callable[[Facts], Iterator[Attempt]]:
    """Filing, with the name of every authority that a route may lead to."""

    def inputs(now: Facts) -> Iterator[Attempt]:
        names = {each.authority.vi for each in now.procedure.routes if each.authority is not None}
        live = [each for each in now.of(Document) if each.removed_at is None]
        digest = filing_digest(now.case, documents=live, procedure=now.procedure)
        for authority in (None, *sorted(names)):
            yield _calling(
                method, now.case.id, expected_version=now.case.version, digest=digest, authority=authority, **given
            )

    return inputs


def _supplement(now: Facts) -> Iterator[Attempt]:
    """Filing what was completed, and what was left as it was."""
    asked = {item.target for request in now.of(SupplementRequest)[-1:] for item in request.items}
    for because in ({}, dict.fromkeys(sorted(asked), "Bản này rõ.")):
        yield from _filing("applications.submit_supplement", no_change_because=because)(now)


def _refer(now: Facts) -> Iterator[Attempt]:
    listed = [each.target for each in now.procedure.routes if each.target][:2]
    for target in (None, "haiphong-248-2025", *listed):
        yield _calling("intake.refer", now.case.id, expected_version=now.case.version, reason="Nơi khác", target=target)


def _apologize(now: Facts) -> Iterator[Attempt]:
    promised = max(now.case.appointment_at or now.at, now.at) + timedelta(days=9)
    yield _calling(
        "intake.apologize",
        now.case.id,
        expected_version=now.case.version,
        promised_at=promised,
        reason="Chờ ý kiến",
        length_reason="Bộ hẹn trả lời sau bảy ngày.",
    )


def _classify(now: Facts) -> Iterator[Attempt]:
    for level in (None, *(each.key for each in now.procedure.levels)):
        yield _calling("appraisal.classify", now.case.id, expected_version=now.case.version, level=level)


def _reclassify(now: Facts) -> Iterator[Attempt]:
    for level in (each.key for each in now.procedure.levels):
        yield _calling(
            "appraisal.reclassify",
            now.case.id,
            expected_version=now.case.version,
            level=level,
            reason="Có dữ liệu thật",
        )


def _share(now: Facts) -> Iterator[Attempt]:
    editors = {e.person_id for e in now.of(Participation) if e.capacity is Capacity.EDITOR and e.until is None}
    for person in (*(each for each in now.spares.writers if each not in editors), *sorted(editors)):
        yield _calling("applications.share", now.case.id, person_id=person)
    for person in sorted(editors):
        yield _calling("applications.unshare", now.case.id, person_id=person)


def _held(now: Facts, *capacities: Capacity) -> list[Participation]:
    return [each for each in now.of(Participation) if each.until is None and each.capacity in capacities]


_ASSIGNED = (Capacity.FOCAL, Capacity.REVIEWER, Capacity.SUPERVISOR)


def _candidates(now: Facts) -> dict[Capacity, list[UUID]]:
    return {
        Capacity.FOCAL: now.free(now.spares.focal_officers, Capacity.FOCAL),
        Capacity.REVIEWER: now.free(now.spares.reviewers),
        Capacity.SUPERVISOR: now.free(now.spares.supervisors),
    }


def _assign(now: Facts) -> Iterator[Attempt]:
    able = _candidates(now)
    wanted = [(person, capacity) for capacity in _ASSIGNED for person in able[capacity][:1]]
    now.random.shuffle(wanted)
    for person, capacity in wanted:
        yield _calling("assignments.assign", now.case.id, person_id=person, capacity=capacity)
    for held in _held(now, *_ASSIGNED)[:2]:
        for person in able[held.capacity][:1]:
            yield _calling("assignments.reassign", now.case.id, held.id, person_id=person, reason="Nghỉ phép")


def _release(now: Facts) -> Iterator[Attempt]:
    for identity in [each.id for each in _held(now, *_ASSIGNED)] or [uuid4()]:
        yield _calling("assignments.release", now.case.id, identity, reason="Nghỉ phép")


def _attach_paper(now: Facts) -> Iterator[Attempt]:
    for kind in AttachmentKind:
        yield _calling(
            "attachments.add",
            now.case.id,
            kind=kind,
            filename="giay-to.pdf",
            media_type="application/pdf",
            size=1000,
            sha256=sha256(uuid4().bytes).hexdigest(),
        )


def _answer_clarification(now: Facts) -> Iterator[Attempt]:
    for identity in [each.id for each in now.of(Clarification)] or [uuid4()]:
        yield _calling("clarifications.answer", now.case.id, identity, answer="Đã rõ")


def _close_clarification(now: Facts) -> Iterator[Attempt]:
    for identity in [each.id for each in now.of(Clarification)] or [uuid4()]:
        yield _calling("clarifications.close", now.case.id, identity, reason="Không trả lời")


def _settle(now: Facts) -> Iterator[Attempt]:
    how = {"outcome": ComplaintOutcome.DISMISSED, "reasons": "Đúng quy định", "document": "12/QĐ-UBND"}
    for identity, version in [(each.id, each.version) for each in now.of(Complaint)] or [(uuid4(), 1)]:
        yield _calling("complaints.settle", now.case.id, identity, expected_version=version, **how)


def _ask_unit(now: Facts) -> Iterator[Attempt]:
    waiting = {e.unit_id for e in now.of(Consultation) if e.answered_at is None and e.closed_silent_at is None}
    able = [each for each in now.spares.units if each not in waiting]
    for unit in now.random.sample(able, min(2, len(able))):
        yield _calling(
            "consultations.ask",
            now.case.id,
            unit_id=unit,
            question="Có ý kiến gì?",
            term=Term(value=3, unit=Unit("wd")),
            remind_on=None,
            is_required=now.random.random() < 0.5,
        )


def _answer_unit(now: Facts) -> Iterator[Attempt]:
    for identity in [each.id for each in now.of(Consultation)] or [uuid4()]:
        opinion = now.random.choice(list(Opinion))
        yield _calling("consultations.answer", now.case.id, identity, opinion=opinion, text="Ý kiến")


def _close_unit(now: Facts) -> Iterator[Attempt]:
    for identity in [each.id for each in now.of(Consultation)] or [uuid4()]:
        yield _calling("consultations.close_silent", now.case.id, identity)


def _convene(now: Facts) -> Iterator[Attempt]:
    experts = now.free(now.spares.experts, Capacity.COUNCIL_MEMBER, Capacity.CHAIR, Capacity.SECRETARY)
    now.random.shuffle(experts)
    seats = Composition(chair_id=experts[0], secretary_id=experts[5], member_ids=tuple(experts[:5]))
    how = {"composition": seats, "scheduled_at": now.at + timedelta(hours=1), "place": "Phòng 2"}
    yield _calling("councils.convene", now.case.id, **how)
    for each in now.of(CouncilSession):
        again = None if each.concluded_at is None else "Thành viên thay đổi"
        yield _calling("councils.recompose", now.case.id, each.id, expected_version=each.version, reason=again, **how)


def _vote(now: Facts) -> Iterator[Attempt]:
    for identity in [each.id for each in now.of(CouncilSession)] or [uuid4()]:
        for is_written in (now.random.random() < 0.2, True):
            choice = now.random.choice(list(Choice))
            yield _calling("councils.vote", now.case.id, identity, choice=choice, is_written=is_written, dissent="")


def _conclude(now: Facts) -> Iterator[Attempt]:
    for each in now.of(CouncilSession):
        voters = tuple(vote.member_id for vote in now.of(Vote) if vote.member_id in each.member_ids)
        in_person = tuple(v.member_id for v in now.of(Vote) if v.member_id in each.member_ids and not v.is_written)
        for present in dict.fromkeys([voters, in_person, each.member_ids]):
            yield _calling(
                "councils.conclude",
                now.case.id,
                each.id,
                expected_version=each.version,
                present_ids=present,
                minutes="Đã họp",
                reason=None if each.concluded_at is None else "Ghi thiếu ý kiến",
            )
    if not now.of(CouncilSession):
        how: dict[str, Any] = {"expected_version": 1, "present_ids": (), "minutes": ""}
        yield _calling("councils.conclude", now.case.id, uuid4(), **how)


def _confirm_minutes(now: Facts) -> Iterator[Attempt]:
    for identity, version in [(each.id, each.version) for each in now.of(CouncilSession)] or [(uuid4(), 1)]:
        yield _calling("councils.confirm", now.case.id, identity, expected_version=version)


def _recommend(now: Facts) -> Iterator[Attempt]:
    for advice in now.random.sample([Advice.APPROVE, Advice.REFUSE], 2):
        departs = departs_from_council(advice, now.of(CouncilSession))
        yield _calling(
            "decisions.recommend",
            now.case.id,
            expected_version=now.case.version,
            advice=advice,
            report="Báo cáo",
            departure="Có số liệu mới" if departs else None,
            justifications=() if advice is Advice.REFUSE else _whys(now),
            supervising_unit_id=now.spares.supervising_unit,
            open_bounds=_bases(now),
            disagreements=tuple(
                DisagreementAnswer(consultation_id=each.id, answer="Đã tiếp thu")
                for each in now.of(Consultation)
                if each.is_required and each.opinion is Opinion.DISAGREE
            ),
            return_answer="Đã làm rõ" if open_return(now.of(FileReturn), ReturnRecipient.HEAD) else None,
        )


def _whys(now: Facts) -> tuple[Justification, ...]:
    wanted = propose(now.procedure, now.case.answers, supervising_unit_id=now.spares.supervising_unit, at=now.at)
    return () if wanted is None else why_of(wanted)


def _bases(now: Facts) -> tuple[OpenBound, ...]:
    return tuple(
        OpenBound(parameter=name, basis="Quyết định nêu rõ") for name in open_bounds(now.procedure, now.case.answers)
    )


def _signing(now: Facts) -> dict[str, Any]:
    return {"expected_version": now.case.version, "legal_basis": ("Luật 93/2025/QH15",)}


def _approve(now: Facts) -> Iterator[Attempt]:
    yield _calling("decisions.approve", now.case.id, **_signing(now))
    kinds = now.procedure.items("permit_kind")
    for days in (5, 90):
        ceiling = latest_end(now.at, procedure=now.procedure, licence_end=now.licence_end)
        end = min([now.at + timedelta(days=days), *([] if ceiling is None else [ceiling])])
        allowed = terms(now.spares.supervising_unit, start=now.at, end=end, phases=(), beyond_request="Có số liệu mới")
        kind = allowed.kind if kinds is None else PermitKind(kinds[0])
        wanted = replace(allowed, kind=kind, open_bounds=_bases(now))
        yield _calling("decisions.approve", now.case.id, terms=wanted, **_signing(now))


def _refuse(now: Facts) -> Iterator[Attempt]:
    for reasons in _reasons(now):
        yield _calling("decisions.refuse", now.case.id, reasons=reasons, **_signing(now))


def _declare(now: Facts) -> Iterator[Attempt]:
    if now.random.random() < 0.8:
        yield _calling("appraisal.declare", now.case.id, conflicted=False, statement="")
    yield _calling("appraisal.declare", now.case.id, conflicted=True, statement="Có cổ phần")


def _lift(now: Facts) -> Iterator[Attempt]:
    for each in now.of(LegalHold):
        yield _calling("legal_holds.lift", now.case.id, each.id, expected_version=each.version, because="Đã xong")
    if not now.of(LegalHold):
        yield _calling("legal_holds.lift", now.case.id, uuid4(), expected_version=1, because="Đã xong")


def _review(now: Facts) -> Iterator[Attempt]:
    scores = {each.key: now.random.randint(0, each.max_score) for each in now.procedure.criteria}
    yield _calling("reviews.submit", now.case.id, scores=scores, comment="", advice=Advice.APPROVE)


def _visit(now: Facts) -> Iterator[Attempt]:
    yield _calling(
        "appraisal.record_visit",
        now.case.id,
        visited_at=now.at,
        place=f"Vựa {uuid4()}",
        minutes="Đã xem",
        applicant_attended=True,
    )


_INPUTS: Mapping[Action, Callable[[Facts], Iterator[Attempt]]] = {
    Action.APPLICATION_ACCEPT: _moving("intake.accept"),
    Action.APPLICATION_APOLOGIZE: _apologize,
    Action.APPLICATION_CLASSIFY: _classify,
    Action.APPLICATION_COMPLAIN: _beside("complaints.file", grounds="Chưa thỏa đáng"),
    Action.APPLICATION_DELIVER: _moving("intake.deliver", channel="counter"),
    Action.APPLICATION_DISCARD: _moving("applications.discard"),
    Action.APPLICATION_EDIT: _edit,
    Action.APPLICATION_ENTRUST: _entrust,
    Action.APPLICATION_FILE_ASSISTED: _filing("applications.file_assisted", signatory="Nguyễn Văn Hùng"),
    Action.APPLICATION_LAPSE: _moving("intake.lapse", reason="Không bổ sung"),
    Action.APPLICATION_READ: _beside("cases.read"),
    Action.APPLICATION_READ_TIMELINE: _beside("timelines.read", limit=3),
    Action.APPLICATION_RECEIVE: _moving("intake.receive"),
    Action.APPLICATION_RECLASSIFY: _reclassify,
    Action.APPLICATION_RECOMMEND: _recommend,
    Action.APPLICATION_REFER: _refer,
    Action.APPLICATION_REFUSE_INTAKE: _refuse_intake,
    Action.APPLICATION_REQUEST_SUPPLEMENT: _request_supplement,
    Action.APPLICATION_REQUEST_WITHDRAWAL: _moving("applications.request_withdrawal", reason="Đổi ý"),
    Action.APPLICATION_RETAIN: _moving("intake.retain", reason="Dữ liệu mẫu, không có trẻ em thật."),
    Action.APPLICATION_SHARE: _share,
    Action.APPLICATION_STOP: _moving("intake.stop"),
    Action.APPLICATION_SUBMIT: _filing("applications.submit"),
    Action.APPLICATION_SUBMIT_SUPPLEMENT: _supplement,
    Action.ASSIGNMENT_ASSIGN: _assign,
    Action.ASSIGNMENT_CLAIM: _beside("assignments.claim"),
    Action.ASSIGNMENT_RELEASE: _release,
    Action.ATTACHMENT_ADD: _attach_paper,
    Action.CLARIFICATION_ANSWER: _answer_clarification,
    Action.CLARIFICATION_ASK: _beside("clarifications.ask", question="Dữ liệu lưu ở đâu?"),
    Action.CLARIFICATION_CLOSE: _close_clarification,
    Action.CLARIFICATION_READ: _beside("clarifications.list_clarifications"),
    Action.COMPLAINT_SETTLE: _settle,
    Action.CONSULTATION_ANSWER: _answer_unit,
    Action.CONSULTATION_ASK: _ask_unit,
    Action.CONSULTATION_CLOSE: _close_unit,
    Action.CONSULTATION_READ: _beside("consultations.list_consultations"),
    Action.COUNCIL_CONCLUDE: _conclude,
    Action.COUNCIL_CONFIRM: _confirm_minutes,
    Action.COUNCIL_CONVENE: _convene,
    Action.COUNCIL_READ: _beside("councils.list_sessions"),
    Action.COUNCIL_VOTE: _vote,
    Action.DECISION_APPROVE: _approve,
    Action.DECISION_READ: _beside("decisions.read"),
    Action.DECISION_REFUSE: _refuse,
    Action.DECLARATION_MAKE: _declare,
    Action.DECLARATION_READ: _beside("appraisal.list_declarations"),
    Action.FILE_RESUBMIT: _moving("returns.resubmit", answer="Đã bổ sung số liệu."),
    Action.FILE_RETURN_TO_HEAD: _moving("returns.to_head", reason="Chưa rõ phạm vi."),
    Action.FILE_RETURN_TO_OFFICER: _moving("returns.to_officer", reason="Thiếu số liệu."),
    Action.HOLD_LIFT: _lift,
    Action.HOLD_PLACE: _beside("legal_holds.place", kind=HoldKind.AUDIT, reason="Thanh tra", reference="QĐ 1"),
    Action.HOLD_READ: _beside("legal_holds.list_holds"),
    Action.MESSAGE_READ: _beside("messages.list_messages", after=None, limit=10),
    Action.MESSAGE_SEND: _beside("messages.send", body="Chào"),
    Action.PERMIT_ISSUE: _moving("permits.issue"),
    Action.REVIEW_READ: _beside("reviews.list_reviews"),
    Action.REVIEW_SUBMIT: _review,
    Action.SITE_VISIT_RECORD: _visit,
}
TRIED = tuple(_INPUTS)
"""Every act on a case but taking its bundle, which needs a published log."""
