"""Temporary files, with an error that says what to do if the disk is full."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager

from etl.errors import RetriableError


@contextmanager
def temporary_file(most_in_memory: int) -> Iterator["tempfile.SpooledTemporaryFile[bytes]"]:
    """A file that moves to disk above `most_in_memory` bytes, and is deleted at the end of the block.

    Raises RetriableError if it cannot be written; the next sync reads its content again.
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
