"""The past of a case and of a permit over the wire."""

from collections.abc import AsyncGenerator
from typing import IO

from anyio import to_thread
from litestar import Controller, Response, get
from litestar.response.base import ASGIResponse

from sandbox_registry.api.cases.history_schemas import (
    StateChangesOut,
    StateVersionsOut,
    case_changes_out,
    permit_changes_out,
    versions_out,
)
from sandbox_registry.api.cases.past_case_schemas import CaseAtOut, case_at_out
from sandbox_registry.api.handling.requests import (
    DayOrMoment,
    Id,
    Incoming,
    VersionNumber,
    day_or_moment,
    perform,
    published,
    use_cases,
)
from sandbox_registry.api.handling.streams import BoundedStream
from sandbox_registry.auditlog.publishing.folder import LogFolder
from sandbox_registry.domain.operations.quotas import Group
from sandbox_registry.http.context import context_of
from sandbox_registry.http.declarations import declare

CHUNK_BYTES = 64 * 1024


class HistoriesController(Controller):
    """How a case stood, what changed from one version to another, and all of it to take away."""

    tags = ("histories",)

    @get("/applications/{application_id:uuid}/history", opt=declare(errors=(422,)))
    async def as_it_stood(self, request: Incoming, application_id: Id, at: DayOrMoment) -> Response[CaseAtOut]:
        """Read a case as it stood on a day or at a moment, as far as you may read it now.

        The state is taken from the records behind the log, so every part of it can be proved. A moment in the future,
        or before the case was created, is refused (422).
        """
        return await perform(
            request,
            lambda context: use_cases(request).histories.as_it_stood(
                context, application_id, at=day_or_moment("at", at)
            ),
            out=lambda case: case_at_out(case, log=published(request)),
        )

    @get("/applications/{application_id:uuid}/history/versions")
    async def versions(self, request: Incoming, application_id: Id) -> Response[StateVersionsOut]:
        """List the versions of a case that the log records, with the act that made each.

        Edits of a draft or of an open supplement create versions of the dossier instead; filing records the whole
        dossier.
        """
        return await perform(
            request,
            lambda context: use_cases(request).histories.versions(context, application_id),
            out=lambda all_: versions_out(all_, log=published(request)),
        )

    @get("/applications/{application_id:uuid}/history/changes")
    async def changes(
        self, request: Incoming, application_id: Id, older: VersionNumber, newer: VersionNumber
    ) -> Response[StateChangesOut]:
        """Compare two recorded versions of a case field by field, each field by its name."""
        return await perform(
            request,
            lambda context: use_cases(request).histories.changes(context, application_id, older=older, newer=newer),
            out=case_changes_out,
        )

    @get(
        "/applications/{application_id:uuid}/bundle.zip", opt=declare(quota=Group.EXPORTS, media_type="application/zip")
    )
    async def bundle(self, request: Incoming, application_id: Id) -> ASGIResponse:
        """Download a case as a ZIP that anybody can verify offline and independently.

        It contains the published entries with their proofs, the records you may see, documents by digest only, and a page
        that verifies all of it and shows what was done. The download itself is on record, and ends the bundle: nothing
        that was done before can be left out of it.
        """
        folder: LogFolder = request.app.state.log.folder
        file = await use_cases(request).bundles.take(context_of(request), application_id, folder=folder)
        headers = {
            "Content-Disposition": f'attachment; filename="{application_id}.zip"',
            "Cache-Control": "no-store",
            "X-Content-Type-Options": "nosniff",
        }
        return BoundedStream(_chunks(file), media_type="application/zip", headers=headers)

    @get("/permits/{permit_id:uuid}/history/versions")
    async def permit_versions(self, request: Incoming, permit_id: Id) -> Response[StateVersionsOut]:
        """List the versions of a permit that the log records, with the act that made each."""
        return await perform(
            request,
            lambda context: use_cases(request).histories.permit_versions(context, permit_id),
            out=lambda all_: versions_out(all_, log=published(request)),
        )

    @get("/permits/{permit_id:uuid}/history/changes")
    async def permit_changes(
        self, request: Incoming, permit_id: Id, older: VersionNumber, newer: VersionNumber
    ) -> Response[StateChangesOut]:
        """Compare two recorded versions of a permit field by field, each field by its name."""
        return await perform(
            request,
            lambda context: use_cases(request).histories.permit_changes(context, permit_id, older=older, newer=newer),
            out=permit_changes_out,
        )


async def _chunks(file: IO[bytes]) -> AsyncGenerator[bytes, None]:
    with file:
        while chunk := await to_thread.run_sync(file.read, CHUNK_BYTES):
            yield chunk
