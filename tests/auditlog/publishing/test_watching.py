"""The watch: a clock that is set, a key and witnesses that change, a witness that saw another log; one leaf for each."""

import asyncio
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path

import pytest

from sandbox_registry.auditlog.publishing.cosignatures import POLICY_FILE
from sandbox_registry.auditlog.publishing.cosigning import Collector, keep_cosigned
from sandbox_registry.auditlog.publishing.folder import LOG_DIR, SIGNER_DIR, LogFolder
from sandbox_registry.auditlog.publishing.signing import SignerFiles
from sandbox_registry.auditlog.publishing.watching import Watch, keep_watch, log_key
from sandbox_registry.authz import Action
from sandbox_registry.domain.errors import PermissionDenied
from sandbox_registry.runtime.files import Busy, locked
from sandbox_registry.transparency.checkpoints import Checkpoint
from sandbox_registry.transparency.keys import format_vkey
from sandbox_registry.transparency.policies import PolicyLog, WitnessPolicy
from sandbox_registry.usecases.operations.installation import WatchRecords
from tests.support.leaves import leaves, told
from tests.support.published_logs import KEY, entries_of, write_log
from tests.support.transparency import format_policy
from tests.support.witnesses import OTHER_LEAVES, new_witness, policy_for, request, serving
from tests.support.world import World


class Steady:
    """A clock that nobody can set: it goes on only when told."""

    seconds = 100.0

    def __call__(self) -> float:
        return self.seconds


@pytest.fixture
def steady() -> Steady:
    return Steady()


@pytest.fixture
def watch(world: World, tmp_path: Path, steady: Steady) -> Watch:
    return Watch(
        WatchRecords(world.use_cases.installation), data_dir=tmp_path, steady=steady, tolerance=timedelta(seconds=5)
    )


async def steps(world: World) -> list[tuple[int, bool]]:
    found = [leaf.record["objects"][0]["state"] for leaf in await leaves(world) if leaf.action == "clock:step"]
    return [(state["milliseconds"], state["was_running"]) for state in found]


async def test_a_clock_that_only_goes_leaves_no_leaf(world: World, watch: Watch, steady: Steady) -> None:
    await watch.begin()
    for _ in range(10):
        world.clock.forward(seconds=60)
        steady.seconds += 60
        await watch.look()
    assert await told(world) == []


async def test_each_step_of_the_clock_is_one_leaf_also_when_it_comes_in_small_ones(
    world: World, watch: Watch, steady: Steady
) -> None:
    await watch.begin()
    world.clock.forward(hours=-1)
    await watch.look()
    await watch.look()
    assert await steps(world) == [(-3_600_000, True)]
    for _ in range(4):  # Each within the tolerance, together not.
        world.clock.forward(seconds=12)
        steady.seconds += 10
        await watch.look()
    assert (await steps(world))[1:] == [(6_000, True)]
    assert {leaf.entry["actor"]["kind"] for leaf in await leaves(world)} == {"system"}


async def test_a_clock_set_back_while_nothing_ran_is_noticed_at_the_start(
    world: World, watch: Watch, tmp_path: Path
) -> None:
    await watch.begin()
    await world.use_cases.installation.announce()
    world.clock.forward(days=-1)
    later = Watch(WatchRecords(world.use_cases.installation), data_dir=tmp_path, tolerance=timedelta(seconds=5))
    await later.begin()
    assert await steps(world) == [(-86_400_000, False)]


async def test_a_key_made_and_one_that_takes_its_place(world: World, watch: Watch, tmp_path: Path) -> None:
    await watch.begin()
    assert await told(world) == []
    made = SignerFiles(directory=tmp_path / SIGNER_DIR).make(name="sandbox.camau.example/log")
    await watch.look()
    await watch.look()
    (tmp_path / SIGNER_DIR / "key").unlink()
    await watch.look()
    next_one = SignerFiles(directory=tmp_path / SIGNER_DIR).make(name="sandbox.camau.example/2027")
    await watch.look()
    states = [leaf.record["objects"][0]["state"] for leaf in await leaves(world)]
    assert [(state["before"], state["after"], state["details"]["vkey"]) for state in states] == [
        (None, made.verifier_key.label, format_vkey(made.verifier_key)),
        (made.verifier_key.label, next_one.verifier_key.label, format_vkey(next_one.verifier_key)),
    ]
    assert {leaf.action for leaf in await leaves(world)} == {"key:change"}


def test_where_another_machine_signs_the_published_checkpoint_names_the_key(tmp_path: Path) -> None:
    assert log_key(tmp_path) is None
    write_log(tmp_path / LOG_DIR, entries_of(3))
    assert log_key(tmp_path) == (KEY.verifier_key.label, "")


