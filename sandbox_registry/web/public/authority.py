"""Who decides what, drawn from the policy that the program itself asks: no second list that could differ."""

from collections.abc import Mapping
from functools import lru_cache

from litestar import Response, get

from sandbox_registry.authz.policy import ROLE_PREFIX, AuthorizationPolicy, PolicyLine
from sandbox_registry.domain.acts import Action, Side
from sandbox_registry.domain.identity.line_names import line_name
from sandbox_registry.domain.identity.people import Role
from sandbox_registry.domain.texts import Wording
from sandbox_registry.http.declarations import declare
from sandbox_registry.web.pages import page
from sandbox_registry.web.public.common import Incoming, use_cases

SIDES = (Side.APPLICANT, Side.SIGNATORY, Side.INTAKE, Side.APPRAISAL, Side.DECISION, Side.CASEWORK, Side.INTERESTS)
"""The work in a case, in the order in which it is done; reading and keeping the registry is left to the documentation."""


@get("/ai-quyet-dinh", opt=declare(is_public=True), include_in_schema=False)
async def authority_page(request: Incoming) -> Response[bytes]:
    """Show each act with the offices that may do it, and what nobody may."""
    policy = use_cases(request).transactions.authorizer.policy
    offices = offices_by_act(policy)
    sides = [(side, [(act, offices[act]) for act in Action if act.side is side and offices[act]]) for side in SIDES]
    return page(
        request,
        "public/authority.html",
        sides=[(side, acts) for side, acts in sides if acts],
        never=never(policy),
        version=policy.version,
    )


@lru_cache(maxsize=1)
def offices_by_act(policy: AuthorizationPolicy) -> Mapping[Action, tuple[Role, ...]]:
    """Return the offices that some line lets do each act, in some case."""
    return {
        act: tuple(role for role in Role if any(_lets(line, role) for line in policy.by_action[act])) for act in Action
    }


@lru_cache(maxsize=1)
def never(policy: AuthorizationPolicy) -> tuple[tuple[Wording, PolicyLine], ...]:
    """Return the lines that refuse, in words."""
    return tuple(
        (name, line) for line in policy.lines if line.effect == "deny" and (name := line_name(line.text)) is not None
    )


def _lets(line: PolicyLine, role: Role) -> bool:
    return line.effect == "allow" and line.role == ROLE_PREFIX + role
