"""The appraisal council over the wire."""

from typing import Annotated
from uuid import UUID

from litestar import Controller, Response, get, post, put
from litestar.params import JSONBody
from msgspec import Meta

from sandbox_registry.api.handling.requests import Id, Incoming, perform, seen_version, use_cases
from sandbox_registry.api.handling.schemas import In, Instant, Line, Moment, Out, Paragraph, Remark, shown
from sandbox_registry.domain.cases.appraisal import Choice
from sandbox_registry.domain.cases.councils import Composition
from sandbox_registry.http.declarations import declare
from sandbox_registry.usecases.cases.councils import SessionView

People = Annotated[tuple[UUID, ...], Meta(max_length=51)]


class SessionIn(In):
    """Who sits, when and where: as many members as the procedure says, the chair among them; the secretary has no vote."""

    chair_id: UUID
    secretary_id: UUID
    member_ids: People
    scheduled_at: Moment
    place: Line


class RecompositionIn(SessionIn, kw_only=True):
    """Who sits, when and where from now on; `reason` says why minutes that await confirmation are drawn up again."""

    reason: Paragraph | None = None


class VoteIn(In):
    """A vote; `is_written` when an absent member sends it. A dissent goes into the minutes."""

    choice: Choice
    is_written: bool = False
    dissent: Remark = ""


class ConclusionIn(In):
    """Who was present, and the minutes; `reason` says why they replace those that await confirmation."""

    present_ids: People
    minutes: Paragraph
    reason: Paragraph | None = None


class VoteOut(Out):
    """One member's vote."""

    id: UUID
    version: int
    member_id: UUID
    choice: Choice
    is_written: bool
    dissent: str
    cast_at: Instant


class EarlierConclusionOut(Out):
    """What the council concluded before its minutes were drawn up again, and why they were."""

    present_ids: tuple[UUID, ...]
    minutes: str
    dissent: tuple[str, ...]
    votes_for: int
    votes_against: int
    votes_abstain: int
    is_passed: bool
    concluded_by: UUID | None
    concluded_at: Instant
    reason: str
    replaced_by: UUID
    replaced_at: Instant


class SessionOut(Out):
    """A sitting of the council; the counts are null until it concludes. `earlier` are conclusions that were replaced."""

    id: UUID
    version: int
    chair_id: UUID
    secretary_id: UUID
    member_ids: tuple[UUID, ...]
    scheduled_at: Instant
    place: str
    convened_by: UUID
    convened_at: Instant
    present_ids: tuple[UUID, ...]
    minutes: str
    dissent: tuple[str, ...]
    votes_for: int | None
    votes_against: int | None
    votes_abstain: int | None
    is_passed: bool | None
    concluded_by: UUID | None
    concluded_at: Instant | None
    confirmed_by: UUID | None
    confirmed_at: Instant | None
    earlier: tuple[EarlierConclusionOut, ...]


class SessionViewOut(Out):
    """A sitting and the votes you may see: one's own until the council concludes, then all."""

    session: SessionOut
    votes: tuple[VoteOut, ...]


class SessionsOut(Out):
    """Sittings of a case."""

    items: tuple[SessionViewOut, ...]


session_out, vote_out = shown(SessionOut), shown(VoteOut)


def sessions_out(views: tuple[SessionView, ...]) -> SessionsOut:
    """Show sittings with the votes their reader may see."""
    return SessionsOut(
        items=tuple(
            SessionViewOut(session=session_out(each.session), votes=tuple(map(vote_out, each.votes))) for each in views
        )
    )


def composition_of(data: SessionIn) -> Composition:
    """Take over who sits."""
    return Composition(chair_id=data.chair_id, secretary_id=data.secretary_id, member_ids=data.member_ids)


class CouncilsController(Controller):
    """Calling the council, voting, concluding."""

    path = "/applications/{application_id:uuid}/council-sessions"
    tags = ("appraisal",)

    @post(status_code=201)
    async def convene(self, request: Incoming, application_id: Id, data: JSONBody[SessionIn]) -> Response[SessionOut]:
        """Convene the council. Every member declares interests before opening the dossier."""
        return await perform(
            request,
            lambda context: use_cases(request).councils.convene(
                context,
                application_id,
                composition=composition_of(data),
                scheduled_at=data.scheduled_at,
                place=data.place,
            ),
            out=session_out,
        )

    @get()
    async def list_sessions(self, request: Incoming, application_id: Id) -> Response[SessionsOut]:
        """List the council's sessions on the case; others' votes are shown only after the council has concluded."""
        return await perform(
            request,
            lambda context: use_cases(request).councils.list_sessions(context, application_id),
            out=sessions_out,
        )

    @put("/{session_id:uuid}", opt=declare(needs_version=True))
    async def recompose(
        self, request: Incoming, application_id: Id, session_id: Id, data: JSONBody[RecompositionIn]
    ) -> Response[SessionOut]:
        """Change the members, time or place of a session until its conclusion is binding.

        Needs If-Match with the session's version.

        Minutes that await confirmation must be drawn up again afterwards, and stay readable with the reason.
        """
        return await perform(
            request,
            lambda context: use_cases(request).councils.recompose(
                context,
                application_id,
                session_id,
                expected_version=seen_version(request),
                composition=composition_of(data),
                scheduled_at=data.scheduled_at,
                place=data.place,
                reason=data.reason,
            ),
            out=session_out,
        )

    @post("/{session_id:uuid}/votes", status_code=201)
    async def vote(
        self, request: Incoming, application_id: Id, session_id: Id, data: JSONBody[VoteIn]
    ) -> Response[VoteOut]:
        """Vote, once. It is final."""
        return await perform(
            request,
            lambda context: use_cases(request).councils.vote(
                context,
                application_id,
                session_id,
                choice=data.choice,
                is_written=data.is_written,
                dissent=data.dissent,
            ),
            out=vote_out,
        )

    @post("/{session_id:uuid}/conclusion", status_code=200, opt=declare(needs_version=True))
    async def conclude(
        self, request: Incoming, application_id: Id, session_id: Id, data: JSONBody[ConclusionIn]
    ) -> Response[SessionOut]:
        """Conclude the session with its minutes. Needs If-Match with the session's version."""
        return await perform(
            request,
            lambda context: use_cases(request).councils.conclude(
                context,
                application_id,
                session_id,
                expected_version=seen_version(request),
                present_ids=data.present_ids,
                minutes=data.minutes,
                reason=data.reason,
            ),
            out=session_out,
        )

    @post("/{session_id:uuid}/confirmation", status_code=200, opt=declare(needs_version=True))
    async def confirm(self, request: Incoming, application_id: Id, session_id: Id) -> Response[SessionOut]:
        """Confirm the minutes that the chair or the secretary drew up, as the other of the two.

        Needs If-Match with the session's version.

        Where the procedure requires two people, the council's conclusion is binding from then on.
        """
        return await perform(
            request,
            lambda context: use_cases(request).councils.confirm(
                context, application_id, session_id, expected_version=seen_version(request)
            ),
            out=session_out,
        )
