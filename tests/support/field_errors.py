"""Errors of fields as rules raise them, and what of the catalogues they say."""

from collections.abc import Callable, Iterable, Iterator

from sandbox_registry.domain.errors import FieldError, Invalid
from sandbox_registry.domain.texts import Language, Phrase, Wording
from sandbox_registry.locales.catalogues import catalogue
from tests.support.wording import leaks

Rule = Callable[[], object]
"""What breaks a rule: it returns the errors, or is refused with them."""
FAMILIES = frozenset(
    {
        "applications",
        "appraisal",
        "assignments",
        "attachments",
        "consultations",
        "contacts",
        "councils",
        "decisions",
        "declarations",
        "desks",
        "documents",
        "form",
        "lifecycle",
        "offices",
        "organisations",
        "passwords",
        "past_case",
        "reasons",
        "referral",
        "reviews",
        "second_factor",
        "site_visits",
        "supplement",
        "terms",
        "tokens",
        "upload",
        "webhooks",
    }
)
"""The sentences of errors of fields, by the beginnings of their keys; those of malformed input and rule files have tests
of their own."""
LABELS = frozenset({"terms.whole_territory"})
"""What begins alike and is no error."""


def every_key() -> frozenset[str]:
    """Name every sentence that an error of a field can say."""
    keys = (key for key in catalogue(Language.VI).forms if key.partition(".")[0] in FAMILIES)
    return frozenset(keys) - LABELS


def errors_of(rule: Rule) -> tuple[FieldError, ...]:
    """Break a rule."""
    try:
        errors_found = rule()
    except Invalid as refused:
        return refused.errors
    except Exception as refused:
        errors: tuple[FieldError, ...] | None = getattr(refused, "errors", None)
        if errors is None:
            raise
        return errors
    return tuple(errors_found) if isinstance(errors_found, Iterable) else ()


def keys_in(wording: Wording) -> Iterator[str]:
    """Name a sentence and those that stand in it."""
    if isinstance(wording, Phrase):
        yield wording.key
        for value in wording.params.values():
            if isinstance(value, Phrase):
                yield from keys_in(value)


def check_said(key: str, errors: tuple[FieldError, ...]) -> None:
    """Check that one of these errors says a sentence, and that none leaks a code, a name or English."""
    assert key in {each for error in errors for each in keys_in(error.message)}, errors
    assert [leak for error in errors for leak in leaks(error.message)] == []
    for error in errors:
        assert all(error.message.in_language(language) for language in Language)
        assert len({error.message.in_language(language) for language in Language}) == len(Language)
