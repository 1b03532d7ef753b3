"""What each office is called, for the people who read who did something."""

from sandbox_registry.domain.texts import Phrase, Wording, is_known, verbatim


def office_name(role: str) -> Wording:
    """Name an office as the log writes it; one that this program does not know goes by its code."""
    return Phrase(f"office.{role}") if is_known(f"office.{role}") else verbatim(role)
