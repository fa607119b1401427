"""`is_flaky`: what proves or suggests that a test or a job is flaky."""

from collections.abc import Sequence

from etl.model.writes import Row
from etl.report.answers.answer import Answer
from etl.report.answers.named import Named, counted, results, unknown
from etl.report.answers.source import Source


async def is_flaky(source: Source, asked: Named) -> Answer:
    """Look the name up among proven and suspected flakes, or else count its results."""
    proven = [row for row in await source.rows("flaky", asked, asked.days) if _named(row, "test", asked.name)]
    suspected = [
        row
        for row in await source.rows("suspected", asked, asked.days)
        if not row["until"] and _named(row, "name", asked.name)
    ]
    if proven or suspected:
        return told(proven, suspected)
    rows = await results(source, asked)
    if not rows:
        return await unknown(source, asked)
    return Answer(
        f"Not known to be flaky: {counted(rows)} in the last {asked.days} days, and no commit failed and passed."
    )


def told(proven: Sequence[Row], suspected: Sequence[Row]) -> Answer:
    """The answer from rows of `flaky` and of `suspected`; there must be one."""
    rows = [
        *map(_proven, sorted(proven, key=lambda row: row["state"] != "flaky")),
        *map(_suspected, suspected),
    ]
    return Answer(_sentence(proven), rows)


def _sentence(proven: Sequence[Row]) -> str:
    states = {row["state"] for row in proven}
    flakes = sum(row["flakes"] for row in proven)
    if "flaky" in states:
        return f"Flaky: {flakes} of its results failed although the same commit passed."
    if "broken" in states:
        return "Broken now, and flaky before: all its results of the last 7 days failed."
    if states:
        return "Was flaky: no commit failed and passed in the last 14 days."
    return "Probably flaky: it fails among passes, but no commit failed and passed."


def _named(row: Row, key: str, name: str) -> bool:
    return bool(
        (row[key] if row["level"] == "test" else row["job"] if row["level"] == "job" else None) == name
    )


def _proven(row: Row) -> Row:
    return {
        "evidence": "failed and passed on one commit",
        "state": row["state"],
        "flakes": row["flakes"],
        "results": row["runs"],
        "rate": row["flake_rate"],
        **_place(row, row["test"]),
        "commits": row["commits"],
        "last_seen": row["last_seen"],
        "message": row["message"],
        "failed_url": row["failed_url"],
        "passed_url": row["passed_url"],
        "wasted_minutes": row["wasted_minutes"],
    }


def _suspected(row: Row) -> Row:
    return {
        "evidence": "fails among passes",
        "probability": row["probability"],
        "failures": row["evidence"],
        "rate": row["size"],
        **_place(row, row["name"]),
        "since": row["since"],
    }


def _place(row: Row, test: str | None) -> Row:
    names = {key: row[key] for key in ("suite", "job", "workflow", "repository")}
    return {"test": test} | names if row["level"] == "test" else names | {"suite": None}
