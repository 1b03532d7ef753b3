"""A second proof beside the password: codes of an authenticator, and recovery codes for when it is lost."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from hashlib import sha256
from uuid import UUID

from sandbox_registry.domain.errors import DomainError, FieldError, Invalid
from sandbox_registry.domain.texts import Phrase

STEP_S, DIGITS, SECRET_SIZE = 30, 6, 20
"""A code counts for 30 seconds, has 6 digits and comes from 160 bits: what every authenticator takes (RFC 6238)."""
WINDOW = (0, -1, 1)
"""Steps that count beside the present one: clocks of phones are a little off."""
RECOVERY_CODES, _CODE_BYTES, _GROUP = 10, 10, 4
_LETTERS = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"


class LoginMethod(StrEnum):
    """How somebody proved to be who they are, for a session of a browser."""

    PASSWORD = "password"  # noqa: S105 - the name of a way to log in.
    PASSWORD_AND_CODE = "password_and_code"  # noqa: S105 - as above.


PASSWORD, WITH_CODE = LoginMethod


class CodeNeeded(DomainError):
    """The password is right, and the account asks for a code too."""

    code = "code_needed"

    def __init__(self, *, person_id: UUID, digest: bytes) -> None:
        """Say whose password it was, and the digest of its hash: what a login goes on from."""
        super().__init__()
        self.person_id = person_id
        self.digest = digest


@dataclass(frozen=True, slots=True, kw_only=True)
class SecondFactor:
    """The authenticator of a person as it is stored: its secret sealed, the last step used, how many recovery codes are left."""

    person_id: UUID
    sealed: bytes
    since: datetime
    last_step: int
    codes_left: int


def step_of(at: datetime) -> int:
    """Return the number of the 30 seconds in which a moment lies."""
    return int(at.timestamp()) // STEP_S


def is_written_code(written: str) -> bool:
    """Tell whether this looks like a code of an authenticator, not like a recovery code."""
    return len(written) == DIGITS and written.isascii() and written.isdigit()


def fitting_step(written: str, *, at: datetime, after: int, code_of: Callable[[int], str]) -> int | None:
    """Return the step whose code this is, later than the last one used; null for none."""
    now = step_of(at)
    return next((now + each for each in WINDOW if now + each > after and code_of(now + each) == written), None)


def recovery_code(random: bytes) -> str:
    """Write 80 random bits as a recovery code: four groups of letters and digits that are not mistaken for others."""
    number = int.from_bytes(random)
    letters = "".join(_LETTERS[number >> shift & 31] for shift in range(75, -1, -5))
    return "-".join(letters[start : start + _GROUP] for start in range(0, len(letters), _GROUP))


def recovery_digest(written: str) -> bytes:
    """Return what is kept of a recovery code, however it is typed. It is 80 random bits, so nothing slower is needed."""
    return sha256("".join(letter for letter in written.upper() if letter.isalnum()).encode()).digest()


def wrong_code() -> Invalid:
    """Return the refusal of a code that is set up."""
    return Invalid((FieldError(field="code", code="wrong_code", message=Phrase("second_factor.wrong_code")),))
