"""Forms as they arrive: text cleaned, ours or refused, and what is to be mended in them."""

import unicodedata
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any
from urllib.parse import parse_qsl
from uuid import UUID

from litestar import Request
from litestar.exceptions import HTTPException

from sandbox_registry.domain.errors import FieldError, Invalid
from sandbox_registry.domain.rules.form_values import clean
from sandbox_registry.domain.texts import Phrase, Wording
from sandbox_registry.web.portal import bound_to, portal_of

TOKEN, RESTORED = "form_token", "restored"
"""Fields of every form: the proof that it is ours, and that it only brings back what was typed before."""
TOKEN_HEADER = "x-form-token"  # noqa: S105 - the name of a header.
"""The header in which a script sends the proof."""
MOST_FIELDS = 2000
CHOOSE, WRONG_PASSWORD = Phrase("web.form.choose"), Phrase("web.password.wrong")
_LONGEST_NUMBER = 10
_KEPT = frozenset("\t\n")
_INVISIBLE = frozenset({"Cc", "Cf", "Cs", "Co", "Zl", "Zp"})
_NOTHING: Mapping[str, tuple[str, ...]] = MappingProxyType({})


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """What somebody sent. With `is_restored` nothing is to be done: it is shown again to be looked at and sent."""

    fields: Mapping[str, tuple[str, ...]] = field(default_factory=lambda: _NOTHING)
    is_restored: bool = False

    def text(self, name: str) -> str:
        """Return text as it is kept: NFC, plain line ends, nothing invisible, no blank ends; empty for none."""
        return "".join(map(_plain, clean(self.secret(name)))).strip()

    def line(self, name: str) -> str:
        """Return text on one line."""
        return " ".join(self.text(name).split())

    def secret(self, name: str) -> str:
        """Return a field as it was typed: a password keeps its blanks."""
        return self.fields.get(name, ("",))[0]

    def choice(self, name: str, known: Collection[str], *, error: Phrase = CHOOSE) -> str:
        """Return one of the values that may be chosen; `Invalid` for anything else."""
        value = self.line(name)
        if value not in known:
            raise Invalid((FieldError(field=name, code="choose", message=error),))
        return value

    def identity(self, name: str) -> UUID:
        """Return an identity that a page of ours wrote into the form; that of nothing for anything else."""
        try:
            return UUID(self.line(name))
        except ValueError:
            return UUID(int=0)

    def number(self, name: str) -> int:
        """Return a number that a page of ours wrote into the form; 0 for anything else, which fits nothing."""
        written = self.line(name)
        return int(written) if written.isascii() and written.isdigit() and len(written) < _LONGEST_NUMBER else 0

    def over(self, kept: Mapping[str, object]) -> dict[str, object]:
        """Return what is shown in the fields of a form: what was typed, and where nothing was sent what is kept."""
        return {name: self.line(name) if name in self.fields else value for name, value in kept.items()}


NO_FORM = Form()


def _plain(letter: str) -> str:
    """Return a letter; a blank for what steers printers or turns writing around."""
    return " " if letter not in _KEPT and unicodedata.category(letter) in _INVISIBLE else letter


async def read_form(request: Request[Any, Any, Any]) -> Form:
    """Read the form that a request brings; 400 when it is none."""
    try:
        pairs = parse_qsl(
            (await request.body()).decode(), keep_blank_values=True, max_num_fields=MOST_FIELDS, errors="strict"
        )
    except ValueError:
        raise HTTPException(status_code=400) from None
    fields: dict[str, tuple[str, ...]] = {}
    for name, value in pairs:
        fields[name] = (*fields.get(name, ()), value)
    is_restored = bool(fields.pop(RESTORED, None))
    return Form(fields=fields, is_restored=is_restored)


async def is_ours(request: Request[Any, Any, Any]) -> bool:
    """Tell whether the form of a request was made by us, for this very browser."""
    bound = bound_to(request)
    if bound is None:
        return False
    token = request.headers.get(TOKEN_HEADER) or (await read_form(request)).secret(TOKEN)
    return portal_of(request).tokens.fits(token, bound)


@dataclass(frozen=True, slots=True, kw_only=True)
class Faults:
    """What is to be mended: by field, and of the whole."""

    by_field: Mapping[str, Wording] = field(default_factory=dict)
    of_whole: Wording | None = None

    def __bool__(self) -> bool:
        """Tell whether anything is."""
        return bool(self.by_field) or self.of_whole is not None


NO_FAULTS = Faults()
_UNAUTHENTICATED = 401


def wrong_secret(faults: Faults, status: int, **named: Phrase) -> Faults:
    """Say at its field that a secret is wrong, where the answer is 401; the sentence of a login would name the address too."""
    return Faults(by_field=named) if status == _UNAUTHENTICATED else faults
