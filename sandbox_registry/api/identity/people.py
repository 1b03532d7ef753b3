"""Accounts, offices and delegated signing authority over the wire."""

from litestar import Controller, Response, get, post, put
from litestar.params import FromQuery, JSONBody

from sandbox_registry.api.handling.cursors import BY_ID
from sandbox_registry.api.handling.requests import (
    Cursor,
    Id,
    Incoming,
    Limit,
    OptionalId,
    OptionalQueryText,
    perform,
    seen_version,
    use_cases,
)
from sandbox_registry.api.identity.people_schemas import (
    AccountServiceOut,
    DelegationIn,
    DelegationOut,
    DelegationsOut,
    GrantIn,
    GrantOut,
    MeOut,
    PasswordIn,
    PeoplePageOut,
    PersonIn,
    PersonOut,
    PersonViewOut,
    RegistrationIn,
    account_service_out,
    delegation_out,
    delegations_out,
    grant_out,
    me_out,
    people_page_out,
    person_out,
    person_view_out,
)
from sandbox_registry.domain.identity.people import Role
from sandbox_registry.http.context import actor_of
from sandbox_registry.http.declarations import declare


class PeopleController(Controller):
    """Accounts."""

    tags = ("people",)

    @get("/me")
    async def me(self, request: Incoming) -> Response[MeOut]:
        """Read your own account, and the offices and powers that count for this request."""
        return await perform(
            request,
            lambda context: use_cases(request).people.read(context, context.actor.person_id),
            out=lambda view: me_out(view, actor_of(request)),
        )

    @put("/me/password")
    async def change_password(self, request: Incoming, data: JSONBody[PasswordIn]) -> Response[PersonOut]:
        """Change your own password. All your tokens end, including this one: log in again."""
        return await perform(
            request,
            lambda context: use_cases(request).people.change_password(
                context, current=data.current_password, new=data.new_password
            ),
            out=person_out,
        )

    @post("/registrations", status_code=201, opt=declare(is_public=True, is_keyed=False))
    async def register_oneself(self, request: Incoming, data: JSONBody[RegistrationIn]) -> Response[PersonOut]:
        """Open an account for yourself, where the installation allows it."""
        return await perform(
            request,
            lambda context: use_cases(request).people.register_oneself(
                context,
                full_name=data.full_name,
                email=data.email,
                phone=data.phone,
                password=data.password,
            ),
            out=person_out,
        )

    @post("/people", status_code=201, opt=declare(has_location=True))
    async def register(self, request: Incoming, data: JSONBody[PersonIn]) -> Response[PersonOut]:
        """Open an account for another person, as an administrator."""
        return await perform(
            request,
            lambda context: use_cases(request).people.register(
                context,
                full_name=data.full_name,
                email=data.email,
                phone=data.phone,
                password=data.password,
            ),
            out=person_out,
            location=lambda made: f"/api/v1/people/{made.id}",
        )

    @get("/people")
    async def list_people(  # noqa: PLR0917 - each is a named query parameter.
        self,
        request: Incoming,
        limit: Limit = 50,
        after: Cursor = None,
        role: FromQuery[Role | None] = None,
        unit: OptionalId = None,
        q: OptionalQueryText = None,
    ) -> Response[PeoplePageOut]:
        """List people with their offices, for those who assign, administer or oversee.

        `q` searches the name and the e-mail address without diacritics.
        """
        return await perform(
            request,
            lambda context: use_cases(request).people.list_people(
                context,
                text=q,
                role=role,
                unit_id=unit,
                after=BY_ID.read(after),
                limit=limit,
            ),
            out=lambda rows: people_page_out(rows, limit=limit),
        )

    @get("/people/{person_id:uuid}")
    async def read(self, request: Incoming, person_id: Id) -> Response[PersonViewOut]:
        """Read an account with its offices, memberships and delegated signing authority."""
        return await perform(
            request, lambda context: use_cases(request).people.read(context, person_id), out=person_view_out
        )

    @post("/people/{person_id:uuid}/closing", status_code=200, opt=declare(needs_version=True))
    async def disable(self, request: Incoming, person_id: Id) -> Response[PersonOut]:
        """Close an account at once; its tokens end. Needs If-Match."""
        return await perform(
            request,
            lambda context: use_cases(request).people.disable(
                context, person_id, expected_version=seen_version(request)
            ),
            out=person_out,
        )

    @post("/people/{person_id:uuid}/password-recovery", status_code=201)
    async def propose_recovery(self, request: Incoming, person_id: Id) -> Response[AccountServiceOut]:
        """Propose that an official who forgot their password sets a new one. Another administrator confirms within 7 days."""
        return await perform(
            request,
            lambda context: use_cases(request).recoveries.propose(context, person_id),
            out=account_service_out,
        )

    @post("/people/{person_id:uuid}/password-recovery/confirmation", status_code=200)
    async def confirm_recovery(self, request: Incoming, person_id: Id) -> Response[AccountServiceOut]:
        """Confirm a proposed recovery. A secret is sent to the account's own address and shown to nobody else."""
        return await perform(
            request,
            lambda context: use_cases(request).recoveries.confirm(context, person_id),
            out=account_service_out,
        )


