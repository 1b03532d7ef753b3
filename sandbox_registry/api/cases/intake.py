"""The one-stop unit's acts over the wire."""

from litestar import Controller, Response, post
from litestar.params import JSONBody

from sandbox_registry.api.cases.application_schemas import ApplicationOut, application_out
from sandbox_registry.api.handling.requests import Id, Incoming, perform, seen_version, use_cases
from sandbox_registry.api.handling.schemas import Code, In, Line, Moment, Paragraph
from sandbox_registry.domain.cases.applications import Reason, SupplementItem
from sandbox_registry.http.declarations import declare


class SupplementItemIn(In):
    """One thing to complete: `answers.<section>.<field>` or `documents.<part>`, and why."""

    target: Line
    reason: Paragraph


class SupplementRequestIn(In):
    """Everything that is missing, at once. A request beyond the allowed number needs `exception_reason`."""

    items: tuple[SupplementItemIn, ...]
    exception_reason: Paragraph | None = None


class ReasonIn(In):
    """A reason from the procedure's list, with the words for this case."""

    code: Code
    text: Paragraph


class ReasonsIn(In):
    """The reasons of a refusal."""

    reasons: tuple[ReasonIn, ...]


class ReferralIn(In):
    """Why the case goes elsewhere; `target` picks a route by hand when the answers name none."""

    reason: Paragraph
    target: Code | None = None


class LapseIn(In):
    """Why the case is closed: needed where the procedure sets no term, after a letter that said so."""

    reason: Paragraph | None = None


class RetentionIn(In):
    """Why the case is handled here although its answers lead to another authority."""

    reason: Paragraph


class ApologyIn(In):
    """The one new day, and why the result is late; `length_reason` says why so late, where nothing bounds the day."""

    promised_at: Moment
    reason: Paragraph
    length_reason: Paragraph | None = None


class DeliveryIn(In):
    """How the result was handed over: at the counter, online, by post."""

    channel: Line


def reasons_of(reasons: tuple[ReasonIn, ...]) -> tuple[Reason, ...]:
    """Take reasons over into the domain."""
    return tuple(Reason(code=each.code, text=each.text) for each in reasons)


class IntakeController(Controller):
    """Registering, checking and closing cases at the one-stop unit. Every act needs If-Match."""

    path = "/applications/{application_id:uuid}"
    tags = ("intake",)

    @post("/receipt", status_code=200, opt=declare(needs_version=True))
    async def receive(self, request: Incoming, application_id: Id) -> Response[ApplicationOut]:
        """Register a filed dossier and give it its code."""
        return await perform(
            request,
            lambda context: use_cases(request).intake.receive(
                context, application_id, expected_version=seen_version(request)
            ),
            out=application_out,
        )

    @post("/supplement-requests", status_code=200, opt=declare(needs_version=True))
    async def request_supplement(
        self, request: Incoming, application_id: Id, data: JSONBody[SupplementRequestIn]
    ) -> Response[ApplicationOut]:
        """Ask the applicant to complete the dossier, item by item."""
        return await perform(
            request,
            lambda context: use_cases(request).intake.request_supplement(
                context,
                application_id,
                expected_version=seen_version(request),
                items=tuple(SupplementItem(target=each.target, reason=each.reason) for each in data.items),
                exception_reason=data.exception_reason,
            ),
            out=application_out,
        )

    @post("/lapse", status_code=200, opt=declare(needs_version=True))
    async def lapse(self, request: Incoming, application_id: Id, data: JSONBody[LapseIn]) -> Response[ApplicationOut]:
        """Confirm that no supplement was filed within its term or, where none is set, after a letter."""
        return await perform(
            request,
            lambda context: use_cases(request).intake.lapse(
                context, application_id, expected_version=seen_version(request), reason=data.reason
            ),
            out=application_out,
        )

    @post("/intake-refusal", status_code=200, opt=declare(needs_version=True))
    async def refuse_intake(
        self, request: Incoming, application_id: Id, data: JSONBody[ReasonsIn]
    ) -> Response[ApplicationOut]:
        """Refuse intake of the dossier, with reasons."""
        return await perform(
            request,
            lambda context: use_cases(request).intake.refuse_intake(
                context,
                application_id,
                expected_version=seen_version(request),
                reasons=reasons_of(data.reasons),
            ),
            out=application_out,
        )

    @post("/referral", status_code=200, opt=declare(needs_version=True))
    async def refer(
        self, request: Incoming, application_id: Id, data: JSONBody[ReferralIn]
    ) -> Response[ApplicationOut]:
        """Refer the case to the competent authority."""
        return await perform(
            request,
            lambda context: use_cases(request).intake.refer(
                context,
                application_id,
                expected_version=seen_version(request),
                reason=data.reason,
                target=data.target,
            ),
            out=application_out,
        )

    @post("/retention", status_code=200, opt=declare(needs_version=True))
    async def retain(
        self, request: Incoming, application_id: Id, data: JSONBody[RetentionIn]
    ) -> Response[ApplicationOut]:
        """Record, as head of the department, why a case stays here although its answers lead to another authority.

        Without it, such a case cannot be accepted, classified or decided.
        """
        return await perform(
            request,
            lambda context: use_cases(request).intake.retain(
                context, application_id, expected_version=seen_version(request), reason=data.reason
            ),
            out=application_out,
        )

    @post("/acceptance", status_code=200, opt=declare(needs_version=True))
    async def accept(self, request: Incoming, application_id: Id) -> Response[ApplicationOut]:
        """Accept a complete dossier and set the date of the result."""
        return await perform(
            request,
            lambda context: use_cases(request).intake.accept(
                context, application_id, expected_version=seen_version(request)
            ),
            out=application_out,
        )

    @post("/apology", status_code=200, opt=declare(needs_version=True))
    async def apologize(
        self, request: Incoming, application_id: Id, data: JSONBody[ApologyIn]
    ) -> Response[ApplicationOut]:
        """Give notice of a delay, with one new date.

        Where the procedure sets no limit for the date, the length of the delay needs a reason.
        """
        return await perform(
            request,
            lambda context: use_cases(request).intake.apologize(
                context,
                application_id,
                expected_version=seen_version(request),
                promised_at=data.promised_at,
                reason=data.reason,
                length_reason=data.length_reason,
            ),
            out=application_out,
        )

    @post("/stop", status_code=200, opt=declare(needs_version=True))
    async def stop(self, request: Incoming, application_id: Id) -> Response[ApplicationOut]:
        """Stop handling the case at the applicant's request."""
        return await perform(
            request,
            lambda context: use_cases(request).intake.stop(
                context, application_id, expected_version=seen_version(request)
            ),
            out=application_out,
        )

    @post("/delivery", status_code=200, opt=declare(needs_version=True))
    async def deliver(
        self, request: Incoming, application_id: Id, data: JSONBody[DeliveryIn]
    ) -> Response[ApplicationOut]:
        """Record that the result was handed over."""
        return await perform(
            request,
            lambda context: use_cases(request).intake.deliver(
                context, application_id, expected_version=seen_version(request), channel=data.channel
            ),
            out=application_out,
        )
