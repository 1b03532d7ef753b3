"""Witnesses: every status of the protocol, what they keep before they answer, and a log with two faces."""

import time
import urllib.error
import urllib.request
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from hashlib import sha256
from pathlib import Path

import httpx
import pytest

from sandbox_registry.auditlog.publishing.cosignatures import is_overdue, last_cosigned_at, merge, offer
from sandbox_registry.auditlog.publishing.cosigning import Collector
from sandbox_registry.auditlog.publishing.folder import LogFolder
from sandbox_registry.auditlog.witness.witness import SplitView, WentBack, Witness
from sandbox_registry.runtime.files import MissingFile
from sandbox_registry.runtime.http_client import post
from sandbox_registry.transparency.checkpoints import Checkpoint, checkpoint_of, open_checkpoint, sign_checkpoint
from sandbox_registry.transparency.cosignatures import cosignatures_of
from sandbox_registry.transparency.errors import LogError, ProofError
from sandbox_registry.transparency.keys import VerifierKey
from sandbox_registry.transparency.merkle import EMPTY_ROOT
from sandbox_registry.transparency.notes import parse_note
from sandbox_registry.transparency.policies import (
    accept_checkpoint,
)
from sandbox_registry.transparency.witnessing import AddCheckpoint, format_add_checkpoint, parse_add_checkpoint
from tests.support.client import Client
from tests.support.published_logs import KEY, entries_of, write_log
from tests.support.transparency import format_policy
from tests.support.witnesses import LEAVES, NOW, OTHER_LEAVES, checkpoint_at, new_witness, policy_for, request, serving


@pytest.fixture
def witness(tmp_path: Path) -> Witness:
    return new_witness(tmp_path / "witness")


def kept(witness: Witness) -> bytes | None:
    return witness.latest(sha256(KEY.name.encode()).hexdigest())


def evidence(witness: Witness) -> list[Path]:
    return sorted(witness.directory.rglob("evidence/*.txt"))


def test_growth_is_cosigned_and_kept_before_the_answer(witness: Witness) -> None:
    for old, new in ((0, 5), (5, 5), (5, 300), (300, 900)):
        answer = witness.add_checkpoint(request(old, new))
        assert answer.status == 200
        note = kept(witness)
        assert note is not None
        assert answer.body in note
        opened = open_checkpoint(note, keys=[KEY.verifier_key, witness.key.verifier_key]).opened
        assert [each.timestamp for each in cosignatures_of(opened)] == [NOW]
        assert checkpoint_of(parse_note(note)).size == new
    assert evidence(witness) == []


def test_a_witness_that_never_cosigned_takes_the_empty_tree_and_any_first_one(witness: Witness) -> None:
    empty = format_add_checkpoint(AddCheckpoint(old_size=0, proof=(), checkpoint=checkpoint_at(0)))
    assert witness.add_checkpoint(empty).status == 200
    assert witness.add_checkpoint(request(0, 7)).status == 200


UNKNOWN = replace(KEY, name="another.example/log")
STRANGER = replace(KEY, seed=b"x" * 32)


@pytest.mark.parametrize(
    ("body", "status", "said"),
    [
        (b"", 400, None),
        (b"old 5\n\nno note", 400, None),
        (b"old 05\n\n" + checkpoint_at(6), 400, None),
        (b"new 5\n\n" + checkpoint_at(6), 400, None),
        (b"old 5\nAAAA\n\n" + checkpoint_at(6), 400, None),
        (b"old 5\n" + b"A" * 43 + b"=\n" * 1 + b"\n" + checkpoint_at(6)[:40], 400, None),
        (format_add_checkpoint(AddCheckpoint(old_size=9, proof=(), checkpoint=checkpoint_at(6))), 400, None),
        (request(5, 6, key=UNKNOWN), 404, None),
        (request(5, 6, key=STRANGER), 403, None),
        (request(0, 6), 409, b"5\n"),
        (request(4, 6), 409, b"5\n"),
        (format_add_checkpoint(AddCheckpoint(old_size=5, proof=(), checkpoint=checkpoint_at(6))), 422, None),
        (request(5, 6, leaves=OTHER_LEAVES), 422, None),
        (request(5, 5, leaves=OTHER_LEAVES), 422, None),
        (format_add_checkpoint(AddCheckpoint(old_size=5, proof=(LEAVES[0],), checkpoint=checkpoint_at(5))), 422, None),
    ],
)
def test_refusals(witness: Witness, body: bytes, status: int, said: bytes | None) -> None:
    assert witness.add_checkpoint(request(0, 5)).status == 200
    before = kept(witness)
    answer = witness.add_checkpoint(body)
    assert answer.status == status
    assert kept(witness) == before
    if said is not None:
        assert (answer.body, answer.media_type) == (said, "text/x.tlog.size")


