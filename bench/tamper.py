"""The tamper drill: a province at work, 100 random forgeries, each found with its first bad leaf named; and no false alarm.

    python bench/tamper.py [seed]

Edits of files are checked by our verifier and by Go's own code (`apt-get install golang-go golang-golang-x-mod-dev`),
edits of the database by `log verify`'s check of the database. Run from the project's folder: it borrows the tests' province.
"""

import asyncio
import random
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sqlalchemy import make_url
from sqlalchemy.ext.asyncio import create_async_engine

from bench.log import built_auditor
from sandbox_registry.auditlog.publishing.folder import LogFolder
from sandbox_registry.auditlog.verifying.database import authorities_in, check_database
from sandbox_registry.auditlog.verifying.findings import LogFinding, Report
from sandbox_registry.auditlog.verifying.trees import check_published
from sandbox_registry.db import tables
from sandbox_registry.db.auditlog import rows as log_rows
from sandbox_registry.db.core import migrations
from sandbox_registry.db.core.engine import Database
from sandbox_registry.db.core.kinds import RECORDS
from sandbox_registry.db.embedded.server import EmbeddedServer
from sandbox_registry.domain.rules.rule_versions import RuleVersion
from sandbox_registry.runtime.shipped import shipped
from sandbox_registry.transparency.checkpoints import Checkpoint, sign_checkpoint
from sandbox_registry.transparency.keys import SigningKey, format_vkey
from sandbox_registry.transparency.merkle import hash_leaf, root_of
from sandbox_registry.transparency.policies import PolicyLog, WitnessPolicy
from sandbox_registry.transparency.tiles import bundles_of, encode_bundle, grow_tiles
from tests.support.ledger import Ledger, signing_for
from tests.support.snapshots import Snapshots
from tests.support.stages import reviewed
from tests.support.verifying import record_settled
from tests.support.world import new_world, shipped_rules

FILES, ROWS, CLEAN = 60, 40, 1000
AUTHORITY = shipped("policies") / "casbin"
# Columns a forger would like, by table; each is part of what a record holds.
WANTED = {
    "applications": ("title", "stage", "level", "code"),
    "reviews": ("comment", "advice"),
    "declarations": ("statement",),
    "organisations": ("name", "tax_code"),
    "participations": ("capacity",),
    "people": ("full_name", "email"),
    "role_grants": ("role",),
}
STAGE_LIKE = {
    "stage": "approved",
    "advice": "refuse",
    "capacity": "decider",
    "role": "decision_maker",
    "tax_code": "0101243150",
}


@dataclass
class Drill:
    """What was tried and what was found."""

    found: int = 0
    named: int = 0
    by_go: int = 0
    asked_go: int = 0
    missed: list[str] = field(default_factory=list)

    def note(self, what: str, finding: LogFinding | None, *, index: int | None) -> None:
        """Count one forgery; `index` is the first leaf it touched."""
        self.found += finding is not None
        is_named = finding is not None and (finding.index == index or _covers(finding, index))
        self.named += is_named
        if not is_named:
            self.missed.append(f"{what}: expected leaf {index}, found {finding}")


def _covers(finding: LogFinding, index: int | None) -> bool:
    """Say whether a finding about a whole file or tree is as near as one can come."""
    if finding.code in {"entries_changed", "bundle_damaged", "tile_damaged"}:
        return finding.index is not None and index is not None and finding.index <= index < finding.index + 256
    return finding.code in {"checkpoint_refused", "split_view", "row_unrecorded", "head", "unreadable"}


def write_log(root: Path, entries: list[bytes], key: SigningKey) -> None:
    """Write a whole log as anyone who holds the key could."""
    shutil.rmtree(root, ignore_errors=True)

    def nothing(_level: int, _index: int, _width: int) -> bytes:
        raise AssertionError

    files: dict[str, bytes] = {
        tile.path: content for tile, content in grow_tiles(map(hash_leaf, entries), old_size=0, read_tile=nothing)
    }
    for bundle in bundles_of(len(entries)):
        start = bundle.index * 256
        files[bundle.path] = encode_bundle(entries[start : start + bundle.width])
    checkpoint = Checkpoint(origin=key.name, size=len(entries), root=root_of(map(hash_leaf, entries)))
    files["checkpoint"] = sign_checkpoint(checkpoint, key=key)
    for path, content in files.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_bytes(content)


