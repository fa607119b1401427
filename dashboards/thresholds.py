"""Where alert rules draw the line: all of it in one place. After a change run `python -m dashboards`."""

from datetime import timedelta
from typing import Final

EVALUATED_EVERY: Final = timedelta(minutes=5)

# Success rate of a workflow's attempts on the default branch, over a day with at least so many of them.
SUCCESS_RATE: Final = 0.8
SUCCESS_OVER: Final = timedelta(days=1)
SUCCESS_TOTAL: Final = 5

# For how long a workflow of the default branch may be broken.
BROKEN_HOURS: Final = 1
BROKEN_WITHIN: Final = timedelta(days=14)

# How much the p95 of a workflow's attempts may grow from two weeks to the next, with at least so many each.
P95_RATIO: Final = 1.5
P95_OVER: Final = timedelta(days=14)
P95_TOTAL: Final = 20

# A test or job is newly flaky for so long after its first evidence was confirmed.
NEWLY_FLAKY_FOR: Final = timedelta(days=1)

# In how many more jobs than the day before a failure may come.
SPREAD_JOBS: Final = 3
SPREAD_OVER: Final = timedelta(days=1)

# For how long a repository that had runs within a month may have none.
SILENT_HOURS: Final = 24
SILENT_WITHIN: Final = timedelta(days=30)

# The ETL: hours since the last sync, hours that its data is behind, points rejected by the last sync.
SYNC_HOURS: Final = 1
LAG_HOURS: Final = 6
REJECTED_POINTS: Final = 0
# Points that wait for the store: a quarter of what `state.outbox_limit` lets wait.
OUTBOX_POINTS: Final = 500_000
SYNC_WITHIN: Final = timedelta(days=7)
