"""What an applicant does with a dossier: draft it with others, attach documents, file it, complete it, withdraw it."""

from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from uuid import UUID

from sandbox_registry.authz import Action
from sandbox_registry.db.cases import applications as case_rows
from sandbox_registry.db.cases import dossiers, stored_bytes
from sandbox_registry.db.operations import damaged_files
from sandbox_registry.documents.uploads.kinds import file_type
from sandbox_registry.domain.cases import assistance, filings
from sandbox_registry.domain.cases.applications import (
    Application,
    Document,
    DossierVersion,
    changed_targets,
    merge_patch,
)
from sandbox_registry.domain.cases.appraisal import Participation
from sandbox_registry.domain.cases.attachments import Attachment
from sandbox_registry.domain.cases.links import require_outside_chain
from sandbox_registry.domain.cases.original_files import OriginalFile
from sandbox_registry.domain.errors import ConditionNotMet, Duplicate, FieldError, Invalid, NotFound
from sandbox_registry.domain.identity.people import (
    Capacity,
    Organisation,
    OrganisationKind,
    towards_organisation,
)
from sandbox_registry.domain.operations.stored_files import StoredBytes, require_room
from sandbox_registry.domain.rules.form_fields import DossierComponent
from sandbox_registry.domain.rules.forms import normalise, validate, validate_shape
from sandbox_registry.domain.rules.procedures import Procedure
from sandbox_registry.domain.stages import Stage
from sandbox_registry.domain.texts import AnyOf, Phrase
from sandbox_registry.usecases.cases.filing_digests import filing_digest, unanswered
from sandbox_registry.usecases.cases.participations import take_part
from sandbox_registry.usecases.identity.authority import refuse_official
from sandbox_registry.usecases.transaction.context import RequestContext
from sandbox_registry.usecases.transaction.preconditions import check_fields
from sandbox_registry.usecases.transaction.transaction import CaseTransaction, Transaction
from sandbox_registry.usecases.transaction.transactions import Transactions

_EMPTY: Mapping[str, str] = {}


