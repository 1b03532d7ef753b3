"""Opening an account, and setting a password that was forgotten; both by a link that is mailed."""

from typing import Any

from litestar import Response, get, post

from sandbox_registry.domain.errors import ConditionNotMet
from sandbox_registry.domain.operations.quotas import Group
from sandbox_registry.http.context import context_of
from sandbox_registry.http.declarations import declare
from sandbox_registry.web.forms import NO_FAULTS, NO_FORM, Faults, Form, read_form
from sandbox_registry.web.languages import language_of
from sandbox_registry.web.pages import page
from sandbox_registry.web.public.common import Incoming, use_cases
from sandbox_registry.web.sessions import HOME, LOGIN, NEW_PASSWORD, answer_form, opened, see_other

REGISTER, COMPLETE, FORGOTTEN, RESET = "/dang-ky", "/dang-ky/hoan-tat", "/quen-mat-khau", "/dat-lai-mat-khau"
SECRET = "ma"  # noqa: S105 - the name of a parameter.
"""Where the links of mails keep their secret."""


@get(REGISTER, opt=declare(is_public=True), include_in_schema=False)
async def register_form(request: Incoming) -> Response[Any]:
    """Ask for the address to write to; where there is no mail server, for everything at once."""
    return await _register(request, NO_FORM, NO_FAULTS, 200)


@post(REGISTER, opt=declare(is_public=True, quota=Group.MAIL), include_in_schema=False, status_code=200)
async def ask_to_register(request: Incoming) -> Response[Any]:
    """Write to an address, whether it has an account or not; or open the account, where nobody can be written to."""
    form, cases = await read_form(request), use_cases(request)

    async def show(form: Form, faults: Faults, status: int) -> Response[Any]:
        return await _register(request, form, faults, status)

    async def act() -> Response[Any]:
        email, context = form.line("email"), context_of(request)
        if cases.own_accounts.sends_mail:
            until = await cases.own_accounts.request_registration(context, email=email)
            return page(request, "account/mail_sent.html", email=email, until=until, about="register")
        await cases.rate_limits.take_mail(email, address=context.address)
        await cases.people.register_oneself(
            context,
            full_name=form.line("full_name"),
            email=email,
            phone=form.line("phone"),
            password=form.secret("password"),
        )
        return await _log_in(request, email=email, password=form.secret("password"))

    return await answer_form(request, form, show, act)


async def _register(request: Incoming, form: Form, faults: Faults, status: int) -> Response[Any]:
    accounts = use_cases(request).own_accounts
    return page(
        request,
        "account/register.html",
        status=status,
        faults=faults,
        is_open=accounts.self_registration,
        is_by_mail=accounts.sends_mail,
        written=form.over({"email": "", "full_name": "", "phone": ""}),
    )


@get(COMPLETE, opt=declare(is_public=True), include_in_schema=False)
async def complete_form(request: Incoming) -> Response[Any]:
    """Ask for the rest, under the address that the link of a mail proves."""
    return await _complete(request, _with_secret(request), NO_FAULTS, 200)


@post(COMPLETE, opt=declare(is_public=True, quota=Group.LOGIN), include_in_schema=False, status_code=200)
async def complete(request: Incoming) -> Response[Any]:
    """Open the account, and a session."""
    form, cases = await read_form(request), use_cases(request)

    async def show(form: Form, faults: Faults, status: int) -> Response[Any]:
        return await _complete(request, form, faults, status)

    async def act() -> Response[Any]:
        person = await cases.own_accounts.register(
            context_of(request),
            secret=form.line(SECRET),
            full_name=form.line("full_name"),
            phone=form.line("phone"),
            password=form.secret("password"),
            language=language_of(request),
        )
        return await _log_in(request, email=person.email, password=form.secret("password"))

    return await answer_form(request, form, show, act)


async def _complete(request: Incoming, form: Form, faults: Faults, status: int) -> Response[Any]:
    try:
        email = await use_cases(request).own_accounts.registration_address(secret=form.line(SECRET))
    except ConditionNotMet as error:
        return page(request, "account/link_over.html", status=409, reason=error.text, again=REGISTER)
    written = form.over({"full_name": "", "phone": ""})
    return page(
        request,
        "account/complete.html",
        status=status,
        faults=faults,
        email=email,
        secret=form.line(SECRET),
        written=written,
    )


@get(FORGOTTEN, opt=declare(is_public=True), include_in_schema=False)
async def forgotten_form(request: Incoming) -> Response[Any]:
    """Ask for the address of an account."""
    return _forgotten(request, NO_FORM, NO_FAULTS, 200)


@post(FORGOTTEN, opt=declare(is_public=True, quota=Group.MAIL), include_in_schema=False, status_code=200)
async def ask_to_reset(request: Incoming) -> Response[Any]:
    """Write to an address, whether it has an account or not."""
    form = await read_form(request)

    async def show(form: Form, faults: Faults, status: int) -> Response[Any]:
        return _forgotten(request, form, faults, status)

    async def act() -> Response[Any]:
        email = form.line("email")
        until = await use_cases(request).own_accounts.request_reset(context_of(request), email=email)
        return page(request, "account/mail_sent.html", email=email, until=until, about="reset")

    return await answer_form(request, form, show, act)


def _forgotten(request: Incoming, form: Form, faults: Faults, status: int) -> Response[Any]:
    sends_mail = use_cases(request).own_accounts.sends_mail
    return page(
        request,
        "account/forgotten.html",
        status=status,
        faults=faults,
        email=form.line("email"),
        sends_mail=sends_mail,
    )


@get(RESET, opt=declare(is_public=True), include_in_schema=False)
async def reset_form(request: Incoming) -> Response[Any]:
    """Ask for another password; opening the link alone uses nothing up."""
    return _reset(request, _with_secret(request), NO_FAULTS, 200)


@post(RESET, opt=declare(is_public=True), include_in_schema=False, status_code=200)
async def reset(request: Incoming) -> Response[Any]:
    """Set the password; every session and token of the account ends."""
    form = await read_form(request)

    async def show(form: Form, faults: Faults, status: int) -> Response[Any]:
        return _reset(request, form, faults, status)

    async def act() -> Response[Any]:
        await use_cases(request).own_accounts.reset_password(
            context_of(request), secret=form.line(SECRET), new=form.secret("new_password")
        )
        return see_other(f"{LOGIN}?{NEW_PASSWORD}=1")

    return await answer_form(request, form, show, act)


def _reset(request: Incoming, form: Form, faults: Faults, status: int) -> Response[Any]:
    return page(request, "account/reset.html", status=status, faults=faults, secret=form.line(SECRET))


def _with_secret(request: Incoming) -> Form:
    return Form(fields={SECRET: (request.query_params.get(SECRET, ""),)})


async def _log_in(request: Incoming, *, email: str, password: str) -> Response[Any]:
    session = await use_cases(request).sessions.log_in(
        context_of(request), email=email, password=password, user_agent=request.headers.get("user-agent", "")
    )
    return opened(request, session, next_path=HOME, typed="")
