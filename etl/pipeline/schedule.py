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

    def due(self, last_webhooks: Mapping[str, float | None], now: float) -> dict[str, bool]:
        """Names that are due at `now`, each with whether the newest two days are enough.

        `last_webhooks` has all names, each with when its last webhook arrived (Unix seconds), if any did.
        """
        plan = {}
        for name, last_webhook in last_webhooks.items():
            whole_at = self._whole_at.get(name)
            if whole_at is None:
                plan[name] = False
            elif not webhooks_arriving(last_webhook, now, self._sweep_s):
                plan[name] = now - whole_at < _HOUR_S - _SLACK_S
            elif now - whole_at >= self._sweep_s - _SLACK_S:
                plan[name] = False
        return plan

    def done(self, name: str, at: float, *, newest_only: bool) -> None:
        """A sync that was planned for that time went well."""
        if not newest_only:
            self._whole_at[name] = at


def webhooks_arriving(last_webhook: float | None, now: float, sweep_s: float) -> bool:
    """Whether webhooks arrive, by when one last did: then they do for a day, or for a sweep."""
    return last_webhook is not None and now - last_webhook < max(_DAY_S, sweep_s)
