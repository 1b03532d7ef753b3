"""Consultations and clarifications over the wire."""

from datetime import date
from typing import Annotated
from uuid import UUID

from litestar import Controller, Response, get, post
from litestar.params import JSONBody
from msgspec import Meta

from sandbox_registry.api.handling.requests import Id, Incoming, perform, use_cases
from sandbox_registry.api.handling.schemas import Day, In, Instant, Line, Out, Paragraph, Remark, shown
from sandbox_registry.domain.cases.appraisal import Opinion
from sandbox_registry.domain.rules.calendars import Term, Unit


class TermIn(In):
    """How long the agency has: a number of hours, working days, calendar days, months or years."""

    value: Annotated[int, Meta(ge=1, le=1000)]
    unit: Unit


class ConsultationIn(In):
    """A question to another state unit. Without a term the procedure's counts; a required one must be settled.

    `demanded_by` names the rule of the procedure that demands it, one of its `consultations`.
    """

    unit_id: UUID
    question: Paragraph
    term: TermIn | None = None
    remind_on: Day | None = None
    is_required: bool = True
    demanded_by: Line | None = None


class OpinionIn(In):
    """What the agency says."""

    opinion: Opinion
    text: Remark = ""


class ConsultationOut(Out):
    """A question to an agency and what came of it. `closed_silent_at` records silence, which is never consent."""

    id: UUID
    version: int
    unit_id: UUID
    question: str
    asked_at: Instant
    term_value: int
    term_unit: Unit
    remind_on: date | None
    is_required: bool
    demanded_by: str | None
    answered_by: UUID | None
    answered_at: Instant | None
    opinion: Opinion | None
    text: str
    is_late: bool
    closed_silent_at: Instant | None


class ConsultationsOut(Out):
    """Consultations you may read, oldest first."""

    items: tuple[ConsultationOut, ...]


class QuestionIn(In):
    """A question of substance to the applicant."""

    question: Paragraph


class AnswerIn(In):
    """The applicant's answer."""

    answer: Paragraph


class SilenceIn(In):
    """Why the authority stops waiting: needed where the procedure sets no term, after a letter that said so."""

    reason: Paragraph | None = None


class ClarificationOut(Out):
    """A question to the applicant, and the answer once there is one, or why the authority stopped waiting."""

    id: UUID
    version: int
    round: int
    question: str
    asked_at: Instant
    answer: str
    answered_at: Instant | None
    is_late: bool
    closed_at: Instant | None
    closing_reason: str | None


class ClarificationsOut(Out):
    """Clarifications of a case, oldest first."""

    items: tuple[ClarificationOut, ...]


consultation_out = shown(ConsultationOut)
clarification_out = shown(ClarificationOut)


class ConsultationsController(Controller):
    """Asking other agencies, and the applicant."""

    path = "/applications/{application_id:uuid}"
    tags = ("appraisal",)

    @post("/consultations", status_code=201)
    async def ask_unit(
        self, request: Incoming, application_id: Id, data: JSONBody[ConsultationIn]
    ) -> Response[ConsultationOut]:
        """Ask another state agency for its opinion."""
        return await perform(
            request,
            lambda context: use_cases(request).consultations.ask(
                context,
                application_id,
                unit_id=data.unit_id,
                question=data.question,
                term=None if data.term is None else Term(value=data.term.value, unit=data.term.unit),
                remind_on=data.remind_on,
                is_required=data.is_required,
                demanded_by=data.demanded_by,
            ),
            out=consultation_out,
        )

    @get("/consultations")
    async def list_consultations(self, request: Incoming, application_id: Id) -> Response[ConsultationsOut]:
        """List the consultations; a consulted agency sees the questions put to it and nothing else."""
        return await perform(
            request,
            lambda context: use_cases(request).consultations.list_consultations(context, application_id),
            out=lambda consultations: ConsultationsOut(items=tuple(map(consultation_out, consultations))),
        )

    @post("/consultations/{consultation_id:uuid}/answer", status_code=200)
    async def answer_for_unit(
        self, request: Incoming, application_id: Id, consultation_id: Id, data: JSONBody[OpinionIn]
    ) -> Response[ConsultationOut]:
        """Answer for your own agency; a late answer is kept and marked late."""
        return await perform(
            request,
            lambda context: use_cases(request).consultations.answer(
                context, application_id, consultation_id, opinion=data.opinion, text=data.text
            ),
            out=consultation_out,
        )

    @post("/consultations/{consultation_id:uuid}/silence", status_code=200)
    async def close_silent(
        self, request: Incoming, application_id: Id, consultation_id: Id
    ) -> Response[ConsultationOut]:
        """Record that the agency did not answer within its term. Silence is never consent."""
        return await perform(
            request,
            lambda context: use_cases(request).consultations.close_silent(context, application_id, consultation_id),
            out=consultation_out,
        )

    @post("/clarifications", status_code=201)
    async def ask_applicant(
        self, request: Incoming, application_id: Id, data: JSONBody[QuestionIn]
    ) -> Response[ClarificationOut]:
        """Ask the applicant a question of substance; one can be open at a time."""
        return await perform(
            request,
            lambda context: use_cases(request).clarifications.ask(context, application_id, question=data.question),
            out=clarification_out,
        )

    @get("/clarifications")
    async def list_clarifications(self, request: Incoming, application_id: Id) -> Response[ClarificationsOut]:
        """List the questions to the applicant and the answers."""
        return await perform(
            request,
            lambda context: use_cases(request).clarifications.list_clarifications(context, application_id),
            out=lambda clarifications: ClarificationsOut(items=tuple(map(clarification_out, clarifications))),
        )

    @post("/clarifications/{clarification_id:uuid}/answer", status_code=200)
    async def answer_for_applicant(
        self, request: Incoming, application_id: Id, clarification_id: Id, data: JSONBody[AnswerIn]
    ) -> Response[ClarificationOut]:
        """Answer for the applicant."""
        return await perform(
            request,
            lambda context: use_cases(request).clarifications.answer(
                context, application_id, clarification_id, answer=data.answer
            ),
            out=clarification_out,
        )

    @post("/clarifications/{clarification_id:uuid}/silence", status_code=200)
    async def close_unanswered(
        self, request: Incoming, application_id: Id, clarification_id: Id, data: JSONBody[SilenceIn]
    ) -> Response[ClarificationOut]:
        """Stop waiting for the applicant's answer. An answer that comes later is kept and marked late."""
        return await perform(
            request,
            lambda context: use_cases(request).clarifications.close(
                context, application_id, clarification_id, reason=data.reason
            ),
            out=clarification_out,
        )
