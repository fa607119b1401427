"""Jobs that GitHub lists only after their attempt was stored: the attempt is made anew, with all of them.

A run's `updated_at` moves for much else (check runs, approvals, retention), years later even: where its
jobs are those that were read, nothing is made anew.
"""

from collections.abc import Iterable

from etl.errors import DataError
from etl.extract.github.client import RepositoryClient
from etl.extract.github.jobs import list_jobs
from etl.extract.github.runs import get_attempt
from etl.load.line_encoder import encode
from etl.load.retractions import retraction
from etl.model.points import Point
from etl.model.records import Job, Run
from etl.state.runs import KnownRun
from etl.transform.attempts import Transformed
from etl.transform.own_jobs import additions


async def late_jobs(
    client: RepositoryClient, run: Run, known: KnownRun, number: int, *, changed: bool
) -> list[Job]:
    """The jobs that a stored attempt lists where some of them are new, or an earlier attempt `changed`; else none.

    Raises NotFoundError or DataError where they cannot all be read.
    """
    jobs, anomalies = await list_jobs(client, run.id, number, numbered=run.numbered)
    if anomalies:
        raise DataError(anomalies[0].detail)
    return jobs if changed or additions(jobs, known.executions, number) else []


async def attempt_of(client: RepositoryClient, run: Run, number: int) -> Run | None:
    """An attempt of a run, of which the latest is at hand ; None where it has not begun.

    Raises what `get_attempt` raises.
    """
    if number >= run.attempt:
        return run if number == run.attempt else None
    return await get_attempt(client, run.id, number)


def take_back(before: Transformed, after: Transformed) -> list[bytes]:
    """Lines that take back the points which an earlier reading of an attempt made, and this one does not."""
    still = {_place(point) for point in _points(after)}
    return [retraction(encode(point)) for point in _points(before) if _place(point) not in still]


def _points(made: Transformed) -> Iterable[Point]:
    yield from made.points
    for columns in made.columns:
        yield from columns.points()


def _place(point: Point) -> tuple[object, ...]:
    return point.measurement, point.time, tuple(point.tags.items())
