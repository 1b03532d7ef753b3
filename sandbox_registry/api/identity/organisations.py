"""Organisations, their members and the state agencies over the wire."""

from litestar import Controller, Response, get, post, put
from litestar.params import FromQuery, JSONBody

from sandbox_registry.api.handling.cursors import BY_ID
from sandbox_registry.api.handling.requests import (
    Cursor,
    Id,
    Incoming,
    Limit,
    OptionalQueryText,
    perform,
    seen_version,
    use_cases,
)
from sandbox_registry.api.identity.organisation_schemas import (
    ApplicantEditIn,
    MemberIn,
    OrganisationChangesOut,
    OrganisationIn,
    OrganisationOut,
    OrganisationsPageOut,
    OrganisationViewOut,
    UnitEditIn,
    UnitHandlesIn,
    UnitIn,
    membership_out,
    organisation_changes_out,
    organisation_out,
    organisation_view_out,
    organisations_page_out,
)
from sandbox_registry.api.identity.people_schemas import MembershipOut
from sandbox_registry.domain.identity.people import OrganisationKind
from sandbox_registry.http.declarations import declare


class OrganisationsController(Controller):
    """Applicants, for those who act for them and those who handle their dossiers; units, for everybody."""

    tags = ("organisations",)

    @post("/organisations", status_code=201, opt=declare(has_location=True))
    async def create(self, request: Incoming, data: JSONBody[OrganisationIn]) -> Response[OrganisationOut]:
        """Register an applicant.

        By registering it, you declare that you are its legal representative; the declaration is on record.
        """
        return await perform(
            request,
            lambda context: use_cases(request).organisations.create(
                context,
                kind=data.kind,
                name=data.name,
                tax_code=data.tax_code,
                address=data.address,
                email=data.email,
                phone=data.phone,
                licence_end=data.licence_end,
            ),
            out=organisation_out,
            location=lambda made: f"/api/v1/organisations/{made.id}",
        )

    @get("/organisations")
    async def list_organisations(
        self,
        request: Incoming,
        limit: Limit = 50,
        after: Cursor = None,
        kind: FromQuery[OrganisationKind | None] = None,
        q: OptionalQueryText = None,
    ) -> Response[OrganisationsPageOut]:
        """List the organisations visible to you; `kind=state_unit` lists the state agencies.

        `q` searches the name without diacritics, and the beginning of the tax code.
        """
        return await perform(
            request,
            lambda context: use_cases(request).organisations.list_organisations(
                context,
                kind=kind,
                text=q,
                after=BY_ID.read(after),
                limit=limit,
            ),
            out=lambda rows: organisations_page_out(rows, limit=limit),
        )

    @get("/organisations/{organisation_id:uuid}")
    async def read(self, request: Incoming, organisation_id: Id) -> Response[OrganisationViewOut]:
        """Read an organisation with its members."""
        return await perform(
            request,
            lambda context: use_cases(request).organisations.read(context, organisation_id),
            out=organisation_view_out,
        )

    @put("/organisations/{organisation_id:uuid}/contact", opt=declare(needs_version=True))
    async def edit(
        self, request: Incoming, organisation_id: Id, data: JSONBody[ApplicantEditIn]
    ) -> Response[OrganisationOut]:
        """Replace an applicant's data: contact details, the end of its licence and, if given, its name. Needs If-Match."""
        return await perform(
            request,
            lambda context: use_cases(request).organisations.edit(
                context,
                organisation_id,
                expected_version=seen_version(request),
                name=data.name,
                address=data.address,
                email=data.email,
                phone=data.phone,
                licence_end=data.licence_end,
            ),
            out=organisation_out,
        )

    @get("/organisations/{organisation_id:uuid}/changes")
    async def changes(self, request: Incoming, organisation_id: Id) -> Response[OrganisationChangesOut]:
        """List what changed in an organisation: when, by whom, from what to what."""
        return await perform(
            request,
            lambda context: use_cases(request).organisations.changes(context, organisation_id),
            out=lambda found: OrganisationChangesOut(items=organisation_changes_out(found)),
        )

    @post("/organisations/{organisation_id:uuid}/members", status_code=201)
    async def add_member(
        self, request: Incoming, organisation_id: Id, data: JSONBody[MemberIn]
    ) -> Response[MembershipOut]:
        """Let a person with an account act for an applicant.

        Only its legal representative can give the power to sign.
        """
        return await perform(
            request,
            lambda context: use_cases(request).organisations.add_member(
                context,
                organisation_id,
                email=data.email,
                kind=data.kind,
                valid_from=data.valid_from,
                valid_to=data.valid_to,
            ),
            out=membership_out,
        )

    @post(
        "/organisations/{organisation_id:uuid}/members/{membership_id:uuid}/ending",
        status_code=200,
        opt=declare(needs_version=True),
    )
    async def end_membership(
        self, request: Incoming, organisation_id: Id, membership_id: Id
    ) -> Response[MembershipOut]:
        """End a membership now; a signatory always remains. Needs If-Match with the membership's version."""
        return await perform(
            request,
            lambda context: use_cases(request).organisations.end_membership(
                context, organisation_id, membership_id, expected_version=seen_version(request)
            ),
            out=membership_out,
        )


class UnitsController(Controller):
    """State agencies, entered by administrators; what one handles takes two of them."""

    tags = ("organisations",)

    @post("/units", status_code=201, opt=declare(has_location=True))
    async def create(self, request: Incoming, data: JSONBody[UnitIn]) -> Response[OrganisationOut]:
        """Enter a unit. Another administrator confirms the procedures that it handles."""
        return await perform(
            request,
            lambda context: use_cases(request).units.create(
                context,
                name=data.name,
                address=data.address,
                email=data.email,
                phone=data.phone,
                agency_code=data.agency_code,
                handles=data.handles,
            ),
            out=organisation_out,
            location=lambda made: f"/api/v1/organisations/{made.id}",
        )

    @put("/units/{unit_id:uuid}", opt=declare(needs_version=True))
    async def edit(self, request: Incoming, unit_id: Id, data: JSONBody[UnitEditIn]) -> Response[OrganisationOut]:
        """Replace the details of a state agency. Needs If-Match."""
        return await perform(
            request,
            lambda context: use_cases(request).units.edit(
                context,
                unit_id,
                expected_version=seen_version(request),
                name=data.name,
                address=data.address,
                email=data.email,
                phone=data.phone,
                agency_code=data.agency_code,
            ),
            out=organisation_out,
        )

    @put("/units/{unit_id:uuid}/handles", opt=declare(needs_version=True))
    async def propose_handles(
        self, request: Incoming, unit_id: Id, data: JSONBody[UnitHandlesIn]
    ) -> Response[OrganisationOut]:
        """Propose which procedures a state agency handles. Needs If-Match.

        Its officers read the cases of these procedures, so another administrator confirms the proposal. A new proposal
        replaces an earlier one; sending the procedures that it handles now withdraws it.
        """
        return await perform(
            request,
            lambda context: use_cases(request).units.propose_handles(
                context, unit_id, expected_version=seen_version(request), handles=data.handles
            ),
            out=organisation_out,
        )

    @post("/units/{unit_id:uuid}/handles/confirmation", status_code=200, opt=declare(needs_version=True))
    async def confirm_handles(self, request: Incoming, unit_id: Id) -> Response[OrganisationOut]:
        """Put the proposed procedures of a state agency in force, as an administrator who did not propose them. Needs If-Match."""
        return await perform(
            request,
            lambda context: use_cases(request).units.confirm_handles(
                context, unit_id, expected_version=seen_version(request)
            ),
            out=organisation_out,
        )
