"""Reviews of a case: filed once, hidden from other reviewers until their own is in."""

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from uuid import UUID

from sandbox_registry.authz import Action
from sandbox_registry.domain.cases import reviews
from sandbox_registry.domain.cases.appraisal import Advice, Declaration, Review
from sandbox_registry.domain.identity.people import Capacity
from sandbox_registry.usecases.transaction.context import RequestContext
from sandbox_registry.usecases.transaction.transaction import CaseTransaction
from sandbox_registry.usecases.transaction.transactions import Transactions


@dataclass(frozen=True, slots=True, kw_only=True)
class ScoredReview:
    """A review and its score out of 100 by the procedure's weights; null when the procedure has no criteria."""

    review: Review
    score: Fraction | None


class Reviews:
    """One method per thing done with reviews."""

    def __init__(self, transactions: Transactions) -> None:
        self.transactions = transactions

    async def submit(
        self, context: RequestContext, application_id: UUID, *, scores: Mapping[str, int], comment: str, advice: Advice
    ) -> ScoredReview:
        """File one's review (A13). It is final.

        Raises:
            Invalid: a criterion without a score, out of range, or unknown; all at once.
            Duplicate: one's review is in already.

        """
        async with self.transactions.open_case(context, Action.REVIEW_SUBMIT, application_id) as act:
            procedure = await act.procedure()
            filed = await act.all(Review, reviewer_id=context.actor.person_id)
            reviews.require_unfiled([each.reviewer_id for each in filed], reviewer_id=context.actor.person_id)
            review = reviews.submit(
                review_id=act.new_id(),
                application_id=application_id,
                scores=scores,
                comment=comment,
                advice=advice,
                procedure=procedure,
                by=context.actor.person_id,
                at=act.at,
            )
            await act.add(review)
            return act.respond(ScoredReview(review=review, score=reviews.weighted(review, procedure)))

    async def list_reviews(self, context: RequestContext, application_id: UUID) -> tuple[ScoredReview, ...]:
        """List the reviews that count. A reviewer sees those of others only once their own is in."""
        async with self.transactions.read_case(context, Action.REVIEW_READ, application_id) as act:
            procedure = await act.procedure()
            visible = await counting_reviews(act)
            if Capacity.REVIEWER in act.standing.capacities:
                visible = reviews.shown_to_reviewer(visible, reviewer_id=context.actor.person_id)
            return act.respond(
                tuple(ScoredReview(review=each, score=reviews.weighted(each, procedure)) for each in visible)
            )


async def counting_reviews(act: CaseTransaction) -> tuple[Review, ...]:
    """Load the reviews of a case, less those of people who declared a conflict."""
    return reviews.counting(
        await act.all(Review),
        await act.all(Declaration),
    )
