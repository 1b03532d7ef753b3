"""What a reader of a case may learn of the acts in it: the one table for timelines, earlier states, bundles and exports."""

from dataclasses import dataclass

from sandbox_registry.domain.acts import Action, Audience, known_to
from sandbox_registry.domain.identity.people import APPLICANT_SIDE, READ_ALL_ROLES, Actor, Standing, relations


@dataclass(frozen=True, slots=True, kw_only=True)
class Revealed:
    """Acts that a reader may learn of, and whether also what was refused."""

    acts: frozenset[Action]
    with_refusals: bool


REVEALED = {
    audience: Revealed(acts=known_to(audience), with_refusals=audience is not Audience.APPLICANT)
    for audience in Audience
}


def audience_of(actor: Actor, standing: Standing) -> Audience:
    """Return the audience somebody reads a case as. Anyone on the applicant's side reads as applicant, whatever office they hold."""
    if relations(actor, standing) & APPLICANT_SIDE:
        return Audience.APPLICANT
    return Audience.OVERSEERS if actor.roles & READ_ALL_ROLES else Audience.OFFICIALS


def revealed_to(actor: Actor, standing: Standing) -> Revealed:
    """Say what somebody who reads a case may learn of the acts in it."""
    return REVEALED[audience_of(actor, standing)]
