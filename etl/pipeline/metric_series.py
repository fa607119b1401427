"""Which workflows and jobs have metrics of their own: the `http.series` with the most executions of each."""

from collections import Counter
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from etl.model.writes import Row
from etl.pipeline.context import Pipeline
from etl.transform.names import job_group

Labels = tuple[str, ...]


class Series(NamedTuple):
    """How many workflows and job groups have executions in the last `http.days` days."""

    workflows: int
    job_groups: int


def labels_of(row: Row) -> Labels:
    """Repository and workflow, and for a job its group."""
    labels = (row["repository"], row["workflow"])
    group = row.get("job_group") or (job_group(row["job"]) if row.get("job") else None)
    return labels if group is None else (*labels, group)


def by_executions(rows: Iterable[Row]) -> list[Labels]:
    """The labels of all rows, those with the most executions first."""
    counted: Counter[Labels] = Counter()
    for row in rows:
        counted[labels_of(row)] += row["total"]
    return sorted(counted, key=lambda labels: (-counted[labels], labels))


async def count_series(pipeline: Pipeline) -> Series:
    """Ask the store how many there are. Raises the store's errors."""
    stop = datetime.fromtimestamp(int(pipeline.clock()) + 1, UTC)
    asked = {"start": stop - timedelta(days=pipeline.settings.http.days), "stop": stop}
    workflows, jobs = [await pipeline.store.query(name, asked) for name in ("workflows", "jobs")]
    return Series(len(by_executions(workflows)), len(by_executions(jobs)))
