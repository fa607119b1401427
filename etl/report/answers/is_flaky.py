"""`is_flaky`: what proves or suggests that a test or a job is flaky."""

from collections.abc import Sequence

from etl.model.writes import Row
from etl.report.answers.answer import Answer
from etl.report.answers.named import Named, counted, results, unknown
from etl.report.answers.source import Source


async def is_flaky(source: Source, asked: Named) -> Answer:
    """Look the name up among proven and suspected flakes, or else count its results."""
    found = [row for row in await source.rows("flaky", asked, asked.days) if _is_named(row, asked.name)]
    if found:
        return told(found)
    rows = await results(source, asked)
    if not rows:
        return await unknown(source, asked)
    return Answer(
        f"Not known to be flaky: {counted(rows)} in the last {asked.days} days, and no commit failed and passed."
    )


def told(found: Sequence[Row]) -> Answer:
    """The answer from rows of `flaky`, of which there must be one."""
    ordered = sorted(found, key=lambda row: (row["evidence"], row["state"] != "flaky"))
    return Answer(_sentence(ordered), [*map(_row, ordered)])


def _sentence(found: Sequence[Row]) -> str:
    proven = [row for row in found if row["evidence"] == "proven"]
    states = {row["state"] for row in proven or found}
    if "flaky" in states and proven:
        flakes = sum(row["flakes"] for row in proven)
        return f"Flaky: {flakes} of its results failed although the same commit passed."
    if "flaky" in states:
        return "Probably flaky: it fails among passes, but no commit failed and passed."
    if "broken" in states:
        return "Broken now, and flaky before: all its results of the last 7 days failed."
    if proven:
        return "Was flaky: no commit failed and passed in the last 14 days."
    return "Was probably flaky: it has passed for so long that it no longer is."


def _is_named(row: Row, name: str) -> bool:
    return bool((row["test"] if row["level"] == "test" else row["job"]) == name)


def _row(row: Row) -> Row:
    is_proven = row["evidence"] == "proven"
    return {
        "evidence": "failed and passed on one commit" if is_proven else "fails among passes",
        "probability": row["probability"],
        "state": row["state"],
        "flakes": row["flakes"],
        "results": row["runs"],
        "rate": row["flake_rate"],
        "rate_low": row["rate_low"],
        "rate_high": row["rate_high"],
        **_place(row, row["test"]),
        "commits": row["commits"],
        "first_seen": row["first_seen"],
        "last_seen": row["last_seen"],
        "message": row["message"],
        "failed_url": row["failed_url"],
        "passed_url": row["passed_url"],
        "wasted_minutes": row["wasted_minutes"],
    }


def _place(row: Row, test: str | None) -> Row:
    names = {key: row[key] for key in ("suite", "job", "workflow", "repository")}
    return {"test": test} | names if row["level"] == "test" else names | {"suite": None}
