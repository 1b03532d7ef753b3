"""A case with a marked secret in every kind of record, rows and log alike."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, is_dataclass
from datetime import datetime, timedelta
from enum import Enum
from typing import Any, get_args, get_origin, get_type_hints
from uuid import UUID

import msgspec
from sqlalchemy import ARRAY, Table, Text, cast, func
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine
from uuid_utils.compat import uuid7

from sandbox_registry.db.core.audit_entries import NewLeaf
from sandbox_registry.db.core.kinds import RECORDS, TABLES
from sandbox_registry.db.core.records import NATIVE
from sandbox_registry.db.core.searching import search_words
from sandbox_registry.domain.audit import FORMAT, around_chain
from sandbox_registry.domain.cases.applications import Application
from sandbox_registry.domain.kinds.every import BY_NAME, KINDS
from sandbox_registry.domain.kinds.kind import Kind
from sandbox_registry.transparency.canonical_json import canonical
from tests.support.world import World

MARKED = {
    "application": "title",
    "attachment": "filename",
    "clarification": "answer",
    "complaint": "grounds",
    "consultation": "question",
    "council_session": "minutes",
    "decision": "signer_title",
    "declaration": "statement",
    "delegation": "document",
    "document": "filename",
    "dossier_version": "title",
    "erasure": "reason",
    "file_return": "reason",
    "legal_hold": "reason",
    "message": "body",
    "organisation": "address",
    "permit": "number",
    "permit_version": "terms.excluded_zones",
    "person": "phone",
    "promise": "calendar_version",
    "role_grant": "title",
    "recommendation": "report",
    "review": "comment",
    "site_visit": "minutes",
    "supplement_request": "unchanged",
    "token": "name",
    "vote": "dissent",
    "webhook": "description",
}
"""Which words of each kind are secret. A kind of record is missing here if it has no words, or is public."""
IN_ITEMS = {"supplement_request": lambda mark: [{"target": "documents.trial_plan", "because": mark}]}
"""How the mark stands in a list of items."""
SETTLED = {"outcome": "dismissed", "reasons": "", "document": "1/QĐ"}
"""How the complaint ended: an open one keeps its case from being erased."""
SEARCHED = frozenset({"application", "permit"})
"""Kinds whose marks are among the words that lists are searched by."""
EVERYBODYS_ACT = "application:apologize"
"""An act that everybody who reads a case may learn of, so that only the kind can keep its record closed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Planted:
    """A case, and the identity of one object of each kind that has rows."""

    case_id: UUID
    identities: Mapping[str, UUID]

    @property
    def in_paths(self) -> dict[str, Any]:
        """Return identities by the names that addresses give them."""
        named = {f"{kind}_id": identity for kind, identity in self.identities.items()}
        return named | {
            "application_id": self.case_id,
            "endpoint_id": named["webhook_id"],
            "hold_id": named["legal_hold_id"],
            "session_id": named["council_session_id"],
            "version_id": named["rule_version_id"],
        }


def holds_words(hint: Any) -> bool:
    """Say whether values of a type may hold what somebody wrote."""
    if is_dataclass(hint):
        return any(map(holds_words, get_type_hints(hint).values()))
    if isinstance(hint, type):
        return hint is object or (issubclass(hint, str) and not issubclass(hint, Enum))
    return any(map(holds_words, get_args(hint)))


def secret(name: str) -> str:
    """Return the mark of a kind."""
    return f"12/2026/canary-{name}-" if name == "permit" else f"canary-{name}-"


async def plant(world: World, owner: AsyncEngine, case_id: UUID, *, kinds: Iterable[Kind] = KINDS) -> Planted:
    """Mark every kind of record around a case; what the case has none of is added to it and to its log."""
    identities: dict[str, UUID] = {}
    for kind in kinds:
        if kind.of is None:
            await append(world, case_id, act=EVERYBODYS_ACT, kind=kind.name, state={"said": secret(kind.name)})
            continue
        async with owner.begin() as connection:
            await connection.exec_driver_sql("SET LOCAL session_replication_role = replica")
            identities[kind.name], added = await _marked(connection, world, kind, case_id)
        if added is not None:
            await append(world, case_id, act=EVERYBODYS_ACT, kind=kind.name, state=added)
    await _mark_records(owner)
    await _mark_search(owner)
    return Planted(case_id=case_id, identities=identities)


async def append(world: World, case_id: UUID, *, act: str, kind: str, state: object) -> None:
    """Append a leaf to the log of a case, whose record holds a state."""
    identity, at = uuid7(), world.clock.at
    statement = {
        "v": FORMAT,
        "t": int(at.timestamp() * 1000),
        "actor": {
            "kind": "person",
            "pid": world.transactions.pseudonyms.of(world.people["mot_cua"], within=case_id or identity),
        },
        "auth": {"method": "test"},
        "act": act,
        "chain": None,
        "obj": {"type": kind, "id": str(identity), "ver": 1},
        "prev_ver": 0,
        "result": "done",
        "reason_code": None,
        "req_id": "",
        "policy": {"line": None, "version": world.transactions.authorizer.version},
        "procedure": None,
        "commit": "",
    }
    objects = [{"type": kind, "state": msgspec.to_builtins(state)}]
    record = {"actor": str(world.people["mot_cua"]), "signs_for": None, "asked": None, "objects": objects}
    before, after = around_chain(canonical(statement))
    async with world.database.transaction() as work:
        work.stage_audit_entry(
            NewLeaf(
                before=before,
                after=after,
                salt=b"s" * 16,
                nonce=b"n" * 16,
                record=canonical(record),
                object_type=kind,
                object_id=identity,
                case_id=case_id,
                at=at,
            )
        )


