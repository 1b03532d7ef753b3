"""What an export is narrowed by, and what exports and feeds are made of."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sandbox_registry.domain.stages import Stage

Batch = Sequence[Sequence[Any]]


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportFilter:
    """What an export is narrowed by; null leaves a question open. `officer_id` and `overdue_at` ask of cases only.

    `text` finds without diacritics, and permits by the beginning of their number too.
    """

    stages: frozenset[Stage] | None = None
    procedure_code: str | None = None
    organisation_id: UUID | None = None
    updated_since: datetime | None = None
    officer_id: UUID | None = None
    overdue_at: datetime | None = None
    text: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedRow:
    """One entry of a feed."""

    id: UUID
    code: str | None
    stage: Stage
    title: str
    since: datetime
    updated_at: datetime
