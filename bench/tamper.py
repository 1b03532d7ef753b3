"""The tamper drill: a province at work, hundreds of attacks on its rows, columns, schema, folder, bundles and keys; none silent.

    python -m bench.tamper [--walks N] [--seed N]

Attacks follow from the schema: each column of each table is changed, a row of each table deleted and another planted.
Those by name are what an attacker would want. Each is found, or named in the answer; what is neither must be listed in
`db/auditlog/coverage.py` as not compared. Then so many walks of whole cases, each a history of its own, must be clean.
Go's own code is asked about the folder too (`apt-get install golang-go golang-golang-x-mod-dev`). Run from the project's
folder: it borrows the tests' province.
"""

import asyncio
import random
import sys
import tempfile
import time
from argparse import ArgumentParser
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import Column, Index, Table, UniqueConstraint, make_url
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import create_async_engine

from bench.forgeries import bundle_forgeries, drill_files
from bench.log import built_auditor
from sandbox_registry.auditlog.verifying.database import Evidence, authorities_in, check_moment
from sandbox_registry.auditlog.verifying.findings import Report
from sandbox_registry.auditlog.verifying.trees import check_published
from sandbox_registry.db import tables
from sandbox_registry.db.auditlog.coverage import is_compared
from sandbox_registry.db.core import migrations
from sandbox_registry.db.core.engine import Connection, Database
from sandbox_registry.db.core.kinds import RECORDS
from sandbox_registry.db.embedded.server import EmbeddedServer
from sandbox_registry.domain.rules.rule_versions import RuleVersion
from sandbox_registry.runtime.shipped import shipped
from sandbox_registry.transparency.policies import PolicyLog, WitnessPolicy
from sandbox_registry.usecases.identity.people import People
from sandbox_registry.usecases.identity.tokens import Tokens
from sandbox_registry.usecases.integrations.webhooks import Webhooks
from tests.auditlog.verifying.test_database import FORGERIES
from tests.auditlog.verifying.test_every_column import CHOSEN, forged
from tests.auditlog.verifying.test_secrets import EMAIL, PASSWORD
from tests.auditlog.verifying.test_secrets import PLANTED as PLANTED_MAIL
from tests.auditlog.verifying.test_walks import REWRITTEN, walked, whole
from tests.db.auditlog.test_schema import PLANTED
from tests.support.account_mails import sent
from tests.support.decided import issued
from tests.support.ledger import Ledger, signing_for
from tests.support.passwords import CHEAP
from tests.support.snapshots import Snapshots
from tests.support.stages import FOCAL, OWNER, reviewed, submitted, under_appraisal
from tests.support.verifying import record_settled
from tests.support.world import ANYBODY, World, new_world, shipped_rules

AUTHORITY = shipped("policies") / "casbin"


@dataclass(frozen=True, slots=True, kw_only=True)
class Attack:
    """What a superuser does to the database, statement by statement; `is_listed` where the docs say that it cannot be shown."""

    name: str
    statements: tuple[str, ...]
    is_listed: bool = False


@dataclass
class Drill:
    """What was tried, by how it ended, and what went wrong."""

    ended: Counter[str] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)

    def note(self, name: str, end: str) -> None:
        """Count an attack that was `found`, `named` in the answer, `listed`, `refused` or found `nothing` to change."""
        self.ended[end] += 1
        if end in {"silent", "crashed"}:
            self.wrong.append(f"{end}: {name}")


def judged(before: Report, after: Report) -> str:
    """Say how an attack ended: an answer that is word for word the one of before is silent."""
    if not after.is_good:
        return "found"
    told = ([each.text.en for each in report.findings] for report in (before, after))
    return "silent" if next(told) == next(told) else "named"


