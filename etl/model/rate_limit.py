"""A rate limit: what is left of it, and how long to wait."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from etl.retry_after import MAX_S

# Of what can be counted or waited for; Python itself refuses to read more than 4,300.
_MAX_DIGITS = 15


@dataclass(frozen=True, slots=True)
class Wait:
    """GitHub asked to wait so many seconds: a rate limit. It costs no retry."""

    seconds: float
    reason: str


@dataclass(slots=True)
class Budget:
    """The rate limit as GitHub told it last; shared by all who use the token.

    Until `held_until` (Unix seconds) no request is sent, as one of them was asked to wait.
    """

    limit: int | None = None
    remaining: int | None = None
    reset: float | None = None
    held_until: float = 0.0
    held_by: str = ""

    def hold(self, wait: Wait, now: float) -> None:
        """Take over that GitHub asked one request to wait: it holds them all."""
        if now + wait.seconds > self.held_until:
            self.held_until, self.held_by = now + wait.seconds, wait.reason

    def note(self, headers: Mapping[str, str]) -> None:
        """Take over what an answer tells. Late answers of one window never raise what is left."""
        limit, remaining, reset = (
            headers.get(f"x-ratelimit-{name}", "") for name in ("limit", "remaining", "reset")
        )
        if not all(value.isdecimal() and len(value) <= _MAX_DIGITS for value in (limit, remaining, reset)):
            return
        same_window = self.reset == float(reset) and self.remaining is not None
        left = (
            min(int(remaining), self.remaining)
            if same_window and self.remaining is not None
            else int(remaining)
        )
        self.limit, self.remaining, self.reset = int(limit), left, float(reset)

    def pause(self, reserve: int, now: float) -> Wait:
        """What to wait for before the next request: what was asked for, and until the reserve stays.

        Of no seconds where there is nothing. A limit smaller than the reserve is used to a tenth.
        """
        held = Wait(max(0.0, self.held_until - now), self.held_by)
        if self.remaining is None or self.limit is None or self.reset is None:
            return held
        if not now < self.reset <= now + MAX_S:
            # It is over, or was never true: limits are by the hour.
            return held
        if self.remaining > min(reserve, self.limit // 10) or held.seconds > self.reset - now + 1.0:
            return held
        return Wait(self.reset - now + 1.0, "the rate limit's reserve is left to others")


class SharedRateLimits(Protocol):
    """Where those who use one token at the same time tell each other of its rate limit."""

    async def exchange(self, identity: str, told: Budget) -> Budget:
        """Add what one was told to what all were told, and answer that."""
        ...
