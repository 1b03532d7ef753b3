"""How much is measured, and how: several rounds in which everybody gets a turn, medians in the end."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from statistics import median
from time import process_time

from bench.figures import Figure
from bench.load import Outcome


@dataclass(frozen=True, slots=True, kw_only=True)
class Effort:
    """Sizes of the registers, rounds of every comparison, seconds of a turn, acts of a turn with one client."""

    sizes: tuple[int, ...] = (1_000, 100_000, 1_000_000)
    rounds: int = 3
    seconds: float = 2.0
    acts: int = 150
    repeats: int = 20_000
    entries: int = 1_000_000

    @property
    def middle(self) -> int:
        """The size of a register with a few years behind it."""
        return self.sizes[len(self.sizes) // 2]

    @property
    def largest(self) -> int:
        """The size at which something shows that does not show before."""
        return self.sizes[-1]


QUICK = Effort(sizes=(1_000, 10_000), rounds=1, seconds=1.0, acts=40, repeats=2_000, entries=20_000)


@dataclass(frozen=True, slots=True)
class Call:
    """Something that takes no client: the call, and how often a round makes it."""

    call: Callable[[], object]
    times: int


def medians(effort: Effort, calls: Mapping[str, Call]) -> dict[str, float]:
    """Return the median processor time of one call by name, in seconds; they take turns, so that drift hits all."""
    rounds: dict[str, list[float]] = {name: [] for name in calls}
    for _ in range(3 * effort.rounds):
        for name, each in calls.items():
            begun = process_time()
            for _ in range(each.times):
                each.call()
            rounds[name].append((process_time() - begun) / each.times)
    return {name: median(found) for name, found in rounds.items()}


def in_turns(rounds: int, contenders: Mapping[str, Callable[[], Figure]]) -> dict[str, Figure]:
    """Let every contender run once a round, so that what the machine does meanwhile meets all of them.

    The first round only warms up, unless it is the only one.
    """
    runs: dict[str, list[Figure]] = {name: [] for name in contenders}
    for _ in range(rounds + 1 if rounds > 1 else rounds):
        for name, run in contenders.items():
            runs[name].append(run())
    return {name: _middle(name, figures[-rounds:]) for name, figures in runs.items()}


def rate(figures: Mapping[str, Figure], name: str) -> float:
    """Return how much a contender did a second."""
    return figures[name].rate or 0.0


def of(name: str, outcome: Outcome) -> Figure:
    """Make a figure of what the load client counted."""
    return Figure(
        name=name,
        rate=outcome.rate,
        p50=outcome.quantile(0.5),
        p99=outcome.quantile(0.99),
        client=outcome.busy / outcome.seconds,
    )


def _middle(name: str, figures: list[Figure]) -> Figure:
    def of_all(values: list[float | None]) -> float | None:
        there = [value for value in values if value is not None]
        return median(there) if there else None

    return Figure(
        name=name,
        rate=of_all([each.rate for each in figures]),
        p50=of_all([each.p50 for each in figures]),
        p99=of_all([each.p99 for each in figures]),
        client=of_all([each.client for each in figures]),
        value=of_all([each.value for each in figures]),
        unit=figures[0].unit,
    )
