"""How each language writes a number, a day, a moment and a list."""

from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Literal
from zoneinfo import ZoneInfo

from babel import Locale
from babel.dates import format_date
from babel.lists import format_list
from babel.numbers import format_decimal

from sandbox_registry.locales.catalogues import catalogue

_LOCALES = {"vi": Locale("vi"), "en": Locale("en", "GB"), "fr": Locale("fr")}
_ZONE = ZoneInfo("Asia/Ho_Chi_Minh")


def write(value: Decimal | float | date, language: str) -> str:
    """Write a number with the language's separators, a day as 31/01/2029, a moment to the minute in Vietnam's time."""
    if isinstance(value, datetime):
        local = value.astimezone(_ZONE)
        return catalogue(language).sentence("format.moment").format(time=f"{local:%H:%M}", day=_day(local))
    return _day(value) if isinstance(value, date) else format_decimal(value, locale=_LOCALES[language])


def weekday(value: date, language: str) -> str:
    """Write a day with its weekday: "Thứ Sáu 08/01/2027"; of a moment, the day in Vietnam."""
    local = value.astimezone(_ZONE).date() if isinstance(value, datetime) else value
    return f"{format_date(local, 'EEEE', locale=_LOCALES[language])} {_day(local)}"


def weekday_name(value: date, language: str, *, style: Literal["wide", "short"]) -> str:
    """Name the day of the week of a day: "Thứ Hai", or in short as calendars do: "T2"."""
    return format_date(value, "EEEE" if style == "wide" else "EEEEEE", locale=_LOCALES[language])


def month(value: date, language: str) -> str:
    """Name the month of a day: "Tháng 11", "November"."""
    return format_date(value, "'Tháng' M" if language == "vi" else "LLLL", locale=_LOCALES[language])


def _day(value: date) -> str:
    return f"{value:%d/%m/%Y}"


def listing(items: Sequence[str], language: str, *, style: Literal["standard", "or"]) -> str:
    """Join what is listed: "a, b and c", or "a, b or c" where one is to be chosen."""
    return format_list(items, style=style, locale=_LOCALES[language])
