"""A log to test with: leaves appended to a real database without the use cases around them, and ways to forge it."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import rfc8785
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from sandbox_registry.auditlog.publishing.folder import LogFolder
from sandbox_registry.auditlog.publishing.signing import Signer, SignerFiles
from sandbox_registry.db.auditlog.tree import LogReader, log_reader
from sandbox_registry.db.core.engine import Database
from sandbox_registry.domain.audit import commitment
from sandbox_registry.runtime.files import CrashPoint, never_crash
from sandbox_registry.transparency.merkle import CompactRange, hash_leaf
from tests.support import stored_leaves
from tests.support.leaves import OBJECT
from tests.support.world import START

_APPEND = text("SELECT append_leaf(:entry, 'nnnnnnnnnnnnnnnn', '{}', 'test', :object_id, NULL, :at)")
SALT = b"t" * 16
ORIGIN = "sandbox.camau.example/log"


@dataclass(kw_only=True)
class Ledger:
    """A database with a log, the signer's files and the published folder."""

    url: str
    database: Database
    owner: AsyncEngine
    files: SignerFiles
    folder: LogFolder
    reader: LogReader

    def signer(self, *, at: CrashPoint = never_crash) -> Signer:
        return Signer(files=self.files, folder=self.folder, source=self.reader, at=at)

    async def append(self, count: int, *, words: str = "entry") -> None:
        """Append so many leaves by one transaction, past the unit of work, which has one leaf."""
        entries = [f'{{"{words}":{number}}}'.encode() for number in range(count)]
        async with self.database.transaction() as work:
            await work.connection.execute(
                _APPEND, [{"entry": entry, "object_id": OBJECT, "at": START} for entry in entries]
            )

    async def entries(self) -> list[bytes]:
        async with self.database.replica() as connection:
            return [leaf.entry for leaf in await stored_leaves.all_leaves(connection)]

    async def said(self) -> list[dict[str, Any]]:
        """Return what each leaf says of its act."""
        async with self.database.replica() as connection:
            return [json.loads(leaf.said) for leaf in await stored_leaves.all_leaves(connection)]

    async def say(self, index: int, said: dict[str, Any], *, entry: bytes | None = None) -> None:
        """Have a leaf say something else, with every commitment, hash and the head right; or have another entry."""
        entries = await self.entries()
        statement = rfc8785.dumps(said)
        sealed = {"v": 2, "t": said.get("t", 0), "commit": commitment(SALT, statement)}
        entries[index] = entry or rfc8785.dumps(sealed)
        await self.rewrite_entries(entries)
        await self.forge("UPDATE audit_leaves SET salt = %s, statement = %s WHERE index = %s", SALT, statement, index)

    async def unseal(self) -> None:
        """Make the database hold the same log as the release before sealed leaves would have written it."""
        said = await self.said()
        await self.forge("UPDATE audit_leaves SET statement = NULL, salt = NULL, place = NULL, chain = NULL")
        open_entries = [{name: value for name, value in each.items() if name != "chain"} | {"v": 1} for each in said]
        await self.rewrite_entries([rfc8785.dumps(each) for each in open_entries])

    async def forge(self, statement: str, *values: object) -> None:
        """Do what only a superuser can: run a statement with every trigger off."""
        async with self.owner.begin() as connection:
            await connection.exec_driver_sql("SET LOCAL session_replication_role = replica")
            await connection.exec_driver_sql(statement, values)

    async def rewrite(self, entries: list[bytes]) -> None:
        """Make the database hold another log, consistent in itself."""
        tree = CompactRange()
        rows = []
        for index, entry in enumerate(entries):
            tree = tree.append(hash_leaf(entry))
            rows.append((index, entry, hash_leaf(entry), OBJECT, START))
        async with self.owner.begin() as connection:
            await connection.exec_driver_sql("SET LOCAL session_replication_role = replica")
            await connection.exec_driver_sql("DELETE FROM audit_records")
            await connection.exec_driver_sql("DELETE FROM audit_leaves")
            if rows:
                await connection.exec_driver_sql(
                    "INSERT INTO audit_leaves (index, entry, leaf_hash, object_type, object_id, at) "
                    "VALUES (%s, %s, %s, 'test', %s, %s)",
                    rows,
                )
            await connection.exec_driver_sql(
                "UPDATE log_head SET size = %s, hashes = %s", (tree.size, list(tree.hashes))
            )

    async def forge_all(self, statements: str) -> None:
        """Run several statements with every trigger off."""
        for statement in statements.split("; "):
            await self.forge(statement)

    async def rewrite_entries(self, entries: list[bytes]) -> None:
        """Make the database hold other entries beside the same records, with right hashes and a right head."""
        tree = CompactRange()
        async with self.owner.begin() as connection:
            await connection.exec_driver_sql("SET LOCAL session_replication_role = replica")
            await connection.exec_driver_sql("DELETE FROM audit_leaves WHERE index >= %s", (len(entries),))
            for index, entry in enumerate(entries):
                tree = tree.append(hash_leaf(entry))
                await connection.exec_driver_sql(
                    "UPDATE audit_leaves SET entry = %s, leaf_hash = %s WHERE index = %s AND entry <> %s",
                    (entry, hash_leaf(entry), index, entry),
                )
            await connection.exec_driver_sql(
                "UPDATE log_head SET size = %s, hashes = %s", (tree.size, list(tree.hashes))
            )

    async def replace_last(self, entry: bytes) -> bytes:
        """Put another entry in place of the last, head and all, and return what stood there."""
        entries = await self.entries()
        tree = CompactRange()
        for each in (*entries[:-1], entry):
            tree = tree.append(hash_leaf(each))
        index = len(entries) - 1
        await self.forge(
            "UPDATE audit_leaves SET entry = %s, leaf_hash = %s WHERE index = %s", entry, hash_leaf(entry), index
        )
        await self.forge("UPDATE log_head SET hashes = %s", list(tree.hashes))
        return entries[-1]


@asynccontextmanager
async def signing_for(url: str, owner: AsyncEngine, directory: Path) -> AsyncIterator[Ledger]:
    """Give a signer of its own key to whatever log the test database holds."""
    files = SignerFiles(directory=directory / "log-signer")
    files.make(name=ORIGIN)
    ledger = Ledger(
        url=url,
        database=Database(url),
        owner=owner,
        files=files,
        folder=LogFolder(directory / "log"),
        reader=await log_reader(url),
    )
    yield ledger
    await ledger.reader.close()
    await ledger.database.close()


@asynccontextmanager
async def new_ledger(url: str, owner: AsyncEngine, directory: Path) -> AsyncIterator[Ledger]:
    """Empty the log of the test database and give a signer of its own key to it."""
    async with signing_for(url, owner, directory) as ledger:
        await ledger.rewrite([])
        yield ledger
