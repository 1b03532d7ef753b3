"""As whom anybody may log in to a demonstration with one click: founders, and one person of each office."""

from sandbox_registry.demo.caller import PASSWORD
from sandbox_registry.demo.dossiers import load_dossiers
from sandbox_registry.demo.province import OFFICIALS
from sandbox_registry.domain.texts import Phrase, Wording, verbatim
from sandbox_registry.web.portal import ShownPerson

FOUNDERS = 3


def shown_people() -> tuple[ShownPerson, ...]:
    """Return the people who are offered, founders first."""
    founders = {each.representative.email: each for each in load_dossiers().values()}
    offices = {official.role: official for official in reversed(OFFICIALS)}
    return (
        *(
            _shown(each.representative.full_name, verbatim(each.organisation.name), email=email)
            for email, each in list(founders.items())[:FOUNDERS]
        ),
        *(
            _shown(
                each.full_name,
                Phrase("web.login.office", office=Phrase(f"office.{role}"), unit=each.unit),
                email=each.email,
            )
            for role, each in reversed(offices.items())
        ),
    )


def _shown(full_name: str, part: Wording, *, email: str) -> ShownPerson:
    return ShownPerson(full_name=full_name, part=part, email=email, password=PASSWORD)
