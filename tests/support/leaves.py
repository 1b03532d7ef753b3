"""What the log of a test holds, and that no secret is in it."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sandbox_registry.db.core.audit_entries import NewLeaf
from tests.support import stored_leaves
from tests.support.world import START, World

OBJECT = UUID(int=1)


@dataclass(frozen=True)
class Leaf:
    """One leaf: what was done to what, how it ended, the statement that says so, and the record beside it."""

    action: str
    kind: str
    result: str
    reason: str | None
    entry: dict[str, Any]
    record: dict[str, Any]


def new_leaf(words: str) -> NewLeaf:
    """Make a leaf of a test's own, about nothing in the registry, that says these words."""
    return NewLeaf(
        before=b"{",
        after=b',"words":"%s"}' % words.encode(),
        salt=b"s" * 16,
        nonce=b"n" * 16,
        record=b"{}",
        object_type="test",
        object_id=OBJECT,
        case_id=None,
        at=START,
    )


async def leaves(world: World) -> list[Leaf]:
    """Return the whole log."""
    async with world.database.replica() as connection:
        rows = await stored_leaves.all_leaves(connection)
    return [_leaf(row) for row in rows]


def _leaf(row: stored_leaves.LeafRow) -> Leaf:
    entry, record = json.loads(row.said), json.loads(row.record or b"{}")
    return Leaf(entry["act"], entry["obj"]["type"], entry["result"], entry["reason_code"], entry, record)


async def told(world: World) -> list[tuple[str, str, str | None]]:
    """Return action, result and reason of every leaf."""
    return [(leaf.action, leaf.result, leaf.reason) for leaf in await leaves(world)]


async def assert_nothing_leaked(world: World, secrets: Iterable[str]) -> None:
    """Fail when a password, a token or a hash stands anywhere in the log."""
    async with world.database.replica() as connection:
        rows = await stored_leaves.all_leaves(connection)
    written = b"".join(row.entry + row.said + (row.record or b"") for row in rows)
    assert [each for each in secrets if each.encode() in written] == []
    assert b"argon2" not in written
    assert b"cmsr_" not in written
