"""The language of a page: what its address asks for, else what was asked for before, else Vietnamese.

A link `?lang=en` chooses and is kept for a year in a cookie that says nothing but the language. What a browser prefers
is not asked: many here come from the shop set to English.
"""

from typing import Any

from litestar import Request
from litestar.datastructures import Cookie

from sandbox_registry.domain.texts import Language

COOKIE = "lang"
_YEAR_S = 365 * 24 * 3600


def chosen_language(request: Request[Any, Any, Any]) -> Language | None:
    """Return the language that the address asks for; null when it asks for none, or for one nobody speaks here."""
    return _known(request.query_params.get(COOKIE))


def language_of(request: Request[Any, Any, Any]) -> Language:
    """Return the language to answer in."""
    return chosen_language(request) or _known(request.cookies.get(COOKIE)) or Language.VI


def language_cookie(language: Language) -> Cookie:
    """Return what keeps a choice."""
    return Cookie(key=COOKIE, value=language, path="/", max_age=_YEAR_S, samesite="lax", httponly=True)


def _known(code: object) -> Language | None:
    return Language(code) if isinstance(code, str) and code in set(Language) else None
