"""Exports over the wire: streams of everything you may list, and feeds that cost nothing while nothing changes."""

import hashlib
from collections.abc import AsyncGenerator, Sequence
from datetime import UTC, datetime
from email.utils import format_datetime
from uuid import UUID

from litestar import Controller, Response, get
from litestar.params import FromQuery
from litestar.response.base import ASGIResponse

from sandbox_registry.api.handling.cursors import BY_CHANGE
from sandbox_registry.api.handling.requests import (
    Cursor,
    Incoming,
    Limit,
    OptionalId,
    OptionalQueryText,
    QueryFlag,
    instant,
    use_cases,
)
from sandbox_registry.api.handling.schemas import Moment
from sandbox_registry.api.handling.streams import BoundedStream
from sandbox_registry.api.integrations.export_formats import as_csv, as_json_lines, as_ocel
from sandbox_registry.api.integrations.feeds import ATOM, CASES, PERMITS, Feed, as_atom, newest
from sandbox_registry.domain.integrations.exports import ExportFilter, FeedRow
from sandbox_registry.domain.operations.quotas import Group
from sandbox_registry.domain.stages import Stage
from sandbox_registry.http.context import context_of
from sandbox_registry.http.declarations import declare
from sandbox_registry.http.problems import language_of

CSV = "text/csv; charset=utf-8; header=present"
JSON_LINES = "application/x-ndjson"
OCEL = "application/json; charset=utf-8"
Stages = FromQuery[list[Stage] | None]
Since = FromQuery[Moment | None]


class ExportsController(Controller):
    """Everything you may list, in one file; what you may not read is not in it."""

    path = "/exports"
    tags = ("exports",)

    @get("/applications.csv", opt=declare(quota=Group.EXPORTS, media_type=CSV))
    async def cases_csv(  # noqa: PLR0917 - each is a named query parameter.
        self,
        request: Incoming,
        stage: Stages = None,
        procedure: OptionalQueryText = None,
        officer: OptionalId = None,
        organisation: OptionalId = None,
        overdue: QueryFlag = False,  # noqa: FBT002 - a query parameter.
        q: OptionalQueryText = None,
        updated_since: Since = None,
        bom: QueryFlag = False,  # noqa: FBT002 - a query parameter.
    ) -> ASGIResponse:
        """Export applications as CSV, oldest first: RFC 4180, UTF-8, headings in the requested language.

        `bom` adds the byte order mark that spreadsheets need. Texts that they would take for formulas are prefixed with
        an apostrophe.
        """
        overdue_at = _now_if(overdue, request)
        narrowed = _filter(stage, procedure, organisation, q, updated_since, officer, overdue_at)
        table = await use_cases(request).exports.cases(context_of(request), narrowed=narrowed)
        chunks = as_csv(table.fields, table.batches, language=language_of(request), has_bom=bom)
        return _file(chunks, name="applications.csv", media_type=CSV)

    @get("/applications.jsonl", opt=declare(quota=Group.EXPORTS, media_type=JSON_LINES))
    async def cases_json(  # noqa: PLR0917 - each is a named query parameter.
        self,
        request: Incoming,
        stage: Stages = None,
        procedure: OptionalQueryText = None,
        officer: OptionalId = None,
        organisation: OptionalId = None,
        overdue: QueryFlag = False,  # noqa: FBT002 - a query parameter.
        q: OptionalQueryText = None,
        updated_since: Since = None,
    ) -> ASGIResponse:
        """Export applications as JSON lines, oldest first."""
        overdue_at = _now_if(overdue, request)
        narrowed = _filter(stage, procedure, organisation, q, updated_since, officer, overdue_at)
        table = await use_cases(request).exports.cases(context_of(request), narrowed=narrowed)
        return _file(as_json_lines(table.fields, table.batches), name="applications.jsonl", media_type=JSON_LINES)

    @get("/applications.atom", opt=declare(media_type=ATOM, is_conditional=True))
    async def cases_atom(
        self, request: Incoming, updated_since: Since = None, after: Cursor = None, limit: Limit = 50
    ) -> Response[bytes]:
        """Follow applications as an Atom feed: newest change first; with `updated_since`, oldest change first.

        The link `next` leads to the next page. With `If-None-Match`, an unchanged page is a 304.
        """
        feed = await use_cases(request).exports.case_feed(
            context_of(request), since=instant("updated_since", updated_since), after=BY_CHANGE.read(after), limit=limit
        )
        return _page(request, CASES, feed, since=updated_since, after=after, limit=limit)

    @get("/permits.csv", opt=declare(quota=Group.EXPORTS, media_type=CSV))
    async def permits_csv(  # noqa: PLR0917 - each is a named query parameter.
        self,
        request: Incoming,
        stage: Stages = None,
        procedure: OptionalQueryText = None,
        organisation: OptionalId = None,
        q: OptionalQueryText = None,
        updated_since: Since = None,
        bom: QueryFlag = False,  # noqa: FBT002 - a query parameter.
    ) -> ASGIResponse:
        """Export permits as CSV, oldest first, each as it stands now, in the format of applications."""
        narrowed = _filter(stage, procedure, organisation, q, updated_since)
        table = await use_cases(request).exports.permits(context_of(request), narrowed=narrowed)
        chunks = as_csv(table.fields, table.batches, language=language_of(request), has_bom=bom)
        return _file(chunks, name="permits.csv", media_type=CSV)

    @get("/permits.jsonl", opt=declare(quota=Group.EXPORTS, media_type=JSON_LINES))
    async def permits_json(  # noqa: PLR0917 - each is a named query parameter.
        self,
        request: Incoming,
        stage: Stages = None,
        procedure: OptionalQueryText = None,
        organisation: OptionalId = None,
        q: OptionalQueryText = None,
        updated_since: Since = None,
    ) -> ASGIResponse:
        """Export permits as JSON lines, oldest first, each as it stands now."""
        narrowed = _filter(stage, procedure, organisation, q, updated_since)
        table = await use_cases(request).exports.permits(context_of(request), narrowed=narrowed)
        return _file(as_json_lines(table.fields, table.batches), name="permits.jsonl", media_type=JSON_LINES)

    @get("/permits.atom", opt=declare(media_type=ATOM, is_conditional=True))
    async def permits_atom(
        self, request: Incoming, updated_since: Since = None, after: Cursor = None, limit: Limit = 50
    ) -> Response[bytes]:
        """Follow permits as an Atom feed, in the order of the feed of applications."""
        feed = await use_cases(request).exports.permit_feed(
            context_of(request), since=instant("updated_since", updated_since), after=BY_CHANGE.read(after), limit=limit
        )
        return _page(request, PERMITS, feed, since=updated_since, after=after, limit=limit)

    @get("/events.ocel.json", opt=declare(quota=Group.EXPORTS, media_type=OCEL))
    async def events(self, request: Incoming) -> ASGIResponse:
        """Export the acts in every case you may read as an OCEL 2.0 event log for process mining.

        Events are the leaves of the audit log. People appear under pseudonyms only; refused acts do not appear.
        """
        batches = await use_cases(request).exports.events(context_of(request))
        return _file(as_ocel(batches), name="events.ocel.json", media_type=OCEL)


