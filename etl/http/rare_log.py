"""Rate limit for log lines that unauthenticated clients can trigger."""

import time
from collections.abc import Callable
from typing import Final

_PAUSE_S: Final = 60.0


class RareLog:
    """Allows one log line per subject and minute; the number of subjects must be small."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._logged_at: dict[str, float] = {}

    def allows(self, subject: str) -> bool:
        """Whether to log a line about `subject` now; returning True counts as logging it."""
        now = self._clock()
        if now - self._logged_at.get(subject, -_PAUSE_S) < _PAUSE_S:
            return False
        self._logged_at[subject] = now
        return True
