"""What failed in a run, and what is known of it from elsewhere."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from etl.judge.history import Subject

# The line of the default branch; every other branch is a line by its name.
BASE = ""


@dataclass(frozen=True, slots=True)
class RedRun:
    """A run in which something failed: `line` is its branch, BASE for the default one.

    `time` is when it began, in Unix seconds; `jobs` how many jobs it has. `kin` are lines of the same author,
    which may contain the same commits.
    """

    repository: str
    run_id: int
    attempt: int
    sha: str
    line: str
    time: int
    jobs: int = 1
    url: str = ""
    kin: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Failed:
    """A job that failed, or a test of it; `signature` and `message` are empty where it said nothing.

    `job_group` is the job without its matrix suffix. `count` is how many tests its report has, 0 where
    that is unknown.
    """

    subject: Subject
    job_group: str
    signature: str = ""
    category: str = "unknown"
    message: str = ""
    path: str = ""
    job_id: int = 0
    url: str = ""
    count: int = 0


class Seen(NamedTuple):
    """A result of the same job or test in another execution, `time` in Unix seconds."""

    time: int
    run_id: int
    attempt: int
    sha: str
    line: str
    passed: bool
    signature: str = ""
    job_id: int = 0


@dataclass(frozen=True, slots=True)
class Outside:
    """How widely a signature is seen, on unrelated lines: of `red` ones with failures `now` have it.

    These are of other jobs and tests than this one, which never had it before. Before, so many jobs and
    tests `had` it, and `told` lines had failures.
    """

    now: int = 0
    red: int = 0
    had: int = 0
    told: int = 0

    @property
    def common(self) -> float:
        """How often a line with failures has it anew; some chance is left for what nobody saw before."""
        return min((self.had + 0.3) / (self.told + 3), 0.5)


@dataclass(frozen=True, slots=True)
class Flake:
    """What is found of its flaking: failures that no break explains, of so many results."""

    proven: bool
    failures: int
    results: int
    last_seen: int = 0


@dataclass(frozen=True, slots=True)
class Break:
    """A break on the default branch that has not ended, as it was found."""

    since: int
    first_bad: str
    last_good: str = ""
    url: str = ""


@dataclass(frozen=True, slots=True)
class Known:
    """All that is known of one failure.

    `seen`: other results of the same job or test, in the order of their times; `matrix`: those of the same
    in other jobs of its matrix, in other runs. `beside`: how many jobs of
    the same matrix failed and passed with it in this run. `touched`: whether the change touches the file
    that the failure names, None where either is unknown.
    """

    failed: Failed
    seen: Sequence[Seen] = ()
    matrix: Sequence[Seen] = ()
    beside: tuple[int, int] = (0, 0)
    outside: Outside = Outside()
    flake: Flake | None = None
    broken: Break | None = None
    touched: bool | None = None
