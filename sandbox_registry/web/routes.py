"""The addresses of the portal."""

from litestar import Router
from litestar.handlers import HTTPRouteHandler
from litestar.types import ControllerRouterHandler

from sandbox_registry.http.identity import PAGE
from sandbox_registry.web.account.login import confirm, confirm_form, log_in, log_out, login_form
from sandbox_registry.web.account.organisations import change_firm, firm_page, firms_page, new_firm_form, register_firm
from sandbox_registry.web.account.overview import account_page, end_sessions, sessions_page
from sandbox_registry.web.account.profile import (
    ask_for_email,
    change_password,
    confirm_email,
    confirm_email_form,
    data_page,
    download_data,
    email_form,
    password_form,
    profile_form,
    save_profile,
)
from sandbox_registry.web.account.registration import (
    ask_to_register,
    ask_to_reset,
    complete,
    complete_form,
    forgotten_form,
    register_form,
    reset,
    reset_form,
)
from sandbox_registry.web.account.second_step import change_second_step, code_form, second_step_page, send_code
from sandbox_registry.web.account.tokens import change_tokens, tokens_page
from sandbox_registry.web.public.authority import authority_page
from sandbox_registry.web.public.days_off import days_off_page
from sandbox_registry.web.public.log import log_page
from sandbox_registry.web.public.procedures import procedure_page, procedures_page
from sandbox_registry.web.public.progress import progress_page
from sandbox_registry.web.public.rehearsal import rehearsal_page
from sandbox_registry.web.public.start import start_page
from sandbox_registry.web.public.style_guide import components_page
from sandbox_registry.web.public.texts import accessibility_page, glossary_page, help_page, privacy_page
from sandbox_registry.web.sessions import enter
from sandbox_registry.web.static_files import static_file

PUBLIC: tuple[ControllerRouterHandler, ...] = (
    accessibility_page,
    authority_page,
    days_off_page,
    glossary_page,
    help_page,
    log_page,
    privacy_page,
    procedure_page,
    procedures_page,
    progress_page,
    rehearsal_page,
    start_page,
)
"""The pages for everybody."""


ACCOUNT: tuple[HTTPRouteHandler, ...] = (
    account_page,
    ask_for_email,
    ask_to_register,
    ask_to_reset,
    change_firm,
    change_password,
    change_second_step,
    change_tokens,
    code_form,
    complete,
    complete_form,
    confirm,
    confirm_email,
    confirm_email_form,
    confirm_form,
    data_page,
    download_data,
    email_form,
    end_sessions,
    firm_page,
    firms_page,
    forgotten_form,
    log_in,
    log_out,
    login_form,
    new_firm_form,
    password_form,
    profile_form,
    register_firm,
    register_form,
    reset,
    reset_form,
    save_profile,
    second_step_page,
    send_code,
    sessions_page,
    tokens_page,
)
"""The pages of people's own accounts."""


def portal_routes(*, is_demonstration: bool) -> list[ControllerRouterHandler]:
    """Return every handler of the portal; the page of components only in a demonstration.

    Every page is entered by one door, which knows sessions and refuses forms that are not ours.
    """
    handlers = [*PUBLIC, *ACCOUNT, *([components_page] if is_demonstration else [])]
    return [static_file, Router(path="/", route_handlers=handlers, before_request=enter, opt={PAGE: True})]
