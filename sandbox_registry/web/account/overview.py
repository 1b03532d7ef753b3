"""One's own account at a glance, and where one is logged in."""

from typing import Any

from litestar import Response, get, post

from sandbox_registry.http.context import context_of
from sandbox_registry.web.forms import read_form
from sandbox_registry.web.pages import page
from sandbox_registry.web.public.common import Incoming, use_cases
from sandbox_registry.web.sessions import HOME, known_visit, see_other

SESSIONS = f"{HOME}/phien"
OTHERS = "others"
"""What the form of sessions sends for all sessions but this one."""


@get(HOME, include_in_schema=False)
async def account_page(request: Incoming) -> Response[bytes]:
    """Show one's own account."""
    context = context_of(request)
    view = await use_cases(request).people.read(context, context.actor.person_id)
    return page(request, "account/overview.html", view=view, needs_code=known_visit(request).needs_code)


@get(SESSIONS, include_in_schema=False)
async def sessions_page(request: Incoming) -> Response[bytes]:
    """Show where one is logged in."""
    own = await use_cases(request).sessions.list_own(context_of(request))
    return page(request, "account/sessions.html", sessions=own, current=known_visit(request).session.id)


@post(SESSIONS, include_in_schema=False, status_code=200)
async def end_sessions(request: Incoming) -> Response[Any]:
    """End one session, or all but this one; ending this one leads to the start."""
    form, cases = await read_form(request), use_cases(request)
    context, current = context_of(request), known_visit(request).session.id
    ended = form.secret("end")
    if form.is_restored:
        return see_other(SESSIONS)
    if ended == OTHERS:
        await cases.sessions.end_others(context, current)
    else:
        await cases.sessions.end(context, form.identity("end"))
    return see_other(SESSIONS)
