"""Files returned to be completed, over the wire."""

from uuid import UUID

from litestar import Controller, Response, get, post
from litestar.params import JSONBody

from sandbox_registry.api.cases.application_schemas import ApplicationOut, application_out
from sandbox_registry.api.handling.requests import Id, Incoming, perform, seen_version, use_cases
from sandbox_registry.api.handling.schemas import In, Instant, Out, Paragraph, shown
from sandbox_registry.domain.cases.appraisal import ReturnRecipient
from sandbox_registry.http.declarations import declare


class ReturnIn(In):
    """What has to be completed, and why."""

    reason: Paragraph


class ResubmissionIn(In):
    """What was done about the head's reasons."""

    answer: Paragraph


class FileReturnOut(Out):
    """A return of the file. `number` counts those of the case; `answer` says what was done about it, empty until then.

    `recommendation_id` is the recommendation that the signer returned; null when the head returned the file.
    """

    id: UUID
    version: int
    number: int
    recipient: ReturnRecipient
    reason: str
    recommendation_id: UUID | None
    returned_by: UUID
    returned_at: Instant
    answer: str
    answered_by: UUID | None
    answered_at: Instant | None


class FileReturnsOut(Out):
    """Every return of the file, oldest first."""

    items: tuple[FileReturnOut, ...]


file_return_out = shown(FileReturnOut)


class ReturnsController(Controller):
    """The way of a file back to those who complete it, and up again. Every act needs If-Match with the case's version."""

    path = "/applications/{application_id:uuid}"
    tags = ("decisions",)

    @post("/return-to-head", status_code=200, opt=declare(needs_version=True))
    async def to_head(
        self, request: Incoming, application_id: Id, data: JSONBody[ReturnIn]
    ) -> Response[ApplicationOut]:
        """Return the file to the head, as its signer. Its recommendation stays on record; no clock stops."""
        return await perform(
            request,
            lambda context: use_cases(request).returns.to_head(
                context, application_id, expected_version=seen_version(request), reason=data.reason
            ),
            out=application_out,
        )

    @post("/return-to-officer", status_code=200, opt=declare(needs_version=True))
    async def to_officer(
        self, request: Incoming, application_id: Id, data: JSONBody[ReturnIn]
    ) -> Response[ApplicationOut]:
        """Return the file to the officer who leads it, as head. Nothing is recommended before it is resubmitted."""
        return await perform(
            request,
            lambda context: use_cases(request).returns.to_officer(
                context, application_id, expected_version=seen_version(request), reason=data.reason
            ),
            out=application_out,
        )

    @post("/resubmission", status_code=200, opt=declare(needs_version=True))
    async def resubmit(
        self, request: Incoming, application_id: Id, data: JSONBody[ResubmissionIn]
    ) -> Response[ApplicationOut]:
        """Put the completed file before the head again, as the officer who leads it."""
        return await perform(
            request,
            lambda context: use_cases(request).returns.resubmit(
                context, application_id, expected_version=seen_version(request), answer=data.answer
            ),
            out=application_out,
        )

    @get("/returns")
    async def list_returns(self, request: Incoming, application_id: Id) -> Response[FileReturnsOut]:
        """List how often the file was returned, by whom, why, and what was done about it."""
        return await perform(
            request,
            lambda context: use_cases(request).returns.list_returns(context, application_id),
            out=lambda returns: FileReturnsOut(items=tuple(map(file_return_out, returns))),
        )
