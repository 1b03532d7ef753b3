"""Atom feeds (RFC 4287) of what changed: no personal data, and the same bytes as long as nothing changed."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlencode

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from sandbox_registry.api.handling.cursors import BY_CHANGE
from sandbox_registry.domain.audit import EPOCH
from sandbox_registry.domain.integrations.exports import FeedRow
from sandbox_registry.domain.texts import Language, Phrase

ATOM = "application/atom+xml; charset=utf-8"
_NOT_XML = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")


@dataclass(frozen=True, slots=True, kw_only=True)
class Feed:
    """Which feed it is: its name, the address of its entries, and its title."""

    name: str
    entries: str
    title: Phrase

    @property
    def path(self) -> str:
        """The address of the feed."""
        return f"/api/v1/exports/{self.name}.atom"


CASES = Feed(
    name="applications",
    entries="/api/v1/applications",
    title=Phrase("feed.applications"),
)
PERMITS = Feed(
    name="permits",
    entries="/api/v1/permits",
    title=Phrase("feed.permits"),
)


def as_atom(
    feed: Feed, rows: Sequence[FeedRow], *, language: Language, since: datetime | None, after: str | None, limit: int
) -> bytes:
    """Render one page; it links to the next one while it is full."""
    query = {"limit": str(limit)} | ({} if since is None else {"updated_since": _instant(since)})
    onwards = BY_CHANGE.after(rows, limit=limit)
    page = _TEMPLATE.render(
        feed=feed,
        language=language,
        title=feed.title.in_language(language),
        author=Phrase("feed.author").in_language(language),
        updated=newest(rows, since=since),
        here=_address(feed, query, after),
        onwards=None if onwards is None else _address(feed, query, onwards),
        rows=rows,
    )
    return page.encode()


def newest(rows: Sequence[FeedRow], *, since: datetime | None) -> datetime:
    """Return when a page last changed: its newest entry, or where it begins when it is empty."""
    return max((row.updated_at for row in rows), default=since or EPOCH)


def _address(feed: Feed, query: dict[str, str], after: str | None) -> str:
    return f"{feed.path}?{urlencode(query | ({} if after is None else {'after': after}))}"


def _xml_text(words: str) -> str:
    """Replace the characters that XML cannot hold."""
    return _NOT_XML.sub("\ufffd", words)


def _instant(at: datetime) -> str:
    return at.astimezone(UTC).isoformat().replace("+00:00", "Z")


_TEMPLATES = Environment(
    loader=FileSystemLoader(Path(__file__).parent / "templates"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
_TEMPLATES.filters |= {"instant": _instant, "xml_text": _xml_text}
_TEMPLATE = _TEMPLATES.get_template("feed.xml")
