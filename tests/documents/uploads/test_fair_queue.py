"""Whoever has cost least is next; whoever costs much harms themselves alone, and nobody is left without an answer."""

import asyncio
from collections.abc import Collection

import pytest

from sandbox_registry.documents.uploads import fair_queue
from sandbox_registry.documents.uploads.fair_queue import FairQueue, InspectionsBusy, Sender
from sandbox_registry.domain.operations.quotas import TooManyRequests

AN, BINH, CUC, DUNG = (("account", name) for name in ("an", "binh", "cuc", "dung"))


class Scene:
    """A queue, a clock that only moves when told, and files that are looked at until they are told to end."""

    def __init__(self, *, places: int = 2, length: int = 32, max_wait: float = 1e6) -> None:
        self.now = 1000.0
        self.queue = FairQueue(places=places, length=length, max_wait=max_wait, ticks=lambda: self.now)
        self.begun: list[str] = []
        self._ends: dict[str, asyncio.Event] = {}
        self._tasks: dict[str, asyncio.Task[None]] = {}

    async def send(self, name: str, senders: Collection[Sender], *, costs: float = 1.0, estimate: float = 1.0) -> None:
        """Let a file come in, and everybody see it."""
        self._ends[name] = asyncio.Event()
        self._tasks[name] = asyncio.create_task(self._inspect(name, senders, costs=costs, estimate=estimate))
        await self.settle()

    async def end(self, name: str) -> None:
        self._ends[name].set()
        await self._tasks[name]
        await self.settle()

    async def leave(self, name: str) -> None:
        self._tasks[name].cancel()
        await asyncio.gather(self._tasks[name], return_exceptions=True)
        await self.settle()

    def failure(self, name: str) -> BaseException | None:
        return self._tasks[name].exception()

    async def close(self) -> None:
        for each in self._tasks.values():
            each.cancel()
        await asyncio.gather(*self._tasks.values(), return_exceptions=True)

    async def settle(self) -> None:
        for _ in range(10):
            await asyncio.sleep(0)

    async def _inspect(self, name: str, senders: Collection[Sender], *, costs: float, estimate: float) -> None:
        async with self.queue.place(senders, estimate=estimate) as turn:
            self.begun.append(name)
            await self._ends[name].wait()
            turn.seconds = costs


async def test_a_newcomer_is_next_before_many_files_of_others() -> None:
    """Five accounts fill the queue; whoever comes last with one file waits for one place, not for all of them."""
    scene = Scene()
    attackers = [("account", f"bot {number}") for number in range(5)]
    for number in range(15):
        await scene.send(f"bomb {number}", [attackers[number % 5]])
    await scene.send("paper", [AN])
    assert scene.begun == ["bomb 0", "bomb 1"]

    await scene.end("bomb 0")
    await scene.end("bomb 1")

    # The three accounts that had none looked at owe as much as the newcomer for the one that is next, and came first.
    assert "paper" in scene.begun[2:6]
    await scene.close()


async def test_what_a_file_cost_counts_and_not_how_many_there_were() -> None:
    scene = Scene(places=1)
    await scene.send("first", [AN], costs=20.0)
    await scene.end("first")
    await scene.send("small", [BINH], costs=0.1)
    await scene.end("small")
    await scene.send("running", [CUC])
    await scene.send("of the costly", [AN])
    await scene.send("of the cheap", [BINH])

    await scene.end("running")

    assert scene.begun[-1] == "of the cheap"
    await scene.close()


async def test_debts_fade() -> None:
    scene = Scene(places=1)
    await scene.send("bomb", [AN], costs=20.0)
    await scene.end("bomb")
    scene.now += 20.0 / fair_queue.REPAID_PER_S
    await scene.send("running", [CUC])
    await scene.send("of An", [AN])
    await scene.send("of Binh", [BINH])

    await scene.end("running")

    assert scene.begun[-1] == "of An"
    await scene.close()


