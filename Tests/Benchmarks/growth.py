"""Draws how time and memory grow, from what `bench growth` measured: small multiples as SVG, and a table in Markdown.

    .build/debug/bench growth MODEL > growth.json
    .build/peers/bin/python Tests/Benchmarks/growth.py growth.json growth.svg > growth.md

A row of the input holds `series` (what grows), `x`, `threads`, `seconds` for one `unit` (a token, a step) and
`bytes`, the peak of memory. The same rows give the same bytes of SVG.
"""

import argparse
import json
from pathlib import Path
from typing import Any

import matplotlib

matplotlib.use("svg")
from matplotlib import pyplot  # noqa: E402

Row = dict[str, Any]

STYLE = {
    "svg.hashsalt": "antipode", "svg.fonttype": "none", "font.family": "sans-serif", "font.size": 9,
    "axes.titlesize": 10, "axes.spines.top": False, "axes.spines.right": False, "axes.grid": True,
    "axes.axisbelow": True, "grid.color": "#e4e4e4", "legend.frameon": False,
}
# Told apart by mark and dash too, not by color alone.
LINES = [
    {"color": "#0072b2", "marker": "o"},
    {"color": "#d55e00", "marker": "s", "linestyle": "--"},
    {"color": "#009e73", "marker": "^", "linestyle": ":"},
]


def grouped(rows: list[Row], key: str) -> dict[Any, list[Row]]:
    """Rows by a member's value, in the order in which the values first come."""
    groups: dict[Any, list[Row]] = {}
    for row in rows:
        groups.setdefault(row[key], []).append(row)
    return groups


def draw(rows: list[Row], path: Path) -> None:
    """A column for each series: time above, memory below; a line for each number of threads."""
    series = grouped(rows, "series")
    styles = dict(zip(sorted(grouped(rows, "threads")), LINES, strict=False))
    with pyplot.rc_context(STYLE):
        figure, axes = pyplot.subplots(
            2, len(series), figsize=(3.1 * len(series) + 0.4, 4.8), sharex="col", squeeze=False, layout="constrained")
        for (name, members), (time, memory) in zip(series.items(), axes.T, strict=True):
            unit = members[0]["unit"]
            for threads, line in grouped(members, "threads").items():
                line = sorted(line, key=lambda row: row["x"])
                x = [row["x"] for row in line]
                label = f"{threads} thread{'s' if threads > 1 else ''}"
                settings = styles[threads] | {"markersize": 4, "linewidth": 1.5, "label": label}
                time.plot(x, [row["seconds"] * 1e3 for row in line], **settings)
                memory.plot(x, [row["bytes"] / 2**20 for row in line], **settings)
            time.set_ylabel(f"ms a {unit}")
            memory.set_ylabel("peak MiB")
            memory.set_xlabel(name)
            for panel in (time, memory):
                panel.set_xscale("log", base=2)
                panel.set_xticks(sorted({row["x"] for row in members}))
                panel.xaxis.set_major_formatter("{x:.0f}")
                panel.minorticks_off()
                panel.set_ylim(0, panel.dataLim.y1 * 1.08)
        axes[0, 0].legend(loc="best")
        figure.savefig(path, metadata={"Date": None, "Creator": None})


def table(rows: list[Row]) -> str:
    lines = ["| what grows | size | threads | time | peak memory |", "|---|--:|--:|--:|--:|"]
    for row in rows:
        lines.append(
            f"| {row['series']} | {row['x']} | {row['threads']} | {row['seconds'] * 1e3:.2f} ms a {row['unit']} "
            f"| {row['bytes'] / 2**20:.0f} MiB |")
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("measurements", type=Path)
    parser.add_argument("drawing", type=Path)
    options = parser.parse_args()
    rows = json.loads(options.measurements.read_text())["rows"]
    draw(rows, options.drawing)
    print(table(rows))


if __name__ == "__main__":
    main()
