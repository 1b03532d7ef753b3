"""A witness, and requests to it."""

import secrets
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sandbox_registry.auditlog.witness.server import WitnessServer
from sandbox_registry.auditlog.witness.witness import Witness
from sandbox_registry.runtime.key_files import write_key_file
from sandbox_registry.transparency.checkpoints import Checkpoint, sign_checkpoint
from sandbox_registry.transparency.keys import KeyType, SigningKey, format_signing_key, new_key
from sandbox_registry.transparency.merkle import hash_leaf, root_of
from sandbox_registry.transparency.policies import (
    PolicyGroup,
    PolicyLog,
    PolicyWitness,
    WitnessPolicy,
)
from sandbox_registry.transparency.proofs import consistency_proof
from sandbox_registry.transparency.witnessing import AddCheckpoint, format_add_checkpoint
from tests.support.published_logs import KEY, entries_of
from tests.support.transparency import list_reader

NOW = 1_800_000_000
LEAVES = [hash_leaf(entry) for entry in entries_of(900)]


def new_witness(directory: Path, *, name: str = "hdnd.example/w1", now: int = NOW) -> Witness:
    if not (directory / "key").exists():
        key = new_key(name, seed=secrets.token_bytes(32), key_type=KeyType.COSIGNATURE_V1)
        write_key_file(directory / "key", format_signing_key(key))
    return Witness(directory=directory, logs=(KEY.verifier_key,), now=lambda: now)


def checkpoint_at(size: int, *, leaves: list[bytes] = LEAVES, key: SigningKey = KEY) -> bytes:
    return sign_checkpoint(Checkpoint(origin=key.name, size=size, root=root_of(leaves[:size])), key=key)


def request(old: int, new: int, *, leaves: list[bytes] = LEAVES, key: SigningKey = KEY) -> bytes:
    proof = consistency_proof(old, new_size=new, read=list_reader(leaves[:new])) if 0 < old < new else []
    note = checkpoint_at(new, leaves=leaves, key=key)
    return format_add_checkpoint(AddCheckpoint(old_size=old, proof=tuple(proof), checkpoint=note))


OTHER_LEAVES = [hash_leaf(b"other"), *LEAVES[1:]]


@contextmanager
def serving(witness: Witness) -> Iterator[str]:
    with WitnessServer(("127.0.0.1", 0), witness) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()
        thread.join()


def policy_for(witnesses: list[Witness], urls: list[str | None]) -> WitnessPolicy:
    names = tuple(f"w{number}".encode() for number in range(1, len(witnesses) + 1))
    return WitnessPolicy(
        logs=(PolicyLog(key=KEY.verifier_key),),
        witnesses=tuple(
            PolicyWitness(name=name, key=each.key.verifier_key, url=url)
            for name, each, url in zip(names, witnesses, urls, strict=True)
        ),
        groups=(PolicyGroup(name=b"council", threshold=2, members=names),),
        quorum=b"council",
    )
