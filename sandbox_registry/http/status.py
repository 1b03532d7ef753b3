"""Which HTTP status says what went wrong: one table for the API and the pages."""

from sandbox_registry.documents.uploads.fair_queue import InspectionsBusy
from sandbox_registry.documents.uploads.store import FileTooLarge, StorageFull
from sandbox_registry.domain.errors import (
    ConditionNotMet,
    DeclarationOwed,
    DomainError,
    Duplicate,
    Invalid,
    NotFound,
    PermissionDenied,
    RuleGap,
    StaleVersion,
    TransitionNotAllowed,
)
from sandbox_registry.domain.identity.passwords import WrongCredentials
from sandbox_registry.domain.identity.second_factors import CodeNeeded
from sandbox_registry.domain.operations.availability import DatabaseFull, DatabaseUnavailable
from sandbox_registry.domain.operations.quotas import LimitsUnknown, TooManyRequests
from sandbox_registry.domain.operations.scanning import ScannerUnavailable
from sandbox_registry.domain.operations.stored_files import FileDamaged, StorageQuotaReached
from sandbox_registry.domain.rules.calendars import CalendarGap
from sandbox_registry.usecases.transaction.idempotency import KeyInUse, KeyReused

STATUS: dict[type[DomainError], int] = {
    CalendarGap: 409,
    CodeNeeded: 401,
    ConditionNotMet: 409,
    DatabaseFull: 507,
    DatabaseUnavailable: 503,
    DeclarationOwed: 403,
    Duplicate: 409,
    FileDamaged: 500,
    FileTooLarge: 413,
    InspectionsBusy: 503,
    Invalid: 422,
    KeyInUse: 409,
    KeyReused: 422,
    LimitsUnknown: 503,
    NotFound: 404,
    PermissionDenied: 403,
    RuleGap: 409,
    ScannerUnavailable: 503,
    StaleVersion: 412,
    StorageFull: 507,
    StorageQuotaReached: 413,
    TooManyRequests: 429,
    TransitionNotAllowed: 409,
    WrongCredentials: 401,
}


def status_of(error: DomainError) -> int:
    """Return the status of an error, by its nearest class in the table."""
    return next(STATUS[kind] for kind in type(error).__mro__ if kind in STATUS)
