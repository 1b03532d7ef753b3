"""Reviews: every criterion scored once, one review per reviewer, and which reviews count."""

from collections.abc import Collection, Iterator, Mapping
from datetime import datetime
from fractions import Fraction
from uuid import UUID

from sandbox_registry.domain.cases.appraisal import Advice, Declaration, Review
from sandbox_registry.domain.errors import Duplicate, FieldError, Invalid
from sandbox_registry.domain.rules.procedures import Criterion, Procedure
from sandbox_registry.domain.texts import Phrase


def require_unfiled(reviewed_by: Collection[UUID], *, reviewer_id: UUID) -> None:
    """Refuse a second review by the same person."""
    if reviewer_id in reviewed_by:
        raise Duplicate(what="review")


def submit(
    *,
    review_id: UUID,
    application_id: UUID,
    scores: Mapping[str, int],
    comment: str,
    advice: Advice,
    procedure: Procedure,
    by: UUID,
    at: datetime,
) -> Review:
    """File a review (A13; Decree 142/2026 art. 23(5)).

    Raises:
        Invalid: a criterion without a score, a score outside its range, or one of no criterion; all at once.

    """
    errors = tuple(_broken(scores, procedure.criteria))
    if errors:
        raise Invalid(errors)
    return Review(
        id=review_id,
        version=1,
        application_id=application_id,
        reviewer_id=by,
        scores=dict(scores),
        comment=comment,
        advice=advice,
        submitted_at=at,
    )


def _broken(scores: Mapping[str, int], criteria: tuple[Criterion, ...]) -> Iterator[FieldError]:
    by_key = {each.key: each for each in criteria}
    for key in sorted(scores.keys() - by_key.keys()):
        yield FieldError(field=f"scores.{key}", code="unknown_criterion", message=Phrase("reviews.unknown_criterion"))
    for key, criterion in by_key.items():
        if key not in scores:
            yield FieldError(field=f"scores.{key}", code="required", message=Phrase("reviews.score_missing"))
        elif not 0 <= scores[key] <= criterion.max_score:
            message = Phrase("reviews.score_out_of_range", maximum=criterion.max_score)
            yield FieldError(field=f"scores.{key}", code="out_of_range", message=message)


def require_declarable(*, conflicted: bool | None) -> None:
    """Refuse to declare after a conflict, which is final; `conflicted` is what was declared, null for nothing."""
    if conflicted:
        raise Duplicate(what="declaration")


def counting(reviews: tuple[Review, ...], declarations: tuple[Declaration, ...]) -> tuple[Review, ...]:
    """Leave out the reviews of people who declared a conflict, before or after filing (hard rule 2)."""
    conflicted = {each.person_id for each in declarations if each.conflicted}
    return tuple(each for each in reviews if each.reviewer_id not in conflicted)


def weighted(review: Review, procedure: Procedure) -> Fraction | None:
    """Return the score out of 100 by the weights of the criteria; null when the procedure has none."""
    total = sum(each.weight for each in procedure.criteria)
    if total == 0:
        return None
    parts = (Fraction(review.scores[each.key] * each.weight, each.max_score) for each in procedure.criteria)
    return sum(parts, start=Fraction(0)) * 100 / total


def shown_to_reviewer(reviews: tuple[Review, ...], *, reviewer_id: UUID) -> tuple[Review, ...]:
    """Return what a reviewer may see: nothing of others, not even their number, until one's own review is in."""
    own = tuple(each for each in reviews if each.reviewer_id == reviewer_id)
    return reviews if own else ()
