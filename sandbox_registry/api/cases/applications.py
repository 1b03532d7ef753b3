"""Applications over the wire: drafting, filing, reading, versions, the timeline."""

from datetime import datetime

from litestar import Controller, Response, delete, get, patch, post, put
from litestar.params import FromQuery, JSONBody

from sandbox_registry.api.cases.application_schemas import (
    ApplicationOut,
    AssistedDraftIn,
    AssistedFilingIn,
    CaseOut,
    CasePageOut,
    ComplaintIn,
    ComplaintOut,
    DraftIn,
    EditIn,
    EditorOut,
    FilingIn,
    ProblemsOut,
    ReceiptOut,
    SubmissionOut,
    SupplementFilingIn,
    VersionOut,
    VersionsOut,
    WithdrawalIn,
    application_out,
    case_out,
    case_rows_out,
    page_out,
    problems_out,
    receipt_out,
    submission_out,
)
from sandbox_registry.api.cases.history_schemas import ChangesOut, TimelineOut, dossier_changes_out, timeline_out
from sandbox_registry.api.handling.cursors import BY_CHANGE, BY_ID, BY_INDEX
from sandbox_registry.api.handling.requests import (
    Cursor,
    Id,
    Incoming,
    Limit,
    OptionalId,
    OptionalQueryText,
    QueryFlag,
    VersionNumber,
    instant,
    perform,
    published,
    seen_version,
    use_cases,
)
from sandbox_registry.api.handling.schemas import shown
from sandbox_registry.domain.cases.case_lists import CaseFilter
from sandbox_registry.domain.stages import Stage
from sandbox_registry.http.declarations import declare


