"""What is remembered of a job that an attempt of a run listed."""

from typing import NamedTuple


class Executed(NamedTuple):
    """A job of an attempt, or one that it only inherits: `key` is the same where a later attempt inherits it.

    `job` is a hash of its name, empty where nothing of it was executed. Both have 8 bytes.
    """

    attempt: int
    key: bytes
    job: bytes
    inherited: bool = False
