"""Temporary files, and what is said where there is no room for them."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager

from etl.errors import RetriableError


@contextmanager
def temporary_file(most_in_memory: int) -> Iterator["tempfile.SpooledTemporaryFile[bytes]"]:
    """A file that is on disk only where it has more bytes than that, and ends with the block.

    Raises RetriableError where it cannot be written: what it was for is read again by the next sync.
    """
    try:
        with tempfile.SpooledTemporaryFile(most_in_memory) as file:
            yield file
    except (ConnectionError, TimeoutError):
        raise
    except OSError as error:
        raise RetriableError(
            f"a temporary file cannot be written: {error.strerror}; make room, or name another folder in TMPDIR"
        ) from error