class ApplicationsController(Controller):
    """Applications, for those who file them and those who may read them."""

    path = "/applications"
    tags = ("applications",)

    @post(status_code=201, opt=declare(has_location=True))
    async def create(self, request: Incoming, data: JSONBody[DraftIn]) -> Response[ApplicationOut]:
        """Create a draft under a procedure, for an organisation you act for."""
        return await perform(
            request,
            lambda context: use_cases(request).applications.create(
                context,
                procedure_code=data.procedure_code,
                organisation_id=data.organisation_id,
                receiving_unit_id=data.receiving_unit_id,
                title=data.title,
                previous_case_id=data.previous_case_id,
            ),
            out=application_out,
            location=lambda made: f"/api/v1/applications/{made.id}",
        )

    @post("/assisted", status_code=201, opt=declare(has_location=True))
    async def assist(self, request: Incoming, data: JSONBody[AssistedDraftIn]) -> Response[ApplicationOut]:
        """Prepare a draft for an applicant, as an officer of any desk; any competent unit may receive it.

        You may write on it until it is filed, and have no other right in it. Its signatory files it, or signs a paper.
        """
        return await perform(
            request,
            lambda context: use_cases(request).applications.assist(
                context,
                procedure_code=data.procedure_code,
                organisation_id=data.organisation_id,
                receiving_unit_id=data.receiving_unit_id,
                title=data.title,
            ),
            out=application_out,
            location=lambda made: f"/api/v1/applications/{made.id}",
        )

    @post("/{application_id:uuid}/assisted-submission", status_code=200, opt=declare(needs_version=True))
    async def file_assisted(
        self,
        request: Incoming,
        application_id: Id,
        data: JSONBody[AssistedFilingIn],
        confirmed_authority: OptionalQueryText = None,
    ) -> Response[ApplicationOut]:
        """File a draft you prepared at a desk, whose applicant confirmed it on a signed paper that you attached.

        The paper is an attachment of the kind `signed_form`. Afterwards you no longer see the case.
        """
        return await perform(
            request,
            lambda context: use_cases(request).applications.file_assisted(
                context,
                application_id,
                expected_version=seen_version(request),
                digest=data.digest,
                signatory=data.signatory,
                authority=confirmed_authority,
            ),
            out=application_out,
        )

    @get()
    async def list_cases(  # noqa: PLR0917 - each is a named query parameter.
        self,
        request: Incoming,
        limit: Limit = 50,
        after: Cursor = None,
        stage: FromQuery[list[Stage] | None] = None,
        procedure: OptionalQueryText = None,
        officer: OptionalId = None,
        organisation: OptionalId = None,
        overdue: QueryFlag = False,  # noqa: FBT002 - a query parameter.
        q: OptionalQueryText = None,
        updated_since: FromQuery[datetime | None] = None,
    ) -> Response[CasePageOut]:
        """List the applications you may read, newest first; with `updated_since`, oldest change first.

        `q` searches without diacritics. `after` is the cursor of the previous page. Cases you may not read are not
        counted. To follow changes, start each request one minute before the newest change seen, since acts may end out
        of order.
        """
        by_change = updated_since is not None
        cases = use_cases(request).cases
        narrowed = CaseFilter(
            stages=frozenset(stage) if stage else None,
            procedure_code=procedure,
            officer_id=officer,
            organisation_id=organisation,
            overdue_at=cases.transactions.now() if overdue else None,
            text=q,
            updated_since=instant("updated_since", updated_since),
        )
        position = (BY_CHANGE if by_change else BY_ID).read(after)
        return await perform(
            request,
            lambda context: cases.list_cases(context, narrowed=narrowed, after=position, limit=limit),
            out=lambda rows: page_out(rows, limit=limit, by_change=by_change),
        )

    @get("/awaiting-declaration")
    async def awaiting_declaration(self, request: Incoming) -> Response[CasePageOut]:
        """List the cases in which you must declare interests before opening them."""
        return await perform(
            request,
            use_cases(request).cases.awaiting_declaration,
            out=lambda rows: CasePageOut(items=case_rows_out(rows), after=None),
        )

    @get("/{application_id:uuid}")
    async def read(self, request: Incoming, application_id: Id) -> Response[CaseOut]:
        """Read one application with its documents, requests, deadlines and their ledgers."""
        return await perform(
            request, lambda context: use_cases(request).cases.read(context, application_id), out=case_out
        )

    @patch("/{application_id:uuid}", opt=declare(needs_version=True))
    async def edit(self, request: Incoming, application_id: Id, data: JSONBody[EditIn]) -> Response[ApplicationOut]:
        """Save part of a draft or of an open supplement; nothing is required yet, types and limits are checked."""
        return await perform(
            request,
            lambda context: use_cases(request).applications.edit(
                context,
                application_id,
                expected_version=seen_version(request),
                title=data.title,
                answers=data.answers,
            ),
            out=application_out,
        )

    @delete("/{application_id:uuid}", status_code=200, opt=declare(needs_version=True))
    async def discard(self, request: Incoming, application_id: Id) -> Response[ApplicationOut]:
        """Discard a draft."""
        return await perform(
            request,
            lambda context: use_cases(request).applications.discard(
                context, application_id, expected_version=seen_version(request)
            ),
            out=application_out,
        )

    @get("/{application_id:uuid}/problems")
    async def problems(self, request: Incoming, application_id: Id) -> Response[ProblemsOut]:
        """List everything a dossier still lacks, and whether another authority appears to be competent."""
        return await perform(
            request, lambda context: use_cases(request).cases.problems(context, application_id), out=problems_out
        )

    @get("/{application_id:uuid}/versions")
    async def versions(self, request: Incoming, application_id: Id) -> Response[VersionsOut]:
        """List every version of the dossier."""
        return await perform(
            request,
            lambda context: use_cases(request).cases.versions(context, application_id),
            out=lambda all_: VersionsOut(items=tuple(map(shown(VersionOut), all_))),
        )

    @get("/{application_id:uuid}/changes")
    async def changes(
        self, request: Incoming, application_id: Id, older: VersionNumber, newer: VersionNumber
    ) -> Response[ChangesOut]:
        """Compare two versions of the dossier field by field."""
        return await perform(
            request,
            lambda context: use_cases(request).histories.dossier_changes(
                context, application_id, older=older, newer=newer
            ),
            out=dossier_changes_out,
        )

    @get("/{application_id:uuid}/timeline")
    async def timeline(
        self, request: Incoming, application_id: Id, limit: Limit = 100, after: Cursor = None
    ) -> Response[TimelineOut]:
        """List the acts in the case from the audit log, who did them and under which policy line, oldest first.

        `after` is the cursor of the previous page. An applicant sees offices instead of officials, and neither refused
        acts nor readings of the case.
        """
        position = BY_INDEX.read(after)
        return await perform(
            request,
            lambda context: use_cases(request).timelines.read(
                context, application_id, after=-1 if position is None else position, limit=limit
            ),
            out=lambda rows: timeline_out(rows, limit=limit, log=published(request)),
        )

    @get("/{application_id:uuid}/receipt")
    async def receipt(self, request: Incoming, application_id: Id) -> Response[ReceiptOut]:
        """Read the receipt of a filed dossier, with the proofs that it was filed, registered and accepted.

        Filing online is receipt in law: terms run from `submitted_at`. The code is assigned at registration.
        """
        return await perform(
            request,
            lambda context: use_cases(request).cases.receipt(context, application_id),
            out=lambda receipt: receipt_out(receipt, log=published(request)),
        )

    @get("/{application_id:uuid}/submission")
    async def submission(self, request: Incoming, application_id: Id) -> Response[SubmissionOut]:
        """Read what would be filed now, each file with its SHA-256, and the digest that identifies all of it.

        The signatory files with the ETag and the `digest` of this answer. If there is nothing to file, it is not found.
        """
        return await perform(
            request,
            lambda context: use_cases(request).cases.submission(context, application_id),
            out=submission_out,
        )

    @post("/{application_id:uuid}/submission", status_code=200, opt=declare(needs_version=True))
    async def submit(
        self,
        request: Incoming,
        application_id: Id,
        data: JSONBody[FilingIn],
        confirmed_authority: OptionalQueryText = None,
    ) -> Response[ApplicationOut]:
        """File a draft, identified by its `digest`. All broken rules are returned at once, each with its field.

        If the digest is not that of what would be filed now, the filing is refused: read `…/submission` again.

        If the answers lead to another authority (`…/problems` names it), the dossier is accepted only with that
        authority's name as `confirmed_authority`. A trial outside the mechanism is not accepted at all.
        """
        return await perform(
            request,
            lambda context: use_cases(request).applications.submit(
                context,
                application_id,
                expected_version=seen_version(request),
                digest=data.digest,
                authority=confirmed_authority,
            ),
            out=application_out,
        )

    @post("/{application_id:uuid}/supplement", status_code=200, opt=declare(needs_version=True))
    async def submit_supplement(
        self,
        request: Incoming,
        application_id: Id,
        data: JSONBody[SupplementFilingIn],
        confirmed_authority: OptionalQueryText = None,
    ) -> Response[ApplicationOut]:
        """File the dossier as a supplement request asked for; `digest` and `confirmed_authority` as for the first filing.

        An item that is still as it was filed is refused, unless `no_change_because` says why, by the item's target.
        """
        return await perform(
            request,
            lambda context: use_cases(request).applications.submit_supplement(
                context,
                application_id,
                expected_version=seen_version(request),
                digest=data.digest,
                no_change_because=data.no_change_because,
                authority=confirmed_authority,
            ),
            out=application_out,
        )

    @post("/{application_id:uuid}/withdrawal", status_code=200, opt=declare(needs_version=True))
    async def request_withdrawal(
        self, request: Incoming, application_id: Id, data: JSONBody[WithdrawalIn]
    ) -> Response[ApplicationOut]:
        """Ask the authority to stop handling the case."""
        return await perform(
            request,
            lambda context: use_cases(request).applications.request_withdrawal(
                context, application_id, expected_version=seen_version(request), reason=data.reason
            ),
            out=application_out,
        )

    @post("/{application_id:uuid}/complaints", status_code=201)
    async def complain(
        self, request: Incoming, application_id: Id, data: JSONBody[ComplaintIn]
    ) -> Response[ComplaintOut]:
        """File a complaint against a refusal, once; a complaint filed after its term is accepted and marked late."""
        return await perform(
            request,
            lambda context: use_cases(request).complaints.file(context, application_id, grounds=data.grounds),
            out=shown(ComplaintOut),
        )

    @put("/{application_id:uuid}/editors/{person_id:uuid}")
    async def share(self, request: Incoming, application_id: Id, person_id: Id) -> Response[EditorOut]:
        """Let another person edit this dossier."""
        return await perform(
            request,
            lambda context: use_cases(request).applications.share(context, application_id, person_id=person_id),
            out=shown(EditorOut),
        )

    @delete("/{application_id:uuid}/editors/{person_id:uuid}", status_code=200)
    async def unshare(self, request: Incoming, application_id: Id, person_id: Id) -> Response[EditorOut]:
        """End another person's right to edit this dossier."""
        return await perform(
            request,
            lambda context: use_cases(request).applications.unshare(context, application_id, person_id=person_id),
            out=shown(EditorOut),
        )
