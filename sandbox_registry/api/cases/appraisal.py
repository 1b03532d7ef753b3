"""Appraisal over the wire: who works on a case, declarations of interest, the level, visits, reviews."""

from litestar import Controller, Response, get, post
from litestar.params import JSONBody

from sandbox_registry.api.cases.application_schemas import ApplicationOut, application_out
from sandbox_registry.api.cases.appraisal_schemas import (
    AssignmentIn,
    AssignmentOut,
    AssignmentsOut,
    ClassificationIn,
    DeclarationIn,
    DeclarationOut,
    DeclarationsOut,
    EntrustingIn,
    ReassignmentIn,
    ReclassificationIn,
    ReleaseIn,
    ReviewIn,
    ReviewOut,
    ReviewsOut,
    SiteVisitIn,
    SiteVisitOut,
    SiteVisitsOut,
    assignment_out,
    declaration_out,
    review_out,
    site_visit_out,
)
from sandbox_registry.api.handling.requests import Id, Incoming, perform, seen_version, use_cases
from sandbox_registry.http.declarations import declare


class AppraisalController(Controller):
    """Opening an appraisal, spreading its work, reviewing."""

    path = "/applications/{application_id:uuid}"
    tags = ("appraisal",)

    @post("/classification", status_code=200, opt=declare(needs_version=True))
    async def classify(
        self, request: Incoming, application_id: Id, data: JSONBody[ClassificationIn]
    ) -> Response[ApplicationOut]:
        """Set the level of the trial and open the appraisal, as the focal officer of the case."""
        return await perform(
            request,
            lambda context: use_cases(request).appraisal.classify(
                context, application_id, expected_version=seen_version(request), level=data.level
            ),
            out=application_out,
        )

    @post("/classification-correction", status_code=200, opt=declare(needs_version=True))
    async def reclassify(
        self, request: Incoming, application_id: Id, data: JSONBody[ReclassificationIn]
    ) -> Response[ApplicationOut]:
        """Put the level right before a decision, with a reason; the focal officer of the case does."""
        return await perform(
            request,
            lambda context: use_cases(request).appraisal.reclassify(
                context,
                application_id,
                expected_version=seen_version(request),
                level=data.level,
                reason=data.reason,
            ),
            out=application_out,
        )

    @post("/claim", status_code=201)
    async def claim(self, request: Incoming, application_id: Id) -> Response[AssignmentOut]:
        """Claim the case as its focal officer; there is one at a time."""
        return await perform(
            request, lambda context: use_cases(request).assignments.claim(context, application_id), out=assignment_out
        )

    @post("/assignments", status_code=201)
    async def assign(
        self, request: Incoming, application_id: Id, data: JSONBody[AssignmentIn]
    ) -> Response[AssignmentOut]:
        """Assign the case to a focal officer, a reviewer or a supervisor."""
        return await perform(
            request,
            lambda context: use_cases(request).assignments.assign(
                context, application_id, person_id=data.person_id, capacity=data.capacity
            ),
            out=assignment_out,
        )

    @post("/entrusting", status_code=200, opt=declare(needs_version=True))
    async def entrust(
        self, request: Incoming, application_id: Id, data: JSONBody[EntrustingIn]
    ) -> Response[ApplicationOut]:
        """Give the case to a unit that did not have it when it was filed, with the reason on record. Needs If-Match."""
        return await perform(
            request,
            lambda context: use_cases(request).assignments.entrust(
                context,
                application_id,
                expected_version=seen_version(request),
                unit_id=data.unit_id,
                as_desk=data.as_desk,
                reason=data.reason,
            ),
            out=application_out,
        )

    @get("/assignments")
    async def list_assignments(self, request: Incoming, application_id: Id) -> Response[AssignmentsOut]:
        """List who has or had which role in the case; a reviewer sees others only after filing."""
        return await perform(
            request,
            lambda context: use_cases(request).assignments.list_participations(context, application_id),
            out=lambda assignments: AssignmentsOut(items=tuple(map(assignment_out, assignments))),
        )

    @post("/assignments/{assignment_id:uuid}/reassignment", status_code=201)
    async def reassign(
        self, request: Incoming, application_id: Id, assignment_id: Id, data: JSONBody[ReassignmentIn]
    ) -> Response[AssignmentOut]:
        """Reassign a role in the case to another person, with the reason on record."""
        return await perform(
            request,
            lambda context: use_cases(request).assignments.reassign(
                context, application_id, assignment_id, person_id=data.person_id, reason=data.reason
            ),
            out=assignment_out,
        )

    @post("/assignments/{assignment_id:uuid}/release", status_code=200)
    async def release(
        self, request: Incoming, application_id: Id, assignment_id: Id, data: JSONBody[ReleaseIn]
    ) -> Response[AssignmentOut]:
        """End a role in the case, with the reason on record: officers their own, the head anybody's."""
        return await perform(
            request,
            lambda context: use_cases(request).assignments.release(
                context, application_id, assignment_id, reason=data.reason
            ),
            out=assignment_out,
        )

    @post("/declarations", status_code=201)
    async def declare(
        self, request: Incoming, application_id: Id, data: JSONBody[DeclarationIn]
    ) -> Response[DeclarationOut]:
        """Declare interests before opening the dossier. A conflict permanently ends every role you have in the case."""
        return await perform(
            request,
            lambda context: use_cases(request).appraisal.declare(
                context, application_id, conflicted=data.conflicted, statement=data.statement
            ),
            out=declaration_out,
        )

    @get("/declarations")
    async def list_declarations(self, request: Incoming, application_id: Id) -> Response[DeclarationsOut]:
        """List the declarations you may read: reviewers, members and people with a conflict see only their own."""
        return await perform(
            request,
            lambda context: use_cases(request).appraisal.list_declarations(context, application_id),
            out=lambda declarations: DeclarationsOut(items=tuple(map(declaration_out, declarations))),
        )

    @post("/site-visits", status_code=201)
    async def record_visit(
        self, request: Incoming, application_id: Id, data: JSONBody[SiteVisitIn]
    ) -> Response[SiteVisitOut]:
        """Record the minutes of a site visit."""
        return await perform(
            request,
            lambda context: use_cases(request).appraisal.record_visit(
                context,
                application_id,
                visited_at=data.visited_at,
                place=data.place,
                minutes=data.minutes,
                applicant_attended=data.applicant_attended,
            ),
            out=site_visit_out,
        )

    @get("/site-visits")
    async def list_visits(self, request: Incoming, application_id: Id) -> Response[SiteVisitsOut]:
        """List the site visits."""
        return await perform(
            request,
            lambda context: use_cases(request).appraisal.list_visits(context, application_id),
            out=lambda visits: SiteVisitsOut(items=tuple(map(site_visit_out, visits))),
        )

    @post("/reviews", status_code=201)
    async def review(self, request: Incoming, application_id: Id, data: JSONBody[ReviewIn]) -> Response[ReviewOut]:
        """File your review: a score for every criterion, and advice. It is final."""
        return await perform(
            request,
            lambda context: use_cases(request).reviews.submit(
                context, application_id, scores=data.scores, comment=data.comment, advice=data.advice
            ),
            out=review_out,
        )

    @get("/reviews")
    async def list_reviews(self, request: Incoming, application_id: Id) -> Response[ReviewsOut]:
        """List the reviews; a reviewer sees others' only after filing their own."""
        return await perform(
            request,
            lambda context: use_cases(request).reviews.list_reviews(context, application_id),
            out=lambda filed: ReviewsOut(items=tuple(map(review_out, filed))),
        )
