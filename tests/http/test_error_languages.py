"""No code, no name of the database and no English reaches a person who reads Vietnamese or French.

Every error is made as the program makes it, and every sentence of the catalogues is filled as it may be filled.
"""

import string
from datetime import UTC, date, datetime
from uuid import UUID

import pytest

from sandbox_registry.api.contract.problem_codes import CONDITIONS, LAYER
from sandbox_registry.authz.enforcer import TOKEN_PROCEDURES, TOKEN_SCOPE
from sandbox_registry.db.core.unique_rules import UNIQUE_RULES
from sandbox_registry.documents.uploads.fair_queue import InspectionsBusy
from sandbox_registry.documents.uploads.store import FileTooLarge, StorageFull
from sandbox_registry.domain.acts import Action
from sandbox_registry.domain.cases.lifecycle import ACTIONS, TRANSITIONS
from sandbox_registry.domain.errors import (
    ConditionNotMet,
    DeclarationOwed,
    DomainError,
    Duplicate,
    FieldError,
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
from sandbox_registry.domain.rules.procedures import PARAMETERS
from sandbox_registry.domain.stages import Stage
from sandbox_registry.domain.texts import Language, Parameter, Phrase
from sandbox_registry.http.status import STATUS
from sandbox_registry.locales.catalogues import catalogue
from sandbox_registry.usecases.transaction.idempotency import KeyInUse, KeyReused
from tests.support.wording import leaks

VIETNAMESE = catalogue(Language.VI).forms
PARAMS: dict[str, Parameter] = {
    "amount": 1e15,
    "ceiling": datetime(2029, 1, 31, 17, tzinfo=UTC),
    "count": 2,
    "day": date(2029, 1, 31),
    "latest": date(2029, 1, 31),
    "limit": 1e15,
    "number": 1e15,
    "since": datetime(2029, 1, 31, tzinfo=UTC),
    "until": datetime(2029, 1, 31, tzinfo=UTC),
}
"""What stands in a placeholder of that name; in any other, words that say nothing."""


def params_of(key: str) -> dict[str, Parameter]:
    """Something for every placeholder of a sentence."""
    names = {part[1] for part in string.Formatter().parse(VIETNAMESE[key][0]) if part[1]}
    return {name: PARAMS.get(name, "…") for name in names}


ERRORS: list[DomainError] = [
    CalendarGap(day=date(2047, 1, 1)),
    CodeNeeded(person_id=UUID(int=1), digest=b""),
    DeclarationOwed(action="application:read", line=None, case_id=UUID(int=1)),
    FileDamaged(),
    DatabaseFull(),
    DatabaseUnavailable(),
    ScannerUnavailable(),
    StorageQuotaReached(whose="organisation", used=2_000_000_000, limit=2_097_152_000),
    FileTooLarge(limit=20_000_000),
    Invalid((FieldError(field="title", code="required", message=Phrase("reasons.missing")),)),
    KeyInUse(),
    KeyReused("idempotency_key_reused"),
    LimitsUnknown(),
    StaleVersion(current=1234),
    StorageFull(),
    InspectionsBusy(seconds=12),
    TooManyRequests(limit="reads.account", seconds=1200),
    WrongCredentials(),
    *(
        PermissionDenied(action=action, line=line)
        for action in Action
        for line in (None, TOKEN_SCOPE, TOKEN_PROCEDURES)
    ),
    *(
        TransitionNotAllowed(action=ACTIONS.get(act, f"application:{act}"), stage=stage)
        for act in TRANSITIONS
        for stage in Stage
        if stage is not Stage.NONE
    ),
    *(RuleGap(parameter=parameter) for parameter in PARAMETERS),
    *(Duplicate(what=what) for what in (*UNIQUE_RULES.values(), "record")),
    *(NotFound(what=key.removeprefix("kind.")) for key in VIETNAMESE if key.startswith("kind.") and not params_of(key)),
    NotFound(what="unit", name="Sở Y tế"),
    *(
        ConditionNotMet(key.removeprefix("condition."), **params_of(key))
        for key in VIETNAMESE
        if key.startswith("condition.")
    ),
]


def test_every_class_of_error_and_every_condition_is_made_here() -> None:
    assert {type(error) for error in ERRORS} == set(STATUS)
    made = {error.condition for error in ERRORS if isinstance(error, ConditionNotMet)}
    assert made == set(CONDITIONS)


@pytest.mark.parametrize("language", Language)
def test_every_error_has_its_sentence(language: Language) -> None:
    assert [error for error in ERRORS if not error.text.in_language(language)] == []


def test_no_error_leaks_codes_or_english() -> None:
    assert [leak for error in ERRORS for leak in leaks(error.text)] == []


def test_no_sentence_of_the_catalogues_leaks_codes_or_english() -> None:
    spoken = (key for key in VIETNAMESE if not key.startswith("docs."))  # Pages for programmers name headers and codes.
    filled = (Phrase(key, **params_of(key)) for key in spoken)
    assert [leak for phrase in filled for leak in leaks(phrase)] == []


def test_every_code_of_the_http_layer_has_its_sentence() -> None:
    assert {f"http.{code}" for code in LAYER} <= set(VIETNAMESE)
