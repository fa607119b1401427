"""Results of a test or a job by its name."""

from collections.abc import Sequence
from typing import Final

from etl.model.schema import SUCCESS
from etl.model.writes import Row
from etl.report.answers.answer import Answer, commit
from etl.report.answers.source import Days, Name, Parameters, Source, close_names

MAX_RESULTS: Final = 200
_RAN: Final = ("passed", "failed", "error")


class Named(Parameters):
    """A test or a job."""

    name: Name
    days: Days = 30


async def results(source: Source, asked: Named) -> list[Row]:
    """The newest results of the test, or else of the job, newest first; `failed` says whether it failed."""
    tests = await source.rows("test_history", asked, asked.days, test=asked.name, most_rows=MAX_RESULTS)
    ran = [row for row in tests if row["outcome"] in _RAN]
    if ran:
        return [_test(row) for row in reversed(ran)]
    jobs = await source.rows("executions", asked, asked.days, jobs_named=asked.name)
    return [_job(row) for row in reversed(jobs[-MAX_RESULTS:])]


async def unknown(source: Source, asked: Named) -> Answer:
    """The answer if nothing has this name: which names are like it."""
    tests = await source.rows("tests", asked, asked.days)
    jobs = await source.rows("jobs", asked, asked.days)
    known = {row["test"] for row in tests} | {row["job"] for row in jobs}
    close = close_names(asked.name, known)
    hint = "; the names in `data` are like it" if close else ""
    return Answer(
        f"No test or job of this name ran in the last {asked.days} days{hint}.",
        [{"name": name} for name in close],
    )


def counted(rows: Sequence[Row]) -> str:
    """How many of the results failed, in words."""
    failed = sum(row["failed"] for row in rows)
    which = f"the newest {len(rows)}" if len(rows) >= MAX_RESULTS else f"{len(rows)}"
    return f"{failed} of {which} results failed"


def _test(row: Row) -> Row:
    return {
        "failed": row["outcome"] != "passed",
        **_common(row),
        "outcome": row["outcome"],
        "test": row["test"],
        "suite": row["suite"],
        "duration_s": row["duration_s"],
        "message": row["message"],
    }


def _job(row: Row) -> Row:
    return {"failed": row["conclusion"] != SUCCESS, **_common(row), "outcome": row["conclusion"]}


def _common(row: Row) -> Row:
    return {
        "time": row["time"],
        "commit": commit(row["head_sha"]),
        "branch": row["branch"],
        "job": row["job"],
        "workflow": row["workflow"],
        "repository": row["repository"],
        "url": row["url"],
    }
