"""The page of a failure: messages that are alike but for what varies. Pure functions."""

from collections import defaultdict
from typing import Any, Final

from etl.model.writes import Row
from etl.report.addresses import FAILURE, IDENTITY, Links
from etl.report.formats import harmless, instant
from etl.report.naming import excerpt, names
from etl.report.pages.facts import Facts
from etl.report.pages.owned import owners_of
from etl.report.pages.parts import Part, by_day, chart, figures, findings, messages

_OF: Final = IDENTITY[FAILURE]
_MOST_PLACES: Final = 60
_LONGEST: Final = 2_000
_COLUMNS: Final = [
    {"key": "count", "title": "Times", "kind": "COUNT"},
    {"key": "last_seen", "title": "Last seen", "kind": "TIME"},
]


def failure_page(row: Row, facts: Facts) -> Part:
    """A failure's page, by its row of `failures`."""
    link = facts.known.link
    said = facts.of("latest_messages", row, _OF)
    found = [
        one
        for one in facts.of("findings", {**row, "suite": row["signature"]}, ("repository", "suite"))
        if one["level"] == "failure"
    ]
    count = {"Times": by_day(facts.of("failures_over_time", row, _OF), "count", facts.days)}
    return {
        "figures": figures(
            row,
            "count share jobs tests category first_seen last_seen",
            count="Times",
            share="Of all failures",
        ),
        "owner": owners_of(said, facts.owners),
        "template": excerpt(harmless(str(row["template"])), _LONGEST),
        "findings": findings(found, link, found[0]) if found else [],
        "parts": [
            *chart("How often", "bars", "count", count),
            *_places(said, link),
            *messages("Examples", said, link, FAILURE),
        ],
    }


def _places(said: list[Row], link: Links) -> list[Part]:
    """The jobs that the failure came in, with how often it did, and the tests of its newest messages."""
    by_job: dict[tuple[str, str], list[Row]] = defaultdict(list)
    for row in said:
        by_job[row["workflow"], row["job"]].append(row)
    if not by_job:
        return []
    ordered = sorted(by_job.items(), key=lambda one: (-one[1][0]["count"], one[0]))
    rows = [_place(found, link) for _, found in ordered[:_MOST_PLACES]]
    more = max(0, len(by_job) - _MOST_PLACES)
    shown = {"name": "Job", "columns": _COLUMNS, "links": [], "rows": rows, "more": more}
    return [{"type": "table", "title": "Jobs", **shown}]


def _place(found: list[Row], link: Links) -> list[Any]:
    """The row of a job, by the failure's newest messages in it."""
    row, newest = found[0], instant(found[-1]["time"])
    return [
        names({"workflow": row["workflow"], "job": row["job"]}),
        [row["count"], f"{newest:%Y-%m-%dT%H:%M:%SZ}" if newest else None],
        None,
        [],
        link({**row, "signature": None, "test": None}),
    ]
