"""Who may file under a procedure, and who may not: said before anybody answers a question for nothing."""

from dataclasses import dataclass

from sandbox_registry.domain.identity.people import OrganisationKind
from sandbox_registry.domain.rules.procedures import Procedure
from sandbox_registry.domain.texts import Wording
from sandbox_registry.web.public.titles import word_name

_APPLICANTS = (OrganisationKind.ORGANISATION, OrganisationKind.ENTERPRISE, OrganisationKind.INDIVIDUAL)


@dataclass(frozen=True, slots=True, kw_only=True)
class Applicants:
    """The kinds of applicants that a procedure takes, and those that it does not."""

    may: tuple[Wording, ...]
    may_not: tuple[Wording, ...]


def applicants_of(procedure: Procedure) -> Applicants | None:
    """Return who may file; null where the procedure leaves it open."""
    kinds = procedure.items("applicant_kinds")
    if kinds is None:
        return None
    return Applicants(
        may=tuple(word_name(each) for each in _APPLICANTS if each in kinds),
        may_not=tuple(word_name(each) for each in _APPLICANTS if each not in kinds),
    )
