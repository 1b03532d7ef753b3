"""Reasons of a refusal: of the dossier at intake, of the trial by the signer (Decree 61/2018 art. 19(8))."""

from sandbox_registry.domain.cases.applications import Reason
from sandbox_registry.domain.errors import FieldError, RuleGap
from sandbox_registry.domain.rules.procedures import Procedure
from sandbox_registry.domain.texts import Phrase

NOT_COMPETENT = "not_competent"
"""The reason that a case belongs to another authority, as procedures list it."""


def require_listed_reasons(procedure: Procedure) -> None:
    """Refuse to refuse where the procedure lists no reason to: none that a person gives could stand.

    Raises:
        RuleGap: the list is empty.

    """
    if not procedure.refusal_reasons:
        raise RuleGap(parameter="refusal_reasons")


def reason_errors(reasons: tuple[Reason, ...], procedure: Procedure) -> tuple[FieldError, ...]:
    """List what is wrong with the reasons of a refusal: none at all, or a code the procedure does not list."""
    if not reasons:
        return (FieldError(field="reasons", code="required", message=Phrase("reasons.missing")),)
    return tuple(
        FieldError(field=f"reasons.{index}.code", code="unknown_reason", message=Phrase("reasons.unknown"))
        for index, reason in enumerate(reasons)
        if procedure.refusal_reason(reason.code) is None
    )
