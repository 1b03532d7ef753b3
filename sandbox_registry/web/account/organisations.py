"""Firms that one acts for: registering one by its tax code, its data, its members and what each may do."""

from typing import Any
from uuid import UUID

from litestar import Response, get, post
from litestar.params import FromPath

from sandbox_registry.domain.identity.people import MembershipKind, OrganisationKind
from sandbox_registry.http.context import context_of
from sandbox_registry.web.forms import NO_FAULTS, NO_FORM, Faults, Form, read_form
from sandbox_registry.web.pages import page
from sandbox_registry.web.public.common import Incoming, use_cases
from sandbox_registry.web.sessions import answer_form, see_other

FIRMS = "/to-chuc"
NEW, FIRM = f"{FIRMS}/moi", f"{FIRMS}/{{organisation_id:uuid}}"
KINDS = (OrganisationKind.ENTERPRISE, OrganisationKind.ORGANISATION, OrganisationKind.INDIVIDUAL)
"""What an applicant may be, as the form offers it."""


@get(FIRMS, include_in_schema=False)
async def firms_page(request: Incoming) -> Response[Any]:
    """List the firms one acts for."""
    context = context_of(request)
    own = [
        (await use_cases(request).organisations.read(context, each)).organisation
        for each in sorted(context.actor.organisations)
    ]
    return page(request, "account/firms.html", firms=own)


@get(NEW, include_in_schema=False)
async def new_firm_form(request: Incoming) -> Response[Any]:
    """Ask for a firm that one represents."""
    return _new(request, NO_FORM, NO_FAULTS, 200)


@post(NEW, include_in_schema=False, status_code=200)
async def register_firm(request: Incoming) -> Response[Any]:
    """Register a firm; who does declares to represent it."""
    form = await read_form(request)

    async def show(form: Form, faults: Faults, status: int) -> Response[Any]:
        return _new(request, form, faults, status)

    async def act() -> Response[Any]:
        firm = await use_cases(request).organisations.create(
            context_of(request),
            kind=OrganisationKind(form.choice("kind", KINDS)),
            name=form.line("name"),
            tax_code=form.line("tax_code").replace(" ", "") or None,
            address=form.line("address"),
            email=form.line("email"),
            phone=form.line("phone"),
        )
        return see_other(f"{FIRMS}/{firm.id}")

    return await answer_form(request, form, show, act)


def _new(request: Incoming, form: Form, faults: Faults, status: int) -> Response[Any]:
    empty = {"kind": KINDS[0], "name": "", "tax_code": "", "address": "", "email": "", "phone": ""}
    return page(request, "account/new_firm.html", status=status, faults=faults, kinds=KINDS, written=form.over(empty))


@get(FIRM, include_in_schema=False)
async def firm_page(request: Incoming, organisation_id: FromPath[UUID]) -> Response[Any]:
    """Show a firm, its members, and what each may do."""
    return await _firm(request, organisation_id, NO_FORM, NO_FAULTS, 200)


@post(FIRM, include_in_schema=False, status_code=200)
async def change_firm(request: Incoming, organisation_id: FromPath[UUID]) -> Response[Any]:
    """Change how a firm is reached, let a colleague act for it, or end that."""
    form, organisations = await read_form(request), use_cases(request).organisations

    async def show(form: Form, faults: Faults, status: int) -> Response[Any]:
        return await _firm(request, organisation_id, form, faults, status)

    async def act() -> Response[Any]:
        context = context_of(request)
        if form.line("end"):
            await organisations.end_membership(
                context,
                organisation_id,
                form.identity("end"),
                expected_version=form.number(f"version-{form.line('end')}"),
            )
        elif form.line("act") == "edit":
            before = (await organisations.read(context, organisation_id)).organisation
            await organisations.edit(
                context,
                organisation_id,
                expected_version=form.number("version"),
                address=form.line("address"),
                email=form.line("firm_email"),
                phone=form.line("phone"),
                licence_end=before.licence_end,
            )
        else:
            await organisations.add_member(
                context,
                organisation_id,
                email=form.line("email"),
                kind=MembershipKind(form.choice("standing", list(MembershipKind))),
            )
        return see_other(f"{FIRMS}/{organisation_id}")

    return await answer_form(request, form, show, act)


async def _firm(request: Incoming, organisation_id: UUID, form: Form, faults: Faults, status: int) -> Response[Any]:
    context, cases = context_of(request), use_cases(request)
    view, at = await cases.organisations.read(context, organisation_id), cases.transactions.now()
    return page(
        request,
        "account/firm.html",
        status=status,
        faults=faults,
        firm=view.organisation,
        members=[each for each in view.members if each.membership.valid_to is None or each.membership.valid_to > at],
        me=context.actor.person_id,
        may_change=organisation_id in context.actor.signs_for_organisations,
        standings=tuple(MembershipKind),
        written=form.over({"email": "", "standing": MembershipKind.EDITOR}),
    )
