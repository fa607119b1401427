"""`python -m benchmarks.verdicts [--seeds N] [--first SEED] [--json FILE]`: how often verdicts are right."""

import argparse
import json
from dataclasses import asdict
from pathlib import Path

from rich.console import Console

from benchmarks.judgements.__main__ import table
from benchmarks.verdicts.measured import figures

# Seeds that nothing was chosen on; those below were looked at while the model was made.
CHECKED: int = 1_000


def main() -> None:
    """Measure, print a table, and write it as JSON."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.verdicts", description=__doc__)
    parser.add_argument("--seeds", type=int, default=8, help="how many organisations")
    parser.add_argument("--first", type=int, default=CHECKED, help="the first seed; others give others")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures there, too")
    arguments = parser.parse_args()
    found = figures(range(arguments.first, arguments.first + arguments.seeds))
    Console().print(table(found))
    if arguments.json:
        written = [asdict(one) | {"met": one.met} for one in found]
        arguments.json.write_text(json.dumps(written, indent=1) + "\n", "utf-8")


if __name__ == "__main__":
    main()
