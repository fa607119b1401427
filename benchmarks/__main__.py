"""`python -m benchmarks [NAME …] [--quick] [--json FILE]`: measure, print a table, and write it as JSON."""

import argparse
import json
import os
import platform
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from rich.console import Console
from rich.table import Table

from benchmarks.measure import Outcome, Size
from benchmarks.scale.costs import Costs
from benchmarks.suite import COSTS, NAMES, alone, measured, unit_costs

_ALL = (*NAMES, COSTS)


def main() -> None:
    """What is asked for, each module in a process of its own."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of {', '.join(_ALL)}; none: all")
    parser.add_argument("--quick", action="store_true", help="small input: whether they work, not how fast")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures there, too")
    arguments = parser.parse_args()
    if unknown := set(arguments.names) - set(_ALL):
        parser.error(f"no benchmark is called {', '.join(sorted(unknown))}; there are {', '.join(_ALL)}")
    size = Size.QUICK if arguments.quick else Size.FULL
    console, progress = Console(), Console(stderr=True)
    outcomes, costs = [], None
    for name in arguments.names or _ALL:
        progress.print(f"{name} …")
        if name == COSTS:
            costs = alone(unit_costs, size)
        else:
            outcomes += alone(measured, name, size)
    if outcomes:
        console.print(table(outcomes))
    if costs:
        console.print(costs_table(costs))
    if arguments.json:
        arguments.json.write_text(as_json(outcomes, costs), "utf-8")


def table(outcomes: Sequence[Outcome]) -> Table:
    """What was measured, for people."""
    shown = Table("What", "Against", "Ratio", "Spread", "Bar", "Met")
    for one in outcomes:
        bar = f"{'≥' if one.at_least else '≤'} {one.bar:g}"
        spread = f"{one.ratios[0]:.2f} to {one.ratios[-1]:.2f}"
        shown.add_row(one.what, one.reference, f"{one.ratio:.2f}", spread, bar, "yes" if one.met else "no")
    return shown


def costs_table(costs: Costs) -> Table:
    """What one of each costs, for people."""
    shown = Table("Of one", "Cost")
    for group, values in costs.as_data().items():
        for name, value in values.items():
            shown.add_row(f"{group} {name}", f"{value:.3g}")
    return shown


def as_json(outcomes: Sequence[Outcome], costs: Costs | None) -> str:
    """The same for programs, with what it was measured on."""
    machine = {
        "processors": os.cpu_count(),
        "python": platform.python_version(),
        "system": f"{platform.system()} {platform.machine()}",
    }
    measures = [
        asdict(one) | {"ratio": one.ratio, "spread": [one.ratios[0], one.ratios[-1]], "met": one.met}
        for one in outcomes
    ]
    written = {"machine": machine, "outcomes": measures, "costs": costs.as_data() if costs else None}
    return json.dumps(written, indent=1, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    main()