async def _marked(
    connection: AsyncConnection, world: World, kind: Kind, case_id: UUID
) -> tuple[UUID, Mapping[str, object] | None]:
    """Mark the rows of a kind, or add one; return an identity, and the state that was added."""
    table = TABLES[kind.name]
    identity = table.c.get("id", next(iter(table.c)))
    only = {"person": world.people["phan_bien_1"], "organisation": world.startup}.get(kind.name)
    found = (await connection.execute(identity_query(table, identity, only))).scalars().first()
    if found is None:
        state = _state(world, kind, case_id)
        await connection.execute(table.insert(), state | _beside(world, kind.name))
        return state["id"], state
    if kind.name in MARKED:
        which = table.update() if only is None else table.update().where(identity == only)
        await connection.execute(which.values(_mark(kind.name)))
    return found, None


def _beside(world: World, name: str) -> dict[str, Any]:
    """Return what the rows of a kind hold beside its state."""
    secret_of = {"hash": b"h" * 32} if name in {"browser_session", "token"} else {}
    return secret_of | ({"power": "", "last_seen_at": world.clock.at} if name == "browser_session" else {})


def identity_query(table: Table, identity: Any, only: UUID | None) -> Any:
    """Ask for the objects of a kind, or for one of them."""
    query = table.select().with_only_columns(identity).order_by(identity)
    return query if only is None else query.where(identity == only)


def _mark(name: str) -> dict[str, Any]:
    column, _, inner = MARKED[name].partition(".")
    if not inner:
        return {column: _written(name)}
    path, value = cast([inner], ARRAY(Text)), cast(secret(name), JSONB)
    return {column: func.jsonb_set(TABLES[name].c[column], path, value)}


def _written(name: str) -> Any:
    """Return the mark of a kind as its column holds it."""
    return IN_ITEMS.get(name, str)(secret(name))


def _state(world: World, kind: Kind, case_id: UUID) -> dict[str, Any]:
    """Make up the state of an object, its secret in place."""
    assert kind.of is not None
    hints = get_type_hints(kind.of)
    given: dict[str, Any] = {
        "application_id": case_id,
        "id": uuid7(),
        "organisation_id": world.startup,
        "unit_id": world.units["focal"],
        "to_person_id": world.people["van_thu"],
        "person_id": world.people["nguoi_dai_dien"],
        "account_id": world.people["nguoi_dai_dien"],
        "by_person_id": world.people["quan_tri"],
        "term_unit": "wd",
        "status": "proposed",
        "method": "password",
        "valid_to": world.clock.at + timedelta(days=9),
        "expires_at": world.clock.at + timedelta(days=9),
        "events": ["*"],
        "url": "https://example.com/hook",
        "sha256": "0" * 64,
    }
    if kind.name in MARKED:
        given[MARKED[kind.name]] = _written(kind.name)
    if kind.name == "complaint":
        given["settlement"] = SETTLED | {"at": world.clock.at.isoformat(), "by": str(given["by_person_id"])}
    if kind.name == "clarification":
        given |= {"answered_by": given["person_id"], "answered_at": world.clock.at}
    made = {name: given.get(name, _made(hint, world)) for name, hint in hints.items()}
    state: dict[str, Any] = msgspec.to_builtins(made, builtin_types=NATIVE)
    return state


def _made(hint: Any, world: World) -> Any:
    if type(None) in get_args(hint):
        return None
    values = {
        UUID: world.people["chu_tich"],
        datetime: world.clock.at,
        int: 1,
        bool: False,
        str: "",
    }
    if isinstance(hint, type) and issubclass(hint, Enum):
        return next(iter(hint)).value
    return values.get(hint, {} if get_origin(hint) is Mapping else [])


async def _mark_records(owner: AsyncEngine) -> None:
    """Put the secrets into the records behind the log, where a record holds a whole state."""
    async with owner.begin() as connection:
        await connection.exec_driver_sql("SET LOCAL session_replication_role = replica")
        found = await connection.exec_driver_sql("SELECT index, record FROM audit_records")
        for row in found.all():
            said = json.loads(row.record)
            for each in said["objects"]:
                _mark_state(each["type"], each["state"])
            await connection.exec_driver_sql(
                "UPDATE audit_records SET record = %s WHERE index = %s", (canonical(said), row.index)
            )


async def _mark_search(owner: AsyncEngine) -> None:
    """Let marked cases be found by their words, as cases are that somebody wrote."""
    records, table = RECORDS[Application], TABLES["application"]
    async with owner.begin() as connection:
        await connection.exec_driver_sql("SET LOCAL session_replication_role = replica")
        for row in (await connection.execute(records.query)).all():
            case = records.read(row)
            await connection.execute(table.update().where(table.c.id == case.id).values(search_text=search_words(case)))


def _mark_state(name: str, state: Any) -> None:
    field, _, inner = MARKED.get(name, "").partition(".")
    if not isinstance(state, dict) or field not in state or name not in BY_NAME:
        return
    if inner:
        state[field][inner] = secret(name)
    else:
        state[field] = _written(name)
