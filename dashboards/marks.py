"""Findings as marks on every chart: when something began, and until when it lasted.

An annotation of a data source is a query whose answer has `time`, `timeEnd`, `title`, `text` and `tags`
(`getAnnotationsFromFrame` in standardAnnotationSupport.ts, from 8 on). What lasts still has no end: it is a
line, not a region.
"""

from dataclasses import dataclass
from typing import Any, Final

from dashboards.findings import NO_WORKFLOWS, PROBLEMS, READ, TEXTS
from dashboards.flux import CHOSEN, SOURCE, asked

IMPROVEMENTS: Final = "faster|waits less|more reliable"
MAX_MARKS: Final = 100
_MARK: Final = """map(
        fn: (r) =>
            ({
                time: r.since,
                timeEnd: if exists r.until then time(v: int(v: r.until)) else r.since,
                title: r.kind + ": " + (if r.name == "" then r.job else r.name),
                text: r.workflow + ", " + r.changed + (if exists r.since_sha then ", since " + r.since_sha else ""),
                tags: r.kind,
                cost_minutes: r.cost_minutes,
            }),
    )"""


@dataclass(frozen=True, slots=True)
class Mark:
    """An annotation of a dashboard: what its switch is called, its color, and its Flux."""

    name: str
    color: str
    query: str

    def to_json(self) -> dict[str, Any]:
        """The annotation as a dashboard holds it."""
        source = {"type": "influxdb", "uid": SOURCE}
        return {
            "datasource": source,
            "enable": True,
            "iconColor": self.color,
            "name": self.name,
            "target": {"datasource": source, "query": self.query, "refId": "Anno"},
        }


def marks() -> tuple[Mark, ...]:
    """Problems and improvements of what is chosen, the most expensive ones."""
    return (
        Mark("Problems", "red", _query(PROBLEMS)),
        Mark("Improvements", "green", _query(IMPROVEMENTS)),
    )


def _query(kinds: str) -> str:
    return asked(
        "findings",
        NO_WORKFLOWS,
        READ,
        _MARK,
        "group()",
        'sort(columns: ["cost_minutes"], desc: true)',
        f"limit(n: {MAX_MARKS})",
        'drop(columns: ["cost_minutes"])',
        names=CHOSEN,
        helpers=TEXTS,
        kinds=kinds,
    )