def attacks() -> Iterator[Attack]:
    """Derive attacks from the schema, and add those that an attacker would want."""
    for table in tables.metadata.sorted_tables:
        for column in table.c:
            value = forged(column)
            if value is not None:
                yield Attack(
                    name=f"{table.name}.{column.name} changed",
                    statements=(_changing(table, column, value),),
                    is_listed=not is_compared(table.name, column.name),
                )
        is_listed = not is_compared(table.name)
        for name, statement in _row_attacks(table).items():
            unseen = is_listed or ("deleted" in name and not is_compared(f"{table.name} (deleted)"))
            yield Attack(name=f"{table.name}: {name}", statements=(statement,), is_listed=unseen)
    for name, (statements, _, _) in FORGERIES.items():
        yield Attack(name=name, statements=tuple(statements.split("; ")))
    for name, statement in {**REWRITTEN, "a mail that opens an account": PLANTED_MAIL}.items():
        yield Attack(name=name, statements=(statement,))
    for name, statement in PLANTED.items():
        yield Attack(name=f"planted: {name}", statements=tuple(statement.split("; ")))


def _row_attacks(table: Table) -> dict[str, str]:
    one = f"ctid = (SELECT ctid FROM {table.name} {CHOSEN.get(table.name, '')} LIMIT 1)"  # noqa: S608 - Our names.
    deleting = f"DELETE FROM {table.name}"  # noqa: S608 - As above.
    return {
        "a row deleted": f"{deleting} WHERE {one}",
        "every row deleted": deleting,
        "a row planted": _planting(table),
    }


def _changing(table: Table, column: Column[object], value: str) -> str:
    chosen = CHOSEN.get(table.name, "")
    return f'UPDATE {table.name} SET "{column.name}" = {value} WHERE ctid = (SELECT ctid FROM {table.name} {chosen} LIMIT 1)'  # noqa: S608


def _planting(table: Table) -> str:
    """Write a second row like one that is there, under other keys."""
    keys = {column.name for column in table.primary_key}
    for rule in table.constraints:
        keys |= {column.name for column in rule.columns} if isinstance(rule, UniqueConstraint) else set()
    for index in table.indexes:
        keys |= {column.name for column in index.columns} if isinstance(index, Index) and index.unique else set()
    written = [column for column in table.c if column.computed is None]
    values = [forged(column) or f'"{column.name}"' if column.name in keys else f'"{column.name}"' for column in written]
    names = ", ".join(f'"{column.name}"' for column in written)
    return f"INSERT INTO {table.name} ({names}) SELECT {', '.join(values)} FROM {table.name} LIMIT 1"  # noqa: S608


@dataclass(frozen=True, slots=True, kw_only=True)
class Province:
    """A province at work, with its signed log."""

    world: World
    ledger: Ledger

    async def check(self, connection: Connection) -> Report:
        """Check the database as it stands in a transaction."""
        report = Report()
        policy = WitnessPolicy(logs=(PolicyLog(key=self.ledger.signer().key.verifier_key),))
        checkpoint, _ = check_published(self.ledger.folder, policy=policy, report=report)
        await check_moment(
            connection,
            Evidence(
                published=self.ledger.folder,
                checkpoint=checkpoint,
                authorities=authorities_in((AUTHORITY,)),
                signed=self.ledger.files.state(),
                seals=self.world.use_cases.own_accounts.seals,
            ),
            report=report,
        )
        return report


async def drill_database(province: Province, drill: Drill) -> None:
    """Do each attack as a superuser with triggers off, look for it, and take it back."""
    async with province.ledger.owner.connect() as connection:
        before = await province.check(connection)
        await connection.rollback()
        if not before.is_good:
            raise SystemExit(f"the province is not clean: {before.first_bad}")
        for attack in attacks():
            transaction = await connection.begin()
            try:
                await connection.exec_driver_sql("SET LOCAL session_replication_role = replica")
                changed = 0
                for statement in attack.statements:
                    changed += abs((await connection.exec_driver_sql(statement)).rowcount)
            except DBAPIError:
                drill.note(attack.name, "refused")
            else:
                drill.note(attack.name, await _ended(province, connection, attack, before) if changed else "nothing")
            await transaction.rollback()


async def _ended(province: Province, connection: Connection, attack: Attack, before: Report) -> str:
    try:
        end = judged(before, await province.check(connection))
    except Exception as error:  # noqa: BLE001 - Whatever it is: a verifier that falls over has said nothing.
        print(f"{attack.name}: {error!r}", file=sys.stderr)
        return "crashed"
    return "listed" if end == "silent" and attack.is_listed else end


