"""Jobs that GitHub lists only after their attempt was stored: the attempt's points are then made again.

A run's `updated_at` also changes for other reasons (check runs, approvals, retention), even years later; if
the jobs are the same, nothing is made again.
"""

from collections.abc import Iterable

from etl.anomalies import Anomaly
from etl.errors import DataError
from etl.extract.source import Source
from etl.load.line_encoder import encode
from etl.load.retractions import gone, retraction
from etl.model.points import Point
from etl.model.records import Job, Run
from etl.state.runs import KnownRun
from etl.transform.attempts import Transformed
from etl.transform.own_jobs import additions


def late_jobs(
    listed: tuple[list[Job], list[Anomaly]], known: KnownRun, number: int, *, changed: bool
) -> list[Job]:
    """All listed jobs of a stored attempt if some are new or an earlier attempt `changed`; else an empty list.

    Raises DataError if not all of them could be read.
    """
    jobs, anomalies = listed
    if anomalies:
        raise DataError(anomalies[0].detail)
    return jobs if changed or additions(jobs, known.executions, number) else []


async def attempt_of(source: Source, run: Run, number: int) -> Run | None:
    """An attempt of a run; the source is asked unless it is the latest. None if it has not begun.

    Raises what `Source.attempt` raises.
    """
    if number >= run.attempt:
        return run if number == run.attempt else None
    return await source.attempt(run.id, number)


def take_back(before: Transformed, after: Transformed) -> list[bytes]:
    """Lines that retract the points which an earlier reading of an attempt made and this one does not."""
    return [retraction(encode(point)) for point in gone(_points(before), _points(after))]


def _points(made: Transformed) -> Iterable[Point]:
    yield from made.points
    for columns in made.columns:
        yield from columns.points()
