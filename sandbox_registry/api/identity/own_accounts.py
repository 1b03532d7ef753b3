"""One's own account over the wire: its data, another address, a forgotten password."""

from litestar import Controller, Response, post, put
from litestar.params import JSONBody

from sandbox_registry.api.handling.requests import Incoming, perform, seen_version, use_cases
from sandbox_registry.api.identity.people_schemas import (
    MailOut,
    NewEmailIn,
    NewPasswordIn,
    PersonOut,
    ProfileIn,
    ResetIn,
    SecretIn,
    person_out,
)
from sandbox_registry.domain.operations.quotas import Group
from sandbox_registry.http.declarations import declare


class AccountController(Controller):
    """Your own account."""

    tags = ("people",)

    @put("/me/profile", opt=declare(needs_version=True))
    async def edit(self, request: Incoming, data: JSONBody[ProfileIn]) -> Response[PersonOut]:
        """Change your name, telephone number and language. Each change is on record."""
        return await perform(
            request,
            lambda context: use_cases(request).own_accounts.edit(
                context,
                expected_version=seen_version(request),
                full_name=data.full_name,
                phone=data.phone,
                language=data.language,
            ),
            out=person_out,
        )

    @post("/me/email", status_code=202, opt=declare(quota=Group.MAIL, is_keyed=False))
    async def request_email(self, request: Incoming, data: JSONBody[NewEmailIn]) -> Response[MailOut]:
        """Ask to change your e-mail address. A secret is sent to the new one; until you confirm it, nothing changes."""
        return await perform(
            request,
            lambda context: use_cases(request).own_accounts.request_email(
                context, email=data.email, password=data.current_password
            ),
            out=lambda until: MailOut(until=until),
        )

    @post("/me/email/confirmation", status_code=200, opt=declare(is_keyed=False))
    async def confirm_email(self, request: Incoming, data: JSONBody[SecretIn]) -> Response[PersonOut]:
        """Confirm your new e-mail address with the secret that was sent there. The old address is notified."""
        return await perform(
            request,
            lambda context: use_cases(request).own_accounts.confirm_email(context, secret=data.secret),
            out=person_out,
        )

    @post("/password-resets", status_code=202, opt=declare(is_public=True, quota=Group.MAIL, is_keyed=False))
    async def request_reset(self, request: Incoming, data: JSONBody[ResetIn]) -> Response[MailOut]:
        """Ask for a new password. If the address has an account, a secret is sent there; the answer is the same if not.

        An account whose office decides, administers or keeps seals is not opened by mail: the operator sets its password.
        """
        return await perform(
            request,
            lambda context: use_cases(request).own_accounts.request_reset(context, email=data.email),
            out=lambda until: MailOut(until=until),
        )

    @post("/password-resets/completion", status_code=200, opt=declare(is_public=True, is_keyed=False))
    async def reset_password(self, request: Incoming, data: JSONBody[NewPasswordIn]) -> Response[PersonOut]:
        """Set a new password with a secret from a mail, once. All tokens of the account end, and its address is notified."""
        return await perform(
            request,
            lambda context: use_cases(request).own_accounts.reset_password(
                context, secret=data.secret, new=data.new_password
            ),
            out=person_out,
        )
