"""Addresses of the report's pages: fragments such as `/job/CI/unit`, which can be linked. Pure functions.

Each part is percent-encoded, so that a link survives a chat, a terminal and Markdown whatever CI calls things.
"""

from collections.abc import Callable
from typing import Any, Final
from urllib.parse import quote

from etl.model.writes import Row

WORKFLOW: Final = "workflow"
JOB: Final = "job"
TEST: Final = "test"
FAILURE: Final = "failure"

# The columns that identify a thing of each kind; a test is one thing, whatever the jobs that it runs in.
IDENTITY: Final = {
    WORKFLOW: ("repository", "workflow"),
    JOB: ("repository", "workflow", "job"),
    TEST: ("repository", "workflow", "suite", "test"),
    FAILURE: ("repository", "signature"),
}

Key = tuple[str, ...]  # the kind and the values of its identity
Links = Callable[[Row], int | None]  # the page of what a row is about, as its place in the index of all pages


def key_of(row: Row) -> Key | None:
    """What a row of any question is about; None if it is about none of these kinds."""
    named = _named(row)
    kind = next((kind for kind in (FAILURE, TEST, JOB, WORKFLOW) if named.get(IDENTITY[kind][-1])), None)
    return None if kind is None else (kind, *(str(named.get(name) or "") for name in IDENTITY[kind]))


def address(key: Key, *, several: bool) -> str:
    """The address of a thing's page; with its repository if the report is about `several`."""
    kind, repository, *names = key
    parts = [kind, *([repository] if several else []), *names]
    # What UTF-8 does not have, half a pair of UTF-16, becomes a question mark.
    return "/" + "/".join(quote(part, safe="", errors="replace") for part in parts)


def _named(row: Row) -> dict[str, Any]:
    """The row with the columns of an identity, which findings and durations have under other names."""
    match row.get("level"):
        case "failure":
            return {"repository": row["repository"], "signature": row["suite"]}
        case "step":
            return {**row, "test": None}
        case "test" if "test" not in row:
            suite, _, test = (
                str(row["name"]).rpartition("::") if "suite" not in row else ("", "", row["name"])
            )
            return {**row, "suite": row.get("suite", suite), "test": test}
    return row


def nowhere(_row: Row) -> None:
    """The page of a row in what has no pages."""
