"""What a list of cases is narrowed by, and one line of it."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sandbox_registry.domain.stages import Stage


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseFilter:
    """What a list is narrowed by; null leaves a question open. `text` finds without diacritics."""

    stages: frozenset[Stage] | None = None
    procedure_code: str | None = None
    officer_id: UUID | None = None
    organisation_id: UUID | None = None
    overdue_at: datetime | None = None
    text: str | None = None
    updated_since: datetime | None = None


@dataclass(slots=True)
class CaseRow:
    """One line of a list, its fields in the order of the query.

    Not frozen, and made by place: frozen by name a page of them takes five times as long, longer than its JSON.
    """

    id: UUID
    version: int
    code: str | None
    stage: Stage
    title: str
    procedure_code: str
    organisation_id: UUID
    organisation_name: str
    level: str | None
    submitted_at: datetime | None
    next_due_at: datetime | None
    updated_at: datetime
