"""Erasing personal data, and orders to keep it, over the wire."""

from uuid import UUID

from litestar import Controller, Response, get, post
from litestar.params import FromQuery, JSONBody

from sandbox_registry.api.handling.cursors import BY_ID
from sandbox_registry.api.handling.requests import (
    Cursor,
    Id,
    Incoming,
    Limit,
    perform,
    seen_version,
    use_cases,
)
from sandbox_registry.api.handling.schemas import In, Instant, Line, Out, PageOut, Paragraph, shown
from sandbox_registry.domain.privacy.erasures import Erasure, ErasureKind, ErasureStatus, HoldKind, LegalHold
from sandbox_registry.http.declarations import declare


class ErasureIn(In):
    """What is to be erased, and by what law. `target_id` is a person for `account`, a case for `case`.

    `basis` and `reference` stay in the log permanently: name articles and file numbers there, never people.
    """

    kind: ErasureKind
    target_id: UUID
    basis: Line
    reason: Paragraph
    reference: Line


class SettlingIn(In):
    """Why a request is refused or withdrawn, or a hold lifted; without names of people."""

    because: Paragraph


class ErasureOut(Out):
    """A request to erase. `indexes` are the entries of the log whose records were erased, empty until then."""

    id: UUID
    version: int
    kind: ErasureKind
    target_id: UUID
    basis: str
    reason: str
    reference: str
    status: ErasureStatus
    proposed_by: UUID
    proposed_by_name: str
    proposed_at: Instant
    settled_by: UUID | None
    settled_by_name: str
    settled_at: Instant | None
    settled_because: str
    indexes: tuple[int, ...]


class ErasurePageOut(PageOut):
    """A page of requests, newest first."""

    items: tuple[ErasureOut, ...]


class HoldIn(In):
    """Why a case must stay as it is, and by which document; without names of people."""

    kind: HoldKind
    reason: Paragraph
    reference: Line


class HoldOut(Out):
    """An order to keep a case as it is; `lifted_at` is null while it holds."""

    id: UUID
    version: int
    application_id: UUID
    kind: HoldKind
    reason: str
    reference: str
    placed_by: UUID
    placed_at: Instant
    lifted_by: UUID | None
    lifted_at: Instant | None
    lifted_because: str


class HoldsOut(Out):
    """Holds of a case, oldest first."""

    items: tuple[HoldOut, ...]


erasure_out = shown(ErasureOut)
hold_out = shown(HoldOut)


def _page(erasures: tuple[Erasure, ...], *, limit: int) -> ErasurePageOut:
    after = BY_ID.after(erasures, limit=limit)
    return ErasurePageOut(items=tuple(map(erasure_out, erasures)), after=after)


def _holds(holds: tuple[LegalHold, ...]) -> HoldsOut:
    return HoldsOut(items=tuple(map(hold_out, holds)))


class ErasuresController(Controller):
    """Requests to erase personal data: asked for by an administrator, settled by a signer."""

    path = "/erasures"
    tags = ("erasures",)

    @post(status_code=201, opt=declare(has_location=True))
    async def propose(self, request: Incoming, data: JSONBody[ErasureIn]) -> Response[ErasureOut]:
        """Request the erasure of an account, or of what an applicant provided in a case.

        Nothing is erased until a signer confirms.
        """
        return await perform(
            request,
            lambda context: use_cases(request).erasures.propose(
                context,
                kind=data.kind,
                target_id=data.target_id,
                basis=data.basis,
                reason=data.reason,
                reference=data.reference,
            ),
            out=erasure_out,
            location=lambda made: f"/api/v1/erasures/{made.id}",
        )

    @get()
    async def list_erasures(
        self,
        request: Incoming,
        limit: Limit = 50,
        after: Cursor = None,
        status: FromQuery[ErasureStatus | None] = None,
    ) -> Response[ErasurePageOut]:
        """List the erasure requests, newest first, including settled ones."""
        return await perform(
            request,
            lambda context: use_cases(request).erasures.list_erasures(
                context, status=status, after=BY_ID.read(after), limit=limit
            ),
            out=lambda rows: _page(rows, limit=limit),
        )

    @get("/{erasure_id:uuid}")
    async def read(self, request: Incoming, erasure_id: Id) -> Response[ErasureOut]:
        """Read an erasure request."""
        return await perform(
            request, lambda context: use_cases(request).erasures.read(context, erasure_id), out=erasure_out
        )

    @post("/{erasure_id:uuid}/confirmation", status_code=200, opt=declare(needs_version=True))
    async def confirm(self, request: Incoming, erasure_id: Id) -> Response[ErasureOut]:
        """Erase now and irreversibly, as a person other than the requester. Needs If-Match.

        The entries of the log stay, so every proof remains valid; the records behind them and the contents of the rows
        are erased.
        """
        return await perform(
            request,
            lambda context: use_cases(request).erasures.confirm(
                context, erasure_id, expected_version=seen_version(request)
            ),
            out=erasure_out,
        )

    @post("/{erasure_id:uuid}/refusal", status_code=200, opt=declare(needs_version=True))
    async def refuse(self, request: Incoming, erasure_id: Id, data: JSONBody[SettlingIn]) -> Response[ErasureOut]:
        """Refuse a request, as a person other than the requester. Needs If-Match."""
        return await perform(
            request,
            lambda context: use_cases(request).erasures.refuse(
                context, erasure_id, expected_version=seen_version(request), because=data.because
            ),
            out=erasure_out,
        )

    @post("/{erasure_id:uuid}/withdrawal", status_code=200, opt=declare(needs_version=True))
    async def withdraw(self, request: Incoming, erasure_id: Id, data: JSONBody[SettlingIn]) -> Response[ErasureOut]:
        """Withdraw your own request. Needs If-Match."""
        return await perform(
            request,
            lambda context: use_cases(request).erasures.withdraw(
                context, erasure_id, expected_version=seen_version(request), because=data.because
            ),
            out=erasure_out,
        )


class HoldsController(Controller):
    """Orders to keep a case as it is."""

    path = "/applications/{application_id:uuid}/holds"
    tags = ("erasures",)

    @post(status_code=201)
    async def place(self, request: Incoming, application_id: Id, data: JSONBody[HoldIn]) -> Response[HoldOut]:
        """Place a legal hold: nothing of the case is erased until the hold is lifted."""
        return await perform(
            request,
            lambda context: use_cases(request).legal_holds.place(
                context, application_id, kind=data.kind, reason=data.reason, reference=data.reference
            ),
            out=hold_out,
        )

    @get()
    async def list_holds(self, request: Incoming, application_id: Id) -> Response[HoldsOut]:
        """List the legal holds of a case, including lifted ones."""
        return await perform(
            request, lambda context: use_cases(request).legal_holds.list_holds(context, application_id), out=_holds
        )

    @post("/{hold_id:uuid}/lifting", status_code=200, opt=declare(needs_version=True))
    async def lift(
        self, request: Incoming, application_id: Id, hold_id: Id, data: JSONBody[SettlingIn]
    ) -> Response[HoldOut]:
        """Lift a legal hold. Needs If-Match."""
        return await perform(
            request,
            lambda context: use_cases(request).legal_holds.lift(
                context,
                application_id,
                hold_id,
                expected_version=seen_version(request),
                because=data.because,
            ),
            out=hold_out,
        )
