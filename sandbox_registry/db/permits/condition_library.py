"""The library of conditions and limits, counted over the versions of the permits inside a scope."""

from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import CTE, ColumnElement, Select, Text, cast, func, literal, select, true, union_all
from sqlalchemy.dialects.postgresql import JSONB, aggregate_order_by
from sqlalchemy.ext.asyncio import AsyncConnection

from sandbox_registry.db import tables
from sandbox_registry.db.core.scopes import visible_to
from sandbox_registry.db.core.statements import Statement
from sandbox_registry.db.permits.permits import IN_FORCE, STAGE
from sandbox_registry.domain.identity.scopes import Scope
from sandbox_registry.domain.permits.condition_library import LibraryFilter, Restriction, RestrictionUse

_PERMITS = tables.permits
_VERSIONS = tables.permit_versions
_APPLICATIONS = tables.applications


async def most_used(
    connection: AsyncConnection, *, scope: Scope, narrowed: LibraryFilter, at: datetime, limit: int
) -> tuple[RestrictionUse, ...]:
    """List the conditions and limits of the permits inside a scope, the most used first."""
    restrictions = _restrictions(_visible_permits(scope, narrowed), narrowed)
    query = _counted(restrictions).limit(limit)
    return msgspec.convert(await Statement(query).dicts(connection, {"at": at}), tuple[RestrictionUse, ...])


def _visible_permits(scope: Scope, narrowed: LibraryFilter) -> CTE:
    """The permits that may be read."""
    permit = _PERMITS.c
    query = (
        select(permit.id, permit.procedure_code, permit.terms["kind"].astext.label("permit_kind"))
        .add_columns(permit.terms_version, permit.issued_at)
        .join(_APPLICATIONS, _APPLICATIONS.c.id == permit.application_id)
        .join(_VERSIONS, IN_FORCE)
        .where(visible_to(scope, STAGE))
    )
    if narrowed.procedure_code is not None:
        query = query.where(permit.procedure_code == narrowed.procedure_code)
    if narrowed.permit_kind is not None:
        query = query.where(permit.terms["kind"].astext == narrowed.permit_kind)
    return query.cte("seen")


def _restrictions(permits: CTE, narrowed: LibraryFilter) -> CTE:
    """Every condition and limit of every version, with whether that version is the last, and how it is justified."""
    version = _VERSIONS.alias("every_version")
    terms = version.c.terms
    condition = func.jsonb_array_elements_text(terms["conditions"]).table_valued("value", name="condition")
    limit = func.jsonb_array_elements(terms["limits"]).table_valued("value", name="technical_limit")
    quantity = cast(limit.c.value, JSONB)["quantity"].astext
    sources = {
        Restriction.CONDITION: (condition, cast(condition.c.value, Text)),
        Restriction.LIMIT: (limit, quantity),
    }
    chosen = sources if narrowed.restriction is None else {narrowed.restriction: sources[narrowed.restriction]}
    return union_all(
        *(
            select(
                permits.c.id,
                permits.c.procedure_code,
                permits.c.permit_kind,
                permits.c.issued_at,
                (version.c.terms_version == permits.c.terms_version).label("is_last"),
                literal(restriction.value, Text).label("restriction"),
                words.label("text"),
                _justification(terms, words).label("justified"),
            )
            .select_from(permits)
            .join(version, version.c.permit_id == permits.c.id)
            .join(each.lateral(), true())
            for restriction, (each, words) in chosen.items()
        )
    ).cte("said")


def _justification(terms: ColumnElement[Any], words: ColumnElement[str]) -> ColumnElement[Any]:
    """How a version justifies one restriction; versions from before that was asked have no such list."""
    each = func.jsonb_array_elements(terms["justifications"]).table_valued("value", name="justification")
    value = cast(each.c.value, JSONB)
    return select(value).select_from(each).where(value["of"].astext == words).limit(1).scalar_subquery()


def _counted(restrictions: CTE) -> Select[Any]:
    """Count permits, not versions; the newest justification stands for all."""
    of_one = (
        restrictions.c.procedure_code,
        restrictions.c.permit_kind,
        restrictions.c.restriction,
        restrictions.c.text,
    )
    by_permit = (
        select(
            restrictions.c.id,
            *of_one,
            func.max(restrictions.c.issued_at).label("issued_at"),
            func.bool_or(restrictions.c.is_last).label("stands"),
            func.max(cast(restrictions.c.justified, Text)).label("justified"),
        )
        .group_by(restrictions.c.id, *of_one)
        .cte("by_permit")
    )
    each = by_permit.c
    of_all = (each.procedure_code, each.permit_kind, each.restriction, each.text)
    used = func.count().label("used")
    newest = func.array_agg(aggregate_order_by(each.justified, each.issued_at.desc())).filter(
        each.justified.is_not(None)
    )
    return (
        select(
            *of_all,
            used,
            func.count().filter(each.stands.is_(False)).label("lifted"),
            func.max(each.issued_at).label("last_issued_at"),
            cast(newest[1], JSONB).label("justified"),
        )
        .group_by(*of_all)
        .order_by(used.desc(), *of_all)
    )
