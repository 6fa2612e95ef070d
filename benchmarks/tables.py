"""What was measured of every pair, and the tables of it."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import NamedTuple

from measure import Measures


@dataclass(frozen=True)
class Result:
    """One picture made: of what, by whom, and how good it is.

    `least_tint` is what exact means cost at least where one tile is in 1% of the cells.
    """

    condition: str
    program: str
    library: str
    target: str
    grid: tuple[int, int]
    seconds: float
    least_tint: float
    measures: Measures

    @property
    def pair(self) -> tuple[str, str]:
        return self.library, self.target


class Column(NamedTuple):
    """One figure of a result: `more` says that more is better."""

    title: str
    of: str
    form: str
    more: bool = False


COLUMNS = (
    Column("FLIP 2", "flip_2", ".3f"),
    Column("FLIP 4", "flip_4", ".3f"),
    Column("FLIP 8", "flip_8", ".3f"),
    Column("SSIM 4×", "ssim", ".3f", more=True),
    Column("ΔE 1×", "delta_e", ".2f"),
    Column("ΔE 4×", "delta_e_fine", ".2f"),
    Column("contrast kept", "contrast_kept", ".2f", more=True),
    Column("below half", "below_half", ".1%"),
    Column("tint spent", "tint_spent", ".2f"),
    Column("most uses", "most_uses", ".1%"),
    Column("distinct", "distinct", ".0%", more=True),
)
AROUND = (Column("of the least tint", "of_least", ".2f"), Column("seconds", "seconds", ".2f"))


def figure(result: Result, column: Column) -> float:
    """What a column shows of a result."""
    if column.of == "of_least":
        return result.measures.tint_spent / max(result.least_tint, 1e-9)
    if column.of == "seconds":
        return result.seconds
    return float(getattr(result.measures, column.of))


def table(results: list[Result], before: list[Result]) -> str:
    """A row a condition and program: the mean over pairs, and the worst pair in brackets.

    Below facemo's, where `before` has the same, the means now by those before.
    """
    columns = (*COLUMNS, *AROUND)
    titles = ["condition", "program", "pairs", *(column.title for column in columns)]
    lines = [_line(titles), _line(["---"] * len(titles))]
    for (condition, program), group in grouped(results).items():
        figures = [_mean_and_worst(group, column) for column in columns]
        lines.append(_line([condition, program, str(len(group)), *figures]))
        then = {r.pair: r for r in before if (r.condition, r.program) == (condition, program)}
        both = [r for r in group if r.pair in then]
        if both and program == "facemo":
            old = [then[r.pair] for r in both]
            ratios = [_ratio(both, old, column) for column in columns]
            lines.append(_line([condition, "now / before", str(len(both)), *ratios]))
    return "\n".join(lines)


def pairs_table(results: list[Result]) -> str:
    """A row for everything that was measured."""
    columns = (*COLUMNS, *AROUND)
    titles = ["library", "target", "grid", "condition", "program", *(c.title for c in columns)]
    lines = [_line(titles), _line(["---"] * len(titles))]
    for r in sorted(results, key=lambda r: (r.condition, r.pair, r.program)):
        what = [r.library, r.target, f"{r.grid[1]} x {r.grid[0]}", r.condition, r.program]
        lines.append(_line([*what, *(format(figure(r, c), c.form) for c in columns)]))
    return "\n".join(lines)


def comparisons(results: list[Result]) -> Iterator[str]:
    """For each rival in how many pairs facemo is ahead, or level as printed, in each column."""
    for (condition, program), group in grouped(results).items():
        own = {r.pair: r for r in results if (r.condition, r.program) == (condition, "facemo")}
        if program == "facemo":
            continue
        both = [(own[r.pair], r) for r in group if r.pair in own]
        ahead = [[_ahead(ours, theirs, column) for column in COLUMNS] for ours, theirs in both]
        counts = ", ".join(
            f"{column.title} {sum(row[n] for row in ahead)}" for n, column in enumerate(COLUMNS)
        )
        yield (
            f"{condition}: facemo not behind {program}, of {len(both)} pairs: {counts}; "
            f"in every column {sum(map(all, ahead))}"
        )


def grouped(results: Iterable[Result]) -> dict[tuple[str, str], list[Result]]:
    """Results by condition and program, in the order they came in."""
    groups: dict[tuple[str, str], list[Result]] = {}
    for result in results:
        groups.setdefault((result.condition, result.program), []).append(result)
    return groups


def written(results: list[Result], path: Path) -> None:
    """Write a line of JSON for each."""
    lines = [
        json.dumps({**asdict(r), "measures": r.measures._asdict()}, ensure_ascii=False) + "\n"
        for r in results
    ]
    path.write_text("".join(lines), encoding="utf-8")


def read(path: Path) -> list[Result]:
    """What `written` wrote."""
    records = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    return [
        Result(**{**r, "grid": tuple(r["grid"]), "measures": Measures(**r["measures"])})
        for r in records
    ]


def _mean_and_worst(group: list[Result], column: Column) -> str:
    figures = [figure(result, column) for result in group]
    mean, worst = sum(figures) / len(figures), (min if column.more else max)(figures)
    return f"{mean:{column.form}} ({worst:{column.form}})"


def _ratio(now: list[Result], then: list[Result], column: Column) -> str:
    new, old = (sum(figure(result, column) for result in each) for each in (now, then))
    return f"{new / old:.2f}" if old else "–"


def _ahead(ours: Result, theirs: Result, column: Column) -> bool:
    own, other = (float(_rounded(figure(result, column), column)) for result in (ours, theirs))
    return own >= other if column.more else own <= other


def _rounded(value: float, column: Column) -> str:
    return format(value, column.form).removesuffix("%")


def _line(texts: Iterable[str]) -> str:
    return f"| {' | '.join(texts)} |"
