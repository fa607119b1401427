"""Asks the store for failures that may spread."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Final, NamedTuple

from etl.judge.limits import SpreadLimits
from etl.judge.spreading import InMoreJobs, Reach, in_more_jobs, reach_of
from etl.load.store import Store
from etl.model.tag_values import tag_value
from etl.state.repositories import KnownRepository
from etl.transform.failures.templates import is_boilerplate

_DAY: Final = timedelta(days=1)
_WEEK: Final = timedelta(days=7)


class Spread(NamedTuple):
    """Failures that came in more jobs, and how far each signature reaches."""

    failures: list[InMoreJobs]
    reaches: dict[str, Reach]


async def read_spread(
    store: Store,
    known: KnownRepository,
    stop: datetime,
    spreading: Mapping[str, int],
    limits: SpreadLimits,
) -> Spread:
    """Failures of a repository's last day; `spreading` do so already, by signature with the jobs before."""
    repository, branch = tag_value(known.name), tag_value(known.default_branch)
    middle = stop - _DAY
    day = {"repository": repository, "start": middle, "stop": stop}
    week = {"repository": repository, "start": middle - _WEEK, "stop": middle}
    now, before = await store.query("failures", day), await store.query("failures", week)
    # A job that only says that it failed has nothing in common with others.
    telling = [row for row in now if not is_boilerplate(row["message"] or "")]
    found = in_more_jobs(telling, before, spreading, limits)
    if not found:
        return Spread([], {})
    signatures = "\n".join(sorted(one.row["signature"] for one in found))
    messages = await store.query("messages", {**day, "signatures": signatures})
    # A run may have begun, and been told of, a day before its jobs ended.
    attempts = await store.query("attempts", {**day, "start": middle - _DAY})
    return Spread(found, reach_of(messages, attempts, branch))
