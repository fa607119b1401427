"""How many requests may still be sent for what is being read."""

from collections.abc import Iterator
from contextlib import contextmanager

from etl.errors import RequestsSpentError


class Allowance:
    """A limit on requests, set by `at_most`; none otherwise."""

    def __init__(self) -> None:
        self._left: int | None = None

    @contextmanager
    def at_most(self, requests: int) -> Iterator[None]:
        """Within this context, any further request than so many raises RequestsSpentError."""
        self._left = requests
        try:
            yield
        finally:
            self._left = None

    def spend(self, path: str) -> None:
        """Count a request before it waits to be sent, since many may be waiting."""
        if self._left is None:
            return
        self._left -= 1
        if self._left < 0:
            raise RequestsSpentError(f"the requests that were allowed are spent before {path}")
