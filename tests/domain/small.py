"""A small procedure, a calendar and a case made of plain values."""

from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

from sandbox_registry.domain.cases.applications import Application
from sandbox_registry.domain.cases.lifecycle import TRANSITIONS
from sandbox_registry.domain.identity.people import Role
from sandbox_registry.domain.rules.calendars import LOCAL_ZONE, Calendar, DayKind, DayMark
from sandbox_registry.domain.rules.form_fields import DossierComponent, Field, FieldKind, Section
from sandbox_registry.domain.rules.procedures import (
    Confidence,
    Level,
    Parameter,
    Procedure,
    ProcedureStatus,
    RefusalReason,
    StageRule,
)
from sandbox_registry.domain.stages import OPEN_STAGES, Stage
from sandbox_registry.domain.texts import Text

PERSON, UNIT, CASE, COMPANY, OTHER = (UUID(int=number) for number in range(1, 6))
WORD = Text(vi="Từ", en="Word", fr="Mot")
TERMS: dict[str, tuple[Any, str]] = {
    "completeness.term": (3, "wd"),
    "supplement.max_rounds": (1, "times"),
    "supplement.term": (30, "cd"),
    "supplement.clock_policy": ("restart", "word"),
    "clarification.clock_policy": ("continue", "word"),
    "appraisal.term": (10, "wd"),
    "decision.term": (5, "wd"),
    "decision.included_in_appraisal": (False, "yes/no"),
    "apology.before": (1, "cd"),
    "complaint.term": (90, "cd"),
    "duration.max": (2, "y"),
    "duration.cap_by_licence": (True, "yes/no"),
    "grant.beyond_request": ("reason", "word"),
    "permit_kind": (("time_limited_licence", "exemption_from_provisions"), "list"),
    "space_kinds": (("physical", "cyber"), "list"),
    "signer_titles": (("Chủ tịch", "Phó Chủ tịch"), "list"),
}


STAGES = (
    *(
        StageRule(
            stage=stage,
            owner=Role.FOCAL_HEAD,
            next=tuple(after for stages, after in TRANSITIONS.values() if stage in stages and after is not None),
        )
        for stage in (Stage.DRAFT, *sorted(OPEN_STAGES))
    ),
    StageRule(stage=Stage.APPROVED, owner=Role.RECORDS_OFFICER, next=(Stage.PERMIT_ISSUED,)),
)
"""Every step there is."""


def local(year: int, month: int, day: int, hour: int = 0, minute: int = 0) -> datetime:
    """A moment of the clock on the wall in Ca Mau."""
    return datetime(year, month, day, hour, minute, tzinfo=LOCAL_ZONE).astimezone(UTC)


def parameters(**changes: tuple[Any, str] | None) -> dict[str, Parameter]:
    """The parameters above with changes, dots written as two underscores; null leaves a value open."""
    wanted = TERMS | {name.replace("__", "."): value for name, value in changes.items()}
    return {
        name: Parameter(name=name, value=given[0], unit=given[1], basis=f"Điều {name}", confidence=Confidence.V)
        for name, given in wanted.items()
        if given is not None
    }


def procedure(*, more: dict[str, Any] | None = None, **changes: tuple[Any, str] | None) -> Procedure:
    """A procedure with one field, one part, two levels and two reasons to refuse."""
    small = Procedure(
        code="nho",
        version="1",
        status=ProcedureStatus.IN_FORCE,
        title=WORD,
        summary=WORD,
        issuing_body=WORD,
        legal_documents=(),
        parameters=parameters(**changes),
        sections=(Section(key="plan", title=WORD, fields=(Field(key="title", kind=FieldKind.TEXT, label=WORD),)),),
        parts=(DossierComponent(key="trial_plan", label=WORD, basis="Điều 24"),),
        levels=tuple(Level(key=key, label=WORD, basis="Điều 22", confidence=Confidence.V) for key in ("1", "2")),
        refusal_reasons=(
            RefusalReason(code="not_innovative", label=WORD),
            RefusalReason(code="plan_inadequate", label=WORD),
        ),
        stages=STAGES,
        checksum="0" * 64,
    )
    return replace(small, **(more or {}))


CALENDAR = Calendar(
    code="nho",
    version="nho-1",
    marks={
        date(2026, 11, 24): DayMark(
            date=date(2026, 11, 24), kind=DayKind.HOLIDAY, name=WORD, source="Nghị quyết 28/2026/QH16"
        )
    },
    covered_from=date(2024, 1, 1),
    covered_to=date(2030, 12, 31),
    official_to=date(2026, 12, 31),
)
FRIDAY = local(2026, 11, 20, 14)


def case(stage: Stage, **facts: Any) -> Application:
    """A case at a stage, filed on Friday 20 November 2026 at 14:00 unless it is a draft."""
    filed = stage is not Stage.DRAFT
    application = Application(
        id=CASE,
        version=7,
        stage=stage,
        procedure_code="nho",
        procedure_version="0" * 64 if filed else None,
        organisation_id=COMPANY,
        receiving_unit_id=UNIT,
        unit_ids=(UNIT,) if filed else (),
        title="Ao tôm",
        answers={},
        created_by=PERSON,
        created_at=FRIDAY,
        updated_at=FRIDAY,
        submitted_at=FRIDAY if filed else None,
        submitted_by=PERSON if filed else None,
        completeness_from=FRIDAY if filed else None,
    )
    return replace(application, **facts)
