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
    ReassignmentIn,
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
from sandbox_registry.api.handling.requests import Id, Incoming, actor_of, done, seen_version, use_cases
from sandbox_registry.http.declarations import declare


class AppraisalController(Controller):
    """Opening an appraisal, spreading its work, reviewing."""

    path = "/applications/{application_id:uuid}"
    tags = ("appraisal",)

    @post("/classification", status_code=200, opt=declare(needs_version=True))
    async def classify(
        self, request: Incoming, application_id: Id, data: JSONBody[ClassificationIn]
    ) -> Response[ApplicationOut]:
        """Fix the level of trial and open the appraisal; the focal officer of the case does."""
        act = use_cases(request).appraisal.classify(
            actor_of(request), application_id, expected_version=seen_version(request), level=data.level
        )
        return await done(request, act, out=application_out)

    @post("/claim", status_code=201)
    async def claim(self, request: Incoming, application_id: Id) -> Response[AssignmentOut]:
        """Take the case on as its focal officer; there is one at a time."""
        act = use_cases(request).assignments.claim(actor_of(request), application_id)
        return await done(request, act, out=assignment_out)

    @post("/assignments", status_code=201)
    async def assign(
        self, request: Incoming, application_id: Id, data: JSONBody[AssignmentIn]
    ) -> Response[AssignmentOut]:
        """Give the case to a focal officer, a reviewer or a supervisor."""
        act = use_cases(request).assignments.assign(
            actor_of(request), application_id, person_id=data.person_id, capacity=data.capacity
        )
        return await done(request, act, out=assignment_out)

    @get("/assignments")
    async def list_assignments(self, request: Incoming, application_id: Id) -> Response[AssignmentsOut]:
        """List who has or had which part in the case; a reviewer sees others only after filing."""
        found = use_cases(request).assignments.list_parts(actor_of(request), application_id)
        return await done(request, found, out=lambda parts: AssignmentsOut(items=tuple(map(assignment_out, parts))))

    @post("/assignments/{assignment_id:uuid}/reassignment", status_code=201)
    async def reassign(
        self, request: Incoming, application_id: Id, assignment_id: Id, data: JSONBody[ReassignmentIn]
    ) -> Response[AssignmentOut]:
        """Pass a part on to another person, with the reason on record."""
        act = use_cases(request).assignments.reassign(
            actor_of(request), application_id, assignment_id, person_id=data.person_id, reason=data.reason
        )
        return await done(request, act, out=assignment_out)

    @post("/assignments/{assignment_id:uuid}/release", status_code=200)
    async def release(
        self, request: Incoming, application_id: Id, assignment_id: Id, data: JSONBody[ReleaseIn]
    ) -> Response[AssignmentOut]:
        """End a part, with the reason on record; an officer their own, the head any."""
        act = use_cases(request).assignments.release(
            actor_of(request), application_id, assignment_id, reason=data.reason
        )
        return await done(request, act, out=assignment_out)

    @post("/declarations", status_code=201)
    async def declare(
        self, request: Incoming, application_id: Id, data: JSONBody[DeclarationIn]
    ) -> Response[DeclarationOut]:
        """Declare interests before opening the dossier. A conflict ends every part one has in the case, for good."""
        act = use_cases(request).appraisal.declare(
            actor_of(request), application_id, conflicted=data.conflicted, statement=data.statement
        )
        return await done(request, act, out=declaration_out)

    @get("/declarations")
    async def list_declarations(self, request: Incoming, application_id: Id) -> Response[DeclarationsOut]:
        """List the declarations you may read: reviewers, members and conflicted people their own."""
        found = use_cases(request).appraisal.list_declarations(actor_of(request), application_id)
        return await done(request, found, out=lambda made: DeclarationsOut(items=tuple(map(declaration_out, made))))

    @post("/site-visits", status_code=201)
    async def record_visit(
        self, request: Incoming, application_id: Id, data: JSONBody[SiteVisitIn]
    ) -> Response[SiteVisitOut]:
        """Keep the minutes of a check on site."""
        act = use_cases(request).appraisal.record_visit(
            actor_of(request),
            application_id,
            visited_at=data.visited_at,
            place=data.place,
            minutes=data.minutes,
            applicant_attended=data.applicant_attended,
        )
        return await done(request, act, out=site_visit_out)

    @get("/site-visits")
    async def list_visits(self, request: Incoming, application_id: Id) -> Response[SiteVisitsOut]:
        """List the checks on site."""
        found = use_cases(request).appraisal.list_visits(actor_of(request), application_id)
        return await done(request, found, out=lambda made: SiteVisitsOut(items=tuple(map(site_visit_out, made))))

    @post("/reviews", status_code=201)
    async def review(self, request: Incoming, application_id: Id, data: JSONBody[ReviewIn]) -> Response[ReviewOut]:
        """File one's review: every criterion scored once, and advice. It is final."""
        act = use_cases(request).reviews.submit(
            actor_of(request), application_id, scores=data.scores, comment=data.comment, advice=data.advice
        )
        return await done(request, act, out=review_out)

    @get("/reviews")
    async def list_reviews(self, request: Incoming, application_id: Id) -> Response[ReviewsOut]:
        """List the reviews; to a reviewer those of others show only once their own is in."""
        found = use_cases(request).reviews.list_reviews(actor_of(request), application_id)
        return await done(request, found, out=lambda filed: ReviewsOut(items=tuple(map(review_out, filed))))