@pytest.mark.parametrize("shared", [("organisation", "tom"), ("address", "192.0.2.7")])
async def test_nobody_holds_every_place(shared: Sender) -> None:
    """An organisation or an address with many accounts is one sender; a place stays for anybody else."""
    scene = Scene()
    await scene.send("a", [AN, shared])
    await scene.send("b", [BINH, shared])
    assert scene.begun == ["a"]

    await scene.send("c", [CUC])

    assert scene.begun == ["a", "c"]
    await scene.close()


async def test_many_accounts_of_one_address_come_after_somebody_from_elsewhere() -> None:
    scene, address = Scene(places=1), ("address", "192.0.2.7")
    for number in range(5):
        await scene.send(f"bomb {number}", [("account", str(number)), address])
    await scene.send("paper", [AN, ("address", "192.0.2.8")])

    await scene.end("bomb 0")

    assert scene.begun == ["bomb 0", "paper"]
    await scene.close()


async def test_a_full_queue_gives_up_its_costliest_for_a_newcomer() -> None:
    scene = Scene(places=1, length=2)
    for name in ("running", "second", "third"):
        await scene.send(name, [AN])

    await scene.send("paper", [BINH])

    assert isinstance(scene.failure("second"), InspectionsBusy)
    await scene.end("running")
    assert scene.begun == ["running", "paper"]
    await scene.close()


async def test_a_full_queue_takes_no_more_from_who_fills_it() -> None:
    scene = Scene(places=1, length=2)
    for name in ("running", "second", "third", "fourth"):
        await scene.send(name, [AN])

    error = scene.failure("fourth")

    assert isinstance(error, InspectionsBusy)
    assert error.seconds == 3  # Three files of a second each stand before it, at one place.
    await scene.close()


async def test_a_sender_who_owes_too_much_is_told_when_to_come_back() -> None:
    scene = Scene()
    await scene.send("bombs", [AN], costs=fair_queue.CREDIT_S)
    await scene.end("bombs")

    with pytest.raises(TooManyRequests) as caught:
        async with scene.queue.place([AN], estimate=1.0):
            pass

    assert caught.value.seconds == pytest.approx(1.0 / fair_queue.REPAID_PER_S)
    scene.now += caught.value.seconds
    async with scene.queue.place([AN], estimate=1.0):
        scene.begun.append("again")
    assert scene.begun == ["bombs", "again"]


async def test_the_estimate_is_owed_before_anything_is_known() -> None:
    scene = Scene(places=1)
    await scene.send("running", [CUC])
    await scene.send("large", [AN], estimate=fair_queue.CREDIT_S - 1)

    with pytest.raises(TooManyRequests):
        async with scene.queue.place([AN], estimate=2.0):
            pass
    await scene.close()


async def test_what_was_not_looked_at_is_not_owed() -> None:
    scene = Scene(places=1)
    await scene.send("running", [CUC])
    await scene.send("left", [AN], estimate=50.0)
    await scene.leave("left")

    await scene.send("again", [AN], estimate=50.0)
    await scene.end("running")

    assert scene.begun == ["running", "again"]
    await scene.close()


async def test_who_leaves_frees_the_place_and_owes_the_time_it_was_held() -> None:
    scene = Scene(places=1)
    await scene.send("left", [AN], estimate=1.0)
    scene.now += 55.0
    await scene.leave("left")
    await scene.send("of Binh", [BINH])
    assert scene.begun == ["left", "of Binh"]

    with pytest.raises(TooManyRequests):
        async with scene.queue.place([AN], estimate=10.0):
            pass
    await scene.close()


async def test_nobody_waits_without_end() -> None:
    scene = Scene(places=1, max_wait=0)
    async with scene.queue.place([AN], estimate=4.0):
        with pytest.raises(InspectionsBusy) as caught:
            async with scene.queue.place([BINH], estimate=1.0):
                pass

    assert caught.value.seconds == 5
    async with scene.queue.place([DUNG], estimate=1.0):
        scene.begun.append("next")
    assert scene.begun == ["next"]


async def test_senders_who_owe_nothing_are_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fair_queue, "_MANY", 10)
    now = 0.0
    debts = fair_queue.Debts(lambda: now)
    for number in range(30):
        debts.charge([("account", str(number))], 1.0)
        now += 100.0
    assert len(debts._debts) <= 11  # noqa: SLF001 - what it keeps is not seen otherwise.
