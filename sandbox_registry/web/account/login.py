"""Logging in, proving once more who one is, and logging out."""

from typing import Any

from litestar import Response, get, post

from sandbox_registry.domain.identity.second_factors import WITH_CODE, CodeNeeded
from sandbox_registry.domain.operations.quotas import Group
from sandbox_registry.domain.texts import Phrase
from sandbox_registry.http.context import context_of
from sandbox_registry.http.declarations import declare
from sandbox_registry.web.account.second_step import ask_for_code
from sandbox_registry.web.forms import WRONG_PASSWORD, Faults, Form, read_form, wrong_secret
from sandbox_registry.web.portal import portal_of
from sandbox_registry.web.public.common import Incoming, use_cases
from sandbox_registry.web.sessions import (
    CONFIRM,
    HOME,
    LOGIN,
    NEXT,
    TYPED,
    answer_form,
    confirm_page,
    known_visit,
    leave_session,
    local_path,
    login_page,
    opened,
    see_other,
)


@get(LOGIN, opt=declare(is_public=True), include_in_schema=False)
async def login_form(request: Incoming) -> Response[Any]:
    """Ask who somebody is; who is logged in goes straight on."""
    wanted = request.query_params.get(NEXT, HOME)
    if request.scope["user"] is not None:
        return see_other(local_path(wanted))
    return login_page(request, next_path=wanted, status=200)


@post(LOGIN, opt=declare(is_public=True, quota=Group.LOGIN), include_in_schema=False, status_code=200)
async def log_in(request: Incoming) -> Response[Any]:
    """Open a session; whoever was logged in with this browser before is not any more."""
    form, cases = await read_form(request), use_cases(request)
    next_path, typed = form.secret(NEXT), form.secret(TYPED)

    async def show(form: Form, faults: Faults, status: int) -> Response[Any]:
        return login_page(request, next_path=next_path, typed=typed, form=form, faults=faults, status=status)

    async def act() -> Response[Any]:
        try:
            session = await cases.sessions.log_in(
                context_of(request),
                email=form.line("email"),
                password=form.secret("password"),
                user_agent=request.headers.get("user-agent", ""),
            )
        except CodeNeeded as needed:
            return ask_for_code(request, needed, next_path=next_path, typed=typed)
        await leave_session(request)
        return opened(request, session, next_path=next_path, typed=typed)

    return await answer_form(request, form, show, act)


@get(CONFIRM, include_in_schema=False)
async def confirm_form(request: Incoming) -> Response[Any]:
    """Ask somebody who is logged in to prove once more who they are."""
    return confirm_page(request, next_path=request.query_params.get(NEXT, HOME), status=200)


@post(CONFIRM, opt=declare(quota=Group.LOGIN), include_in_schema=False, status_code=200)
async def confirm(request: Incoming) -> Response[Any]:
    """Take the proof, and lead on."""
    form, cases, visit = await read_form(request), use_cases(request), known_visit(request)
    next_path, typed = form.secret(NEXT), form.secret(TYPED)

    async def show(_form: Form, faults: Faults, status: int) -> Response[Any]:
        is_with_code = visit.session.method == WITH_CODE
        wrong = {"code": Phrase("web.code.wrong")} if is_with_code else {"password": WRONG_PASSWORD}
        faults = wrong_secret(faults, status, **wrong)
        return confirm_page(request, next_path=next_path, typed=typed, faults=faults, status=status)

    async def act() -> Response[Any]:
        session = await cases.sessions.confirm(
            context_of(request), visit.session.id, password=form.secret("password"), code=form.line("code")
        )
        return opened(request, session, next_path=next_path, typed=typed)

    return await answer_form(request, form, show, act)


@post("/dang-xuat", opt=declare(is_public=True), include_in_schema=False, status_code=200)
async def log_out(request: Incoming) -> Response[Any]:
    """End the session of this browser; who has none is not told so."""
    await leave_session(request)
    cookies = portal_of(request).cookies
    return see_other("/", cookies=[cookies.make(cookies.session, "")])
