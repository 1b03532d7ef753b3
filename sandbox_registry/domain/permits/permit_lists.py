"""What a list of permits is narrowed by, and one line of it."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sandbox_registry.domain.stages import Stage


@dataclass(frozen=True, slots=True, kw_only=True)
class PermitFilter:
    """What a list is narrowed by; null leaves a question open.

    `text` finds without diacritics in the dossier, and by the beginning of a permit number.
    """

    stages: frozenset[Stage] | None = None
    procedure_code: str | None = None
    application_id: UUID | None = None
    organisation_id: UUID | None = None
    ends_before: datetime | None = None
    text: str | None = None
    updated_since: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PermitRow:
    """One line of a list; `stage` is where the permit stands at the moment of the list."""

    id: UUID
    version: int
    number: str
    stage: Stage
    kind: str
    title: str
    procedure_code: str
    application_id: UUID
    organisation_id: UUID
    organisation_name: str
    start: datetime
    end: datetime
    issued_at: datetime
    updated_at: datetime
