"""The door of every page: forms must be ours, pages for people known lead to the login, and nothing typed is lost there."""

import re
from collections.abc import Awaitable, Callable, Iterable
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

from litestar import Response
from litestar.datastructures import Cookie
from litestar.response import Redirect

from sandbox_registry.domain.errors import ConditionNotMet, DomainError, Duplicate, Invalid, StaleVersion
from sandbox_registry.domain.identity.passwords import WrongCredentials
from sandbox_registry.domain.identity.second_factors import WITH_CODE
from sandbox_registry.domain.identity.sessions import PROOF_LASTS, Visit
from sandbox_registry.domain.operations.quotas import TooManyRequests
from sandbox_registry.http.context import context_of
from sandbox_registry.http.declarations import declared
from sandbox_registry.http.methods import asks_public_methods
from sandbox_registry.http.status import status_of
from sandbox_registry.usecases.identity.sessions import OpenedSession
from sandbox_registry.web.forms import NO_FAULTS, NO_FORM, Faults, Form, is_ours, read_form
from sandbox_registry.web.languages import language_cookie
from sandbox_registry.web.pages import page
from sandbox_registry.web.portal import portal_of, session_binding, visit_of
from sandbox_registry.web.public.common import Incoming, use_cases
from sandbox_registry.web.typed import bring_back, keep

LOGIN, CONFIRM, HOME = "/dang-nhap", "/xac-nhan-lai", "/tai-khoan"
NEXT, TYPED = "tiep", "typed"
"""Fields of the login: where it leads, and what waits there."""
NEW_PASSWORD = "moi"  # noqa: S105 - the name of a parameter.
"""In the address of the login after a forgotten password was set."""
_READS = frozenset({"GET", "HEAD", "OPTIONS"})
_LONGEST_ADDRESS = 2000
_LOCAL = re.compile(r"/(?!/)[!-\[\]-~]*")
"""One slash, then plain letters and no backslash: browsers take `//name` and `/\\name` for another server."""


Show = Callable[[Form, Faults, int], Awaitable[Response[Any]]]
"""Shows the page of a form, with what was typed, what is to be mended, and the status."""


async def enter(request: Incoming) -> Response[Any] | None:
    """Let a request in to its page, or answer it; the hook of every page.

    A form that is not ours is refused. Who is not logged in and should be is led to the login, and from there back.
    """
    visit, is_form = visit_of(request), request.method not in _READS
    is_known = visit is not None and visit.actor is not None  # A token of the API is nothing to pages of one's own.
    is_genuine = not is_form or await is_ours(request)
    is_open = declared(request.route_handler).is_public or asks_public_methods(request.scope)
    if not is_known and not is_open:
        return await _log_in_first(request, is_genuine=is_genuine)
    return None if is_genuine else page(request, "account/form_over.html", status=403, back=request.url.path)


async def _log_in_first(request: Incoming, *, is_genuine: bool) -> Response[Any]:
    visit, form = visit_of(request), NO_FORM
    if is_genuine and request.method not in _READS:
        form = await read_form(request)
    if visit is None or not form.fields:
        return see_other(f"{LOGIN}?{urlencode({NEXT: _address(request)})}")
    typed = keep(portal_of(request).typed, form, person_id=visit.session.person_id, path=_address(request))
    return login_page(request, next_path=_address(request), typed=typed, status=401)


def login_page(
    request: Incoming, *, next_path: str, typed: str = "", form: Form = NO_FORM, faults: Faults = NO_FAULTS, status: int
) -> Response[bytes]:
    """Show the login: where it leads, what waits there, and what was wrong the last time."""
    return page(
        request,
        "account/login.html",
        status=status,
        next_path=next_path,
        typed=typed,
        email=form.line("email"),
        faults=faults,
        is_over=visit_of(request) is not None and request.scope["user"] is None,
        is_new_password=NEW_PASSWORD in request.query_params,
        people=portal_of(request).people,
    )


def confirm_page(
    request: Incoming, *, next_path: str, typed: str = "", faults: Faults = NO_FAULTS, status: int
) -> Response[bytes]:
    """Ask somebody who is logged in to prove once more who they are."""
    return page(
        request,
        "account/confirm.html",
        status=status,
        next_path=next_path,
        typed=typed,
        faults=faults,
        is_with_code=known_visit(request).session.method == WITH_CODE,
    )


