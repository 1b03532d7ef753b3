"""One page as it is sent: rendered, with the policy of what a browser may do with it, and its tag for the next visit."""

import gzip
import hashlib
import secrets
from collections.abc import Iterable
from typing import Any
from urllib.parse import parse_qsl, quote, urlencode

from litestar import Request, Response
from litestar.datastructures import Cookie
from markupsafe import Markup

from sandbox_registry.domain.texts import Language
from sandbox_registry.web.forms import TOKEN
from sandbox_registry.web.languages import chosen_language, language_cookie, language_of
from sandbox_registry.web.portal import bound_to, guest_binding, portal_of, visit_of
from sandbox_registry.web.templating import vocabulary

HTML = "text/html"
_ALLOWED = {
    "default-src": "'none'",
    "script-src": "'self'",
    "style-src": "'self'",
    "img-src": "'self' data:",
    "connect-src": "'self'",
    "form-action": "'self'",
    "base-uri": "'none'",
    "frame-ancestors": "'none'",
    "require-trusted-types-for": "'script'",
    "trusted-types": "'none'",
}
CONTENT_POLICY = "; ".join(f"{directive} {sources}" for directive, sources in _ALLOWED.items())
"""What a page may load and do: its own files, and no script that makes markup or script out of text."""
NAVIGATION = ("/thu-thu-tuc", "/thu-tuc", "/tra-cuu", "/ai-quyet-dinh", "/tro-giup")
"""The main pages, by address; their names are `web.nav.<address>`."""
_SMALLEST_WORTH_PACKING = 1000
_LONGEST_QUERY = 4000
_GUEST_SIZE = 16


def page(
    request: Request[Any, Any, Any],
    template: str,
    *,
    status: int = 200,
    cookies: Iterable[Cookie] = (),
    bound: bytes | None = None,
    visitor: str | None = None,
    **context: Any,
) -> Response[bytes]:
    """Render a page.

    Where it is the same for everybody who reads its language, browsers may keep it, and ask whether it is still so: 304.
    With somebody's name on it, or a form bound to their browser, it is kept nowhere. `bound` and `visitor` are for the
    answer that begins a session: what its forms are bound to, and whose it is.
    """
    language, chosen = language_of(request), chosen_language(request)
    visit, token = visit_of(request), _Token(request, bound)
    name = visitor if visit is None or visit.actor is None else visit.full_name
    body = render(request, template, language, visitor=name, token=token, **context).encode()
    tag = f'W/"{hashlib.sha256(body).hexdigest()[:32]}"'
    is_everybodys = status == 200 and name is None and not token.is_used  # noqa: PLR2004
    headers = {
        "Cache-Control": "no-cache" if is_everybodys else "no-store",
        "Content-Language": language,
        "Content-Security-Policy": CONTENT_POLICY,
        "Vary": "Accept-Encoding, Cookie",
    }
    cookies = [*cookies, *token.cookies, *([] if chosen is None else [language_cookie(chosen)])]
    if is_everybodys:
        headers["ETag"] = tag
        if tag in request.headers.get("if-none-match", ""):
            return Response(b"", status_code=304, headers=headers, cookies=cookies, media_type=HTML)
    if len(body) >= _SMALLEST_WORTH_PACKING and "gzip" in request.headers.get("accept-encoding", ""):
        headers["Content-Encoding"] = "gzip"
        body = gzip.compress(body, 6, mtime=0)
    return Response(body, status_code=status, headers=headers, cookies=cookies, media_type=HTML)


class _Token:
    """The hidden field by which a form proves to be ours; a browser without a session is given something to bind it to."""

    def __init__(self, request: Request[Any, Any, Any], bound: bytes | None) -> None:
        self._request = request
        self._bound = bound
        self.is_used = False
        self.cookies: tuple[Cookie, ...] = ()

    def __call__(self) -> Markup:
        portal, self.is_used = portal_of(self._request), True
        if self._bound is None:
            self._bound = bound_to(self._request)
        if self._bound is None:
            guest = secrets.token_urlsafe(_GUEST_SIZE)
            self._bound = guest_binding(guest)
            self.cookies = (portal.cookies.make(portal.cookies.guest, guest),)
        value = portal.tokens.issue(self._bound)
        return Markup('<input type="hidden" name="{}" value="{}">').format(TOKEN, value)


def render(request: Request[Any, Any, Any], template: str, language: Language, **context: Any) -> str:
    """Render a template in a language."""
    engine = request.app.template_engine
    if engine is None:
        message = "the application has no template engine"
        raise RuntimeError(message)
    rendered: str = engine.get_template(template).render(
        **vocabulary(language),
        here=request.url.path,
        in_language=lambda wanted: _in_language(request, wanted),
        navigation=NAVIGATION,
        **context,
    )
    return rendered


def _in_language(request: Request[Any, Any, Any], wanted: Language) -> str:
    """Return the address of the same page in another language."""
    # Quoted, and with one slash: a browser takes `//name`, `/\\name` and what turns into them for another server.
    path = "/" + quote(request.url.path, errors="replace").lstrip("/")
    if len(request.url.query) > _LONGEST_QUERY:  # It would be said seven times.
        return f"{path}?lang={wanted}"
    asked = [(name, value) for name, value in parse_qsl(request.url.query, keep_blank_values=True) if name != "lang"]
    return f"{path}?{urlencode([*asked, ('lang', wanted.value)])}"
