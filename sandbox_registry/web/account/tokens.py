"""Tokens for one's own programs."""

from datetime import timedelta
from typing import Any

from litestar import Response, get, post

from sandbox_registry.http.context import context_of
from sandbox_registry.web.forms import NO_FAULTS, NO_FORM, Faults, Form, read_form
from sandbox_registry.web.pages import page
from sandbox_registry.web.public.common import Incoming, use_cases
from sandbox_registry.web.sessions import HOME, answer_form, require_proof, see_other

TOKENS = f"{HOME}/ma-truy-cap"
LIFETIMES = (7, 30, 90, 366)
"""Days for which a token may be made on the page."""


@get(TOKENS, include_in_schema=False)
async def tokens_page(request: Incoming) -> Response[Any]:
    """List one's tokens, and offer another."""
    return await _tokens(request, NO_FORM, NO_FAULTS, 200)


@post(TOKENS, include_in_schema=False, status_code=200)
async def change_tokens(request: Incoming) -> Response[Any]:
    """Make a token, which is shown once, or revoke one."""
    form, tokens = await read_form(request), use_cases(request).tokens

    async def show(form: Form, faults: Faults, status: int) -> Response[Any]:
        return await _tokens(request, form, faults, status)

    async def act() -> Response[Any]:
        context = context_of(request)
        if form.line("revoke"):
            await tokens.revoke(context, form.identity("revoke"))
            return see_other(TOKENS)
        require_proof(request)
        days = int(form.choice("days", [str(each) for each in LIFETIMES]))
        made = await tokens.create(context, name=form.line("name"), lifetime=timedelta(days=days))
        return page(request, "account/new_token.html", made=made)

    return await answer_form(request, form, show, act)


async def _tokens(request: Incoming, form: Form, faults: Faults, status: int) -> Response[Any]:
    cases = use_cases(request)
    at, own = cases.transactions.now(), await cases.tokens.list_own(context_of(request))
    return page(
        request,
        "account/tokens.html",
        status=status,
        faults=faults,
        tokens=[each for each in reversed(own) if each.revoked_at is None and each.expires_at > at],
        lifetimes=LIFETIMES,
        written=form.over({"name": "", "days": "90"}),
    )
