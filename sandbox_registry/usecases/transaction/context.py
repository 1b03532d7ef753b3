"""The context in which somebody acts, passed to every use case explicitly by its caller."""

from dataclasses import dataclass, replace

from sandbox_registry.domain.identity.people import Actor
from sandbox_registry.usecases.transaction.idempotency import IdempotentRequest


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestContext:
    """Who acts, and what about their request matters to a use case.

    `idempotent` is null for a request without an Idempotency-Key. `address` is where it comes from, as counted by
    quotas: one IPv4 address or an IPv6 /64; null when no request stands behind the act. The id of the request stands
    with its actor.
    """

    actor: Actor
    idempotent: IdempotentRequest | None = None
    address: str | None = None

    def acting_as(self, actor: Actor) -> "RequestContext":
        """Return the context of the same request, now that it is known who acts."""
        return replace(self, actor=actor)

    def without_key(self) -> "RequestContext":
        """Return the context of an act whose response is never stored."""
        return replace(self, idempotent=None)
