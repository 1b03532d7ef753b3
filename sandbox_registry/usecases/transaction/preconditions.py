"""What several use cases ask before they change anything."""

from collections.abc import Iterable

from sandbox_registry.domain.errors import FieldError, Invalid, StaleVersion


def check_fields(errors: Iterable[FieldError]) -> None:
    """Refuse what breaks rules, with every broken one; raises `Invalid`."""
    broken = tuple(errors)
    if broken:
        raise Invalid(broken)


def check_version(current: int, expected: int) -> None:
    """Refuse to change what was changed since it was read; raises `StaleVersion`."""
    if current != expected:
        raise StaleVersion(current=current)
