"""When each repository is due for a sync, and whether it is a full one; no I/O, but keeps state.

The newest two days are synced at every interval, and everything that may still change every hour. If a
repository's webhooks arrive, it is only synced at each sweep, but fully, which finds runs whose delivery was
lost. When webhooks stop arriving (they were turned off), polling resumes.
"""

from collections.abc import Mapping

_HOUR_S = 3_600.0
_DAY_S = 86_400.0
# Timers fire a moment early or late: a sync that is due within this time is due now.
_SLACK_S = 1.0


class Schedule:
    """Decides which repositories are due.

    `sweep_s` is the interval (seconds) between full syncs of a repository whose webhooks arrive.
    """

    def __init__(self, sweep_s: float) -> None:
        self._sweep_s = sweep_s
        self._whole_at: dict[str, float] = {}

    def due(self, webhook_ages: Mapping[str, float | None], now: float) -> dict[str, bool]:
        """Names that are due at `now` (monotonic seconds); the value is True if the newest two days are enough.

        `webhook_ages` has every name with the seconds since its last webhook; None if none arrived.
        """
        plan = {}
        for name, webhook_age in webhook_ages.items():
            whole_at = self._whole_at.get(name)
            if whole_at is None:
                plan[name] = False
            elif not webhooks_arriving(webhook_age, self._sweep_s):
                plan[name] = now - whole_at < _HOUR_S - _SLACK_S
            elif now - whole_at >= self._sweep_s - _SLACK_S:
                plan[name] = False
        return plan

    def done(self, name: str, at: float, *, newest_only: bool) -> None:
        """Record that the sync planned for `at` (monotonic seconds) succeeded."""
        if not newest_only:
            self._whole_at[name] = at


def webhooks_arriving(age: float | None, sweep_s: float) -> bool:
    """Whether webhooks count as arriving: the last came within a day, or within a sweep if that is longer.

    A negative age, from a clock that was set back, does not count.
    """
    return age is not None and -_SLACK_S <= age < max(_DAY_S, sweep_s)