async def test_witnesses_trusted_and_removed(world: World, watch: Watch, tmp_path: Path) -> None:
    path = tmp_path / "log-policy"
    await watch.begin()
    witnesses = [new_witness(tmp_path / "w1"), new_witness(tmp_path / "w2", name="hdnd.example/w2")]
    for policy in (policy_for(witnesses, [None, None]), WitnessPolicy(logs=(PolicyLog(key=KEY.verifier_key),)), None):
        if policy is None:
            path.unlink()
        else:
            path.write_bytes(format_policy(policy))
        await watch.look()
        await watch.look()
    states = [leaf.record["objects"][0]["state"] for leaf in await leaves(world)]
    assert [leaf.action for leaf in await leaves(world)] == ["witness:change"] * 3
    assert "hdnd.example/w2" in states[0]["details"]["policy"]
    assert [state["before"] for state in states] == [None, states[0]["after"], states[1]["after"]]
    assert states[2]["after"] is None


async def test_a_witness_that_saw_another_log_is_on_record_until_it_agrees_again(
    world: World, watch: Watch, tmp_path: Path
) -> None:
    witness = new_witness(tmp_path / "w1")
    folder = write_log(tmp_path / "log", entries_of(300))
    witness.add_checkpoint(request(0, 200, leaves=OTHER_LEAVES))
    with serving(witness) as url:
        collector = Collector(folder=folder, policy=policy_for([witness], [url]))
        for _ in range(2):
            assert collector.collect() == 0
            await watch.judged(collector.verdicts)
        (leaf,) = await leaves(world)
        state = leaf.record["objects"][0]["state"]
        assert (leaf.action, state["of"], state["after"]) == (
            "witness:report",
            witness.key.verifier_key.label,
            "contradicted",
        )
        assert state["details"]["size"] == "300"
    await watch.judged({witness.key.verifier_key.label: None})
    assert [each.record["objects"][0]["state"]["after"] for each in await leaves(world)] == ["contradicted", None]


@pytest.mark.parametrize(
    ("size", "is_contradicted"), [(b"300\n", True), (b"301\n", True), (b"299\n", False), (b"x\n", False)]
)
def test_a_witness_that_is_only_somewhere_else_contradicts_nobody(
    tmp_path: Path, size: bytes, *, is_contradicted: bool
) -> None:
    witness = new_witness(tmp_path / "w1")
    folder = write_log(tmp_path / "log", entries_of(300))
    collector = Collector(
        folder=folder,
        policy=policy_for([witness], ["http://w"]),
        send=lambda _url, _body: (409, "text/x.tlog.size", size),
    )
    assert collector.collect() == 0
    assert bool(collector.verdicts) is is_contradicted


async def test_witnesses_are_asked_on_when_what_they_said_is_not_taken(tmp_path: Path) -> None:
    (tmp_path / POLICY_FILE).write_bytes(format_policy(WitnessPolicy(logs=(PolicyLog(key=KEY.verifier_key),))))
    published, asked, asked_again = asyncio.Event(), asyncio.Event(), asyncio.Event()

    async def judged(_verdicts: Mapping[str, Checkpoint | None]) -> None:
        if asked.is_set():
            asked_again.set()
        asked.set()
        published.set()
        raise PermissionDenied(action=Action.WITNESS_REPORT, line=None)

    folder = LogFolder(tmp_path / LOG_DIR)
    loop = asyncio.create_task(keep_cosigned(tmp_path, folder, published=published, judged=judged, pause=0))
    await asyncio.wait({loop, asyncio.create_task(asked_again.wait())}, return_when=asyncio.FIRST_COMPLETED)
    assert asked_again.is_set()
    loop.cancel()
    await asyncio.gather(loop, return_exceptions=True)
    assert loop.cancelled()


@pytest.mark.parametrize("turns", range(4))
async def test_asking_witnesses_ends_when_it_is_cancelled_at_the_moment_of_a_publication(
    tmp_path: Path, turns: int
) -> None:
    published = asyncio.Event()

    async def judged(_verdicts: Mapping[str, Checkpoint | None]) -> None:
        """Take what the witnesses said."""

    folder = LogFolder(tmp_path / LOG_DIR)
    loop = asyncio.create_task(keep_cosigned(tmp_path, folder, published=published, judged=judged, pause=0))
    for _ in range(turns):
        await asyncio.sleep(0)
    published.set()
    await asyncio.sleep(0)
    loop.cancel()
    await asyncio.wait({loop})
    assert loop.cancelled()


async def test_one_process_of_a_machine_keeps_the_watch(world: World, watch: Watch, tmp_path: Path) -> None:
    SignerFiles(directory=tmp_path / SIGNER_DIR).make(name="sandbox.camau.example/log")
    tasks = [asyncio.create_task(keep_watch(watch, pause=0.01)) for _ in range(3)]
    while not await told(world):  # noqa: ASYNC110 - The loop under test has no other sign.
        await asyncio.sleep(0.01)
    with pytest.raises(Busy), locked(tmp_path / "watch.lock", wait=False):
        pass
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    assert await told(world) == [("key:change", "done", None)]


def test_an_unreadable_checkpoint_names_no_key(tmp_path: Path) -> None:
    (tmp_path / LOG_DIR).mkdir()
    (tmp_path / LOG_DIR / "checkpoint").write_bytes(b"no note")
    assert log_key(tmp_path) is None
