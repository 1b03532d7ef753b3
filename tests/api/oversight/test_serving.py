"""The published log over HTTP: right spellings, right headers, and nothing else."""

from pathlib import Path

import httpx
import pytest

from sandbox_registry.auditlog.publishing.folder import LogFolder
from sandbox_registry.auditlog.publishing.signing import SignerFiles
from sandbox_registry.transparency.keys import VerifierKey
from sandbox_registry.transparency.merkle import hash_leaf
from sandbox_registry.transparency.policies import PolicyLog, WitnessPolicy
from sandbox_registry.transparency.tiles import decode_bundle
from sandbox_registry.transparency.tlog_proofs import parse_tlog_proof
from tests.support.client import Client
from tests.support.ledger import ORIGIN, Ledger
from tests.support.transparency import verify_tlog_proof


@pytest.fixture
async def served(client: Client, ledger: Ledger, tmp_path: Path) -> httpx.AsyncClient:
    """Serve a log of 300 leaves."""
    assert ledger.folder.root == tmp_path / "log"
    await ledger.append(300)
    await ledger.signer().publish()
    client.http.base_url = httpx.URL("http://test")
    return client.http


@pytest.fixture
def key(ledger: Ledger) -> VerifierKey:
    return ledger.signer().key.verifier_key


@pytest.mark.parametrize(
    ("path", "size"),
    [("tile/0/000", 8192), ("tile/0/001.p/44", 44 * 32), ("tile/1/000.p/1", 32)],
)
async def test_tiles(served: httpx.AsyncClient, path: str, size: int) -> None:
    answer = await served.get(f"/log/{path}")
    assert answer.status_code == 200
    assert len(answer.content) == size
    assert answer.headers["content-type"] == "application/octet-stream"
    assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
    again = await served.get(f"/log/{path}", headers={"If-None-Match": answer.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")


async def test_bundles_hold_the_entries(served: httpx.AsyncClient, ledger: Ledger) -> None:
    whole, part = [await served.get(f"/log/tile/entries/{name}") for name in ("000", "001.p/44")]
    entries = decode_bundle(whole.content, width=256) + decode_bundle(part.content, width=44)
    assert entries == await ledger.entries()
    assert whole.headers["content-type"] == "application/octet-stream"


async def test_the_checkpoint_is_text_and_soon_stale(served: httpx.AsyncClient, ledger: Ledger) -> None:
    answer = await served.get("/log/checkpoint")
    assert answer.content == ledger.folder.checkpoint()
    assert answer.headers["content-type"] == "text/plain; charset=utf-8"
    assert answer.headers["cache-control"] == "public, max-age=1"


@pytest.mark.parametrize(
    "path",
    [
        "tile/0/0",
        "tile/00/000",
        "tile/0/000.p/44",
        "tile/0/001",
        "tile/0/001.p/0",
        "tile/0/001.p/044",
        "tile/64/000",
        "tile/0/..%2f..%2fcheckpoint",
        "tile/0/%2e%2e/%2e%2e/%2e%2e/log-signer/key",
        "tile/entries/001",
        "tile/entries/x000/001",
        "tile/",
        "incoming/lock",
        "proof/300.tlog-proof",
        "proof/-1.tlog-proof",
        "proof/01.tlog-proof",
        "proof/1",
        "proof/99999999999999999999.tlog-proof",
        "checkpoint-cosigned",
        "log-signer/key",
    ],
)
async def test_everything_else_is_not_there(served: httpx.AsyncClient, path: str) -> None:
    answer = await served.get(f"/log/{path}", follow_redirects=True)
    assert answer.status_code == 404
    assert "max-age=31536000" not in answer.headers.get("cache-control", "")


async def test_a_proof_stands_by_itself(served: httpx.AsyncClient, ledger: Ledger, key: VerifierKey) -> None:
    policy = WitnessPolicy(logs=(PolicyLog(key=key),))
    entries = await ledger.entries()
    for index in (0, 255, 256, 299):
        proof = parse_tlog_proof((await served.get(f"/log/proof/{index}.tlog-proof")).content)
        assert proof.index == index
        accepted = verify_tlog_proof(proof, leaf_hash=hash_leaf(entries[index]), policy=policy)
        assert (accepted.checkpoint.origin, accepted.checkpoint.size) == (ORIGIN, 300)


async def test_nothing_is_served_before_the_first_checkpoint(client: Client, tmp_path: Path) -> None:
    client.http.base_url = httpx.URL("http://test")
    assert not LogFolder(tmp_path / "log").checkpoint()
    for path in ("checkpoint", "proof/0.tlog-proof", "tile/0/000.p/1"):
        assert (await client.http.get(f"/log/{path}")).status_code == 404


async def test_a_login_is_not_asked_for(served: httpx.AsyncClient) -> None:
    assert "authorization" not in served.headers
    assert (await served.get("/log/checkpoint")).status_code == 200
    assert (await served.post("/log/checkpoint")).status_code in {401, 405}


def test_signer_files_stay_outside_of_what_is_served(tmp_path: Path) -> None:
    files = SignerFiles(directory=tmp_path / "log-signer")
    files.make(name=ORIGIN)
    assert not (tmp_path / "log").exists()
