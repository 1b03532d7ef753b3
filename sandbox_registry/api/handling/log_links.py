"""Where a leaf is proved: the address of its proof, as soon as the published checkpoint covers it."""

from typing import Protocol

from sandbox_registry.api.handling.schemas import Out


class PublishedLog(Protocol):
    """What the published log says of a leaf."""

    def covers(self, index: int) -> bool:
        """Tell whether the published checkpoint covers a leaf."""


class _NothingPublished:
    def covers(self, index: int) -> bool:
        return index < 0


NOTHING_PUBLISHED: PublishedLog = _NothingPublished()
"""What an act's own answer can say of its leaf, which is written after it."""
RELATION = "https://c2sp.org/tlog-proof"
"""How a `Link` header says that it leads to a proof."""


class ProofOut(Out):
    """The leaf of the log that records this, and where its proof is: a file that proves it without the registry."""

    leaf: int
    proof: str


def proof_of(leaf: int | None, log: PublishedLog) -> ProofOut | None:
    """Point to the proof of a leaf; null while there is no such leaf or no checkpoint covers it."""
    if leaf is None or not log.covers(leaf):
        return None
    return ProofOut(leaf=leaf, proof=f"/log/proof/{leaf}.tlog-proof")


def link_to(proof: ProofOut) -> str:
    """Write the `Link` header that leads to a proof (RFC 8288)."""
    return f'<{proof.proof}>; rel="{RELATION}"'
