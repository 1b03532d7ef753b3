"""Checks the lists that leaves make of themselves: each names its place among the leaves of its case, and all before it.

Of the leaves of a case (of an object, for acts on no case) the n-th says `n`, and in `before` the digest of the n - 1
before it. So a leaf cannot be left out of the list of a case, nor another put in its place, unless it is the last.

    item of a leaf  = SHA-256(0x02 || salt || SHA-256(salt || statement)), of one of the first format its leaf hash
    digest of n     = SHA-256(0x03 || digest of n - 1 || item of the n-th), beginning with 32 zero bytes

The item of a sealed leaf tells nobody which leaf of the log it is: so a list can also be given to those who may not
learn of every act in it.
"""

import base64
import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from sandbox_registry.auditlog.verifying.entries import GivenLeaf, ReadLeaf
from sandbox_registry.auditlog.verifying.findings import Report
from sandbox_registry.transparency.merkle import HASH_SIZE, hash_leaf

NOTHING_BEFORE = bytes(HASH_SIZE)


@dataclass(slots=True)
class Chain:
    """How far one list goes: how many leaves, and the digest over them."""

    count: int = 0
    digest: bytes = NOTHING_BEFORE
    last: int = -1

    def take(self, item: bytes, *, index: int) -> None:
        """Add the item of the next leaf, which is at `index` in the log."""
        self.count += 1
        self.digest = hashlib.sha256(b"\x03" + self.digest + item).digest()
        self.last = index

    def continues_in(self, said: dict[str, Any]) -> bool:
        """Say whether a leaf is the next one, as it says itself."""
        place = said["chain"]
        return place["n"] == self.count + 1 and base64.b64decode(place["before"]) == self.digest

    def continue_from(self, said: dict[str, Any]) -> None:
        """Take over what a leaf says of those before it."""
        self.count, self.digest = said["chain"]["n"] - 1, base64.b64decode(said["chain"]["before"])


def item_of(leaf: GivenLeaf) -> bytes:
    """Return what stands for a leaf in its list; the statement of a sealed one must be at hand."""
    if leaf.statement is None:
        return hash_leaf(leaf.entry)
    committed = hashlib.sha256(leaf.statement.nonce + leaf.statement.content).digest()
    return hashlib.sha256(b"\x02" + leaf.statement.nonce + committed).digest()


def chain_of(said: dict[str, Any]) -> str:
    """Name the list a sealed leaf belongs to: its case, or else its object."""
    return str(said["chain"]["case"] or said["obj"]["id"])


@dataclass(slots=True, kw_only=True)
class Chains:
    """All lists of a whole log. Feed every leaf in order.

    Leaves of the first format do not say to which list they belong. With `knows_lists`, `feed` is told; without, what
    sealed leaves say of those before them is taken on trust.
    """

    report: Report
    knows_lists: bool = False
    _chains: dict[str, Chain] = field(default_factory=dict)
    _last_open: int = -1

    def feed(self, leaf: ReadLeaf, *, in_list: str | None = None) -> Chain | None:
        """Process one leaf; return its list as it is after it, null where none is known."""
        if leaf.given.is_sealed:
            return None if leaf.said is None else self._feed_sealed(leaf, leaf.said)
        self._last_open = leaf.index
        if in_list is None:
            return None
        chain = self._chains.setdefault(in_list, Chain())
        chain.take(item_of(leaf.given), index=leaf.index)
        return chain

    def _feed_sealed(self, leaf: ReadLeaf, said: dict[str, Any]) -> Chain:
        chain = self._chains.setdefault(chain_of(said), Chain())
        if not chain.continues_in(said):
            if self.knows_lists or self._last_open <= chain.last:
                self.report.add("chain_broken", leaf.index, n=said["chain"]["n"], expected=chain.count + 1)
            chain.continue_from(said)
        chain.take(item_of(leaf.given), index=leaf.index)
        return chain


def check_case_list(
    case: str, listed: Iterable[int | bytes], leaves: dict[int, ReadLeaf], *, report: Report
) -> tuple[int, int]:
    """Check the list of one case as it was handed out: indexes of leaves that are at hand, and items of others.

    Returns how many leaves the case had, and how many of them are not at hand.
    """
    chain, hidden, left = Chain(), 0, set(leaves)
    for each in listed:
        if isinstance(each, bytes):
            hidden += 1
            chain.take(each, index=chain.last)
            continue
        leaf = leaves.get(each)
        if leaf is None:
            report.add("case_leaf_missing", each, n=chain.count + 1)
            return chain.count, hidden
        left.discard(each)
        is_next = each > chain.last
        if leaf.given.is_sealed:
            said = leaf.said
            if said is None:
                report.add(leaf.wrong or "entry_malformed", each)
                return chain.count, hidden
            is_next = is_next and said["chain"]["case"] == case and chain.continues_in(said)
            if not is_next:
                report.add("chain_broken", each, n=said["chain"]["n"], expected=chain.count + 1)
                return chain.count, hidden
        chain.take(item_of(leaf.given), index=each)
    for index in sorted(left):
        report.add("case_leaf_unlisted", index)
    return chain.count, hidden
