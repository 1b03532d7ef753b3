"""Procedures and their versions over the wire: regulation is public, changing it takes two administrators."""

from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import Controller, Response, get, post
from litestar.params import FromQuery, JSONBody, PathParameter
from msgspec import Meta

from sandbox_registry.api.handling.requests import (
    Id,
    Incoming,
    OptionalQueryText,
    perform,
    seen_version,
    use_cases,
)
from sandbox_registry.api.handling.schemas import In, Instant, Moment, Out, Paragraph, TextOut, shown
from sandbox_registry.domain.rules.procedures import Procedure
from sandbox_registry.domain.rules.rule_versions import RuleKind, RuleStatus
from sandbox_registry.http.declarations import declare

ProcedureCode = Annotated[str, PathParameter(max_length=100, pattern=r"^[a-z0-9][a-z0-9_.-]*$")]


class ProposalIn(In):
    """The text of a rule file (TOML). It is kept byte for byte: its checksum is its name."""

    kind: RuleKind
    content: Annotated[str, Meta(min_length=1, max_length=500_000)]

    def __post_init__(self) -> None:
        """Leave the text as it is."""


class EnactmentIn(In):
    """From when the version counts, and why what the check warns of is right."""

    effective_from: Moment
    warnings_accepted: Paragraph | None = None


class ProposalClosingIn(In):
    """Why a proposal is closed; kept with it."""

    reason: Paragraph


class RuleRowOut(Out):
    """A version without its text."""

    id: UUID
    version: int
    kind: RuleKind
    code: str
    checksum: str
    status: RuleStatus
    proposed_by: UUID | None
    proposed_at: Instant
    approved_by: UUID | None
    approved_at: Instant | None
    effective_from: Instant | None
    closed_by: UUID | None
    closed_at: Instant | None
    closing_reason: str | None
    warnings_accepted: str | None


class RuleOut(RuleRowOut):
    """A version with its text."""

    content: str


class RulesOut(Out):
    """Versions, oldest first."""

    items: tuple[RuleRowOut, ...]


class WarningOut(Out):
    """Something unusual in a version: where, a stable code, and what."""

    key: str
    code: str
    message: TextOut


class WarningsOut(Out):
    """Everything unusual in a version."""

    items: tuple[WarningOut, ...]


class DifferenceOut(Out):
    """A deadline of a past case that a version would have set otherwise; null where none would run."""

    application_id: UUID
    code: str | None
    deadline: str
    subject: str
    before: Instant | None
    after: Instant | None


class ReplayOut(Out):
    """What a version would have changed; nothing was."""

    cases: int
    differences: tuple[DifferenceOut, ...]


class ProceduresController(Controller):
    """Procedures and calendars."""

    tags = ("procedures",)

    @get("/procedures/{code:str}", opt=declare(is_public=True))
    async def current(self, request: Incoming, code: ProcedureCode) -> Response[Procedure]:
        """Read the procedure in force: terms with their legal basis, form, checklist, council, duties."""
        return await perform(
            request, lambda _context: use_cases(request).rule_versions.current(code), out=_procedure_out
        )

    @get("/rules", opt=declare(is_public=True))
    async def list_versions(
        self, request: Incoming, kind: FromQuery[RuleKind | None] = None, code: OptionalQueryText = None
    ) -> Response[RulesOut]:
        """List the versions of procedures and calendars, including proposals."""
        return await perform(
            request,
            lambda _context: use_cases(request).rule_versions.list_versions(kind=kind, code=code),
            out=lambda rows: RulesOut(items=tuple(map(shown(RuleRowOut), rows))),
        )

    @get("/rules/{version_id:uuid}", opt=declare(is_public=True))
    async def read(self, request: Incoming, version_id: Id) -> Response[RuleOut]:
        """Read a version with its text."""
        return await perform(
            request, lambda _context: use_cases(request).rule_versions.read(version_id), out=shown(RuleOut)
        )

    @post("/rules", status_code=201, opt=declare(has_location=True))
    async def propose(self, request: Incoming, data: JSONBody[ProposalIn]) -> Response[RuleOut]:
        """Propose a version; another administrator approves it.

        All findings of the check are returned, each with its key.
        """
        return await perform(
            request,
            lambda context: use_cases(request).rule_versions.propose(context, kind=data.kind, content=data.content),
            out=shown(RuleOut),
            location=lambda made: f"/api/v1/rules/{made.id}",
        )

    @post("/rules/{version_id:uuid}/approval", status_code=200, opt=declare(needs_version=True))
    async def approve(self, request: Incoming, version_id: Id, data: JSONBody[EnactmentIn]) -> Response[RuleOut]:
        """Approve a proposed version, in force from a given moment.

        Dossiers already filed keep their version. Where the check warns of something, `warnings_accepted` says why it is
        right; without it the warnings come back as errors. Needs If-Match.
        """
        return await perform(
            request,
            lambda context: use_cases(request).rule_versions.approve(
                context,
                version_id,
                expected_version=seen_version(request),
                effective_from=data.effective_from,
                warnings_accepted=data.warnings_accepted,
            ),
            out=shown(RuleOut),
        )

    @post("/rules/{version_id:uuid}/rejection", status_code=200, opt=declare(needs_version=True))
    async def reject(self, request: Incoming, version_id: Id, data: JSONBody[ProposalClosingIn]) -> Response[RuleOut]:
        """Reject another administrator's proposal, with a reason. It stays on record. Needs If-Match."""
        return await perform(
            request,
            lambda context: use_cases(request).rule_versions.reject(
                context, version_id, expected_version=seen_version(request), reason=data.reason
            ),
            out=shown(RuleOut),
        )

    @post("/rules/{version_id:uuid}/withdrawal", status_code=200, opt=declare(needs_version=True))
    async def withdraw(self, request: Incoming, version_id: Id, data: JSONBody[ProposalClosingIn]) -> Response[RuleOut]:
        """Withdraw your own proposal, with a reason. It stays on record. Needs If-Match."""
        return await perform(
            request,
            lambda context: use_cases(request).rule_versions.withdraw(
                context, version_id, expected_version=seen_version(request), reason=data.reason
            ),
            out=shown(RuleOut),
        )

    @get("/rules/{version_id:uuid}/warnings", opt=declare(is_public=True))
    async def warnings(self, request: Incoming, version_id: Id) -> Response[WarningsOut]:
        """List what is unusual in a version and yet possible. Whoever approves it gives a reason."""
        return await perform(
            request,
            lambda _context: use_cases(request).rule_versions.warnings(version_id),
            out=lambda found: WarningsOut(
                items=tuple(
                    WarningOut(key=each.key, code=each.code, message=TextOut.of(each.message)) for each in found
                )
            ),
        )

    @get("/rules/{version_id:uuid}/replay")
    async def replay(self, request: Incoming, version_id: Id) -> Response[ReplayOut]:
        """Recompute the deadlines of past cases under a version, and list those that would have differed."""
        return await perform(
            request, lambda context: use_cases(request).rule_versions.replay(context, version_id), out=shown(ReplayOut)
        )


def _procedure_out(procedure: Procedure) -> Any:
    fields = {name: getattr(procedure, name) for name in procedure.__dataclass_fields__}
    return msgspec.to_builtins(fields | {"parameters": dict(procedure.parameters)})