def test_an_empty_tree_with_a_wrong_root_is_refused(witness: Witness) -> None:
    note = sign_checkpoint(Checkpoint(origin=KEY.name, size=0, root=LEAVES[0]), key=KEY)
    body = format_add_checkpoint(AddCheckpoint(old_size=0, proof=(), checkpoint=note))
    assert witness.add_checkpoint(body).status == 422
    assert EMPTY_ROOT not in note


def test_requests_at_once_leave_one_history(witness: Witness) -> None:
    bodies = [request(0, size) for size in range(1, 40)]
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(witness.add_checkpoint, bodies))
    assert sorted({answer.status for answer in answers}) == [200, 409]
    assert sum(answer.status == 200 for answer in answers) == 1


def test_two_faces_are_kept_as_evidence_that_stands_by_itself(witness: Witness) -> None:
    witness.add_checkpoint(request(0, 5))
    assert witness.add_checkpoint(request(5, 5, leaves=OTHER_LEAVES)).status == 422
    (path,) = evidence(witness)
    before, _, shown = path.read_bytes().partition(b"\n----\n")
    notes = [part.partition(b":\n\n")[2] for part in (before, shown)]
    found = [open_checkpoint(note, keys=[KEY.verifier_key]).checkpoint for note in notes]
    assert [each.size for each in found] == [5, 5]
    assert found[0].root != found[1].root


def test_pull_checks_the_tiles_and_catches_two_faces(witness: Witness, tmp_path: Path) -> None:
    write_log(tmp_path / "log", entries_of(700))
    note = witness.pull(LogFolder(tmp_path / "log"), KEY.name)
    assert checkpoint_of(parse_note(note)).size == 700
    longer = write_log(tmp_path / "longer", entries_of(900))
    assert checkpoint_of(parse_note(witness.pull(longer, KEY.name))).size == 900
    with pytest.raises(WentBack):
        witness.pull(LogFolder(tmp_path / "log"), KEY.name)
    forged = entries_of(1000)
    forged[3] = b"forged"
    for size in (900, 1000):
        with pytest.raises(SplitView) as caught:
            witness.pull(write_log(tmp_path / f"forged{size}", forged[:size]), KEY.name)
        assert caught.value.evidence in evidence(witness)
    assert checkpoint_of(parse_note(kept(witness) or b"")).size == 900


def test_pull_believes_no_broken_tile_and_no_unknown_log(witness: Witness, tmp_path: Path) -> None:
    folder = write_log(tmp_path / "log", entries_of(700))
    tile = tmp_path / "log/tile/0/002.p/188"
    tile.write_bytes(bytes(len(tile.read_bytes())))
    with pytest.raises(ProofError):
        witness.pull(folder, KEY.name)
    with pytest.raises(LogError):
        witness.pull(folder, "another.example/log")
    with pytest.raises(MissingFile):
        witness.pull(LogFolder(tmp_path / "nowhere"), KEY.name)
    assert kept(witness) is None
    assert evidence(witness) == []


