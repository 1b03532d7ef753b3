"""Why an uploaded file is not taken, in words its sender can act on."""

from sandbox_registry.domain.errors import FieldError, Invalid
from sandbox_registry.domain.texts import Parameter, Phrase


def refusal(code: str, **params: Parameter) -> Invalid:
    """Make the error for one refused file: field `file`, a stable code, and what to do about it."""
    return Invalid((FieldError(field="file", code=code, message=Phrase(f"upload.{code}", **params)),))
