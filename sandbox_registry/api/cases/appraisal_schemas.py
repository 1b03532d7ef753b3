"""Bodies of an appraisal: assignments, declarations, visits, reviews."""

from typing import Annotated
from uuid import UUID

from msgspec import Meta

from sandbox_registry.api.handling.schemas import Code, In, Instant, Line, Moment, Out, Paragraph, Remark, shown
from sandbox_registry.domain.cases.appraisal import Advice
from sandbox_registry.domain.identity.people import Capacity
from sandbox_registry.usecases.cases.reviews import ScoredReview

Score = Annotated[int, Meta(ge=0, le=1000)]


class ClassificationIn(In):
    """The level of trial, from the procedure's list; null where the procedure has no levels."""

    level: Code | None = None


class ReclassificationIn(In):
    """The level that is right, from the procedure's list, and why the one that was fixed is not."""

    level: Code
    reason: Paragraph


class AssignmentIn(In):
    """Whom to give the case to, and as what: `focal`, `reviewer` or `supervisor`."""

    person_id: UUID
    capacity: Capacity


class ReassignmentIn(In):
    """To whom a part passes, and why."""

    person_id: UUID
    reason: Paragraph


class ReleaseIn(In):
    """Why a part ends."""

    reason: Paragraph


class EntrustingIn(In):
    """Which unit gets the case, and why; `as_desk` addresses the dossier to its desk from now on."""

    unit_id: UUID
    reason: Paragraph
    as_desk: bool = False


class AssignmentOut(Out):
    """A part somebody has or had in the case; `until` is null while it lasts."""

    id: UUID
    version: int
    person_id: UUID
    capacity: Capacity
    given_by: UUID
    since: Instant
    until: Instant | None


class AssignmentsOut(Out):
    """Parts in a case, oldest first."""

    items: tuple[AssignmentOut, ...]


class DeclarationIn(In):
    """Whether one has a conflict of interest, and which."""

    conflicted: bool
    statement: Remark = ""


class DeclarationOut(Out):
    """A declaration of interest."""

    id: UUID
    version: int
    person_id: UUID
    conflicted: bool
    statement: str
    made_at: Instant


class DeclarationsOut(Out):
    """Declarations you may read."""

    items: tuple[DeclarationOut, ...]


class SiteVisitIn(In):
    """The minutes of a check on site."""

    visited_at: Moment
    place: Line
    minutes: Paragraph
    applicant_attended: bool


class SiteVisitOut(Out):
    """A check on site, as minuted."""

    id: UUID
    version: int
    visited_at: Instant
    place: str
    minutes: str
    applicant_attended: bool
    recorded_by: UUID
    recorded_at: Instant


class SiteVisitsOut(Out):
    """Checks on site, in the order in which they were recorded."""

    items: tuple[SiteVisitOut, ...]


class ReviewIn(In):
    """A score for every criterion of the procedure, and advice."""

    scores: Annotated[dict[Code, Score], Meta(max_length=100)]
    advice: Advice
    comment: Remark = ""


class ReviewOut(Out):
    """A review; `score` is out of 100 by the procedure's weights, null where it has no criteria."""

    id: UUID
    version: int
    reviewer_id: UUID
    scores: dict[str, int]
    score: float | None
    comment: str
    advice: Advice
    submitted_at: Instant


class ReviewsOut(Out):
    """Reviews you may read: those of others show to a reviewer only once their own is in."""

    items: tuple[ReviewOut, ...]


assignment_out = shown(AssignmentOut)
declaration_out = shown(DeclarationOut)
site_visit_out = shown(SiteVisitOut)


def review_out(scored: ScoredReview) -> ReviewOut:
    """Show a review with its score."""
    review = scored.review
    return ReviewOut(
        id=review.id,
        version=review.version,
        reviewer_id=review.reviewer_id,
        scores=dict(review.scores),
        score=None if scored.score is None else round(float(scored.score), 2),
        comment=review.comment,
        advice=review.advice,
        submitted_at=review.submitted_at,
    )
