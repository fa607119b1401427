"""A log while it is downloaded: of what comes, only an excerpt is kept."""

import re

from etl.errors import DataError
from etl.extract.logs.excerpt import Excerpt

# A page that something between us and the storage answers, or what belongs to another download.
_NO_LOG = re.compile(rb"(?i)\s*<(?:!doctype|html|\?xml)|PK\x03\x04")


class IncomingLog:
    """Takes a log in pieces; `ended` is the failed step's end in ISO 8601, or empty."""

    def __init__(self, ended: str = "") -> None:
        self._ended = ended
        self._excerpt = Excerpt(ended)

    def restart(self) -> None:
        """Forget what came."""
        self._excerpt = Excerpt(self._ended)

    def write(self, chunk: bytes) -> None:
        """Take the next bytes; raises DataError where they begin no log."""
        if not self._excerpt.bytes and _NO_LOG.match(chunk):
            raise DataError("a page or an archive is stored in the place of the log")
        self._excerpt.feed(chunk)

    @property
    def excerpt(self) -> Excerpt:
        """What is kept once all has come; raises DataError where nothing did."""
        if not self._excerpt.bytes:
            raise DataError("the log is empty")
        return self._excerpt