class Applications:
    """One method per thing an applicant does."""

    def __init__(self, transactions: Transactions, *, storage: StoredBytes) -> None:
        self.transactions = transactions
        self.storage = storage

    async def create(
        self,
        context: RequestContext,
        *,
        procedure_code: str,
        organisation_id: UUID,
        receiving_unit_id: UUID | None,
        title: str,
        previous_case_id: UUID | None = None,
    ) -> Application:
        """Begin a draft (A1). Without a receiving unit, the only one that takes this procedure in is meant.

        `previous_case_id` links a new case to the refused one it follows.

        Raises:
            PermissionDenied: the actor does not act for the organisation, or the token not for this procedure.
            ConditionNotMet: the procedure takes no dossiers here and now (see `filings.require_open`), or none that follows
                a refusal (`no_other_attempt`).
            Invalid: no such receiving unit, or the procedure does not take this kind of applicant.
            ConditionNotMet: `in_the_chain`.

        """
        standing = towards_organisation(organisation_id)
        async with self.transactions.open(
            context, Action.APPLICATION_CREATE, standing=standing, procedure_code=procedure_code
        ) as act:
            begun, handled_by = await self._begin(
                act,
                procedure_code=procedure_code,
                organisation_id=organisation_id,
                receiving_unit_id=receiving_unit_id,
                title=title,
            )
            require_outside_chain(context.actor, handled_by)
            application = replace(begun, previous_case_id=previous_case_id)
            if previous_case_id is not None:
                previous = check_previous(
                    await act.run(
                        case_rows.earlier_case,
                        previous_case_id,
                        organisation_id=organisation_id,
                        procedures=context.actor.token_procedures,
                    )
                )
                procedure = await act.run(self.transactions.rules.current, procedure_code, at=act.at)
                filings.require_another_attempt(previous, procedure=procedure)
            await self._add_draft(act, application)
            return act.respond(application)

    async def assist(
        self,
        context: RequestContext,
        *,
        procedure_code: str,
        organisation_id: UUID,
        receiving_unit_id: UUID | None,
        title: str,
    ) -> Application:
        """Begin a draft for an applicant, as an officer of any desk, to be taken in by any competent unit.

        The officer may write on it while it is a draft. Its applicant confirms it by filing it, or on paper.

        Raises:
            NotFound: there is no such applicant.
            ConditionNotMet: `not_at_a_desk`; the procedure takes no dossiers here and now.
            Invalid: no such receiving unit, or the procedure does not take this kind of applicant.

        """
        async with self.transactions.open(context, Action.APPLICATION_ASSIST, procedure_code=procedure_code) as act:
            begun, _ = await self._begin(
                act,
                procedure_code=procedure_code,
                organisation_id=organisation_id,
                receiving_unit_id=receiving_unit_id,
                title=title,
            )
            desk, helper = assistance.desk_of(context.actor), context.actor.person_id
            application = assistance.begun(begun, by=helper, unit_id=desk, at=act.at)
            await self._add_draft(act, application)
            await act.add(
                Participation(
                    id=act.new_id(),
                    version=1,
                    application_id=application.id,
                    person_id=helper,
                    capacity=Capacity.HELPER,
                    given_by=helper,
                    since=act.at,
                )
            )
            return act.respond(application)

    async def _begin(
        self,
        act: Transaction,
        *,
        procedure_code: str,
        organisation_id: UUID,
        receiving_unit_id: UUID | None,
        title: str,
    ) -> tuple[Application, tuple[UUID, ...]]:
        """Return a new draft, and the units that work on cases of its procedure."""
        procedure = await act.run(self.transactions.rules.current, procedure_code, at=act.at)
        filings.require_open(procedure, takes_drafts=self.transactions.rules.takes_drafts, at=act.at)
        organisation = await act.get(Organisation, organisation_id)
        filings.require_applicant_kind(organisation.kind, procedure)
        units = await act.find(Organisation, kind=OrganisationKind.STATE_UNIT.value)
        application = Application(
            id=act.new_id(),
            version=1,
            stage=Stage.DRAFT,
            procedure_code=procedure_code,
            procedure_version=None,
            organisation_id=organisation_id,
            receiving_unit_id=receiving_unit(units, preferred=receiving_unit_id, procedure_code=procedure_code),
            unit_ids=(),
            title=title,
            answers={},
            created_by=act.actor.person_id,
            created_at=act.at,
            updated_at=act.at,
        )
        return application, handling(units, procedure_code=procedure.code)

    async def _add_draft(self, act: Transaction, application: Application) -> None:
        act.case_id = application.id
        await act.add(application)
        await act.run(
            dossiers.keep_version, application, documents=(), cause="created", by=act.actor.person_id, at=act.at
        )

    async def edit(
        self,
        context: RequestContext,
        application_id: UUID,
        *,
        expected_version: int,
        title: str | None,
        answers: Mapping[str, object],
    ) -> Application:
        """Change a draft, or an open supplement, by a JSON merge patch (RFC 7396): what is not sent stays.

        Leaves a version of the dossier, and no leaf: the submission records it whole.

        Raises:
            Invalid: a value of the wrong type, beyond its limit, or a field the procedure does not know.
            ConditionNotMet: `not_asked_for` when the supplement request did not name what is being changed;
                `supplement_too_late` once its term has passed.

        """
        async with self.transactions.open_case(
            context, Action.APPLICATION_EDIT, application_id, expected_version=expected_version
        ) as act:
            procedure = await act.procedure()
            merged = merge_patch(act.application.answers, normalise(answers))
            errors = validate_shape(procedure, merged)
            if errors:
                raise Invalid(errors)
            edited = replace(
                act.application,
                version=act.application.version + 1,
                title=act.application.title if title is None else title,
                answers=merged,
                updated_at=act.at,
            )
            await self._check_asked_for(act, changed_targets(act.application, edited))
            await act.save(edited)
            act.skip_audit()
            await self._keep(act, edited, cause="edited")
            return act.respond(edited)

    async def check_component(self, context: RequestContext, application_id: UUID, *, part: str) -> None:
        """Refuse a file before its first byte: no right to attach any, no such component, one nobody asked for, too late, or no room."""
        async with self.transactions.open_case(context, Action.APPLICATION_EDIT, application_id) as act:
            await self._component(act, part)
            await self._require_room(act, size=1)
            act.skip_audit()

    async def add_document(
        self,
        context: RequestContext,
        application_id: UUID,
        *,
        part: str,
        filename: str,
        media_type: str,
        size: int,
        sha256: str,
        original: OriginalFile | None = None,
        is_scanned: bool = False,
        keep: Callable[[], Awaitable[None]] | None = None,
    ) -> Document:
        """Attach a file to a component of the dossier. `keep` puts its bytes into the store; null when they are there.

        The same person who sends the same file again gets what was made of it: its first answer may have been lost.
        Only a file that may be attached is kept: no erasure would find another. The application gets a new version:
        a signatory who looked before does not file another dossier than they saw.

        Raises:
            Invalid: the procedure has no such component, or accepts no such file for it, or no further one.
            ConditionNotMet: `not_asked_for`, `supplement_too_late`.
            Duplicate: this very file is already attached to this component: by somebody else, under another name, or as the
                cleaned copy of another original.
            StorageQuotaReached: as `require_room`.

        """
        async with self.transactions.open_case(context, Action.APPLICATION_EDIT, application_id) as act:
            component = await self._component(act, part)
            present = await act.run(dossiers.live_documents, application_id)
            alike = [each for each in present if each.part == part]
            for each in alike:
                if each.sha256 == sha256:
                    if (each.filename, each.original, each.uploaded_by) != (
                        filename,
                        original,
                        context.actor.person_id,
                    ):
                        raise Duplicate(what="document")
                    act.skip_audit()
                    return act.respond(each)
            check_fields(file_errors(component, media_type=media_type, size=size, present=len(alike)))
            await act.run(
                stored_bytes.lock,
                organisation_id=act.application.organisation_id,
                person_id=context.actor.person_id,
            )
            await self._require_room(act, size=size + (original.size if original else 0))
            if keep is not None:
                await keep()
                await act.run(damaged_files.heal, sha256)
            document = Document(
                id=act.new_id(),
                version=1,
                application_id=application_id,
                part=part,
                filename=filename,
                media_type=media_type,
                size=size,
                sha256=sha256,
                original=original,
                is_scanned=is_scanned,
                uploaded_by=context.actor.person_id,
                uploaded_at=act.at,
            )
            await act.add(document)
            act.skip_audit()
            await self._keep(act, await _touch(act), cause="document added")
            return act.respond(document)

    async def remove_document(self, context: RequestContext, application_id: UUID, document_id: UUID) -> Document:
        """Take a document out of a draft or an open supplement; it stays on record as removed, and the version grows."""
        async with self.transactions.open_case(context, Action.APPLICATION_EDIT, application_id) as act:
            document = await act.one(Document, document_id)
            if document.removed_at is not None:
                raise NotFound(what="document")
            await self._check_asked_for(act, {f"documents.{document.part}"})
            removed = await act.save(replace(document, version=document.version + 1, removed_at=act.at))
            act.skip_audit()
            await self._keep(act, await _touch(act), cause="document removed")
            return act.respond(removed)

    async def share(self, context: RequestContext, application_id: UUID, *, person_id: UUID) -> Participation:
        """Let another person write on this dossier; only a signatory may, and only a signatory may file it.

        Raises:
            NotFound: no such account, or a disabled one.
            ConditionNotMet: `holds_office`: anyone who once wrote on a dossier may never handle it, so that naming an
                official would take the case out of that official's hands.

        """
        async with self.transactions.open_case(context, Action.APPLICATION_SHARE, application_id) as act:
            await refuse_official(act, person_id)
            editor = Participation(
                id=act.new_id(),
                version=1,
                application_id=application_id,
                person_id=person_id,
                capacity=Capacity.EDITOR,
                given_by=context.actor.person_id,
                since=act.at,
            )
            return act.respond(await act.add(editor))

    async def unshare(self, context: RequestContext, application_id: UUID, *, person_id: UUID) -> Participation:
        """End another person's right to write on this dossier, also of an officer who prepares it."""
        async with self.transactions.open_case(context, Action.APPLICATION_SHARE, application_id) as act:
            editing = await act.all(
                Participation,
                person_id=person_id,
                until=None,
            )
            editing = tuple(each for each in editing if each.capacity in {Capacity.EDITOR, Capacity.HELPER})
            if not editing:
                raise NotFound(what="editor")
            return act.respond(await act.save(replace(editing[0], version=editing[0].version + 1, until=act.at)))

    async def submit(
        self,
        context: RequestContext,
        application_id: UUID,
        *,
        expected_version: int,
        digest: str,
        authority: str | None = None,
    ) -> Application:
        """File a draft (A2): the rules are pinned, the clock starts, and the log records the dossier whole.

        `digest` names what the signatory looked at, as `Cases.submission` gives it.
        `authority` confirms, by its name, that another authority is competent and the dossier is filed here all the same.

        Raises:
            ConditionNotMet: `another_authority`, until it is confirmed; `outside_mechanism`; `other_content`.
            Invalid: every broken rule of the procedure's form and checklist, each with its field.
            ConditionNotMet: `in_the_chain`.

        """
        async with self.transactions.open_case(
            context, Action.APPLICATION_SUBMIT, application_id, expected_version=expected_version
        ) as act:
            handled_by = await self._handled_by(act)
            require_outside_chain(context.actor, handled_by)
            submitted = await self._file(
                act, act.application, handled_by=handled_by, digest=digest, authority=authority
            )
            await take_part(act, Capacity.FILER)
            return act.respond(submitted)

    async def file_assisted(
        self,
        context: RequestContext,
        application_id: UUID,
        *,
        expected_version: int,
        digest: str,
        signatory: str,
        authority: str | None = None,
    ) -> Application:
        """File a draft that an officer prepared, for an applicant whose `signatory` confirmed it on the paper attached.

        Raises:
            ConditionNotMet: `paper_missing`; `not_at_a_desk`; as `submit`.
            Invalid: as `submit`.

        """
        async with self.transactions.open_case(
            context, Action.APPLICATION_FILE_ASSISTED, application_id, expected_version=expected_version
        ) as act:
            assistance.desk_of(context.actor)
            papers = await act.all(Attachment)
            draft = assistance.confirmed_on_paper(act.application, papers=papers, signatory=signatory, at=act.at)
            filed = await self._file(
                act, draft, handled_by=await self._handled_by(act), digest=digest, authority=authority
            )
            return act.respond(filed)

    async def _handled_by(self, act: CaseTransaction) -> tuple[UUID, ...]:
        units = await act.find(Organisation, kind=OrganisationKind.STATE_UNIT.value)
        return handling(units, procedure_code=act.application.procedure_code)

    async def _file(
        self,
        act: CaseTransaction,
        draft: Application,
        *,
        handled_by: tuple[UUID, ...],
        digest: str,
        authority: str | None,
    ) -> Application:
        procedure = await act.run(self.transactions.rules.current, draft.procedure_code, at=act.at)
        organisation = await act.get(Organisation, draft.organisation_id)
        filings.require_applicant_kind(organisation.kind, procedure)
        submitted = filings.submit(
            draft,
            by=act.actor.person_id,
            at=act.at,
            procedure=procedure,
            unit_ids=handled_by,
            errors=await self._errors(act, procedure),
            takes_drafts=self.transactions.rules.takes_drafts,
            authority=authority,
            applicant=filings.as_filed(organisation),
        )
        current = filing_digest(draft, documents=(await act.records()).documents, procedure=procedure)
        filings.require_signed(digest, current=current)
        act.pinned_procedure = f"{procedure.code}@{procedure.checksum}"
        await act.save(submitted)
        await self._record_whole(act, submitted, cause=dossiers.SUBMITTED, digest=digest)
        return submitted

    async def submit_supplement(
        self,
        context: RequestContext,
        application_id: UUID,
        *,
        expected_version: int,
        digest: str,
        no_change_because: Mapping[str, str] = _EMPTY,
        authority: str | None = None,
    ) -> Application:
        """Answer the open supplement request with the completed dossier (A6); `digest` and `authority` as in `submit`.

        An item left as it was filed is not sent by accident: `no_change_because` says why, by the target of each.

        Raises:
            ConditionNotMet: as `submit`, also `in_the_chain`; `supplement_too_late`.
            Invalid: broken rules; items left as they were without a word, or a word about others.

        """
        async with self.transactions.open_case(
            context, Action.APPLICATION_SUBMIT_SUPPLEMENT, application_id, expected_version=expected_version
        ) as act:
            require_outside_chain(context.actor, act.application.unit_ids)
            procedure, records = await act.procedure(), await act.records()
            completed, answered = filings.submit_supplement(
                act.application,
                supplements=records.supplements,
                promises=records.promises,
                procedure=procedure,
                calendar=await act.calendar(),
                errors=await self._errors(act, procedure),
                unanswered=await unanswered(act),
                no_change_because=no_change_because,
                authority=authority,
                by=context.actor.person_id,
                at=act.at,
            )
            current = filing_digest(act.application, documents=records.documents, procedure=procedure)
            filings.require_signed(digest, current=current)
            await act.save(completed)
            await act.save(answered)
            await take_part(act, Capacity.FILER)
            await self._record_whole(act, completed, cause=dossiers.SUPPLEMENTED, digest=digest)
            return act.respond(completed)

    async def discard(self, context: RequestContext, application_id: UUID, *, expected_version: int) -> Application:
        """Give up a draft."""
        async with self.transactions.open_case(
            context, Action.APPLICATION_DISCARD, application_id, expected_version=expected_version
        ) as act:
            return act.respond(await act.save(filings.discard(act.application, by=context.actor.person_id, at=act.at)))

    async def request_withdrawal(
        self, context: RequestContext, application_id: UUID, *, expected_version: int, reason: str
    ) -> Application:
        """Ask to stop the handling (A21); the authority's notice ends the case."""
        async with self.transactions.open_case(
            context, Action.APPLICATION_REQUEST_WITHDRAWAL, application_id, expected_version=expected_version
        ) as act:
            requested = filings.request_withdrawal(
                act.application,
                reason=reason,
                procedure=await act.procedure(),
                by=context.actor.person_id,
                at=act.at,
            )
            return act.respond(await act.save(requested))

    async def _component(self, act: CaseTransaction, key: str) -> DossierComponent:
        procedure = await act.procedure()
        component = procedure.component(key)
        if component is None:
            raise Invalid((FieldError(field="part", code="unknown_part", message=Phrase("documents.unknown_part")),))
        await self._check_asked_for(act, {f"documents.{key}"})
        return component

    async def _require_room(self, act: CaseTransaction, *, size: int) -> None:
        application, person_id = act.application, act.actor.person_id
        used = await act.run(
            stored_bytes.used, application.id, organisation_id=application.organisation_id, person_id=person_id
        )
        require_room(size, used=used, quotas=self.storage)

    async def _errors(self, act: CaseTransaction, procedure: Procedure) -> tuple[FieldError, ...]:
        records = await act.records()
        return validate(procedure, act.application.answers, frozenset(each.part for each in records.documents))

    async def _keep(self, act: CaseTransaction, application: Application, *, cause: str) -> DossierVersion:
        """Keep the dossier with its documents as they are after the act."""
        documents = await act.run(dossiers.live_documents, application.id)
        return await self._version(act, application, documents, cause=cause)

    async def _record_whole(self, act: CaseTransaction, application: Application, *, cause: str, digest: str) -> None:
        documents = (await act.records()).documents
        version = await self._version(act, application, documents, cause=cause, digest=digest)
        await act.record_dossier(version)
        for each in documents:
            act.record_state("document", each.id, each.version, each)

    async def _version(
        self,
        act: CaseTransaction,
        application: Application,
        documents: tuple[Document, ...],
        *,
        cause: str,
        digest: str | None = None,
    ) -> DossierVersion:
        return await act.run(
            dossiers.keep_version,
            application,
            documents=documents,
            cause=cause,
            digest=digest,
            by=act.actor.person_id,
            at=act.at,
        )

    async def _check_asked_for(self, act: CaseTransaction, targets: set[str]) -> None:
        """During a supplement only what was asked for may change, and only until its term ends."""
        if act.application.stage is not Stage.SUPPLEMENT_REQUESTED:
            return  # Of a draft everything may change; nothing of it need be read.
        records = await act.records()
        request = filings.require_in_time(
            records.supplements,
            promises=records.promises,
            procedure=await act.procedure(),
            calendar=await act.calendar(),
            at=act.at,
        )
        if targets - {item.target for item in request.items}:
            raise ConditionNotMet("not_asked_for")


