"""Whose case it is: the routes of the procedure bind, unless the applicant confirmed and the head recorded why.

An applicant may file here although the answers lead to another authority, knowing its name; nobody here may take such a
dossier in, classify it or decide on it before the head of the focal department has said why it stays.
"""

from datetime import datetime
from uuid import UUID

from sandbox_registry.domain.cases.applications import Application, CompetenceConfirmation, Retention
from sandbox_registry.domain.cases.lifecycle import moved, require_stage
from sandbox_registry.domain.errors import ConditionNotMet, Duplicate
from sandbox_registry.domain.rules.forms import Referral, route
from sandbox_registry.domain.rules.procedures import Procedure


def confirm(
    application: Application, *, procedure: Procedure, authority: str | None, by: UUID, at: datetime
) -> CompetenceConfirmation | None:
    """Return the applicant's confirmation to file here although another authority is competent; null where it is ours.

    `authority` is that authority's name as it was shown, in any of the three languages.

    Raises:
        ConditionNotMet: `outside_mechanism`, or `another_authority` unless its name was confirmed.

    """
    require_inside_mechanism(application, procedure=procedure)
    referral = route(procedure, application.answers)
    if referral is None or referral.authority is None:
        return None
    name = referral.authority
    if authority not in {name.vi, name.en, name.fr}:
        raise ConditionNotMet("another_authority.confirm", authority=name, reason=referral.reason)
    return CompetenceConfirmation(at=at, by=by, authority=name.vi, target_procedure=referral.target)


def require_inside_mechanism(application: Application, *, procedure: Procedure) -> None:
    """Refuse to file what no authority tests under this procedure.

    Raises:
        ConditionNotMet: `outside_mechanism`, with the reason of the route.

    """
    referral = route(procedure, application.answers)
    if referral is not None and referral.authority is None:
        raise ConditionNotMet("outside_mechanism", reason=referral.reason)


def require_ours(application: Application, *, procedure: Procedure) -> None:
    """Refuse to go on with a case that belongs elsewhere, unless the head recorded why it stays.

    Raises:
        ConditionNotMet: `another_authority`, or `outside_mechanism`.

    """
    referral = route(procedure, application.answers)
    if referral is None or _is_retained(application, referral):
        return
    require_inside_mechanism(application, procedure=procedure)
    if referral.authority is not None:
        raise ConditionNotMet("another_authority.retain", authority=referral.authority, reason=referral.reason)


def retain(application: Application, *, procedure: Procedure, reason: str, by: UUID, at: datetime) -> Application:
    """Record why the case is handled here although its answers lead to another authority.

    It holds for that authority alone: answers that lead to yet another one ask for a new reason.

    Raises:
        ConditionNotMet: `not_received`; `within_competence`, when the answers leave the case here.
        Duplicate: the reason is on record.

    """
    referral = require_retainable(application, procedure=procedure)
    retention = Retention(at=at, by=by, authority=_name(referral), target_procedure=referral.target, reason=reason)
    return moved(application, "retain", at=at, retention=retention)


def require_retainable(application: Application, *, procedure: Procedure) -> Referral:
    """Return the route that a reason to keep the case would set aside; raises as `retain`."""
    require_stage(application, "retain")
    if application.received_at is None:
        raise ConditionNotMet("not_received")
    referral = route(procedure, application.answers)
    if referral is None:
        raise ConditionNotMet("within_competence")
    if _is_retained(application, referral):
        raise Duplicate(what="retention")
    return referral


def retained_at(application: Application, referral: Referral) -> datetime | None:
    """Return when the head recorded why the case stays although it belongs to the authority of a route; null without it."""
    retention = application.retention
    is_for_it = retention is not None and (retention.authority, retention.target_procedure) == (
        _name(referral),
        referral.target,
    )
    return retention.at if retention is not None and is_for_it else None


def _is_retained(application: Application, referral: Referral) -> bool:
    return retained_at(application, referral) is not None


def _name(referral: Referral) -> str | None:
    return None if referral.authority is None else referral.authority.vi
