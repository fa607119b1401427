"""A rate limit: how many requests are left, and how long to wait."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from etl.retry_after import MAX_S

# More digits than any real limit or time; Python itself refuses to parse more than 4,300.
_MAX_DIGITS = 15
_RESOURCE = "core"
USED_UP = "GitHub's rate limit is used up"


@dataclass(frozen=True, slots=True)
class Wait:
    """Wait for a rate limit, in seconds. It does not count as a retry."""

    seconds: float
    reason: str


@dataclass(slots=True)
class Budget:
    """The rate limit as GitHub last reported it; shared by all users of the token.

    Until `held_until` (Unix seconds) no request is sent, because GitHub asked one of them to wait.
    """

    limit: int | None = None
    remaining: int | None = None
    reset: float | None = None
    held_until: float = 0.0
    held_by: str = ""

    def hold(self, wait: Wait, now: float) -> None:
        """Note that GitHub asked one request to wait: all requests wait."""
        if now + wait.seconds > self.held_until:
            self.held_until, self.held_by = now + wait.seconds, wait.reason

    def note(self, headers: Mapping[str, str]) -> None:
        """Note the rate limit in an answer's headers. Late answers of the same window never raise `remaining`.

        Limits of other resources, such as that of GraphQL, are left out.
        """
        if headers.get("x-ratelimit-resource", _RESOURCE) != _RESOURCE:
            return
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

    def spare(self, reserve: int, now: float) -> int | None:
        """How many requests are left above the reserve; None if that is unknown, as when the window is over.

        A reserve larger than a tenth of the limit counts as a tenth.
        """
        if self.remaining is None or self.limit is None or self.reset is None:
            return None
        # Windows last an hour: another value is wrong.
        if not now < self.reset <= now + MAX_S:
            return None
        return self.remaining - min(reserve, self.limit // 10)

    def pause(self, reserve: int, now: float) -> Wait:
        """The wait before the next request: as GitHub asked, or until the reset if only the reserve is left.

        Zero seconds if there is nothing to wait for.
        """
        held = Wait(max(0.0, self.held_until - now), self.held_by)
        spare = self.spare(reserve, now)
        if spare is None or self.reset is None or spare > 0 or held.seconds > self.reset - now + 1.0:
            return held
        reason = "the rate limit's reserve is left to others" if self.remaining else USED_UP
        return Wait(self.reset - now + 1.0, reason)


class SharedRateLimits(Protocol):
    """Shares a token's rate limit between processes that use it at the same time."""

    async def exchange(self, identity: str, seen: Budget) -> Budget:
        """Merge what this process saw of the rate limit into the shared value, and return that."""
        ...
