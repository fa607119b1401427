"""A clock that tests move."""


class MovingClock:
    """Unix seconds that pass only in `advance` and `sleep`."""

    def __init__(self, now: float) -> None:
        self.now = now

    def __call__(self) -> float:
        """The time."""
        return self.now

    def advance(self, seconds: float) -> None:
        """Let time pass."""
        self.now += seconds

    async def sleep(self, seconds: float) -> None:
        """Let time pass instead of waiting for it."""
        self.now += seconds
