"""What checks the transparency log from outside and the registry itself never needs: writing policies and tiles, one proof."""

from collections.abc import Sequence

from sandbox_registry.transparency.keys import VerifierKey, format_vkey
from sandbox_registry.transparency.merkle import root_of
from sandbox_registry.transparency.policies import AcceptedCheckpoint, WitnessPolicy, accept_checkpoint
from sandbox_registry.transparency.proofs import HashReader, verify_inclusion
from sandbox_registry.transparency.tlog_proofs import TlogProof


def list_reader(leaf_hashes: Sequence[bytes]) -> HashReader:
    """Read node hashes from a plain list of leaf hashes, hashing them again for each."""

    def read(level: int, index: int) -> bytes:
        return root_of(leaf_hashes[index << level : (index + 1) << level])

    return read


def format_policy(policy: WitnessPolicy) -> bytes:
    """Write a policy that `parse_policy` reads back, one definition per line."""
    lines = [b" ".join([b"log", *_key_words(log.key, url=log.url)]) for log in policy.logs]
    lines += [b" ".join([b"witness", each.name, *_key_words(each.key, url=each.url)]) for each in policy.witnesses]
    lines += [b" ".join([b"group", each.name, b"%d" % each.threshold, *each.members]) for each in policy.groups]
    lines += [b"quorum " + (b"none" if policy.quorum is None else policy.quorum)]
    return b"\n".join(lines) + b"\n"


def _key_words(key: VerifierKey, *, url: str | None) -> list[bytes]:
    return [format_vkey(key).encode(), *([] if url is None else [url.encode()])]


def verify_tlog_proof(proof: TlogProof, *, leaf_hash: bytes, policy: WitnessPolicy) -> AcceptedCheckpoint:
    """Verify that the leaf is at the proof's index in a checkpoint that the policy accepts.

    Raises `ProofError` when the path does not lead to the root, and what `accept_checkpoint` raises for the rest.
    """
    accepted = accept_checkpoint(proof.checkpoint, policy=policy)
    checkpoint = accepted.checkpoint
    verify_inclusion(proof.hashes, index=proof.index, size=checkpoint.size, leaf_hash=leaf_hash, root=checkpoint.root)
    return accepted
