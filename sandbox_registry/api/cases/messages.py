"""Letters between the applicant and the officers, over the wire."""

from uuid import UUID

from litestar import Controller, Response, get, post
from litestar.params import JSONBody
from msgspec import UNSET, UnsetType

from sandbox_registry.api.handling.cursors import BY_ID
from sandbox_registry.api.handling.requests import Cursor, Id, Incoming, Limit, perform, use_cases
from sandbox_registry.api.handling.schemas import In, Instant, Out, PageOut, Paragraph
from sandbox_registry.usecases.cases.messages import Letter


class MessageIn(In):
    """A letter to the other side."""

    body: Paragraph


class MessageOut(Out):
    """A letter; `author_id` is there for the author's own side only."""

    id: UUID
    version: int
    from_applicant: bool
    body: str
    sent_at: Instant
    author_id: UUID | UnsetType = UNSET


class MessagePageOut(PageOut):
    """A page of letters, newest first."""

    items: tuple[MessageOut, ...]


def message_out(letter: Letter) -> MessageOut:
    """Show a letter."""
    return MessageOut(
        id=letter.id,
        version=letter.version,
        from_applicant=letter.from_applicant,
        body=letter.body,
        sent_at=letter.sent_at,
        author_id=UNSET if letter.author_id is None else letter.author_id,
    )


def page_out(letters: tuple[Letter, ...], *, limit: int) -> MessagePageOut:
    """Show a page; there may be more when it is full."""
    after = BY_ID.after(letters, limit=limit)
    return MessagePageOut(items=tuple(map(message_out, letters)), after=after)


class MessagesController(Controller):
    """Letters of a case."""

    path = "/applications/{application_id:uuid}/messages"
    tags = ("applications",)

    @post(status_code=201)
    async def send(self, request: Incoming, application_id: Id, data: JSONBody[MessageIn]) -> Response[MessageOut]:
        """Send a letter to the other side.

        Send an Idempotency-Key, so that a repeated request sends only one letter.
        """
        return await perform(
            request,
            lambda context: use_cases(request).messages.send(context, application_id, body=data.body),
            out=message_out,
        )

    @get()
    async def list_messages(
        self, request: Incoming, application_id: Id, limit: Limit = 50, after: Cursor = None
    ) -> Response[MessagePageOut]:
        """List the letters of a case, newest first."""
        return await perform(
            request,
            lambda context: use_cases(request).messages.list_messages(
                context, application_id, after=BY_ID.read(after), limit=limit
            ),
            out=lambda letters: page_out(letters, limit=limit),
        )
