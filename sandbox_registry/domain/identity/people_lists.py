"""One line of a list of people, and one of an organisation's members."""

from dataclasses import dataclass
from uuid import UUID

from sandbox_registry.domain.identity.people import Membership, Person, Role


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonRow:
    """A person and the offices in force."""

    person: Person
    offices: frozenset[tuple[Role, UUID]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """A membership with the name and address of who holds it."""

    membership: Membership
    full_name: str
    email: str
