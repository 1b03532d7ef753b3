"""What somebody had typed when they had to log in first: it goes along, sealed, and comes back to nobody but them."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass
from uuid import UUID

import msgspec

from sandbox_registry.runtime.seals import Seals
from sandbox_registry.web.forms import TOKEN, Form

_SECRETS = frozenset({"code", "current", "key", "new", "new_password", "password", TOKEN})
"""Fields that are never kept."""
_LONGEST = 300_000
_ABOUT = b"typed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Typed:
    """A form that waits: whose it is, where it goes, and every field but secrets."""

    person_id: UUID
    path: str
    fields: tuple[tuple[str, str], ...]


def keep(seals: Seals, form: Form, *, person_id: UUID, path: str) -> str:
    """Seal what somebody typed, to be sent along with their login; empty where it is too long."""
    fields = tuple((name, value) for name, values in form.fields.items() if name not in _SECRETS for value in values)
    written = msgspec.json.encode(Typed(person_id=person_id, path=path, fields=fields))
    return "" if len(written) > _LONGEST else urlsafe_b64encode(seals.seal(written, about=_ABOUT)).decode()


def bring_back(seals: Seals, sealed: str, *, person_id: UUID) -> Typed | None:
    """Open what was kept; null for anything else, and for what somebody else typed."""
    try:
        written = seals.open(urlsafe_b64decode(sealed.encode("ascii")), about=_ABOUT)
    except ValueError:
        return None
    typed = None if written is None else msgspec.json.decode(written, type=Typed)
    return typed if typed is not None and typed.person_id == person_id else None
