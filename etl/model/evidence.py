"""Executions of jobs as flake evidence needs them."""

from dataclasses import dataclass
from hashlib import blake2b
from typing import Final

_DAY_S: Final = 86_400


@dataclass(frozen=True, slots=True)
class EvidenceLimits:
    """How far apart, in seconds, a failing and a passing result may be and still prove a flake.

    `rerun_s` is between attempts of one run, `same_sha_s` between runs: later, the world around may have changed.
    """

    rerun_s: int = 7 * _DAY_S
    same_sha_s: int = 3 * _DAY_S


@dataclass(frozen=True, slots=True)
class Failure:
    """A failing result of a test, by names as tags have them; `ordinal` counts equal ones. A report's `message` is cut.

    `annotated`: known from an annotation or a log alone, so that only a green job tells that it passed. `ran`:
    results of its name that were not skipped, such as one a browser.
    """

    suite: str
    test: str
    ordinal: int
    message: str
    annotated: bool = False
    ran: int = 1

    @property
    def key(self) -> bytes:
        """The hash by which as many passing results of the same test are found."""
        return key_of(self.suite, self.test, self.ran - 1)


@dataclass(frozen=True, slots=True)
class Execution:
    """An execution of a job that counts in success rates, with what its tests told.

    `job` is the name by which executions are compared at job level (empty where no job is known, so
    that there is nothing to compare), `shards` the same without the number of a shard. `ended_at` is in Unix seconds. `outage`: most tests of its report failed, so
    that its failures are no evidence for tests, and are none of its own. `passed` are hashes of passing results,
    None without a report.
    """

    job_id: int
    run_id: int
    attempt: int
    workflow_id: int
    job: str
    shards: str
    event: str
    head_sha: str
    ended_at: int
    green: bool
    outage: bool
    duration_s: float | None
    message: str
    tags: dict[str, str]
    failures: tuple[Failure, ...] = ()
    passed: frozenset[bytes] | None = None

    def shows_passing(self, failure: Failure) -> bool:
        """Whether the failing test passed here."""
        if failure.annotated:
            return self.green
        return self.passed is not None and failure.key in self.passed


HASH_BYTES: Final = 8


def key_of(suite: str, test: str, ordinal: int) -> bytes:
    """Eight bytes that stand for a test within its job, for the second result of its name and so on."""
    place = f"\x1f{ordinal}" if ordinal else ""
    text = f"{suite}\x1f{test}{place}".encode("utf-8", "surrogatepass")
    return blake2b(text, digest_size=HASH_BYTES).digest()


def number_of(key: bytes) -> int:
    """A key as a number below 2⁶⁴."""
    return int.from_bytes(key, "big")
