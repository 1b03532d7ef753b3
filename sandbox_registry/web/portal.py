"""What the portal holds beside the use cases: the names of its cookies, and the keys by which it knows its own forms."""

import hashlib
import hmac
import secrets
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from litestar import Request
from litestar.datastructures import Cookie

from sandbox_registry.domain.identity.sessions import Visit
from sandbox_registry.domain.texts import Wording
from sandbox_registry.http.identity import VISIT
from sandbox_registry.runtime.seals import Seals

_MASK_SIZE = hashlib.sha256().digest_size


@dataclass(frozen=True, slots=True, kw_only=True)
class Cookies:
    """The cookies of the portal. `__Host-` names are taken by browsers over https only, from this very host."""

    is_plain: bool

    @property
    def session(self) -> str:
        """The name of the cookie that holds the secret of a session."""
        return "session" if self.is_plain else "__Host-session"

    @property
    def guest(self) -> str:
        """The name of the cookie to which forms are bound while nobody is logged in."""
        return "guest" if self.is_plain else "__Host-guest"

    def make(self, name: str, value: str) -> Cookie:
        """Return a cookie that lasts while the browser is open; an empty value removes it."""
        return Cookie(
            key=name,
            value=value,
            path="/",
            max_age=None if value else 0,
            secure=not self.is_plain,
            httponly=True,
            samesite="lax",
        )


class FormTokens:
    """Proves that a form is ours and was made for this very browser: one session, or one visitor without.

    A token is an HMAC under a mask of its own, so that no two are alike: compressed pages give nothing away.
    """

    def __init__(self, key: bytes) -> None:
        self._key = hmac.digest(key, b"form tokens", "sha256")

    def issue(self, bound_to: bytes) -> str:
        """Return a token for a form."""
        mask = secrets.token_bytes(_MASK_SIZE)
        return urlsafe_b64encode(mask + _xor(mask, self._right(bound_to))).decode().rstrip("=")

    def fits(self, token: str, bound_to: bytes) -> bool:
        """Tell whether a token was made for this browser."""
        try:
            whole = urlsafe_b64decode(token.encode("ascii") + b"==")
        except ValueError:
            return False
        mask, masked = whole[:_MASK_SIZE], whole[_MASK_SIZE:]
        return len(masked) == _MASK_SIZE and hmac.compare_digest(_xor(mask, masked), self._right(bound_to))

    def _right(self, bound_to: bytes) -> bytes:
        return hmac.digest(self._key, bound_to, "sha256")


def _xor(one: bytes, other: bytes) -> bytes:
    return bytes(left ^ right for left, right in zip(one, other, strict=True))


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownPerson:
    """Somebody of a demonstration, as whom anybody may log in with one click; `part` says what they are."""

    full_name: str
    part: Wording
    email: str
    password: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Portal:
    """What every page may need of the installation."""

    cookies: Cookies
    tokens: FormTokens
    typed: Seals
    people: tuple[ShownPerson, ...] = ()


def make_portal(key: bytes, *, is_plain: bool, people: tuple[ShownPerson, ...] = ()) -> Portal:
    """Return the portal of an installation by its key; `people` are those of a demonstration."""
    return Portal(
        cookies=Cookies(is_plain=is_plain),
        tokens=FormTokens(key),
        typed=Seals(key, purpose=b"typed forms"),
        people=people,
    )


def portal_of(request: Request[Any, Any, Any]) -> Portal:
    """Return what the portal holds."""
    portal: Portal = request.app.state.portal
    return portal


def visit_of(request: Request[Any, Any, Any]) -> Visit | None:
    """Return whose browser a page is for, though the session may be over; null for nobody's."""
    visit: Visit | None = request.scope["state"].get(VISIT)
    return visit


def session_binding(session_id: UUID) -> bytes:
    """Return what forms of a session are bound to: it stays when the secret of the session changes."""
    return b"session " + session_id.bytes


def guest_binding(guest: str) -> bytes:
    """Return what forms of a browser are bound to in which nobody is logged in."""
    return f"guest {guest}".encode()


def bound_to(request: Request[Any, Any, Any]) -> bytes | None:
    """Return what forms of this browser are bound to; null where there is nothing yet."""
    visit = visit_of(request)
    if visit is not None:
        return session_binding(visit.session.id)
    guest = request.cookies.get(portal_of(request).cookies.guest, "")
    return guest_binding(guest) if guest else None