def _filter(  # noqa: PLR0917 - the query parameters, in their order.
    stage: list[Stage] | None,
    procedure: str | None,
    organisation: UUID | None,
    q: str | None,
    since: datetime | None,
    officer: UUID | None = None,
    overdue_at: datetime | None = None,
) -> ExportFilter:
    return ExportFilter(
        stages=frozenset(stage) if stage else None,
        procedure_code=procedure,
        organisation_id=organisation,
        updated_since=instant("updated_since", since),
        officer_id=officer,
        overdue_at=overdue_at,
        text=q,
    )


def _now_if(is_wanted: bool, request: Incoming) -> datetime | None:  # noqa: FBT001 - a filter of the query.
    return use_cases(request).transactions.now() if is_wanted else None


def _file(chunks: AsyncGenerator[bytes, None], *, name: str, media_type: str) -> BoundedStream:
    headers = {
        "Content-Disposition": f'attachment; filename="{name}"',
        "Cache-Control": "no-store",
        "Vary": "Accept-Language, Authorization",
        "X-Content-Type-Options": "nosniff",
    }
    return BoundedStream(chunks, media_type=media_type, headers=headers)


def _page(
    request: Incoming, feed: Feed, rows: Sequence[FeedRow], *, since: datetime | None, after: str | None, limit: int
) -> Response[bytes]:
    body = as_atom(feed, rows, language=language_of(request), since=since, after=after, limit=limit)
    tag = f'"{hashlib.sha256(body).hexdigest()[:32]}"'
    headers = {
        "ETag": tag,
        "Last-Modified": format_datetime(newest(rows, since=since).astimezone(UTC), usegmt=True),
        "Cache-Control": "private, no-cache",
        "Vary": "Accept-Language, Authorization",
    }
    etags = [each.strip().removeprefix("W/") for each in request.headers.get("if-none-match", "").split(",")]
    if tag in etags:
        return Response(b"", status_code=304, headers=headers, media_type=ATOM)
    return Response(body, headers=headers, media_type=ATOM)
