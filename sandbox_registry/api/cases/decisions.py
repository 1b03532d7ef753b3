"""Recommendations and decisions over the wire."""

from typing import Annotated
from uuid import UUID

from litestar import Controller, Response, get, post
from litestar.params import FromQuery, JSONBody
from msgspec import Meta

from sandbox_registry.api.cases.application_schemas import ApplicationOut, ReasonOut, application_out
from sandbox_registry.api.cases.intake import ReasonIn, reasons_of
from sandbox_registry.api.handling.log_links import NOTHING_PUBLISHED, ProofOut, PublishedLog, proof_of
from sandbox_registry.api.handling.requests import Id, Incoming, perform, published, seen_version, use_cases
from sandbox_registry.api.handling.schemas import In, Instant, Out, Paragraph, shown
from sandbox_registry.api.permits.permit_schemas import (
    Justifications,
    Lines,
    OpenBounds,
    Paragraphs,
    TermsIn,
    TermsOut,
    bounds_of,
    justifications_of,
    terms_of,
    terms_out,
)
from sandbox_registry.domain.cases.appraisal import Advice, DisagreementAnswer, Outcome
from sandbox_registry.http.declarations import declare
from sandbox_registry.usecases.cases.decisions import Decided, DecisionView, Recommended


class DisagreementAnswerIn(In):
    """What the recommendation answers to an agency that had to be asked and disagrees."""

    consultation_id: UUID
    answer: Paragraph


class RecommendationIn(In):
    """The appraisal report and its advice. `departure` says why the advice goes against the council's vote.

    `disagreements` answer each agency that had to be asked and disagrees, also late; `return_answer` says what was done
    about the reasons of the signer who returned the file.

    Without `terms`, the advice to allow is for what the dossier asks: supervised by `supervising_unit_id`, or else by the
    unit of the case's supervisor; resting on `open_bounds` where the procedure leaves a bound open. `justifications` say why
    the conditions and the limits stand.
    """

    advice: Advice
    report: Paragraph
    conditions: Paragraphs = ()
    justifications: Justifications = ()
    departure: Paragraph | None = None
    terms: TermsIn | None = None
    supervising_unit_id: UUID | None = None
    open_bounds: OpenBounds = ()
    disagreements: Annotated[tuple[DisagreementAnswerIn, ...], Meta(max_length=50)] = ()
    return_answer: Paragraph | None = None


class ApprovalIn(In, kw_only=True):
    """A decision that allows the trial, under the recommended terms or under others.

    `justifications` say why its own conditions stand, and take the place of the recommendation's.
    """

    legal_basis: Lines
    conditions: Paragraphs = ()
    justifications: Justifications = ()
    terms: TermsIn | None = None


class RefusalIn(In):
    """A decision that refuses the trial, with reasons from the procedure's list."""

    legal_basis: Lines
    reasons: Annotated[tuple[ReasonIn, ...], Meta(max_length=50)]


class ProposedTermsOut(Out):
    """The terms that the dossier asks for, null where it asks for none.

    `open_bounds` are the bounds that the procedure leaves open: the recommendation and the decision say on what each rests.
    """

    terms: TermsOut | None
    open_bounds: tuple[str, ...]


class DisagreementAnswerOut(Out):
    """What the recommendation answers to an agency that disagrees."""

    consultation_id: UUID
    answer: str


class RecommendationOut(Out):
    """The appraisal report put before the signer, with the terms it recommends.

    `superseded_at` is when the signer returned it; null while it counts.
    """

    id: UUID
    version: int
    application_id: UUID
    advice: Advice
    report: str
    conditions: tuple[str, ...]
    departure: str | None
    made_by: UUID
    made_at: Instant
    terms: TermsOut | None
    disagreements: tuple[DisagreementAnswerOut, ...]
    superseded_at: Instant | None


class RecommendationsOut(Out):
    """Every recommendation, oldest first."""

    items: tuple[RecommendationOut, ...]


class RecommendedOut(Out):
    """The case after the recommendation, and the recommendation."""

    application: ApplicationOut
    recommendation: RecommendationOut


class DecisionOut(Out):
    """A decision: with terms when it allows, with reasons when it refuses. `on_behalf_of` delegated the authority to sign.

    `log` proves it; null until the published checkpoint covers its leaf, and in the answer of the act itself.
    """

    id: UUID
    version: int
    application_id: UUID
    unit_id: UUID
    number: str
    outcome: Outcome
    signer_id: UUID
    signer_name: str | None
    signer_title: str
    on_behalf_of: UUID | None
    on_behalf_of_name: str | None
    decided_at: Instant
    legal_basis: tuple[str, ...]
    reasons: tuple[ReasonOut, ...]
    conditions: tuple[str, ...]
    terms: TermsOut | None
    log: ProofOut | None


class DecidedOut(Out):
    """The case after the decision, and the decision."""

    application: ApplicationOut
    decision: DecisionOut


def recommended_out(recommended: Recommended) -> RecommendedOut:
    """Show a recommendation with its case."""
    return RecommendedOut(
        application=application_out(recommended.application),
        recommendation=recommendation_out(recommended.recommendation),
    )


recommendation_out = shown(RecommendationOut)
proposed_terms_out = shown(ProposedTermsOut)


