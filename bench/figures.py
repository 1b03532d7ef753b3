"""Figures as they are measured, and the table they end in."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

OURS = "this program"
RAW, ORM = "psycopg by hand", "FastAPI + SQLAlchemy ORM"
PGBENCH, PSQL = "pgbench, the same statements", "psql, the same query"


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """What one contender did: medians of several runs. Times in seconds; null where nothing was counted.

    `client` is the share of one core that the load client took.
    """

    name: str
    rate: float | None = None
    p50: float | None = None
    p99: float | None = None
    client: float | None = None
    value: float | None = None
    unit: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Aim:
    """A figure that was to be reached: what, how much of it there is, and how much there should be."""

    what: str
    measured: float
    wanted: float
    is_most: bool
    unit: str = ""

    @property
    def is_met(self) -> bool:
        """Tell whether the aim is reached."""
        return self.measured <= self.wanted if self.is_most else self.measured >= self.wanted

    def __str__(self) -> str:
        what, seen, wanted, verdict = self.cells
        return f"{what}: {seen}, {wanted}: {verdict}"

    @property
    def cells(self) -> tuple[str, str, str, str]:
        """What, how much, how much it should be, and the verdict."""
        wanted = f"{'at most' if self.is_most else 'at least'} {shown(self.wanted)}{self.unit}"
        return self.what, f"{shown(self.measured)}{self.unit}", wanted, "met" if self.is_met else "**missed**"


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One thing measured, with everybody who did it and the aims it was measured for."""

    title: str
    figures: tuple[Figure, ...] = ()
    aims: tuple[Aim, ...] = ()
    note: str = ""
    part: str = ""
    is_failed: bool = False

    def lines(self) -> list[str]:
        """Return the row as Markdown."""
        note = [self.note, ""] if self.note else []
        if not self.figures:
            return [f"### {self.title}", "", *note]
        rates = any(figure.rate is not None for figure in self.figures)
        head = ["", "a second", "p50 ms", "p99 ms", "client's core"] if rates else ["", ""]
        table = [_line(head), _line(["---"] + ["---:"] * (len(head) - 1))]
        table += [_line(_rate_cells(each) if rates else _value_cells(each)) for each in self.figures]
        aim_lines = ["", *(f"- {aim}" for aim in self.aims)] if self.aims else []
        return [f"### {self.title}", "", *note, *table, *aim_lines, ""]


def aims_table(rows: Iterable[Row]) -> list[str]:
    """Return all aims as one Markdown table; what could not be measured stands there too."""
    head = [_line(["what", "figure", "seen", "aim", ""]), _line(["---", "---", "---:", "---", "---"])]
    lines = []
    for row in rows:
        lines += [_line([row.title, *aim.cells]) for aim in row.aims]
        lines += [_line([row.part, "", "", "", "**not measured**"])] if row.is_failed else []
    return head + lines


def shown(value: float | None) -> str:
    """Write a number with three significant digits, thousands apart."""
    if value is None:
        return ""
    if abs(value) >= 1000:  # noqa: PLR2004
        return f"{value:,.0f}"
    return f"{value:.3g}"


def _rate_cells(figure: Figure) -> Sequence[str]:
    times = (None if time is None else time * 1000 for time in (figure.p50, figure.p99))
    client = "" if figure.client is None else f"{figure.client:.0%}"
    return [figure.name, shown(figure.rate), *map(shown, times), client]


def _value_cells(figure: Figure) -> Sequence[str]:
    return [figure.name, f"{shown(figure.value)} {figure.unit}"]


def _line(cells: Sequence[str]) -> str:
    return "| " + " | ".join(cells) + " |"
