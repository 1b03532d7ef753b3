"""Sessions of browsers: how long one lasts, when its owner last proved to be who they are, and when their power changed."""

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from uuid import UUID

from sandbox_registry.domain.errors import ConditionNotMet
from sandbox_registry.domain.identity.people import Actor
from sandbox_registry.domain.identity.second_factors import LoginMethod
from sandbox_registry.domain.texts import Language

PROOF_LASTS = timedelta(minutes=10)
"""How long after a login, or another proof of who one is, one may sign without a further one."""
_BROWSERS = (
    ("Edge", re.compile(r"Edg(?:A|iOS)?/")),
    ("Opera", re.compile(r"OPR/")),
    ("Samsung Internet", re.compile(r"SamsungBrowser/")),
    ("Cốc Cốc", re.compile(r"coc_coc_browser/", re.IGNORECASE)),
    ("Firefox", re.compile(r"(?:Firefox|FxiOS)/")),
    ("Chrome", re.compile(r"(?:Chrome|CriOS)/")),
    ("Safari", re.compile(r"Safari/")),
)
"""Names of browsers by what they send; the first that fits, since most also claim to be others."""
_SYSTEMS = (
    ("iPhone", re.compile(r"iPhone")),
    ("iPad", re.compile(r"iPad")),
    ("Android", re.compile(r"Android")),
    ("Windows", re.compile(r"Windows")),
    ("macOS", re.compile(r"Mac OS X")),
    ("Linux", re.compile(r"Linux")),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionLimits:
    """How long a session lasts: `idle` without any request, `longest` at most."""

    idle: timedelta = timedelta(hours=1)
    longest: timedelta = timedelta(hours=12)


DEFAULT_LIMITS = SessionLimits()


@dataclass(frozen=True, slots=True, kw_only=True)
class BrowserSession:
    """A browser in which somebody is logged in, as the log records it.

    `method` says how its owner proved to be who they are, `proved_at` when they did so last, `expires_at` when it is over
    though it is used; `ended_at` is null while nobody ended it.
    """

    id: UUID
    version: int
    person_id: UUID
    method: LoginMethod
    created_at: datetime
    expires_at: datetime
    proved_at: datetime
    ended_at: datetime | None = None

    def require_proof(self, *, at: datetime, within: timedelta = PROOF_LASTS) -> None:
        """Refuse what needs a recent proof of who acts; acts of signing call it.

        Raises:
            ConditionNotMet: `proof_too_old`.

        """
        if at - self.proved_at > within:
            raise ConditionNotMet("proof_too_old")


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnSession:
    """A session as its owner is shown it; `address` and `browser` are null once they are no longer kept."""

    session: BrowserSession
    last_seen_at: datetime
    address: str | None
    browser: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """Whose browser a request comes from. `actor` is null when the session is over; it is known whose it was.

    With `needs_code` its owner holds an office that counts only after a login with a code.
    """

    session: BrowserSession
    full_name: str
    language: Language | None
    actor: Actor | None
    needs_code: bool = False


def browser_name(user_agent: str) -> str:
    """Name a browser and its system for the person who used it: "Chrome, Android"; empty when neither is known."""
    found = (next((name for name, form in names if form.search(user_agent)), "") for names in (_BROWSERS, _SYSTEMS))
    return ", ".join(filter(None, found))


def power_of(actor: Actor) -> str:
    """Return a digest of the offices and the delegated authority that count for somebody: another one, another session."""
    offices = sorted(f"{role}@{unit}" for role, unit in actor.offices)
    return sha256("\n".join([*offices, str(actor.signs_for)]).encode()).hexdigest()
