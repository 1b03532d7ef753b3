"""Atom feeds (RFC 4287) of what changed: no personal data, and the same bytes as long as nothing changed."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from html import escape
from urllib.parse import urlencode

from sandbox_registry.api.handling.cursors import BY_CHANGE
from sandbox_registry.domain.audit import EPOCH
from sandbox_registry.domain.integrations.exports import FeedRow
from sandbox_registry.domain.texts import Language, Text

ATOM = "application/atom+xml; charset=utf-8"
_NOT_XML = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_AUTHOR = Text(
    vi="Sổ đăng ký thử nghiệm có kiểm soát", en="Registry of controlled testing", fr="Registre des essais contrôlés"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Feed:
    """Which feed it is: where it stands, where its entries stand, and its title."""

    path: str
    entries: str
    title: Text


CASES = Feed(
    path="/api/v1/exports/applications.atom",
    entries="/api/v1/applications",
    title=Text(vi="Hồ sơ thay đổi gần đây", en="Applications changed lately", fr="Dossiers récemment modifiés"),
)
PERMITS = Feed(
    path="/api/v1/exports/permits.atom",
    entries="/api/v1/permits",
    title=Text(vi="Giấy phép thay đổi gần đây", en="Permits changed lately", fr="Permis récemment modifiés"),
)


def as_atom(
    feed: Feed, rows: Sequence[FeedRow], *, language: Language, since: datetime | None, after: str | None, limit: int
) -> bytes:
    """Write one page; the link `next` stands in it while the page is full."""
    asked = {"limit": str(limit)} | ({} if since is None else {"updated_since": _instant(since)})
    here = asked | ({} if after is None else {"after": after})
    parts = [
        '<?xml version="1.0" encoding="utf-8"?>\n',
        f'<feed xmlns="http://www.w3.org/2005/Atom" xml:lang="{language}">',
        f"<id>urn:sandbox-registry:feed:{feed.path.rsplit('/', 1)[1].removesuffix('.atom')}</id>",
        f"<title>{_text(feed.title.in_language(language))}</title>",
        f"<updated>{_instant(newest(rows, since=since))}</updated>",
        f"<author><name>{_text(_AUTHOR.in_language(language))}</name></author>",
        _link("self", f"{feed.path}?{urlencode(here)}", "application/atom+xml"),
    ]
    if len(rows) == limit:
        onwards = asked | {"after": BY_CHANGE.write(rows[-1])}
        parts.append(_link("next", f"{feed.path}?{urlencode(onwards)}", "application/atom+xml"))
    parts += [_entry(feed, row) for row in rows]
    return "".join([*parts, "</feed>\n"]).encode()


def newest(rows: Sequence[FeedRow], *, since: datetime | None) -> datetime:
    """Return when a page last changed: its newest entry, or where it begins when it is empty."""
    return max((row.updated_at for row in rows), default=since or EPOCH)


def _entry(feed: Feed, row: FeedRow) -> str:
    name = row.title if row.code is None else f"{row.code}: {row.title}"
    alternate = _link("alternate", f"{feed.entries}/{row.id}", "application/json")
    return (
        f"<entry><id>urn:uuid:{row.id}</id><title>{_text(name)}</title>"
        f"<published>{_instant(row.since)}</published><updated>{_instant(row.updated_at)}</updated>"
        f'<category term="{escape(row.stage)}"/>{alternate}'
        f"<summary>{_text(row.stage)}</summary></entry>"
    )


def _link(relation: str, target: str, kind: str) -> str:
    return f'<link rel="{escape(relation)}" type="{escape(kind)}" href="{escape(target)}"/>'


def _text(words: str) -> str:
    return escape(_NOT_XML.sub("\ufffd", words), quote=False)


def _instant(at: datetime) -> str:
    return at.astimezone(UTC).isoformat().replace("+00:00", "Z")
