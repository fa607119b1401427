"""A comment on a pull request that is to be written or updated."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Head:
    """Where a pull request comes from, with its newest commit, by a run of that which was read.

    `repository` is the configured name, `owner` and `branch` the head's, which may be a fork. `number` is the pull
    request's; 0 if GitHub has to be asked. `run_created_at` is in Unix seconds.
    """

    repository: str
    owner: str
    branch: str
    sha: str
    run_created_at: int
    number: int = 0


@dataclass(frozen=True, slots=True)
class DueComment:
    """A comment that the caller alone shall write, at its try number `tries`; it is due since `since` (Unix seconds).

    `noted` tells one reading of runs from the next.
    """

    head: Head
    since: int
    noted: int
    tries: int
