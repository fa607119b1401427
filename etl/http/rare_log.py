"""What strangers cause is told, but not as often as they cause it."""

import time
from collections.abc import Callable
from typing import Final

_PAUSE_S: Final = 60.0


class RareLog:
    """Allows a line of the log for each subject once a minute; subjects must be few."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._told_at: dict[str, float] = {}

    def allows(self, subject: str) -> bool:
        """Whether a line about it may be told now; that counts as told."""
        now = self._clock()
        if now - self._told_at.get(subject, -_PAUSE_S) < _PAUSE_S:
            return False
        self._told_at[subject] = now
        return True
