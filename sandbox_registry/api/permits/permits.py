"""Permits over the wire: issued by the records office, read and listed by where they stand now."""

from litestar import Controller, Response, get, post
from litestar.params import FromQuery, JSONBody

from sandbox_registry.api.handling.cursors import BY_CHANGE, BY_ID
from sandbox_registry.api.handling.requests import (
    Cursor,
    Id,
    Incoming,
    Limit,
    OptionalId,
    OptionalQueryText,
    instant,
    perform,
    published,
    seen_version,
    use_cases,
)
from sandbox_registry.api.handling.schemas import Moment, shown
from sandbox_registry.api.permits.permit_schemas import (
    IssueIn,
    PermitOut,
    PermitPageOut,
    RestrictionOut,
    RestrictionsOut,
    bounds_of,
    permit_out,
    permit_page_out,
)
from sandbox_registry.domain.permits.condition_library import LibraryFilter, Restriction
from sandbox_registry.domain.permits.permit_lists import PermitFilter
from sandbox_registry.domain.stages import Stage
from sandbox_registry.http.declarations import declare


class PermitsController(Controller):
    """Trial permits, for those who may read them."""

    tags = ("permits",)

    @post(
        "/applications/{application_id:uuid}/permit",
        status_code=201,
        opt=declare(needs_version=True, has_location=True),
    )
    async def issue(
        self, request: Incoming, application_id: Id, data: JSONBody[IssueIn | None] = None
    ) -> Response[PermitOut]:
        """Issue the permit that the approval allows. Needs If-Match with the case's version.

        A body is needed only if the approval names no basis for a bound that the procedure leaves open, as approvals
        from before that rule do.
        """
        return await perform(
            request,
            lambda context: use_cases(request).permits.issue(
                context,
                application_id,
                expected_version=seen_version(request),
                open_bounds=() if data is None else bounds_of(data.open_bounds),
            ),
            out=lambda view: permit_out(view, log=published(request)),
            location=lambda made: f"/api/v1/permits/{made.permit.id}",
        )

    @get("/permits")
    async def list_permits(  # noqa: PLR0917 - each is a named query parameter.
        self,
        request: Incoming,
        limit: Limit = 50,
        after: Cursor = None,
        stage: FromQuery[list[Stage] | None] = None,
        procedure: OptionalQueryText = None,
        application: OptionalId = None,
        organisation: OptionalId = None,
        ends_before: FromQuery[Moment | None] = None,
        q: OptionalQueryText = None,
        updated_since: FromQuery[Moment | None] = None,
    ) -> Response[PermitPageOut]:
        """List the permits you may read, newest first, each as it stands now; with `updated_since`, oldest change first.

        `ends_before` finds the permits whose window is over by that moment. `q` searches the dossier without
        diacritics, and the beginning of the permit number. `after` is the cursor of the previous page. A permit that
        begins or ends by the clock, or whose suspension is lifted, does not count as changed.
        """
        narrowed = PermitFilter(
            stages=frozenset(stage) if stage else None,
            procedure_code=procedure,
            application_id=application,
            organisation_id=organisation,
            ends_before=instant("ends_before", ends_before),
            text=q,
            updated_since=instant("updated_since", updated_since),
        )
        by_change = updated_since is not None
        position = (BY_CHANGE if by_change else BY_ID).read(after)
        return await perform(
            request,
            lambda context: use_cases(request).permits.list_permits(
                context, narrowed=narrowed, after=position, limit=limit
            ),
            out=lambda rows: permit_page_out(rows, limit=limit, by_change=by_change),
        )

    @get("/permit-conditions")
    async def list_restrictions(
        self,
        request: Incoming,
        limit: Limit = 50,
        procedure: OptionalQueryText = None,
        kind: OptionalQueryText = None,
        restriction: FromQuery[Restriction | None] = None,
    ) -> Response[RestrictionsOut]:
        """List the conditions and limits of the permits you may read, the most used first.

        Each says on how many permits it was used and from how many it was lifted, and how the newest of them justifies it.
        """
        narrowed = LibraryFilter(procedure_code=procedure, permit_kind=kind, restriction=restriction)
        return await perform(
            request,
            lambda context: use_cases(request).permits.list_restrictions(context, narrowed=narrowed, limit=limit),
            out=lambda restrictions: RestrictionsOut(items=tuple(map(shown(RestrictionOut), restrictions))),
        )

    @get("/permits/{permit_id:uuid}")
    async def read(self, request: Incoming, permit_id: Id) -> Response[PermitOut]:
        """Read one permit: what it allows, its stage, its holder's obligations with their due dates, its disclaimers."""
        return await perform(
            request,
            lambda context: use_cases(request).permits.read(context, permit_id),
            out=lambda view: permit_out(view, log=published(request)),
        )
