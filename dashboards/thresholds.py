"""Where alert rules draw the line: all of it in one place. After a change run `python -m dashboards`."""

from datetime import timedelta
from typing import Final

EVALUATED_EVERY: Final = timedelta(minutes=5)

# Success rate of a workflow's attempts on the default branch, over a day with at least so many of them.
SUCCESS_RATE: Final = 0.8
SUCCESS_OVER: Final = timedelta(days=1)
SUCCESS_TOTAL: Final = 5

# Findings that last are asked for over so long; they may have begun before.
FINDINGS_OVER: Final = timedelta(days=30)

# For how long a repository that had runs may have none.
MAX_SILENCE: Final = timedelta(days=1)

# The ETL: how long ago the last sync may be, how far its data may be behind, how many points it may
# have had rejected, and how many may wait for the store: a quarter of what `state.outbox_limit` lets wait.
MAX_SYNC_AGE: Final = timedelta(hours=1)
MAX_LAG: Final = timedelta(hours=6)
MAX_REJECTED: Final = 0
MAX_OUTBOX: Final = 500_000

# What has stopped is looked for in all that a bucket of the usual retention holds: over less, its alert
# would end by itself while nothing had been repaired.
STOPPED_WITHIN: Final = timedelta(days=730)
