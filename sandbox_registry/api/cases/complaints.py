"""Complaints against a refusal, over the wire: what the complaints office does with them."""

from litestar import Controller, Response, post
from litestar.params import JSONBody

from sandbox_registry.api.cases.application_schemas import ComplaintOut
from sandbox_registry.api.handling.requests import Id, Incoming, perform, seen_version, use_cases
from sandbox_registry.api.handling.schemas import In, Line, Paragraph, shown
from sandbox_registry.domain.cases.applications import ComplaintOutcome
from sandbox_registry.http.declarations import declare


class OutcomeIn(In):
    """How a complaint ended, why, and by which decision or notice."""

    outcome: ComplaintOutcome
    reasons: Paragraph
    document: Line


class ComplaintsController(Controller):
    """Complaints, for the officers who record how they end."""

    path = "/applications/{application_id:uuid}/complaints/{complaint_id:uuid}"
    tags = ("decisions",)

    @post("/outcome", status_code=200, opt=declare(needs_version=True))
    async def settle(
        self, request: Incoming, application_id: Id, complaint_id: Id, data: JSONBody[OutcomeIn]
    ) -> Response[ComplaintOut]:
        """Record the outcome of a complaint. Needs If-Match with the complaint's version."""
        return await perform(
            request,
            lambda context: use_cases(request).complaints.settle(
                context,
                application_id,
                complaint_id,
                expected_version=seen_version(request),
                outcome=data.outcome,
                reasons=data.reasons,
                document=data.document,
            ),
            out=shown(ComplaintOut),
        )
