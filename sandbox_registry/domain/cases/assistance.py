"""Assisted filing: an officer of any desk prepares a dossier for somebody, who stays the one that files it.

The applicant's signatory confirms by filing under their own identity, or on paper: then the officer files the dossier
with the signed paper attached. The officer has no other right in the case (hard rule 8).
"""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from uuid import UUID

from sandbox_registry.domain.cases.applications import Application, Assistance
from sandbox_registry.domain.cases.attachments import Attachment, AttachmentKind
from sandbox_registry.domain.errors import ConditionNotMet
from sandbox_registry.domain.identity.people import DESK_ROLES, Actor


def desk_of(actor: Actor) -> UUID:
    """Return the unit at whose desk somebody sits; of several the first.

    Raises:
        ConditionNotMet: `not_at_a_desk`, any more or at all.

    """
    desks = sorted(unit for role, unit in actor.offices if role in DESK_ROLES)
    if not desks:
        raise ConditionNotMet("not_at_a_desk")
    return desks[0]


def require_signed_paper(kinds: Iterable[AttachmentKind]) -> None:
    """Refuse to file for somebody whose signed paper is not attached."""
    if AttachmentKind.SIGNED_FORM not in kinds:
        raise ConditionNotMet("paper_missing")


def confirmed_on_paper(
    application: Application, *, papers: Iterable[Attachment], signatory: str, at: datetime
) -> Application:
    """Return a draft whose assistance names the paper by which its applicant confirms it, the last one attached, and who signed it.

    Raises:
        ConditionNotMet: `paper_missing`.

    """
    signed = [each for each in papers if each.kind is AttachmentKind.SIGNED_FORM]
    require_signed_paper(each.kind for each in signed)
    if application.assistance is None:
        message = f"nobody helps with {application.id}"
        raise AssertionError(message)
    last = max(signed, key=lambda each: (each.attached_at, each.id))
    confirmed = replace(application.assistance, signatory=signatory, paper_id=last.id, confirmed_at=at)
    return replace(application, assistance=confirmed)


def begun(application: Application, *, by: UUID, unit_id: UUID, at: datetime) -> Application:
    """Return a new draft with the officer on record who prepares it."""
    return replace(application, assistance=Assistance(by=by, unit_id=unit_id, at=at))
