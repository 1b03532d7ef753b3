"""Logging in and tokens over the wire."""

from collections.abc import Callable
from functools import partial
from typing import Any, TypeVar

from litestar import Controller, Response, delete, get, post
from litestar.params import JSONBody

from sandbox_registry.api.handling.requests import Id, Incoming, perform, use_cases
from sandbox_registry.api.identity.people_schemas import (
    LogInIn,
    NewTokenOut,
    TokenIn,
    TokenOut,
    TokensOut,
    lifetime,
    limits,
    new_token_out,
    token_out,
)
from sandbox_registry.domain.operations.quotas import Group
from sandbox_registry.http.declarations import declare

T = TypeVar("T")


class TokensController(Controller):
    """Sessions and tokens, each for oneself only."""

    tags = ("tokens",)

    @post("/sessions", status_code=201, opt=declare(is_public=True, quota=Group.LOGIN, is_keyed=False))
    async def log_in(self, request: Incoming, data: JSONBody[LogInIn]) -> Response[NewTokenOut]:
        """Log in with e-mail and password.

        Send the answer's `secret` as `Authorization: Bearer ...`; it is shown only once.

        A wrong password, an unknown address and a closed account get the same answer.
        """
        return await perform(
            request,
            lambda context: use_cases(request).tokens.log_in(
                context,
                email=data.email,
                password=data.password,
                code=data.code,
                name=data.name,
                limits=limits(data),
                lifetime=lifetime(data.minutes),
            ),
            out=_now(request, new_token_out),
        )

    @delete("/sessions/current", status_code=200, opt=declare(is_keyed=False))
    async def log_out(self, request: Incoming) -> Response[TokenOut]:
        """Log out: end the token this request was sent with."""
        secret = request.headers["authorization"].split(" ", 1)[1]
        return await perform(
            request, lambda context: use_cases(request).tokens.log_out(context, secret), out=_now(request, token_out)
        )

    @post("/tokens", status_code=201, opt=declare(is_keyed=False))
    async def create(self, request: Incoming, data: JSONBody[TokenIn]) -> Response[NewTokenOut]:
        """Create a token for a program. It may do no more than the token with which this request is sent.

        A token limited to `procedures` cannot see any other case: other cases are not found and are in no list, and
        acts on accounts, offices, rules and webhooks are closed to it. From outside its `addresses` it is treated like
        an unknown token.

        An Idempotency-Key has no effect here: an answer that contains a secret is not stored.
        """
        return await perform(
            request,
            lambda context: use_cases(request).tokens.create(
                context, name=data.name, limits=limits(data), lifetime=lifetime(data.minutes)
            ),
            out=_now(request, new_token_out),
        )

    @get("/tokens")
    async def list_own(self, request: Incoming) -> Response[TokensOut]:
        """List your tokens, including ended ones, with their last use and their last refused use."""
        show = _now(request, token_out)
        return await perform(
            request,
            use_cases(request).tokens.list_own,
            out=lambda tokens: TokensOut(items=tuple(map(show, tokens))),
        )

    @delete("/tokens/{token_id:uuid}", status_code=200)
    async def revoke(self, request: Incoming, token_id: Id) -> Response[TokenOut]:
        """Revoke one of your tokens at once."""
        return await perform(
            request, lambda context: use_cases(request).tokens.revoke(context, token_id), out=_now(request, token_out)
        )


def _now(request: Incoming, out: Callable[..., T]) -> Callable[[Any], T]:
    """Show something as it stands now."""
    return partial(out, at=use_cases(request).tokens.transactions.now())