class OfficesController(Controller):
    """Offices and delegated signing authority."""

    tags = ("offices",)

    @post("/people/{person_id:uuid}/offices", status_code=201)
    async def grant(self, request: Incoming, person_id: Id, data: JSONBody[GrantIn]) -> Response[GrantOut]:
        """Give a person an office in a unit, from now or later. Nobody can give an office to themselves.

        An office that decides, administers, approves rules, keeps seals or reads the cases of a unit is only proposed: it
        `awaits_confirmation` and gives no rights until another administrator confirms it.
        """
        return await perform(
            request,
            lambda context: use_cases(request).offices.grant(
                context,
                person_id,
                role=data.role,
                unit_id=data.unit_id,
                title=data.title,
                valid_from=data.valid_from,
                valid_to=data.valid_to,
            ),
            out=grant_out,
        )

    @post("/offices/{grant_id:uuid}/confirmation", status_code=200, opt=declare(needs_version=True))
    async def confirm(self, request: Incoming, grant_id: Id) -> Response[GrantOut]:
        """Confirm a proposed office. Needs If-Match.

        The proposer cannot confirm it, nor can an account of one hand with the proposer's or the holder's.
        """
        return await perform(
            request,
            lambda context: use_cases(request).offices.confirm(
                context, grant_id, expected_version=seen_version(request)
            ),
            out=grant_out,
        )

    @post("/offices/{grant_id:uuid}/ending", status_code=200, opt=declare(needs_version=True))
    async def end(self, request: Incoming, grant_id: Id) -> Response[GrantOut]:
        """End an office now, or decline a proposed one. Needs If-Match."""
        return await perform(
            request,
            lambda context: use_cases(request).offices.end(context, grant_id, expected_version=seen_version(request)),
            out=grant_out,
        )

    @post("/delegations", status_code=201)
    async def lend(self, request: Incoming, data: JSONBody[DelegationIn]) -> Response[DelegationOut]:
        """Delegate your signing authority to an official, by a document, between two moments.

        It cannot be delegated further.
        """
        return await perform(
            request,
            lambda context: use_cases(request).offices.delegate(
                context,
                to_person_id=data.to_person_id,
                unit_id=data.unit_id,
                document=data.document,
                title=data.title,
                valid_from=data.valid_from,
                valid_to=data.valid_to,
            ),
            out=delegation_out,
        )

    @post("/delegations/{delegation_id:uuid}/revocation", status_code=200, opt=declare(needs_version=True))
    async def take_back(self, request: Incoming, delegation_id: Id) -> Response[DelegationOut]:
        """Revoke delegated signing authority at once. Needs If-Match."""
        return await perform(
            request,
            lambda context: use_cases(request).offices.revoke_delegation(
                context, delegation_id, expected_version=seen_version(request)
            ),
            out=delegation_out,
        )

    @get("/units/{unit_id:uuid}/delegations")
    async def list_lent(self, request: Incoming, unit_id: Id) -> Response[DelegationsOut]:
        """List the signing authority delegated in a unit."""
        return await perform(
            request,
            lambda context: use_cases(request).offices.list_delegations(context, unit_id=unit_id),
            out=delegations_out,
        )
