"""The settings of the whole program: `runtime` reads them, and the rooms that give a value its meaning check it."""

from collections.abc import Mapping

from sandbox_registry.domain.identity.contacts import contact_errors
from sandbox_registry.domain.operations.quotas import read_limits
from sandbox_registry.runtime.settings import Checks, Settings


def settings_from(environ: Mapping[str, str]) -> Settings:
    """Read and check the settings; raise SettingsError naming everything that is wrong, at once."""
    return Settings.from_environ(environ, checks=_CHECKS)


def _require_email(value: str) -> None:
    if next(contact_errors(name="-", email=value, phone=""), None) is not None:
        message = f"{value!r} is not an e-mail address."
        raise ValueError(message)


_CHECKS: Checks = {"SANDBOX_MAIL_FROM": _require_email, "SANDBOX_RATE_LIMITS": read_limits}
