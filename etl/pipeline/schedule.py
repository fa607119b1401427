"""When each repository is to be synced, and how much of it: pure but for what it remembers.

Every interval the newest two days, every hour all that may still change. A repository whose webhooks
arrive is synced at every sweep only, and then wholly: so is found what a delivery that was lost
would have told. Where none arrives any more, because they were turned off, polling goes on by itself.
"""

from collections.abc import Mapping

_HOUR_S = 3_600.0
_DAY_S = 86_400.0
# Timers fire a moment early or late: what is due within it is due.
_SLACK_S = 1.0


class Schedule:
    """Which repositories are due at a tick.

    `sweep_s` is how long a repository may wait whose webhooks arrive.
    """

    def __init__(self, sweep_s: float) -> None:
        self._sweep_s = sweep_s
        self._whole_at: dict[str, float] = {}

    def due(self, webhook_ages: Mapping[str, float | None], now: float) -> dict[str, bool]:
        """Names that are due at `now` (monotonic seconds), each with whether the newest two days are enough.

        `webhook_ages` has all names, each with how many seconds ago its last webhook arrived, if any did.
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
        """A sync that was planned for that time went well."""
        if not newest_only:
            self._whole_at[name] = at


def webhooks_arriving(age: float | None, sweep_s: float) -> bool:
    """Whether webhooks arrive, by how long ago the last one did: then they do for a day, or for a sweep.

    One that is to come, by a clock that was set back, says nothing.
    """
    return age is not None and -_SLACK_S <= age < max(_DAY_S, sweep_s)