def file_forgeries(  # noqa: C901 - One small function for each way.
    root: Path, entries: list[bytes], key: SigningKey, chance: random.Random
) -> dict[str, Callable[[], int | None]]:
    """Name ways to forge the published files; each does it and returns the first leaf it touched."""
    size = len(entries)

    def rewrite(changed: list[bytes], with_key: SigningKey = key) -> None:
        write_log(root, changed, with_key)

    def bundle_with(change: Callable[[list[bytes]], int]) -> int:
        index = chance.randrange(len(list(bundles_of(size))))
        bundle = list(bundles_of(size))[index]
        part = entries[index * 256 : index * 256 + bundle.width]
        at = change(part)
        (root / bundle.path).write_bytes(encode_bundle(part))
        return index * 256 + at

    def flip(part: list[bytes]) -> int:
        at = chance.randrange(len(part))
        where = chance.randrange(len(part[at]))
        part[at] = part[at][:where] + bytes([part[at][where] ^ (1 << chance.randrange(8))]) + part[at][where + 1 :]
        return at

    def swap(part: list[bytes]) -> int:
        first, second = sorted(chance.sample(range(len(part)), 2))
        part[first], part[second] = part[second], part[first]
        return first

    def tile() -> int:
        path = chance.choice(sorted((root / "tile/0").rglob("*")) or [root])
        while not path.is_file():
            path = chance.choice(sorted((root / "tile/0").rglob("*")))
        content = bytearray(path.read_bytes())
        where = chance.randrange(len(content))
        content[where] ^= 1
        path.write_bytes(content)
        return int(path.name if path.parent.name == "0" else path.parent.name.removesuffix(".p")) * 256 + where // 32

    def cut_file() -> int:
        path = root / chance.choice([bundle.path for bundle in bundles_of(size)])
        path.write_bytes(path.read_bytes()[: chance.randrange(5, 100)])
        return int(path.name if path.parent.name == "entries" else path.parent.name.removesuffix(".p")) * 256

    def fork() -> int:
        at = chance.randrange(size)
        rewrite([*entries[:at], b'{"forged":true}', *entries[at + 1 :]])
        return at

    def truncate() -> int:
        at = chance.randrange(1, size)
        rewrite(entries[:at])
        return at

    def other_key() -> None:
        rewrite(entries, SigningKey(name=key.name, seed=chance.randbytes(32)))

    return {
        "an entry flipped": lambda: bundle_with(flip),
        "two entries in each other's place": lambda: bundle_with(swap),
        "a tile flipped": tile,
        "a bundle cut": cut_file,
        "a fork signed with the stolen key": fork,
        "a log cut and signed with the stolen key": truncate,
        "another key": other_key,
    }


def drill_files(
    folder: Path, entries: list[bytes], key: SigningKey, *, auditor: str | None, chance: random.Random, drill: Drill
) -> None:
    """Forge published files; a thief of the key is found with the copy kept before."""
    policy = WitnessPolicy(logs=(PolicyLog(key=key.verifier_key),))
    write_log(folder / "kept", entries, key)
    copy = LogFolder(folder / "kept")
    for _ in range(FILES):
        root = folder / "forged"
        write_log(root, entries, key)
        ways = file_forgeries(root, entries, key, chance)
        name = chance.choice(sorted(ways))
        index = ways[name]()
        report = Report()
        check_published(LogFolder(root), policy=policy, copy=copy, report=report)
        drill.note(name, report.first_bad, index=index)
        if auditor and "stolen" not in name:
            drill.asked_go += 1
            said = subprocess.run([auditor, str(root), format_vkey(key.verifier_key)], capture_output=True, check=False)
            drill.by_go += said.returncode == 1


async def drill_rows(ledger: Ledger, check: Callable[[], Any], chance: random.Random, drill: Drill) -> None:
    """Forge rows, leaves and records as a superuser with triggers off; put each back after it was looked for."""
    entries = await ledger.entries()
    async with log_rows.one_moment(ledger.database) as connection:
        records = {leaf.index: leaf.record async for leaf in log_rows.kept_leaves(connection)}
    for number in range(ROWS):
        kind = number % 5
        at = chance.randrange(len(entries))
        index: int | None = at
        if kind == 0:
            forged = bytearray(entries[at])
            forged[chance.randrange(len(forged))] ^= 1
            await ledger.rewrite_entries([*entries[:at], bytes(forged), *entries[at + 1 :]])
            undo: tuple[str, tuple[object, ...]] = ("", ())
            name = "an entry and every hash above it"
        elif kind == 1:
            record = bytearray(records[at] or b"")
            record[chance.randrange(len(record))] ^= 1
            await ledger.forge("UPDATE audit_records SET record = %s WHERE index = %s", bytes(record), at)
            undo = ("UPDATE audit_records SET record = %s WHERE index = %s", (records[at], at))
            name = "a record"
        elif kind == 2:  # noqa: PLR2004 - One of five kinds.
            await ledger.forge("UPDATE audit_leaves SET leaf_hash = sha256(leaf_hash) WHERE index = %s", at)
            undo = ("UPDATE audit_leaves SET leaf_hash = %s WHERE index = %s", (hash_leaf(entries[at]), at))
            name = "a leaf hash"
        else:
            name, index, undo = await _forge_row(ledger, chance)
        report: Report = await check()
        drill.note(name, report.first_bad, index=index)
        if kind == 0:
            await ledger.rewrite_entries(entries)
        else:
            await ledger.forge(undo[0], *undo[1])
        after: Report = await check()
        if not after.is_good:
            raise SystemExit(f"{name}: putting it back failed: {after.first_bad}")


