"""A province's log on record, and what the verifier says of it."""

from datetime import timedelta
from typing import Any

import msgspec
import rfc8785

from sandbox_registry.auditlog.publishing.folder import LogFolder
from sandbox_registry.auditlog.verifying.database import Evidence, authorities_in, check_database
from sandbox_registry.auditlog.verifying.findings import Report
from sandbox_registry.auditlog.verifying.trees import check_published
from sandbox_registry.authz import Action
from sandbox_registry.db.auditlog import rows as log_rows
from sandbox_registry.db.core.audit_entries import NewLeaf
from sandbox_registry.domain.audit import ActorKind, LeafStatement, around_chain, commitment
from sandbox_registry.runtime.shipped import shipped
from sandbox_registry.transparency.policies import PolicyLog, WitnessPolicy
from sandbox_registry.usecases.operations.installation import program
from tests.support.ledger import Ledger
from tests.support.world import World

AUTHORITY = shipped("policies") / "casbin"


async def record_settled(world: World) -> None:
    """Put the people and units of a test world on record, as an installation's first acts would."""
    async with world.database.replica() as connection:
        rows = [row async for row in log_rows.rows_of_kinds(connection)]
    objects: list[Any] = [{"type": kind, "state": state} for kind, _, state in rows]
    person = world.people["quan_tri"]
    record = rfc8785.dumps({"actor": str(person), "signs_for": None, "objects": objects})
    authorizer = world.transactions.authorizer
    allowing = next(line for line in authorizer.policy.by_action[Action.PERSON_CREATE] if line.effect == "allow")
    nonce = b"n" * 16
    statement = LeafStatement(
        at=world.clock.at,
        actor=world.transactions.pseudonyms.of(person, within=person),
        actor_kind=ActorKind.PERSON,
        method="test",
        action=Action.PERSON_CREATE,
        kind="person",
        identity=person,
        version=1,
        result="done",
        reason=None,
        request_id="settling",
        line=allowing.text,
        policy=authorizer.version,
        procedure=None,
        commitment=commitment(nonce, record),
    )
    before, after = around_chain(rfc8785.dumps(msgspec.to_builtins(statement.as_json())))
    async with world.database.transaction() as work:
        work.stage_audit_entry(
            NewLeaf(
                before=before,
                after=after,
                salt=b"s" * 16,
                nonce=nonce,
                record=record,
                object_type="person",
                object_id=person,
                case_id=None,
                at=world.clock.at,
            )
        )


async def set_clock(world: World, step: timedelta) -> None:
    """Move the clock of the machine, and put that on record as the watch does."""
    world.clock.at += step
    await world.use_cases.installation.note_clock_step(program("watch"), step, was_running=True)


async def checked(world: World, ledger: Ledger) -> Report:
    report = Report()
    policy = WitnessPolicy(logs=(PolicyLog(key=ledger.signer().key.verifier_key),))
    checkpoint, _ = check_published(LogFolder(ledger.folder.root), policy=policy, report=report)
    await check_database(
        world.database,
        Evidence(published=ledger.folder, checkpoint=checkpoint, authorities=authorities_in((AUTHORITY,))),
        report=report,
    )
    return report