def test_a_crash_before_the_answer_loses_nothing(tmp_path: Path) -> None:
    class Killed(Exception):
        pass

    def kill(point: str) -> None:
        if point == "witness:renamed":
            raise Killed

    witness = new_witness(tmp_path / "witness")
    crashing = Witness(directory=witness.directory, logs=(KEY.verifier_key,), now=lambda: NOW, at=kill)
    with pytest.raises(Killed):
        crashing.add_checkpoint(request(0, 5))
    assert witness.add_checkpoint(request(0, 6)).status == 409
    assert witness.add_checkpoint(request(5, 5)).status == 200


def test_the_protocol_over_http(witness: Witness) -> None:
    with serving(witness) as url:
        assert post(f"{url}/add-checkpoint", request(0, 5))[0] == 200
        status, media_type, body = post(f"{url}/add-checkpoint", request(0, 6))
        assert (status, media_type, body) == (409, "text/x.tlog.size", b"5\n")
        assert post(f"{url}/elsewhere", b"")[0] == 404
        with urllib.request.urlopen(f"{url}/{sha256(KEY.name.encode()).hexdigest()}/checkpoint") as answer:  # noqa: S310
            assert answer.read() == kept(witness)
        for path in ("/", "/../key", f"/{'0' * 64}/checkpoint", "/key/checkpoint"):
            with pytest.raises(urllib.error.HTTPError) as caught:
                urllib.request.urlopen(f"{url}{path}")  # noqa: S310
            assert caught.value.code == 404
            caught.value.close()


def three(tmp_path: Path) -> list[Witness]:
    return [new_witness(tmp_path / f"w{number}", name=f"hdnd.example/w{number}") for number in (1, 2, 3)]


def test_the_registry_collects_two_of_three(tmp_path: Path) -> None:
    witnesses = three(tmp_path)
    folder = write_log(tmp_path / "log", entries_of(300))
    with serving(witnesses[0]) as first, serving(witnesses[1]) as second:
        policy = policy_for(witnesses, [first, second, "http://127.0.0.1:9"])
        collector = Collector(folder=folder, policy=policy)
        assert collector.collect() == 2
        assert accept_checkpoint(folder.checkpoint() or b"", policy=policy).checkpoint.size == 300
        assert accept_checkpoint(folder.read("checkpoint-cosigned"), policy=policy).checkpoint.size == 300
        write_log(tmp_path / "log", entries_of(301))
        assert Collector(folder=folder, policy=policy).collect() == 2
        assert collector.collect() == 2
        assert accept_checkpoint(folder.read("checkpoint-cosigned"), policy=policy).checkpoint.size == 301
        assert last_cosigned_at(folder, policy=policy) == NOW
    assert not is_overdue(folder, policy=policy, now=NOW + 86_000)
    assert is_overdue(folder, policy=policy, now=NOW + 87_000)


def test_one_of_three_is_not_enough(tmp_path: Path) -> None:
    witnesses = three(tmp_path)
    folder = write_log(tmp_path / "log", entries_of(300))
    with serving(witnesses[0]) as first:
        policy = policy_for(witnesses, [first, None, None])
        assert Collector(folder=folder, policy=policy).collect() == 1
    with pytest.raises(LogError):
        accept_checkpoint(folder.checkpoint() or b"", policy=policy)
    assert last_cosigned_at(folder, policy=policy) is None
    assert is_overdue(folder, policy=policy, now=NOW)


def test_answers_that_lie_are_not_merged(tmp_path: Path) -> None:
    witnesses = three(tmp_path)
    folder = write_log(tmp_path / "log", entries_of(300))
    policy = policy_for(witnesses, ["http://w", None, None])
    other = witnesses[0].add_checkpoint(request(0, 5)).body
    stranger = new_witness(tmp_path / "stranger", name="stranger.example/w").add_checkpoint(request(0, 300)).body

    def answering(status: int, body: bytes) -> Collector:
        return Collector(folder=folder, policy=policy, send=lambda _url, _body: (status, "", body))

    for body in (b"", b"garbage", other, other.replace(b"w1", b"w2"), stranger, b"\xff"):
        assert answering(200, body).collect() == 0
    for status in (400, 403, 404, 409, 422, 500):
        assert answering(status, b"x").collect() == 0
    assert len(parse_note(folder.checkpoint() or b"").signatures) == 1


