"""An application: the dossier a startup files, and the records that gather beside it before appraisal."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sandbox_registry.domain.cases.original_files import OriginalFile
from sandbox_registry.domain.stages import Stage


class ClosingKind(StrEnum):
    """Ways a case ends before a decision."""

    INTAKE_REFUSED = "intake_refused"
    LAPSED = "lapsed"
    REFERRED = "referred"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True, slots=True, kw_only=True)
class Reason:
    """A structured reason: a code of the procedure's list and the words for this case (Decree 61/2018 art. 19(8))."""

    code: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Closing:
    """How and why a case ended before a decision; `authority` names who is competent when it was referred."""

    kind: ClosingKind
    at: datetime
    by: UUID
    reasons: tuple[Reason, ...]
    authority: str | None = None
    target_procedure: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Apology:
    """The one notice of delay, with the one new date (Decree 61/2018 art. 19(9); form 04).

    `latest_at` is how late the procedure lets that date be; null where nothing bounds it, and then `length_reason` says
    why it lies so far away.
    """

    at: datetime
    by: UUID
    reason: str
    promised_at: datetime
    latest_at: datetime | None = None
    length_reason: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ResultHandover:
    """The result handed over: a fact apart from the decision (Decree 61/2018 art. 20)."""

    at: datetime
    by: UUID
    channel: str


@dataclass(frozen=True, slots=True, kw_only=True)
class WithdrawalRequest:
    """The applicant's wish to stop; the authority's notice (form 05) ends the case."""

    at: datetime
    by: UUID
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CompetenceConfirmation:
    """The applicant's word to file here, knowing that `authority` is competent under `target_procedure`."""

    at: datetime
    by: UUID
    authority: str
    target_procedure: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Retention:
    """Why the head keeps a case that the answers give to `authority`; null when they place it outside the mechanism."""

    at: datetime
    by: UUID
    authority: str | None
    target_procedure: str | None
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LevelCorrection:
    """A level that the authority fixed and later put right: from which to which, and why."""

    at: datetime
    by: UUID
    before: str
    after: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Assistance:
    """Who prepared the dossier for its applicant, at which unit's desk, since when.

    `paper_id` is the attached paper by which `signatory` confirmed it, when they did so on paper; null when the
    applicant files under their own identity.
    """

    by: UUID
    unit_id: UUID
    at: datetime
    signatory: str | None = None
    paper_id: UUID | None = None
    confirmed_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class FiledApplicant:
    """The applicant's data as the dossier was filed with them; what the firm changes later leaves them alone."""

    name: str
    tax_code: str | None
    address: str
    email: str
    phone: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Application:
    """A dossier and where it stands. Facts are stored; every deadline is derived from them.

    `procedure_version` is null while a draft and pinned permanently when the dossier reaches the authority.
    `unit_ids` are the state units that handle the case; `receiving_unit_id` issues its code.
    `answers` holds what the procedure's form asks for, by section and field. `returns` counts how often officials returned
    the file to each other to be completed.
    """

    id: UUID
    version: int
    stage: Stage
    procedure_code: str
    procedure_version: str | None
    organisation_id: UUID
    receiving_unit_id: UUID
    unit_ids: tuple[UUID, ...]
    title: str
    answers: Mapping[str, object]
    created_by: UUID
    created_at: datetime
    updated_at: datetime
    code: str | None = None
    external_code: str | None = None
    previous_case_id: UUID | None = None
    submitted_at: datetime | None = None
    submitted_by: UUID | None = None
    received_at: datetime | None = None
    completeness_from: datetime | None = None
    accepted_at: datetime | None = None
    appointment_at: datetime | None = None
    level: str | None = None
    classified_at: datetime | None = None
    recommended_at: datetime | None = None
    decided_at: datetime | None = None
    issued_at: datetime | None = None
    withdrawal: WithdrawalRequest | None = None
    apology: Apology | None = None
    closing: Closing | None = None
    delivery: ResultHandover | None = None
    confirmation: CompetenceConfirmation | None = None
    assistance: Assistance | None = None
    retention: Retention | None = None
    applicant: FiledApplicant | None = None
    level_corrections: tuple[LevelCorrection, ...] = ()
    returns: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """One file of the dossier. `part` is the checklist key it answers; the bytes live under their SHA-256 (hex).

    A removed document stays on record: `removed_at` says since when it no longer counts.
    """

    id: UUID
    version: int
    application_id: UUID
    part: str
    filename: str
    media_type: str
    size: int
    sha256: str
    uploaded_by: UUID
    uploaded_at: datetime
    removed_at: datetime | None = None
    original: OriginalFile | None = None
    is_scanned: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class DossierVersion:
    """The dossier as it stood after one edit: all answers and the documents that counted, by part and digest.

    `digest` is that of what its signatory filed (hex), see `filings.filed_content`; null for a version that was only
    written, and for filings from before it was named.
    """

    application_id: UUID
    number: int
    cause: str
    title: str
    answers: Mapping[str, object]
    documents: tuple[Mapping[str, object], ...]
    made_by: UUID
    made_at: datetime
    digest: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SupplementItem:
    """One thing to complete: `target` is `answers.<section>.<field>` or `documents.<part>`; `reason` says why."""

    target: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class UnchangedItem:
    """Something that was to be completed and was filed as it was: the applicant's word why."""

    target: str
    because: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SupplementRequest:
    """One itemised request to complete the dossier (form 02). `exception_reason` stands when it is not the first.

    `unchanged` are the items that the answer left as they were.
    """

    id: UUID
    version: int
    application_id: UUID
    round: int
    items: tuple[SupplementItem, ...]
    exception_reason: str | None
    requested_by: UUID
    requested_at: datetime
    answered_by: UUID | None = None
    answered_at: datetime | None = None
    unchanged: tuple[UnchangedItem, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """A letter between the applicant and the officers, seen by both sides."""

    id: UUID
    version: int
    application_id: UUID
    author_id: UUID
    from_applicant: bool
    body: str
    sent_at: datetime


class ComplaintOutcome(StrEnum):
    """How a complaint ended (Law on Complaints 02/2011, articles 10, 11 and 31)."""

    UPHELD = "upheld"
    PARTLY_UPHELD = "partly_upheld"
    DISMISSED = "dismissed"
    NOT_ACCEPTED = "not_accepted"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True, slots=True, kw_only=True)
