"""The templates of the portal: strict about names, every word through the catalogues, every number by its language."""

import re
from datetime import date
from functools import cache, lru_cache, partial
from pathlib import Path
from typing import Any, Literal

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from litestar.plugins.jinja import JinjaTemplateEngine
from markupsafe import Markup, escape

from sandbox_registry.domain.texts import Language, Parameter, Phrase, Text, Wording
from sandbox_registry.locales import formats
from sandbox_registry.web.components.icons import icon
from sandbox_registry.web.components.macros import Macros
from sandbox_registry.web.static_files import Assets
from sandbox_registry.web.typography import bind

TEMPLATES = Path(__file__).parent / "templates"
LANGUAGES = {Language.VI: "Tiếng Việt", Language.EN: "English", Language.FR: "Français"}
"""What each language calls itself."""
_STRONG = re.compile(r"\*\*(.+?)\*\*")


def template_engine(assets: Assets, *, is_demonstration: bool) -> JinjaTemplateEngine:
    """Return the engine of the portal's templates."""
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        undefined=StrictUndefined,
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    environment.globals.update(
        asset=assets.address, govuk=Macros(), icon=icon, is_demonstration=is_demonstration, languages=LANGUAGES
    )
    return JinjaTemplateEngine.from_environment(environment)


@cache
def vocabulary(language: Language) -> dict[str, Any]:
    """Return what every template says its words and numbers with, in one language."""
    return {
        "language": language,
        "t": partial(speak, language),
        "day": lambda value: bind(formats.write(value, language), language),
        "weekday": lambda value: bind(formats.weekday(value, language), language),
        "weekday_name": lambda value: _weekday_name(value, language, "wide"),
        "weekday_short": lambda value: _weekday_name(value, language, "short"),
        "month": lambda value: formats.month(value, language),
        "number": lambda value: formats.write(value, language),
    }


@lru_cache(maxsize=5000)
def _weekday_name(day: date, language: Language, style: Literal["wide", "short"]) -> str:
    return formats.weekday_name(day, language, style=style)


def speak(language: Language, said: str | Phrase | Text, /, **params: Parameter) -> Markup:
    """Say a sentence by its key, a phrase or a text; `**words**` in it are strong, and nothing else is markup."""
    if params or isinstance(said, Phrase):
        return _marked_up(Phrase(said, **params) if isinstance(said, str) else said, language)
    return _said_before(said, language)


@lru_cache(maxsize=5000)
def _said_before(said: str | Text, language: Language) -> Markup:
    """Say what has no parameters: a page has hundreds of such words, and they are the same each time."""
    return _marked_up(Phrase(said) if isinstance(said, str) else said, language)


def _marked_up(wording: Wording, language: Language) -> Markup:
    words = escape(bind(wording.in_language(language), language))
    return Markup(_STRONG.sub(r"<b>\1</b>", str(words)))  # noqa: S704 - escaped above.