def decided_out(decided: Decided) -> DecidedOut:
    """Show a decision with its case."""
    return DecidedOut(
        application=application_out(decided.application), decision=decision_out(decided.view, log=NOTHING_PUBLISHED)
    )


def decision_out(view: DecisionView, *, log: PublishedLog) -> DecisionOut:
    """Show a decision with the names of who signed it."""
    decision, names = view.decision, view.names
    return DecisionOut(
        id=decision.id,
        version=decision.version,
        application_id=decision.application_id,
        unit_id=decision.unit_id,
        number=decision.number,
        outcome=decision.outcome,
        signer_id=decision.signer_id,
        signer_name=names.get(decision.signer_id),
        signer_title=decision.signer_title,
        on_behalf_of=decision.on_behalf_of,
        on_behalf_of_name=None if decision.on_behalf_of is None else names.get(decision.on_behalf_of),
        decided_at=decision.decided_at,
        legal_basis=decision.legal_basis,
        reasons=tuple(map(shown(ReasonOut), decision.reasons)),
        conditions=decision.conditions,
        terms=None if decision.terms is None else terms_out(decision.terms),
        log=proof_of(view.leaf, log),
    )


class DecisionsController(Controller):
    """The way from the appraisal to the decision. Every act needs If-Match with the case's version."""

    path = "/applications/{application_id:uuid}"
    tags = ("decisions",)

    @post("/recommendation", status_code=201, opt=declare(needs_version=True))
    async def recommend(
        self, request: Incoming, application_id: Id, data: JSONBody[RecommendationIn]
    ) -> Response[RecommendedOut]:
        """Put the appraisal report before the signer; refused while the appraisal is incomplete."""
        return await perform(
            request,
            lambda context: use_cases(request).decisions.recommend(
                context,
                application_id,
                expected_version=seen_version(request),
                advice=data.advice,
                report=data.report,
                conditions=data.conditions,
                justifications=justifications_of(data.justifications),
                departure=data.departure,
                terms=None if data.terms is None else terms_of(data.terms),
                supervising_unit_id=data.supervising_unit_id,
                open_bounds=bounds_of(data.open_bounds),
                disagreements=tuple(
                    DisagreementAnswer(consultation_id=each.consultation_id, answer=each.answer)
                    for each in data.disagreements
                ),
                return_answer=data.return_answer,
            ),
            out=recommended_out,
        )

    @get("/recommendation")
    async def read_recommendation(self, request: Incoming, application_id: Id) -> Response[RecommendationOut]:
        """Read the last appraisal report put before the signer, also one that was returned."""
        return await perform(
            request,
            lambda context: use_cases(request).decisions.read_recommendation(context, application_id),
            out=recommendation_out,
        )

    @get("/recommendations")
    async def list_recommendations(self, request: Incoming, application_id: Id) -> Response[RecommendationsOut]:
        """List every appraisal report put before the signer, those that were returned included."""
        return await perform(
            request,
            lambda context: use_cases(request).decisions.list_recommendations(context, application_id),
            out=lambda recommendations: RecommendationsOut(items=tuple(map(recommendation_out, recommendations))),
        )

    @get("/proposed-terms")
    async def read_proposal(
        self, request: Incoming, application_id: Id, supervising_unit_id: FromQuery[UUID | None] = None
    ) -> Response[ProposedTermsOut]:
        """Read the terms proposed from the dossier, as a recommendation made now would adopt them.

        If no supervising unit is given, it is that of the case's supervisor.
        """
        return await perform(
            request,
            lambda context: use_cases(request).decisions.read_proposal(
                context, application_id, supervising_unit_id=supervising_unit_id
            ),
            out=proposed_terms_out,
        )

    @post("/approval", status_code=201, opt=declare(needs_version=True, has_location=True))
    async def approve(self, request: Incoming, application_id: Id, data: JSONBody[ApprovalIn]) -> Response[DecidedOut]:
        """Approve the trial under terms.

        All rules that the decision breaks are returned at once, each with its field.
        """
        return await perform(
            request,
            lambda context: use_cases(request).decisions.approve(
                context,
                application_id,
                expected_version=seen_version(request),
                legal_basis=data.legal_basis,
                conditions=data.conditions,
                justifications=justifications_of(data.justifications),
                terms=None if data.terms is None else terms_of(data.terms),
            ),
            out=decided_out,
            location=_decision_of,
        )

    @post("/refusal", status_code=201, opt=declare(needs_version=True, has_location=True))
    async def refuse(self, request: Incoming, application_id: Id, data: JSONBody[RefusalIn]) -> Response[DecidedOut]:
        """Refuse the trial, with reasons."""
        return await perform(
            request,
            lambda context: use_cases(request).decisions.refuse(
                context,
                application_id,
                expected_version=seen_version(request),
                legal_basis=data.legal_basis,
                reasons=reasons_of(data.reasons),
            ),
            out=decided_out,
            location=_decision_of,
        )

    @get("/decision")
    async def read(self, request: Incoming, application_id: Id) -> Response[DecisionOut]:
        """Read the decision on a case."""
        return await perform(
            request,
            lambda context: use_cases(request).decisions.read(context, application_id),
            out=lambda view: decision_out(view, log=published(request)),
        )


def _decision_of(decided: Decided) -> str:
    return f"/api/v1/applications/{decided.application.id}/decision"
