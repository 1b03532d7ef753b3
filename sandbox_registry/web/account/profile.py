"""One's own data: name, telephone, language, e-mail address, password, and all of it to take away."""

from typing import Any

import msgspec
from litestar import Response, get, post

from sandbox_registry.domain.operations.quotas import Group
from sandbox_registry.domain.texts import Language
from sandbox_registry.http.context import context_of
from sandbox_registry.http.declarations import declare
from sandbox_registry.usecases.identity.people import PersonView
from sandbox_registry.web.forms import NO_FAULTS, NO_FORM, WRONG_PASSWORD, Faults, Form, read_form, wrong_secret
from sandbox_registry.web.languages import language_cookie, language_of
from sandbox_registry.web.pages import page
from sandbox_registry.web.public.common import Incoming, use_cases
from sandbox_registry.web.sessions import HOME, answer_form, opened, see_other

PROFILE, EMAIL, PASSWORD, DATA = (f"{HOME}/{end}" for end in ("thong-tin", "thu-dien-tu", "mat-khau", "du-lieu"))
CONFIRM_EMAIL = "/xac-nhan-thu"


async def own_view(request: Incoming) -> PersonView:
    """Read one's own account."""
    context = context_of(request)
    return await use_cases(request).people.read(context, context.actor.person_id)


@get(PROFILE, include_in_schema=False)
async def profile_form(request: Incoming) -> Response[Any]:
    """Show name, telephone and language, to be changed."""
    return await _profile(request, NO_FORM, NO_FAULTS, 200)


@post(PROFILE, include_in_schema=False, status_code=200)
async def save_profile(request: Incoming) -> Response[Any]:
    """Change name, telephone and language."""
    form = await read_form(request)

    async def show(form: Form, faults: Faults, status: int) -> Response[Any]:
        return await _profile(request, form, faults, status)

    async def act() -> Response[Any]:
        person = await use_cases(request).own_accounts.edit(
            context_of(request),
            expected_version=form.number("version"),
            full_name=form.line("full_name"),
            phone=form.line("phone"),
            language=Language(form.choice("language", list(Language))),
        )
        return see_other(HOME, cookies=[language_cookie(person.language or language_of(request))])

    return await answer_form(request, form, show, act)


async def _profile(request: Incoming, form: Form, faults: Faults, status: int) -> Response[Any]:
    person = (await own_view(request)).person
    kept = {
        "full_name": person.full_name,
        "phone": person.phone,
        "language": person.language or language_of(request),
        "version": person.version,
    }
    return page(request, "account/profile.html", status=status, faults=faults, written=form.over(kept))


@get(EMAIL, include_in_schema=False)
async def email_form(request: Incoming) -> Response[Any]:
    """Ask for another e-mail address."""
    return await _email(request, NO_FORM, NO_FAULTS, 200)


@post(EMAIL, opt=declare(quota=Group.MAIL), include_in_schema=False, status_code=200)
async def ask_for_email(request: Incoming) -> Response[Any]:
    """Send a secret to another address; nothing changes until it comes back."""
    form = await read_form(request)

    async def show(form: Form, faults: Faults, status: int) -> Response[Any]:
        return await _email(request, form, wrong_secret(faults, status, password=WRONG_PASSWORD), status)

    async def act() -> Response[Any]:
        email = form.line("email")
        until = await use_cases(request).own_accounts.request_email(
            context_of(request), email=email, password=form.secret("password")
        )
        return page(request, "account/mail_sent.html", email=email, until=until, about="email")

    return await answer_form(request, form, show, act)


async def _email(request: Incoming, form: Form, faults: Faults, status: int) -> Response[Any]:
    person = (await own_view(request)).person
    return page(
        request, "account/email.html", status=status, faults=faults, email=form.line("email"), current=person.email
    )


@get(CONFIRM_EMAIL, include_in_schema=False)
async def confirm_email_form(request: Incoming) -> Response[Any]:
    """Show what the link of a mail does; opening it alone changes nothing."""
    return _confirm_email(request, Form(fields={"ma": (request.query_params.get("ma", ""),)}), NO_FAULTS, 200)


@post(CONFIRM_EMAIL, include_in_schema=False, status_code=200)
async def confirm_email(request: Incoming) -> Response[Any]:
    """Put the address that was written to in the place of the old one."""
    form = await read_form(request)

    async def show(form: Form, faults: Faults, status: int) -> Response[Any]:
        return _confirm_email(request, form, faults, status)

    async def act() -> Response[Any]:
        await use_cases(request).own_accounts.confirm_email(context_of(request), secret=form.line("ma"))
        return see_other(HOME)

    return await answer_form(request, form, show, act)


def _confirm_email(request: Incoming, form: Form, faults: Faults, status: int) -> Response[Any]:
    return page(request, "account/confirm_email.html", status=status, faults=faults, secret=form.line("ma"))


@get(PASSWORD, include_in_schema=False)
async def password_form(request: Incoming) -> Response[Any]:
    """Ask for the password one has and another."""
    return page(request, "account/password.html", faults=NO_FAULTS)


@post(PASSWORD, opt=declare(quota=Group.LOGIN), include_in_schema=False, status_code=200)
async def change_password(request: Incoming) -> Response[Any]:
    """Change one's own password: every session and token ends, and this browser gets another session."""
    form, cases = await read_form(request), use_cases(request)

    async def show(_form: Form, faults: Faults, status: int) -> Response[Any]:
        faults = wrong_secret(faults, status, current=WRONG_PASSWORD)
        return page(request, "account/password.html", status=status, faults=faults)

    async def act() -> Response[Any]:
        context, email = context_of(request), (await own_view(request)).person.email
        await cases.rate_limits.take_login(email, address=context.address)
        await cases.people.change_password(context, current=form.secret("current"), new=form.secret("new"))
        session = await cases.sessions.open_again(context, user_agent=request.headers.get("user-agent", ""))
        return opened(request, session, next_path=HOME, typed="")

    return await answer_form(request, form, show, act)


@get(DATA, include_in_schema=False)
async def data_page(request: Incoming) -> Response[Any]:
    """Show what is kept about oneself, and how to have it erased."""
    return page(request, "account/data.html", view=await own_view(request))


@get(f"{DATA}/tai-ve", include_in_schema=False)
async def download_data(request: Incoming) -> Response[bytes]:
    """Give all that is kept of one's account, as JSON; it holds no secret."""
    context, cases = context_of(request), use_cases(request)
    kept = {
        "account": await own_view(request),
        "tokens": await cases.tokens.list_own(context),
        "sessions": await cases.sessions.list_own(context),
    }
    headers = {"Content-Disposition": 'attachment; filename="tai-khoan.json"', "Cache-Control": "no-store"}
    return Response(
        msgspec.json.format(msgspec.json.encode(kept), indent=2), headers=headers, media_type="application/json"
    )