class Settlement:
    """The outcome of a complaint, as a complaints officer recorded it; `document` is the decision or notice that gave it."""

    at: datetime
    by: UUID
    outcome: ComplaintOutcome
    reasons: str
    document: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Complaint:
    """A complaint against a refusal, recorded as filed (Law on Complaints 02/2011).

    `is_late` says that it came after the term, if the procedure sets one. It is open until it has its `settlement`.
    """

    id: UUID
    version: int
    application_id: UUID
    filed_by: UUID
    filed_at: datetime
    grounds: str
    is_late: bool = False
    settlement: Settlement | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One difference between two versions of a dossier: `path` is dotted, null stands for absent."""

    path: str
    before: object
    after: object


def merge_patch(target: Mapping[str, object], patch: Mapping[str, object]) -> dict[str, object]:
    """Apply a JSON merge patch (RFC 7396): null removes, objects merge, everything else replaces."""
    merged = dict(target)
    for key, value in patch.items():
        if value is None:
            merged.pop(key, None)
        elif isinstance(value, Mapping):
            below = merged.get(key)
            merged[key] = merge_patch(below if isinstance(below, Mapping) else {}, value)
        else:
            merged[key] = value
    return merged


def changed_targets(before: Application, after: Application) -> set[str]:
    """Name what differs between two states of a dossier, as `title` and `answers.<section>.<field>`."""
    old, new = flatten(before.answers, "answers"), flatten(after.answers, "answers")
    paths = {path for path in old.keys() | new.keys() if old.get(path) != new.get(path)}
    targets = {".".join(path.split(".")[:3]) for path in paths}
    return targets | ({"title"} if before.title != after.title else set())


def flatten(value: object, path: str = "") -> dict[str, object]:
    """Return every leaf of nested mappings and lists under its dotted path."""
    if isinstance(value, Mapping):
        children = [(str(key), child) for key, child in value.items()]
    elif isinstance(value, list | tuple):
        children = [(str(index), child) for index, child in enumerate(value)]
    else:
        return {path: value}
    return {
        leaf: found
        for key, child in children
        for leaf, found in flatten(child, f"{path}.{key}" if path else key).items()
    }


def differences(before: DossierVersion, after: DossierVersion) -> tuple[Change, ...]:
    """List every field and document that differs between two versions, sorted by path."""
    return _changed(_leaves(before), _leaves(after))


def changes_between(before: Mapping[str, object], after: Mapping[str, object]) -> tuple[Change, ...]:
    """List every leaf that differs between two nested mappings, sorted by path."""
    return _changed(flatten(before), flatten(after))


def _changed(old: Mapping[str, object], new: Mapping[str, object]) -> tuple[Change, ...]:
    return tuple(
        Change(path=path, before=old.get(path), after=new.get(path))
        for path in sorted(old.keys() | new.keys())
        if old.get(path) != new.get(path)
    )


def _leaves(dossier: DossierVersion) -> dict[str, object]:
    leaves: dict[str, object] = {"title": dossier.title}
    leaves |= flatten(dossier.answers, "answers")
    for document in dossier.documents:
        leaves[f"documents.{document['part']}.{document['sha256']}"] = document["filename"]
    return leaves