def opened(request: Incoming, session: OpenedSession, *, next_path: str, typed: str) -> Response[Any]:
    """Hand a browser the secret of its session, and lead on: to a page, or to a form with what was typed before."""
    portal = portal_of(request)
    cookies = [session_cookie(request, session), portal.cookies.make(portal.cookies.guest, "")]
    if session.language is not None:
        cookies.append(language_cookie(session.language))
    waiting = bring_back(portal.typed, typed, person_id=session.session.person_id) if typed else None
    if waiting is None:
        return see_other(local_path(next_path), cookies=cookies)
    return page(
        request,
        "account/restored.html",
        cookies=cookies,
        bound=session_binding(session.session.id),
        visitor=session.full_name,
        action=waiting.path,
        fields=waiting.fields,
    )


def session_cookie(request: Incoming, session: OpenedSession) -> Cookie:
    """Return what hands a browser the secret of its session."""
    cookies = portal_of(request).cookies
    return cookies.make(cookies.session, session.secret)


async def leave_session(request: Incoming) -> None:
    """End the session that is open in this browser, if one is."""
    visit = visit_of(request)
    if visit is not None and visit.actor is not None:
        await use_cases(request).sessions.end(context_of(request), visit.session.id)


async def answer_form(
    request: Incoming, form: Form, show: Show, act: Callable[[], Awaitable[Response[Any]]]
) -> Response[Any]:
    """Do what a form asks for, or show it again: with what is to be mended, or because it was only restored.

    What asks for a recent proof of who acts leads to it, and from there back.
    """
    if form.is_restored:
        return await show(form, NO_FAULTS, 200)
    try:
        return await act()
    except Invalid as error:
        return await show(form, Faults(by_field={each.field: each.message for each in error.errors}), status_of(error))
    except _SHOWN as error:
        if isinstance(error, ConditionNotMet) and error.condition == PROOF_TOO_OLD:
            return _prove_first(request, form)
        shown = await show(form, Faults(of_whole=error.text), status_of(error))
        if isinstance(error, TooManyRequests):
            shown.headers["Retry-After"] = str(error.seconds)
        return shown


PROOF_TOO_OLD = "proof_too_old"
_SHOWN: tuple[type[DomainError], ...] = (ConditionNotMet, Duplicate, StaleVersion, TooManyRequests, WrongCredentials)
"""Refusals that stand beside the form, so that nothing typed is lost."""


def require_proof(request: Incoming, *, within: timedelta = PROOF_LASTS) -> None:
    """Refuse what needs a recent proof of who acts; `answer_form` then leads to it. Acts of signing call it.

    Raises:
        ConditionNotMet: `proof_too_old`.

    """
    known_visit(request).session.require_proof(at=use_cases(request).transactions.now(), within=within)


def known_visit(request: Incoming) -> Visit:
    """Return the session of a page that is not public; LookupError where there is none: a fault of the program."""
    visit = visit_of(request)
    if visit is None or visit.actor is None:
        message = f"{request.url.path} is reached without a session"
        raise LookupError(message)
    return visit


def _prove_first(request: Incoming, form: Form) -> Response[Any]:
    typed = keep(
        portal_of(request).typed, form, person_id=known_visit(request).session.person_id, path=_address(request)
    )
    return confirm_page(request, next_path=_address(request), typed=typed, status=403)


def local_path(wanted: str) -> str:
    """Return where a login leads: a page of ours; for anything else the account."""
    is_ours_alone = len(wanted) <= _LONGEST_ADDRESS and _LOCAL.fullmatch(wanted) is not None
    return wanted if is_ours_alone and not wanted.startswith(("/api/", LOGIN, CONFIRM)) else HOME


def see_other(path: str, *, cookies: Iterable[Cookie] = ()) -> Response[Any]:
    """Go on to another page after something was done."""
    return Redirect(path, status_code=303, cookies=list(cookies))


def _address(request: Incoming) -> str:
    """Return the address of a page, with its query."""
    query = request.url.query
    return f"{request.url.path}?{query}" if query else request.url.path
