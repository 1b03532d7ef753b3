"""What pages of the portal weigh for a browser, and their time beside the JSON that says the same."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import quote

from typing_extensions import override

from bench.contenders import PREFIX, contenders
from bench.effort import Effort, in_turns, of
from bench.figures import OURS, Aim, Figure, Row
from bench.load import Outcome
from bench.scratch import register
from bench.servers import Failed, Server, load
from sandbox_registry.db.embedded.server import EmbeddedServer

CLIENTS = 32
PUBLIC = (
    "/",
    "/thu-thu-tuc",
    "/thu-tuc",
    "/thu-tuc/ca-mau-2026-draft",
    "/ngay-nghi",
    "/ai-quyet-dinh",
    "/kiem-tra-nhat-ky",
    "/tra-cuu",
    "/tro-giup",
    "/thuat-ngu",
)
"""Pages for everybody, as somebody meets them who was never there."""
FIRST_VISIT, REPEAT_VISIT = 45.0, 12.0
"""Kilobytes on the line, compressed: all that a browser fetches, and the page alone once it has the files."""
_SLOWER = 2.0
_CODINGS = "br, gzip"
_LENGTH = re.compile(rb"\r\ncontent-length: (\d+)\r\n", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Weight:
    """What a browser fetches for one page: kilobytes and requests of the first visit, kilobytes of the next one."""

    first: float
    requests: int
    repeat: float


def pages(server: EmbeddedServer, data_dir: Path, effort: Effort) -> Iterator[Row]:
    """Measure the weight of every public page, and the pages that have a twin in the API by many clients at once."""
    filled = register(server, effort.sizes[0])
    with contenders(filled, data_dir, peers=()) as running:
        program = running.servers[OURS]
        yield weights_row({path: weight(program, path) for path in PUBLIC})
        for page, twin in twins(program):
            yield _beside(program, effort, page=page, twin=twin)


def weight(program: Server, path: str) -> Weight:
    """Fetch a page and each file that it names, as a browser does that takes brotli."""
    answer = _fetch(program, path)
    files = sorted(files_of(_fetch(program, path, codings="identity").partition(b"\r\n\r\n")[2].decode()))
    whole = sum(map(len, [answer, *(_fetch(program, each) for each in files)]))
    return Weight(first=whole / 1000, requests=1 + len(files), repeat=len(answer) / 1000)


def files_of(page: str) -> set[str]:
    """Return the addresses of the files that a browser loads with a page."""
    reader = _Files()
    reader.feed(page)
    return reader.named


def weights_row(weights: dict[str, Weight]) -> Row:
    """Make the row of the weights, each page with what it costs the first time and the next."""
    figures = []
    for path, each in weights.items():
        figures += [
            Figure(name=f"{path}: first visit, {each.requests} requests", value=each.first, unit="kB"),
            Figure(name=f"{path}: repeat", value=each.repeat, unit="kB"),
        ]
    first, repeat = (max(getattr(each, name) for each in weights.values()) for name in ("first", "repeat"))
    return Row(
        title="What a public page weighs on the line, compressed, header fields included",
        figures=tuple(figures),
        aims=(
            Aim(what="heaviest first visit", measured=first, wanted=FIRST_VISIT, is_most=True, unit=" kB"),
            Aim(what="heaviest repeat visit", measured=repeat, wanted=REPEAT_VISIT, is_most=True, unit=" kB"),
        ),
        note="A repeat visit fetches the page alone, and not even that (304) while it has not changed.",
    )


class _Files(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.named: set[str] = set()

    @override
    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag == "link" and given.get("rel") not in {"stylesheet", "icon"}:
            return
        address = given.get("src") if tag in {"script", "img"} else given.get("href") if tag == "link" else None
        if address:
            self.named.add(address)


def twins(program: Server) -> Iterable[tuple[str, str]]:
    """Return pages with the address of the API that says the same."""
    procedures = _body(program, f"{PREFIX}/rules?kind=procedure")["items"]
    calendars = _body(program, f"{PREFIX}/rules?kind=calendar")["items"]
    draft = next(each["id"] for each in procedures if each["code"] == "ca-mau-2026-draft")
    return (
        ("/thu-tuc", f"{PREFIX}/rules?kind=procedure"),
        ("/thu-tuc/ca-mau-2026-draft", f"{PREFIX}/rules/{draft}"),
        ("/ngay-nghi", f"{PREFIX}/rules/{calendars[0]['id']}"),
    )


def _beside(program: Server, effort: Effort, *, page: str, twin: str) -> Row:
    def turn(path: str) -> Outcome:
        return load(program, [_request(path, codings="gzip")], clients=CLIENTS, seconds=effort.seconds)

    figures = in_turns(effort.rounds, {"page": lambda: of("page", turn(page)), "JSON": lambda: of("JSON", turn(twin))})
    ratio = (figures["JSON"].rate or 0.0) / (figures["page"].rate or 1.0)
    return Row(
        title=f"The page {page} beside its JSON; {CLIENTS} clients",
        figures=tuple(figures.values()),
        aims=(Aim(what="time to that of its JSON", measured=ratio, wanted=_SLOWER, is_most=True),),
        note="The page is compressed for each reader, the JSON is not.",
    )


def _fetch(program: Server, path: str, *, codings: str = _CODINGS) -> bytes:
    answer = load(program, [_request(path, codings=codings)], clients=1).sample
    if not _LENGTH.search(answer.partition(b"\r\n\r\n")[0] + b"\r\n"):
        raise Failed(f"{path} does not say how long it is")
    return answer


def _body(program: Server, path: str) -> dict[str, list[dict[str, str]]]:
    body: dict[str, list[dict[str, str]]] = load(program, [_request(path, codings="identity")], clients=1).body
    return body


def _request(path: str, *, codings: str) -> bytes:
    lines = [f"GET {quote(path, safe='/?=&%')} HTTP/1.1", "Host: localhost", f"Accept-Encoding: {codings}"]
    return "\r\n".join(lines).encode() + b"\r\n\r\n"
