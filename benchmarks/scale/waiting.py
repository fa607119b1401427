"""Work that waits for its turn, oldest first; pure."""

from collections import deque

# What arithmetic leaves of an amount that was served in parts.
_NOTHING = 1e-9


class Waiting:
    """Amounts that came at a time and wait. `longest` is the longest that any of it has waited."""

    def __init__(self) -> None:
        self.amount = 0.0
        self.longest = 0
        self._queue: deque[tuple[int, float]] = deque()

    def add(self, now: int, amount: float) -> None:
        """So much comes."""
        self._queue.append((now, amount))
        self.amount += amount

    def serve(self, now: int, most: float) -> float:
        """Serve as much as there is, and no more than `most`; how much it was."""
        left = most
        while self._queue and left > _NOTHING:
            came, amount = self._queue.popleft()
            self.longest = max(self.longest, now - came)
            if amount > left + _NOTHING:
                self._queue.appendleft((came, amount - left))
                left = 0.0
            else:
                left = max(0.0, left - amount)
        served = most - left
        self.amount = max(0.0, self.amount - served)
        return served
