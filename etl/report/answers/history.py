"""`history`: the newest results of a test or a job."""

from collections.abc import Sequence

from etl.model.writes import Row
from etl.report.answers.answer import Answer
from etl.report.answers.named import Named, counted, results, unknown
from etl.report.answers.source import Source


async def history(source: Source, asked: Named) -> Answer:
    """The results, newest first."""
    rows = await results(source, asked)
    return told(rows) if rows else await unknown(source, asked)


def told(rows: Sequence[Row]) -> Answer:
    """The results as an answer; there must be one."""
    last = "failed" if rows[0]["failed"] else "passed"
    streak = next((place for place, row in enumerate(rows) if row["failed"] != rows[0]["failed"]), len(rows))
    newest = f"the newest {last}" if streak == 1 else f"the newest {streak} {last}"
    # The outcome says the same as this.
    listed = [{key: value for key, value in row.items() if key != "failed"} for row in rows]
    return Answer(f"{counted(rows)}; {newest}.", listed)
