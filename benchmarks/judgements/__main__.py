"""`python -m benchmarks.judgements [NAME …] [--quick] [--seed N] [--json FILE]`: how often judgements are right."""

import argparse
import json
from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Final

from rich.console import Console
from rich.table import Table

from benchmarks.judgements import cost, flaky, jobs, linkerd, steps
from benchmarks.judgements.figure import Figure
from benchmarks.judgements.worlds import FlakyWorld, JobWorld

_FLAKY_BREAKS: Final = FlakyWorld(flaky_and_broken=60, broken=0, messages=True)


def _unchanged(seed: int, quick: bool) -> list[Figure]:
    return jobs.unchanged(JobWorld(), range(seed, seed + (1 if quick else 20)), every=7 if quick else 1)


def _changed(seed: int, quick: bool) -> list[Figure]:
    return jobs.changed(JobWorld(changed=8), range(seed, seed + (2 if quick else 40)))


def _steps(seed: int, quick: bool) -> list[Figure]:
    looks = 1 if quick else 3
    return [
        steps.cost(seed),
        *(
            figure
            for shuffled in (True, False)
            for look in range(looks)
            for figure in steps.run(seed + look, shuffled=shuffled, series=4 if quick else None)
        ),
    ]


def _known_rates(seed: int, quick: bool) -> list[Figure]:
    return flaky.known_rates(FlakyWorld(), range(seed, seed + (2 if quick else 20)))


def _breaks(seed: int, quick: bool) -> list[Figure]:
    seeds = range(seed, seed + (2 if quick else 20))
    return [
        *flaky.known_breaks(FlakyWorld(), seeds, "breaks"),
        *flaky.known_breaks(_FLAKY_BREAKS, seeds[:5], "breaks of flaky tests"),
    ]


def _reruns(seed: int, quick: bool) -> list[Figure]:
    return flaky.reruns(seed, 2_000 if quick else None)


def _linkerd(_seed: int, _quick: bool) -> list[Figure]:
    lines = linkerd.suspected()
    print("\n".join(lines))
    return [Figure("linkerd", "suspected flakes of its month", len(lines), len(list(linkerd.histories())))]


def _cost(seed: int, quick: bool) -> list[Figure]:
    return cost.run(seed, jobs=20, tests=400) if quick else cost.run(seed)


_ALL: Final[dict[str, Callable[[int, bool], list[Figure]]]] = {
    "unchanged": _unchanged,
    "changed": _changed,
    "steps": _steps,
    "known-rates": _known_rates,
    "breaks": _breaks,
    "re-runs": _reruns,
    "linkerd": _linkerd,
    "cost": _cost,
}


def main() -> None:
    """Measure what is asked for, print a table, and write it as JSON."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.judgements", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of {', '.join(_ALL)}; none: all")
    parser.add_argument("--quick", action="store_true", help="few seeds: whether they work")
    parser.add_argument("--seed", type=int, default=1, help="the first seed; others give other worlds")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures there, too")
    arguments = parser.parse_args()
    if unknown := set(arguments.names) - set(_ALL):
        parser.error(f"nothing is called {', '.join(sorted(unknown))}; there are {', '.join(_ALL)}")
    figures: list[Figure] = []
    for name in arguments.names or _ALL:
        Console(stderr=True).print(f"{name} …")
        figures += _ALL[name](arguments.seed, arguments.quick)
    Console().print(table(figures))
    if arguments.json:
        written = [asdict(one) | {"met": one.met} for one in figures]
        arguments.json.write_text(json.dumps(written, indent=1) + "\n", "utf-8")


def table(figures: Sequence[Figure]) -> Table:
    """What was measured, for people."""
    shown = Table("What", "", "Measured", "Cases", "Peer", "Bar", "Met")
    for one in figures:
        bar = "" if one.bar is None else f"{'≥' if one.at_least else '≤'} {one.bar:.4g}"
        peer = "" if one.peer is None else f"{one.peer:.4g}"
        met = "" if one.bar is None else "yes" if one.met else "no"
        shown.add_row(one.name, one.what, f"{one.value:.4g}", str(one.of), peer, bar, met)
    return shown


if __name__ == "__main__":
    main()
