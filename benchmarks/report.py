"""Turn pytest-benchmark's JSON into the table of README.md, which it replaces.

python benchmarks/report.py RESULTS.json
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path
from typing import Any

README = Path(__file__).with_name("README.md")
STAGES = ("load", "describe", "match", "settle", "assemble", "save", "render")
HEADER = """\
| stage | what | facemo | compared with | that | ratio |
| --- | --- | --- | --- | --- | --- |"""

Benchmark = dict[str, Any]


def table(benchmarks: list[Benchmark]) -> str:
    """A Markdown table with a row for each comparison, the stages in their order."""
    ordered = sorted(benchmarks, key=lambda b: STAGES.index(b["extra_info"]["stage"]))
    cases = [list(group) for _, group in groupby(ordered, key=lambda b: b["group"])]
    return "\n".join([HEADER, *(row for case in cases for row in rows(case))])


def rows(case: list[Benchmark]) -> Iterator[str]:
    """facemo's way of one case beside each of the others."""
    ways = {b["extra_info"]["way"]: b for b in case}
    facemo = ways.pop("facemo")
    stage, what = facemo["extra_info"]["stage"], facemo["extra_info"]["case"]
    for name, other in ways.items():
        ratio = other["stats"]["median"] / facemo["stats"]["median"]
        cells = (stage, what, figures(facemo), name, figures(other), f"{ratio:.2g}")
        yield f"| {' | '.join(cells)} |"


def figures(benchmark: Benchmark) -> str:
    """The median time, the throughput, and the note if there is one."""
    info = benchmark["extra_info"]
    median = f"{rounded(benchmark['stats']['median'] * 1000)} ms"
    rate = f"{rounded(info['rate'])} {info['unit']}/s"
    return ", ".join(filter(None, [median, rate, info.get("note")]))


def rounded(value: float) -> str:
    """`value` to three digits.

    >>> rounded(1234567.0), rounded(0.98765)
    ('1,230,000', '0.988')
    """
    return f"{float(f'{value:.3g}'):,.10g}"


def with_table(text: str, new: str) -> str:
    """`text` with its table of the same header replaced by `new`."""
    lines, table_lines = text.splitlines(), new.splitlines()
    start = end = lines.index(table_lines[0])
    while end < len(lines) and lines[end].startswith("|"):
        end += 1
    return "\n".join([*lines[:start], *table_lines, *lines[end:]]) + "\n"


if __name__ == "__main__":
    results = json.loads(Path(sys.argv[1]).read_text())
    README.write_text(with_table(README.read_text(), table(results["benchmarks"])))
