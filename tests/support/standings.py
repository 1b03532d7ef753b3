"""An actor and how they stand to a case, made of plain values."""

from uuid import UUID

from sandbox_registry.domain.identity.people import Actor, Capacity, Role, Standing

PERSON, COMPANY, OTHER_COMPANY, UNIT, OTHER_UNIT = (UUID(int=number) for number in range(1, 6))


def actor(
    offices: frozenset[tuple[Role, UUID]] = frozenset(),
    signs: frozenset[UUID] = frozenset(),
    drafts: frozenset[UUID] = frozenset(),
) -> Actor:
    return Actor(
        person_id=PERSON,
        offices=offices,
        signs_for_organisations=signs,
        drafts_for_organisations=drafts,
        signs_for=None,
        auth_method="password",
        token_scopes=None,
        request_id="request",
    )


def standing(
    held: frozenset[Capacity] = frozenset(), past: frozenset[Capacity] = frozenset(), *, conflicted: bool | None = False
) -> Standing:
    return Standing(
        organisation_id=COMPANY,
        unit_ids=frozenset({UNIT}),
        capacities=held,
        past_capacities=past,
        conflicted=conflicted,
    )
