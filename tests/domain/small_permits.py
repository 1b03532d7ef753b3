"""A permit as small as the domain allows."""

from dataclasses import replace
from typing import Any
from uuid import UUID

from sandbox_registry.domain.permits.permits import (
    Permit,
    PermitTerms,
)
from tests.domain.small import CASE, COMPANY, OTHER, PERSON, UNIT, local
from tests.support.decided import terms

TERMS = terms(OTHER, beyond_request="Hồ sơ nhỏ không hỏi gì.")
DECIDED = local(2026, 12, 15, 9)


def permit(allowed: PermitTerms = TERMS, **facts: Any) -> Permit:
    issued = Permit(
        id=UUID(int=77),
        version=1,
        number="1/2026/GPTN",
        application_id=CASE,
        decision_id=UUID(int=78),
        organisation_id=COMPANY,
        unit_ids=(UNIT,),
        procedure_code="nho",
        procedure_version="0" * 64,
        terms_version=1,
        terms=allowed,
        issued_by=PERSON,
        issued_at=DECIDED,
    )
    return replace(issued, **facts)
