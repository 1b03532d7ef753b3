"""The macros of govuk-frontend for form controls, callable from our templates: `{{ govuk.input({...}) }}`.

They have an environment of their own: they read parameters that were not given, which in our templates is a fault.
"""

from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

from jinja2 import Environment, PackageLoader, PrefixLoader
from markupsafe import Markup

PREFIX = "govuk_frontend_jinja"


@cache
def environment() -> Environment:
    """Return the environment of the macros."""
    return Environment(
        loader=PrefixLoader({PREFIX: PackageLoader(PREFIX)}), autoescape=True, trim_blocks=True, lstrip_blocks=True
    )


@cache
def macro(component: str) -> Callable[[Mapping[str, Any]], Markup]:
    """Return the macro of a component, by its name in govuk-frontend: `error-summary`."""
    name = "govuk" + "".join(part.capitalize() for part in component.split("-"))
    found: Callable[[Mapping[str, Any]], Markup] = getattr(
        environment().get_template(f"{PREFIX}/components/{component}/macro.html").module, name
    )
    return found


class Macros:
    """`macros.error_summary(…)` calls the macro of `error-summary`."""

    def __getattr__(self, name: str) -> Callable[[Mapping[str, Any]], Markup]:
        """Return a macro."""
        return macro(name.replace("_", "-"))
