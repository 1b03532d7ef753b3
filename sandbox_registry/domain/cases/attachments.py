"""Papers that officials attach to a case: what kinds there are, and the acts that let somebody attach and read each."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sandbox_registry.domain.acts import Action
from sandbox_registry.domain.cases.original_files import OriginalFile
from sandbox_registry.domain.errors import ConditionNotMet, Duplicate, FieldError, Invalid
from sandbox_registry.domain.texts import Phrase


class AttachmentKind(StrEnum):
    """What a paper is."""

    AGENCY_LETTER = "agency_letter"
    COUNCIL_MINUTES = "council_minutes"
    DECISION = "decision"
    NOTICE = "notice"
    SIGNED_FORM = "signed_form"
    SITE_MINUTES = "site_minutes"


@dataclass(frozen=True, slots=True, kw_only=True)
class Attachment:
    """A paper as a file, kept as it came: it is neither changed nor removed, a better one is attached beside it."""

    id: UUID
    version: int
    application_id: UUID
    kind: AttachmentKind
    filename: str
    media_type: str
    size: int
    sha256: str
    attached_by: UUID
    attached_at: datetime
    original: OriginalFile | None = None
    is_scanned: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class PaperRule:
    """The rights to a kind of paper: `read_by` is the act that opens it to readers, `goes_with` the acts that let somebody attach it."""

    read_by: Action
    goes_with: frozenset[Action]


PAPERS: Mapping[AttachmentKind, PaperRule] = {
    AttachmentKind.AGENCY_LETTER: PaperRule(
        read_by=Action.CONSULTATION_READ,
        goes_with=frozenset({Action.CONSULTATION_ANSWER, Action.CONSULTATION_ASK}),
    ),
    AttachmentKind.COUNCIL_MINUTES: PaperRule(
        read_by=Action.COUNCIL_READ, goes_with=frozenset({Action.COUNCIL_CONCLUDE, Action.COUNCIL_CONFIRM})
    ),
    AttachmentKind.DECISION: PaperRule(read_by=Action.DECISION_READ, goes_with=frozenset({Action.DECISION_READ})),
    AttachmentKind.NOTICE: PaperRule(read_by=Action.APPLICATION_READ, goes_with=frozenset({Action.MESSAGE_SEND})),
    AttachmentKind.SIGNED_FORM: PaperRule(
        read_by=Action.APPLICATION_READ, goes_with=frozenset({Action.APPLICATION_FILE_ASSISTED})
    ),
    AttachmentKind.SITE_MINUTES: PaperRule(read_by=Action.REVIEW_READ, goes_with=frozenset({Action.SITE_VISIT_RECORD})),
}
"""Every kind of paper. Applicants read notices, the paper they signed and, once there is one, the decision."""


def require_attaching(allowed: Collection[Action]) -> None:
    """Refuse somebody who may do none of the acts, here and now, that any kind of paper goes with."""
    if not any(rule.goes_with & frozenset(allowed) for rule in PAPERS.values()):
        raise ConditionNotMet("no_paper_to_attach")


def require_kind(kind: AttachmentKind, allowed: Collection[Action]) -> None:
    """Refuse a kind of paper that goes with no act that somebody may do here and now; raises `Invalid`, `not_yours`."""
    require_attaching(allowed)
    if not PAPERS[kind].goes_with & frozenset(allowed):
        raise Invalid((FieldError(field="kind", code="not_yours", message=Phrase("attachments.not_yours")),))


def known(
    attached: Iterable[Attachment],
    *,
    kind: AttachmentKind,
    sha256: str,
    original: OriginalFile | None,
    filename: str,
    by: UUID,
) -> Attachment | None:
    """Return the paper that a file became before when the same person sends it again.

    Raises `Duplicate` where it is there by somebody else, under another name, or as the cleaned copy of another original.
    """
    for each in attached:
        if each.kind is kind and each.sha256 == sha256:
            if (each.filename, each.original, each.attached_by) != (filename, original, by):
                raise Duplicate(what="attachment")
            return each
    return None


def readable(attached: Iterable[Attachment], allowed: Collection[Action]) -> tuple[Attachment, ...]:
    """Leave of the papers of a case those that somebody who may do these acts reads."""
    return tuple(each for each in attached if PAPERS[each.kind].read_by in allowed)
