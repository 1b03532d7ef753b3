"""What the applicant's side does with a dossier: files it, completes it, withdraws it, gives a draft up.

Each act begins with its guard (`require_…`), which says whether it can succeed now whatever else is sent.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from uuid import UUID

from sandbox_registry.domain.acts import Action
from sandbox_registry.domain.cases.applications import (
    Application,
    ClosingKind,
    Document,
    DossierVersion,
    FiledApplicant,
    SupplementItem,
    SupplementRequest,
    UnchangedItem,
    WithdrawalRequest,
)
from sandbox_registry.domain.cases.competence import confirm, require_inside_mechanism
from sandbox_registry.domain.cases.deadlines import supplement_deadline
from sandbox_registry.domain.cases.lifecycle import closed, moved, require_stage, require_step
from sandbox_registry.domain.cases.promises import Promise
from sandbox_registry.domain.errors import (
    ConditionNotMet,
    Duplicate,
    FieldError,
    Invalid,
    NotFound,
)
from sandbox_registry.domain.identity.people import Organisation, OrganisationKind
from sandbox_registry.domain.rules.calendars import Calendar, local_date
from sandbox_registry.domain.rules.procedures import Procedure
from sandbox_registry.domain.stages import Stage
from sandbox_registry.domain.texts import Phrase


def submit(
    application: Application,
    *,
    by: UUID,
    at: datetime,
    procedure: Procedure,
    unit_ids: tuple[UUID, ...],
    errors: tuple[FieldError, ...],
    takes_drafts: bool,
    authority: str | None = None,
    applicant: FiledApplicant | None = None,
) -> Application:
    """File a draft: the electronic filing is the receipt in law, so the rules are pinned and the clock starts here.

    `authority` is the name of another competent authority, confirmed by the applicant who files here all the same.
    `applicant` are the data the case keeps, whatever the applicant changes later.

    Raises:
        TransitionNotAllowed: it is not a draft.
        ConditionNotMet: as `require_open`; `outside_mechanism`; `another_authority`, until it is confirmed by its name.
        Invalid: the dossier breaks rules of its procedure.

    """
    require_submittable(application, procedure=procedure, errors=errors, takes_drafts=takes_drafts, at=at)
    return moved(
        application,
        "submit",
        at=at,
        procedure_version=procedure.checksum,
        unit_ids=unit_ids,
        submitted_by=by,
        submitted_at=at,
        completeness_from=at,
        confirmation=confirm(application, procedure=procedure, authority=authority, by=by, at=at),
        applicant=applicant,
    )


def as_filed(organisation: Organisation) -> FiledApplicant:
    """Return the data of an applicant that a case keeps."""
    return FiledApplicant(
        name=organisation.name,
        tax_code=organisation.tax_code,
        address=organisation.address,
        email=organisation.email,
        phone=organisation.phone,
    )


def require_submittable(
    application: Application,
    *,
    procedure: Procedure,
    errors: tuple[FieldError, ...],
    takes_drafts: bool,
    at: datetime,
) -> None:
    """Refuse to file what is no draft, what belongs elsewhere, or what is not complete; raises as `submit`."""
    require_stage(application, "submit")
    require_open(procedure, takes_drafts=takes_drafts, at=at)
    require_inside_mechanism(application, procedure=procedure)
    if errors:
        raise Invalid(errors)


def require_open(procedure: Procedure, *, takes_drafts: bool, at: datetime) -> None:
    """Refuse dossiers under a procedure that is another authority's, only a proposal, not yet in effect, or over.

    `takes_drafts` says whether this installation takes dossiers under proposals: they end in specimens.

    Raises:
        ConditionNotMet: `procedure_takes_no_dossiers`, `procedure_is_a_draft`, `procedure_not_in_effect`.

    """
    if not procedure.takes_dossiers:
        raise ConditionNotMet("procedure_takes_no_dossiers")
    if procedure.is_draft and not takes_drafts:
        raise ConditionNotMet("procedure_is_a_draft")
    if not procedure.is_in_effect(local_date(at)):
        raise ConditionNotMet("procedure_not_in_effect")


def require_applicant_kind(kind: OrganisationKind, procedure: Procedure) -> None:
    """Refuse an applicant of a kind that the procedure does not take; an open value refuses nobody."""
    kinds = procedure.items("applicant_kinds")
    if kind is OrganisationKind.STATE_UNIT or (kinds is not None and kind not in kinds):
        raise Invalid(
            (
                FieldError(
                    field="organisation_id", code="applicant_kind", message=Phrase("applications.wrong_applicant_kind")
                ),
            )
        )


def filed_content(
    application: Application, *, documents: Iterable[Document], procedure: Procedure
) -> dict[str, object]:
    """Return all that a signatory signs by filing: every answer, every file by its digest, and the rules that apply.

    Its canonical JSON (RFC 8785) is what the digest of a filing is made of.
    """
    files = [
        {"part": each.part, "filename": each.filename, "sha256": each.sha256, "size": each.size} for each in documents
    ]
    return {
        "application_id": str(application.id),
        "organisation_id": str(application.organisation_id),
        "receiving_unit_id": str(application.receiving_unit_id),
        "procedure": f"{procedure.code}@{procedure.checksum}",
        "title": application.title,
        "answers": application.answers,
        "documents": sorted(files, key=lambda file: (file["part"], file["sha256"])),
    }


def require_signed(digest: str, *, current: str) -> None:
    """Refuse to file what is not what the signatory looked at, which they name by its digest.

    Raises:
        ConditionNotMet: `other_content`.

    """
    if digest != current:
        raise ConditionNotMet("other_content")


def submit_supplement(
    application: Application,
    *,
    supplements: tuple[SupplementRequest, ...],
    promises: tuple[Promise, ...],
    procedure: Procedure,
    calendar: Calendar,
    errors: tuple[FieldError, ...],
    unanswered: tuple[SupplementItem, ...],
    no_change_because: Mapping[str, str],
    by: UUID,
    at: datetime,
    authority: str | None = None,
) -> tuple[Application, SupplementRequest]:
    """Answer the open request with the completed dossier, as a whole.

    The completeness clock restarts when the procedure says so, else it goes on from where the request held it.
    `authority` is confirmed as in `submit`: what is completed may lead to another authority than what was filed.
    `unanswered` are the items left as they were filed; `no_change_because` says of each, by its target, why.

    Raises:
        ConditionNotMet: `supplement_too_late`, once the term for supplementing has passed; `outside_mechanism`;
            `another_authority`.
        Invalid: the dossier still breaks rules; an item was left as it was without a word; a word about another.

    """
    request = require_supplementable(
        application,
        supplements=supplements,
        promises=promises,
        procedure=procedure,
        calendar=calendar,
        errors=errors,
        at=at,
    )
    unchanged = _unchanged(unanswered, no_change_because)
    confirmation = confirm(application, procedure=procedure, authority=authority, by=by, at=at)
    restart = procedure.word("supplement.clock_policy") != "continue"
    started = at if restart else application.completeness_from
    return (
        moved(application, "submit_supplement", at=at, completeness_from=started, confirmation=confirmation),
        replace(request, version=request.version + 1, answered_by=by, answered_at=at, unchanged=unchanged),
    )


def unanswered_items(
    request: SupplementRequest, *, filed: DossierVersion, application: Application, documents: Iterable[Document]
) -> tuple[SupplementItem, ...]:
    """List what was to be completed and still is as it was filed: the same answer, the same files by their bytes."""
    before = _by_target(filed.answers, ((str(each["part"]), str(each["sha256"])) for each in filed.documents))
    after = _by_target(application.answers, ((each.part, each.sha256) for each in documents))
    return tuple(item for item in request.items if before(item.target) == after(item.target))


def _by_target(answers: Mapping[str, object], files: Iterable[tuple[str, str]]) -> Callable[[str], object]:
    attached = frozenset(files)

    def state(target: str) -> object:
        kind, _, path = target.partition(".")
        if kind == "documents":
            return frozenset(digest for part, digest in attached if part == path)
        section, _, field = path.partition(".")
        section_answers = answers.get(section)
        return section_answers.get(field) if isinstance(section_answers, Mapping) else None

    return state


def _unchanged(unanswered: tuple[SupplementItem, ...], because: Mapping[str, str]) -> tuple[UnchangedItem, ...]:
    open_targets = {item.target for item in unanswered}
    errors = [
        FieldError(field=target, code="unanswered", message=Phrase("applications.unanswered_item"))
        for target in sorted(open_targets - because.keys())
    ]
    errors += [
        FieldError(
            field=f"no_change_because.{target}", code="not_unanswered", message=Phrase("applications.not_unanswered")
        )
        for target in sorted(because.keys() - open_targets)
    ]
    if errors:
        raise Invalid(tuple(errors))
    return tuple(UnchangedItem(target=target, because=because[target]) for target in sorted(open_targets))


def require_supplementable(
    application: Application,
    *,
    supplements: tuple[SupplementRequest, ...],
    promises: tuple[Promise, ...],
    procedure: Procedure,
    calendar: Calendar,
    errors: tuple[FieldError, ...],
    at: datetime,
) -> SupplementRequest:
    """Return the request that the dossier answers as it stands; raises as `submit_supplement`."""
    require_stage(application, "submit_supplement")
    request = require_in_time(supplements, promises=promises, procedure=procedure, calendar=calendar, at=at)
    require_inside_mechanism(application, procedure=procedure)
    if errors:
        raise Invalid(errors)
    return request


def require_in_time(
    supplements: tuple[SupplementRequest, ...],
    *,
    promises: tuple[Promise, ...],
    procedure: Procedure,
    calendar: Calendar,
    at: datetime,
) -> SupplementRequest:
    """Return the open request while there is time to answer it: afterwards nothing is written or attached in vain.

    Raises:
        ConditionNotMet: `supplement_too_late`.

    """
    request = open_request(supplements)
    due = supplement_deadline(request, procedure=procedure, calendar=calendar, promises=promises)
    if due is not None and due.is_over(at):
        raise ConditionNotMet("supplement_too_late")
    return request


def require_editable(
    application: Application,
    *,
    supplements: tuple[SupplementRequest, ...],
    promises: tuple[Promise, ...],
    procedure: Procedure,
    calendar: Calendar,
    at: datetime,
) -> SupplementRequest | None:
    """Return the request that limits what may change now; null for a draft, of which everything may.

    Raises:
        ConditionNotMet: `supplement_too_late`.

    """
    if application.stage is not Stage.SUPPLEMENT_REQUESTED:
        return None
    return require_in_time(supplements, promises=promises, procedure=procedure, calendar=calendar, at=at)


def open_request(supplements: tuple[SupplementRequest, ...]) -> SupplementRequest:
    """Return the supplement request that waits for an answer; `NotFound` when none does."""
    for request in supplements:
        if request.answered_at is None:
            return request
    raise NotFound(what="supplement_request")


def request_withdrawal(
    application: Application, *, reason: str, procedure: Procedure, by: UUID, at: datetime
) -> Application:
    """Record the applicant's wish to stop; the authority answers with its notice, and nothing else moves the case.

    Raises:
        ConditionNotMet: `step_not_in_procedure`, where no notice could follow.
        Duplicate: the applicant asked to stop already.

    """
    require_withdrawable(application, procedure=procedure)
    return moved(application, "request_withdrawal", at=at, withdrawal=WithdrawalRequest(at=at, by=by, reason=reason))


def require_withdrawable(application: Application, *, procedure: Procedure) -> None:
    """Refuse a second wish to stop, or one when there is nothing to stop; raises as `request_withdrawal`."""
    require_stage(application, "request_withdrawal")
    require_step(application, Action.APPLICATION_STOP, procedure)
    if application.withdrawal is not None:
        raise Duplicate(what="withdrawal")


def discard(application: Application, *, by: UUID, at: datetime) -> Application:
    """Give up a draft. It was never filed, yet it stays on record as given up."""
    require_stage(application, "discard")
    closing = closed(ClosingKind.WITHDRAWN, at=at, by=by)
    return moved(application, "discard", at=at, closing=closing)


def require_another_attempt(previous: Application, *, procedure: Procedure) -> None:
    """Refuse a dossier that follows a refused one where the procedure excludes it; what it leaves open is allowed.

    Raises:
        ConditionNotMet: `no_other_attempt`.

    """
    if previous.stage is Stage.REFUSED and procedure.flag("resubmit_after_refusal") is False:
        raise ConditionNotMet("no_other_attempt")