def test_witnesses_that_pull_cosign_the_same_checkpoint_though_the_log_goes_on(tmp_path: Path) -> None:
    witnesses = three(tmp_path)
    policy = policy_for(witnesses, [None, None, None])
    folder = write_log(tmp_path / "log", entries_of(300))
    offer(folder, policy=policy, now=time.time())
    for number, witness in enumerate(witnesses[:2], start=1):
        note = witness.pull(folder, KEY.name)
        assert merge(folder, note, policy=policy) == number
        write_log(tmp_path / "log", entries_of(300 + number))
        offer(folder, policy=policy, now=time.time())
    assert accept_checkpoint(folder.read("checkpoint-cosigned"), policy=policy).checkpoint.size == 300
    assert checkpoint_of(parse_note(folder.read("checkpoint-offered"))).size == 302
    assert checkpoint_of(parse_note(witnesses[0].pull(folder, KEY.name))).size == 302


@pytest.fixture
def key() -> VerifierKey:
    return KEY.verifier_key


async def test_cosignatures_are_taken_over_http_from_witnesses_alone(client: Client, tmp_path: Path) -> None:
    witnesses = three(tmp_path)
    policy = policy_for(witnesses, [None, None, None])
    folder = write_log(tmp_path / "log", entries_of(300))
    note = witnesses[0].pull(folder, KEY.name)
    client.http.base_url = httpx.URL("http://test")
    assert (await client.http.post("/log/cosignatures", content=note)).status_code == 404
    (tmp_path / "log-policy").write_bytes(format_policy(policy))
    assert (await client.http.post("/log/cosignatures", content=note)).status_code == 200
    assert b"hdnd.example/w1" in (folder.checkpoint() or b"")
    stranger = new_witness(tmp_path / "stranger", name="stranger.example/w").pull(folder, KEY.name)
    for content in (b"", b"garbage", note.replace(b"300", b"301"), b"x" * 100_000):
        assert (await client.http.post("/log/cosignatures", content=content)).status_code == 400
    await client.http.post("/log/cosignatures", content=stranger)
    assert b"stranger" not in (folder.checkpoint() or b"")
    old = witnesses[1].pull(write_log(tmp_path / "old", entries_of(200)), KEY.name)
    assert (await client.http.post("/log/cosignatures", content=old)).status_code == 409


def test_requests_are_read_back_as_written() -> None:
    body = request(5, 6)
    assert format_add_checkpoint(parse_add_checkpoint(body)) == body
    for bad in (b"old 5\n" + b"A" * 43 + b"=\n" * 70 + b"\n", b"\xff\n\n", b"old 5\n", b"old -1\n\n"):
        with pytest.raises(ProofError):
            parse_add_checkpoint(bad)


@pytest.mark.parametrize(
    "change",
    [
        lambda _state: b"",
        lambda state: state[: len(state) // 2],
        lambda _state: checkpoint_at(500, leaves=OTHER_LEAVES),
        lambda state: state.replace(b"\n500\n", b"\n400\n"),
    ],
)
def test_a_memory_that_it_did_not_cosign_accuses_nobody(tmp_path: Path, change: Callable[[bytes], bytes]) -> None:
    """A wrong root in a witness's own file must not make it cry that the log shows two faces."""
    witness = new_witness(tmp_path)
    assert witness.add_checkpoint(request(0, 500)).status == 200
    [state] = tmp_path.glob("*/checkpoint")
    state.write_bytes(change(state.read_bytes()))
    answer = witness.add_checkpoint(request(500, 600))
    assert answer.status == 503
    assert b"is not a checkpoint that this witness cosigned" in answer.body
    assert [*tmp_path.glob("*/evidence/*")] == []
