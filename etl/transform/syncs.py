"""A sync of a repository → its `etl` point."""

from etl.model.points import NANOSECONDS, Point
from etl.model.schema import ETL
from etl.model.tag_values import tag_value
from etl.transform.context import present
from etl.transform.names import printable


def etl_point(
    repository: str,
    *,
    failed: bool,
    ended: float,
    requests: int,
    not_modified: int,
    rate_limit_remaining: int | None,
    runs: int,
    points: int,
    rejected: int,
    outbox: int,
    lag_s: float | None,
    duration_s: float,
    warning: str,
) -> Point:
    """The point of one sync; `ended` is Unix seconds."""
    return Point(
        ETL.name,
        {"repository": tag_value(repository), "status": "error" if failed else "ok"},
        present(
            requests=requests,
            not_modified=not_modified,
            rate_limit_remaining=rate_limit_remaining,
            runs=runs,
            points=points,
            rejected=rejected,
            outbox=outbox,
            lag_s=lag_s,
            duration_s=duration_s,
            warning=printable(warning) or None,
        ),
        int(ended * NANOSECONDS),
    )