async def settle(world: World) -> None:
    """Have as many kinds of things happen as one province needs to have rows in most of its tables."""
    admin, tokens = world.context("quan_tri"), Tokens(world.transactions, CHEAP, world.use_cases.rate_limits)
    accounts = People(world.transactions, CHEAP)
    await accounts.register(admin, full_name="Trần Văn Mới", email=EMAIL, password=PASSWORD)
    await tokens.log_in(ANYBODY, email=EMAIL, password=PASSWORD, name="n", lifetime=timedelta(hours=1))
    await world.use_cases.own_accounts.request_reset(ANYBODY, email=EMAIL)
    await sent(world)
    await Webhooks(world.transactions, to_loopback=True).create(
        world.context(OWNER), organisation_id=world.startup, url="http://127.0.0.1:2000/", events=["*"], description=""
    )
    await submitted(world)
    case = await under_appraisal(world)
    await world.use_cases.clarifications.ask(world.context(FOCAL), case.id, question="Dữ liệu ở đâu?")
    await world.use_cases.messages.send(world.context(FOCAL), case.id, body="Xin trả lời.")
    await reviewed(world)
    await issued(world)
    await world.draft(answers={})


@asynccontextmanager
async def at_work(home: Path) -> AsyncIterator[World]:
    """Start a database of its own, and settle a world in it."""
    with EmbeddedServer(home / "database", fsync=False) as server:
        migrations.upgrade(server.url())
        owner = create_async_engine(make_url(server.url()).set(drivername="postgresql+psycopg"))
        async with owner.begin() as connection:
            for rule in shipped_rules():
                await connection.execute(tables.rule_versions.insert(), RECORDS[RuleVersion].values(rule))
        world = new_world(Database(server.url()), snapshots=Snapshots(owner), documents=home / "documents")
        await world.settle()
        yield world
        await world.database.close()
        await owner.dispose()


async def walk(home: Path, walks: int, drill: Drill) -> None:
    """Walk cases at random, each in a province where nothing else happened, and check each history."""
    async with at_work(home) as world:
        await world.snapshots.take("walks")
        for seed in range(walks):
            await world.snapshots.put_back("walks")
            try:
                found = await walked(world, seed)
            except (
                pytest.fail.Exception
            ) as error:  # The walk itself broke off: what it left must be whole all the same.
                print(f"walk {seed} broke off: {error}", file=sys.stderr)
                drill.ended["walk broken off"] += 1
                found = await whole(world)
            drill.ended["clean history" if not found else "false alarm"] += 1
            drill.wrong += [f"walk {seed}: {each}" for each in found]


async def run(*, seed: int, walks: int) -> Drill:
    """Run the whole drill."""
    chance, drill = random.Random(seed), Drill()  # noqa: S311 - Repeatable, not secret.
    with tempfile.TemporaryDirectory(prefix="drill-") as directory:
        home = Path(directory)
        home.chmod(0o711)  # noqa: ASYNC240 - Nothing else runs yet.
        async with at_work(home / "attacked") as world:
            await record_settled(world)
            await settle(world)
            url = world.database.engine.url.render_as_string(hide_password=False)
            async with signing_for(url, world.snapshots.owner, home) as ledger:
                await ledger.signer().publish()
                province = Province(world=world, ledger=ledger)
                await drill_database(province, drill)
                for name, end in await bundle_forgeries(world, ledger, home):
                    drill.note(name, end)
        for name, end in drill_files(home, auditor=built_auditor(home), chance=chance):
            drill.note(name, end)
        await walk(home / "walked", walks, drill)
    return drill


def main() -> None:
    """Run the drill, and fail if anything was silent."""
    parser = ArgumentParser(description="Tamper with a province at work; nothing may be silent.")
    parser.add_argument("--walks", type=int, default=2000, help="how many clean histories to walk")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    start = time.monotonic()
    drill = asyncio.run(run(seed=options.seed, walks=options.walks))
    for end, count in sorted(drill.ended.items()):
        print(f"{count:6} {end}")
    print(f"{time.monotonic() - start:.0f} s")
    for line in drill.wrong:
        print(line)
    sys.exit(bool(drill.wrong))


if __name__ == "__main__":
    main()