async def _forge_row(ledger: Ledger, chance: random.Random) -> tuple[str, int | None, tuple[str, tuple[object, ...]]]:
    """Change one value of one row; return also the leaf that last recorded it, as the check itself says it."""
    table = chance.choice(sorted(WANTED))
    column = chance.choice(WANTED[table])
    async with ledger.owner.connect() as connection:
        rows = (await connection.exec_driver_sql(f"SELECT id, {column} FROM {table}")).all()  # noqa: S608 - Our names.
    identity, value = tuple(chance.choice(rows))
    new = STAGE_LIKE.get(column, f"{value or ''}x")
    if new == value or (column == "tax_code" and value is None):
        return await _forge_row(ledger, chance)
    statement = f"UPDATE {table} SET {column} = %s WHERE id = %s"  # noqa: S608 - As above.
    try:
        await ledger.forge(statement, new, identity)
    except Exception:  # noqa: BLE001 - A constraint of the table refused what it forbids even to a superuser.
        return await _forge_row(ledger, chance)
    return f"{table}.{column}", await _last_leaf(ledger, str(identity)), (statement, (value, identity))


async def _last_leaf(ledger: Ledger, identity: str) -> int | None:
    """Find the last leaf whose record holds the whole state of an object."""
    query = (
        "SELECT max(index) FROM audit_records, jsonb_array_elements(convert_from(record, 'UTF8')::jsonb -> 'objects') AS o "
        "WHERE o -> 'state' ->> 'id' = %s"
    )
    async with ledger.owner.connect() as connection:
        return (await connection.exec_driver_sql(query, (identity,))).scalar_one()  # type: ignore[no-any-return]


async def run(seed: int) -> Drill:
    """Run the whole drill."""
    chance, drill = random.Random(seed), Drill()  # noqa: S311 - Repeatable, not secret.
    with tempfile.TemporaryDirectory(prefix="drill-") as directory:
        home = Path(directory)
        home.chmod(0o711)  # noqa: ASYNC240 - Nothing else runs yet.
        with EmbeddedServer(home / "database", fsync=False) as server:
            migrations.upgrade(server.url())
            owner = create_async_engine(make_url(server.url()).set(drivername="postgresql+psycopg"))
            async with owner.begin() as connection:
                for rule in shipped_rules():
                    await connection.execute(tables.rule_versions.insert(), RECORDS[RuleVersion].values(rule))
            world = new_world(Database(server.url()), snapshots=Snapshots(owner), documents=home / "documents")
            await world.settle()
            await record_settled(world)
            await reviewed(world)
            async with signing_for(server.url(), owner, home) as ledger:
                await ledger.signer().publish()
                policy = WitnessPolicy(logs=(PolicyLog(key=ledger.signer().key.verifier_key),))

                async def check() -> Report:
                    report = Report()
                    checkpoint, _ = check_published(ledger.folder, policy=policy, report=report)
                    await check_database(
                        world.database,
                        published=ledger.folder,
                        checkpoint=checkpoint,
                        authorities=authorities_in((AUTHORITY,)),
                        report=report,
                    )
                    return report

                clean_rows = [await check() for _ in range(CLEAN // 10)]
                alarms = sum(not report.is_good for report in clean_rows)
                await drill_rows(ledger, check, chance, drill)
            await world.database.close()
            await owner.dispose()
        key = SigningKey(name="drill.example/log", seed=chance.randbytes(32))
        entries = [b'{"n":%d,"x":"%s"}' % (number, chance.randbytes(20).hex().encode()) for number in range(1500)]
        drill_files(home, entries, key, auditor=built_auditor(home), chance=chance, drill=drill)
        policy = WitnessPolicy(logs=(PolicyLog(key=key.verifier_key),))
        for _ in range(CLEAN - CLEAN // 10):
            report = Report()
            check_published(LogFolder(home / "kept"), policy=policy, report=report)
            alarms += not report.is_good
    print(
        f"seed {seed}: {drill.found} of {FILES + ROWS} forgeries found, {drill.named} with the first bad leaf named, "
        f"Go found {drill.by_go} of the {drill.asked_go} it was asked about, {alarms} false alarms in {CLEAN} clean runs"
    )
    return drill


def main() -> None:
    """Run the drill with the seed given, or 1."""
    start = time.monotonic()
    drill = asyncio.run(run(int(sys.argv[1]) if len(sys.argv) > 1 else 1))
    print(f"{time.monotonic() - start:.0f} s")
    for line in drill.missed:
        print(line)
    sys.exit(bool(drill.missed))


if __name__ == "__main__":
    main()
