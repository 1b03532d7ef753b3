"""Records of a small case: what was asked of its applicant and of an agency, its council, report and decision."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sandbox_registry.domain.cases import decisions
from sandbox_registry.domain.cases.applications import Application, SupplementItem, SupplementRequest
from sandbox_registry.domain.cases.appraisal import (
    Advice,
    Clarification,
    Consultation,
    CouncilSession,
    Decision,
    Recommendation,
)
from sandbox_registry.domain.cases.decisions import Signing
from sandbox_registry.domain.errors import FieldError
from sandbox_registry.domain.rules.procedures import Procedure
from sandbox_registry.domain.stages import Stage
from tests.domain.small import CASE, FRIDAY, OTHER, PERSON, UNIT, case, local, procedure
from tests.support.decided import BASIS, TITLE, terms, why

MONDAY = local(2026, 11, 23, 9)
ITEMS = (
    SupplementItem(target="answers.plan.title", reason="Chưa rõ."),
    SupplementItem(target="documents.trial_plan", reason="Thiếu trang."),
)
REQUEST = SupplementRequest(
    id=UUID(int=9),
    version=1,
    application_id=CASE,
    round=1,
    items=ITEMS,
    exception_reason=None,
    requested_by=PERSON,
    requested_at=MONDAY,
)
CONSULTATION = Consultation(
    id=UUID(int=20),
    version=1,
    application_id=CASE,
    unit_id=UUID(int=21),
    question="?",
    asked_by=OTHER,
    asked_at=FRIDAY,
    term_value=7,
    term_unit="wd",
    remind_on=None,
    is_required=True,
)
QUESTION = Clarification(
    id=UUID(int=30), version=1, application_id=CASE, round=1, question="?", asked_by=OTHER, asked_at=FRIDAY
)
AT = local(2026, 12, 15, 9)
RULES = procedure()
TERMS = terms(OTHER, beyond_request="Hồ sơ nhỏ không hỏi gì.")
SIGNING = Signing(
    decision_id=UUID(int=40),
    unit_id=UNIT,
    number="12/QĐ-UBND",
    signer_id=PERSON,
    signer_title=TITLE,
    on_behalf_of=OTHER,
    legal_basis=BASIS,
    at=AT,
)


def session(*, passed: bool | None, concluded: datetime | None = AT, number: int = 50) -> CouncilSession:
    return CouncilSession(
        id=UUID(int=number),
        version=2,
        application_id=CASE,
        chair_id=PERSON,
        secretary_id=OTHER,
        member_ids=(PERSON,),
        scheduled_at=AT,
        place="Phòng 2",
        convened_by=OTHER,
        convened_at=AT,
        is_passed=passed,
        concluded_at=concluded,
    )


PASSED = session(passed=True)


def recommend(
    application: Application | None = None,
    *,
    advice: Advice = Advice.APPROVE,
    conditions: tuple[str, ...] = (),
    departure: str | None = None,
    sessions: tuple[CouncilSession, ...] = (PASSED,),
    unmet: tuple[FieldError, ...] = (),
    allowed: Any = TERMS,
    rules: Procedure = RULES,
    **more: Any,
) -> tuple[Application, Recommendation]:
    moved, recommendation, _ = decisions.recommend(
        application or case(Stage.UNDER_APPRAISAL),
        recommendation_id=UUID(int=60),
        advice=advice,
        report="Đủ điều kiện.",
        conditions=conditions,
        justifications=why(*conditions),
        departure=departure,
        terms=None if advice is Advice.REFUSE else allowed,
        sessions=sessions,
        unmet=unmet,
        procedure=rules,
        licence_end=None,
        by=PERSON,
        at=AT,
        **more,
    )
    return moved, recommendation


def approve(
    application: Application | None = None,
    *,
    signing: Signing = SIGNING,
    allowed: Any = TERMS,
    rules: Procedure = RULES,
    licence_end: datetime | None = None,
    errors: tuple[FieldError, ...] = (),
    recommended: Recommendation | None = None,
    **more: Any,
) -> tuple[Application, Decision]:
    return decisions.approve(
        application or case(Stage.AWAITING_DECISION),
        signing=signing,
        terms=allowed,
        conditions=("Mua bảo hiểm",),
        justifications=why("Mua bảo hiểm"),
        recommendation=recommend()[1] if recommended is None else recommended,
        procedure=rules,
        licence_end=licence_end,
        errors=errors,
        **more,
    )
