"""The second step of a login: setting up an authenticator, and its codes."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec
from litestar import Response, get, post

from sandbox_registry.domain.identity.second_factors import PASSWORD, WITH_CODE, CodeNeeded
from sandbox_registry.domain.operations.quotas import Group
from sandbox_registry.domain.texts import Phrase
from sandbox_registry.http.context import context_of
from sandbox_registry.http.declarations import declare
from sandbox_registry.web.forms import NO_FAULTS, NO_FORM, Faults, Form, read_form, wrong_secret
from sandbox_registry.web.pages import page
from sandbox_registry.web.portal import bound_to, portal_of
from sandbox_registry.web.public.common import Incoming, use_cases
from sandbox_registry.web.sessions import (
    HOME,
    LOGIN,
    NEXT,
    TYPED,
    answer_form,
    known_visit,
    leave_session,
    opened,
    require_proof,
    see_other,
    session_cookie,
)

SECOND_STEP, CODE = f"{HOME}/hai-buoc", f"{LOGIN}/ma"
HALF = "half"
"""The field that holds, sealed, whose password was right."""
HALF_LASTS = timedelta(minutes=5)


@dataclass(frozen=True, slots=True, kw_only=True)
class HalfLogin:
    """Whose password was right, until when, and the digest of its hash."""

    person_id: UUID
    digest: bytes
    until: datetime


def ask_for_code(request: Incoming, needed: CodeNeeded, *, next_path: str, typed: str) -> Response[Any]:
    """Ask for the code after a right password; the answer is good for some minutes, from this browser."""
    until = use_cases(request).transactions.now() + HALF_LASTS
    half = msgspec.json.encode(HalfLogin(person_id=needed.person_id, digest=needed.digest, until=until))
    sealed = urlsafe_b64encode(portal_of(request).typed.seal(half, about=_about(request))).decode()
    return code_page(request, half=sealed, next_path=next_path, typed=typed)


def code_page(
    request: Incoming, *, half: str, next_path: str, typed: str, faults: Faults = NO_FAULTS, status: int = 200
) -> Response[Any]:
    """Show the field for the code."""
    return page(request, "account/code.html", status=status, half=half, next_path=next_path, typed=typed, faults=faults)


@get(CODE, opt=declare(is_public=True), include_in_schema=False)
async def code_form() -> Response[Any]:
    """Begin at the password: a code alone opens nothing."""
    return see_other(LOGIN)


@post(CODE, opt=declare(is_public=True, quota=Group.LOGIN), include_in_schema=False, status_code=200)
async def send_code(request: Incoming) -> Response[Any]:
    """Open a session with the code of somebody whose password was right."""
    form, cases = await read_form(request), use_cases(request)
    half, next_path, typed = form.secret(HALF), form.secret(NEXT), form.secret(TYPED)
    known = _half_of(request, half)
    if known is None:
        return see_other(LOGIN)

    async def show(_form: Form, faults: Faults, status: int) -> Response[Any]:
        faults = wrong_secret(faults, status, code=Phrase("web.code.wrong"))
        return code_page(request, half=half, next_path=next_path, typed=typed, faults=faults, status=status)

    async def act() -> Response[Any]:
        session = await cases.sessions.go_on(
            context_of(request),
            person_id=known.person_id,
            digest=known.digest,
            code=form.line("code"),
            user_agent=request.headers.get("user-agent", ""),
        )
        await leave_session(request)
        return opened(request, session, next_path=next_path, typed=typed)

    return await answer_form(request, form, show, act)


def _half_of(request: Incoming, sealed: str) -> HalfLogin | None:
    try:
        half = portal_of(request).typed.open(urlsafe_b64decode(sealed.encode("ascii")), about=_about(request))
    except ValueError:
        return None
    known = None if half is None else msgspec.json.decode(half, type=HalfLogin)
    return known if known is not None and known.until > use_cases(request).transactions.now() else None


def _about(request: Incoming) -> bytes:
    return b"half a login " + (bound_to(request) or b"")


@get(SECOND_STEP, include_in_schema=False)
async def second_step_page(request: Incoming) -> Response[Any]:
    """Show one's authenticator, or offer to set one up."""
    return await _second_step(request, NO_FORM, NO_FAULTS, 200)


@post(SECOND_STEP, include_in_schema=False, status_code=200)
async def change_second_step(request: Incoming) -> Response[Any]:
    """Set up an authenticator, or take it away; every other session ends."""
    form, cases = await read_form(request), use_cases(request)

    async def show(form: Form, faults: Faults, status: int) -> Response[Any]:
        return await _second_step(request, form, faults, status)

    async def act() -> Response[Any]:
        require_proof(request)
        context, session_id = context_of(request), known_visit(request).session.id
        if form.line("act") == "remove":
            await cases.second_factors.remove(context)
            session = await cases.sessions.begin_anew(context, session_id, method=PASSWORD)
            return see_other(SECOND_STEP, cookies=[session_cookie(request, session)])
        codes = await cases.second_factors.set_up(context, sealed=_sealed(form), code=form.line("code"))
        session = await cases.sessions.begin_anew(context, session_id, method=WITH_CODE)
        return page(request, "account/recovery_codes.html", codes=codes, cookies=[session_cookie(request, session)])

    return await answer_form(request, form, show, act)


async def _second_step(request: Incoming, form: Form, faults: Faults, status: int) -> Response[Any]:
    context, cases = context_of(request), use_cases(request)
    view = await cases.people.read(context, context.actor.person_id)
    factor, email = await cases.second_factors.find_own(context), view.person.email
    return page(
        request,
        "account/second_step.html",
        status=status,
        faults=faults,
        factor=factor,
        offered=cases.second_factors.offer_again(context.actor.person_id, email=email, sealed=_sealed(form)),
        sealed_text=lambda sealed: urlsafe_b64encode(sealed).decode(),
        needs_code=known_visit(request).needs_code,
    )


def _sealed(form: Form) -> bytes:
    try:
        return urlsafe_b64decode(form.secret("key").encode("ascii"))
    except ValueError:
        return b""