async def _touch(act: CaseTransaction) -> Application:
    """Give the application another version, for its documents changed."""
    return await act.save(replace(act.application, version=act.application.version + 1, updated_at=act.at))


def file_errors(component: DossierComponent, *, media_type: str, size: int, present: int) -> Iterator[FieldError]:
    """List why a component of the dossier does not accept a file, with so many attached to it already."""
    if media_type not in component.media:
        yield FieldError(
            field="file",
            code="wrong_media",
            message=Phrase("documents.wrong_media", taken=AnyOf(tuple(map(file_type, component.media)))),
        )
    if size > component.max_bytes:
        yield FieldError(
            field="file", code="too_large", message=Phrase("documents.too_large", count=component.max_bytes)
        )
    if present >= component.max_files:
        yield FieldError(
            field="part", code="too_many_files", message=Phrase("documents.too_many_files", count=component.max_files)
        )


def handling(units: Iterable[Organisation], *, procedure_code: str) -> tuple[UUID, ...]:
    """List the units that work on cases of a procedure."""
    return tuple(unit.id for unit in units if procedure_code in unit.handles)


def receiving_unit(units: tuple[Organisation, ...], *, preferred: UUID | None, procedure_code: str) -> UUID:
    """Choose the unit that takes the dossier in: the preferred one, or the only one there is."""
    able = [unit.id for unit in units if unit.agency_code is not None and procedure_code in unit.handles]
    chosen = [unit for unit in able if preferred in (None, unit)]
    if len(chosen) != 1:
        raise Invalid(
            (
                FieldError(
                    field="receiving_unit_id",
                    code="receiving_unit",
                    message=Phrase("applications.unknown_receiving_unit"),
                ),
            )
        )
    return chosen[0]


def check_previous(previous: Application | None) -> Application:
    """Return the case that another follows; refuse none of one's own, and one that did not end in a refusal."""
    if previous is None:
        raise NotFound(what="application")
    if previous.stage not in {Stage.REFUSED, Stage.INTAKE_REFUSED, Stage.LAPSED, Stage.WITHDRAWN}:
        raise Invalid(
            (FieldError(field="previous_case_id", code="not_ended", message=Phrase("applications.earlier_case_open")),)
        )
    return previous
