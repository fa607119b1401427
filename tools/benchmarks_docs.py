"""The table of docs/performance.md, from what `make bench` measured last."""

import json
from pathlib import Path
from typing import Any

_RESULTS = Path(__file__).parent.parent / "benchmarks" / "results.json"


def tables() -> str:
    """What it was measured on, the figures against their bars, and the notes."""
    content = json.loads(_RESULTS.read_text("utf-8"))
    machine = content["machine"]
    return "\n".join(
        (
            f"Measured with Python {machine['python']} on {machine['system']}, {machine['processors']} processors.",
            "",
            "| what | against | ratio | spread | bar | met | notes |",
            "|---|---|---|---|---|---|---|",
            *map(_row, content["outcomes"]),
        )
    )


def _row(one: dict[str, Any]) -> str:
    low, high = one["spread"]
    bar = f"{'≥' if one['at_least'] else '≤'} {one['bar']:g}"
    spread = f"{low:.2f} to {high:.2f}" if len(one["ours"]) > 1 else "one run"
    cells = (
        one["what"], one["reference"], f"{one['ratio']:.2f}", spread, bar,
        "yes" if one["met"] else "**no**", "; ".join(one["notes"]),
    )  # fmt: skip
    return f"| {' | '.join(cells)} |"
