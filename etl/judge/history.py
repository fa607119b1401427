"""What is judged: the results of one subject over the runs of a branch or of pull requests."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import IntEnum, StrEnum
from typing import Final, NamedTuple


class Level(StrEnum):
    """What a subject is."""

    WORKFLOW = "workflow"
    JOB = "job"
    STEP = "step"
    TEST = "test"
    FAILURE = "failure"


class Subject(NamedTuple):
    """What a judgement is about, by names as tags have them.

    `name` is a step's, a test's after its suite, or a failure's template after its signature. `branch` is that
    of a break; all else holds of every branch.
    """

    repository: str
    level: Level
    workflow: str
    job: str = ""
    suite: str = ""
    name: str = ""
    branch: str = ""


class Run(NamedTuple):
    """An execution that a result comes from.

    `time`: Unix seconds. `line`: the sequence of commits that it belongs to: empty for the default branch,
    else anything that tells branches and pull requests apart. `tree`: the contents of the commit where known, so
    that a merge and the pull request it came from are one code. `branch`: the branch's name if it has one of its own,
    so that its breaks are told; empty for pull requests and all others.
    """

    time: int
    sha: str
    line: str = ""
    tree: str = ""
    id: int = 0
    branch: str = ""

    @property
    def code(self) -> str:
        """What was tested."""
        return self.tree or self.sha


class Outcome(IntEnum):
    """How a subject fared in a run; a byte each, since there are many."""

    PASSED = 0
    FAILED = 1
    ABSENT = 2  # did not run, was skipped or cancelled, or an outage hid it
    EXPLAINED = 3  # red, but known flakes below it (a job's tests, a workflow's jobs) explain that


_RED: Final = Outcome.FAILED


@dataclass(frozen=True, slots=True)
class History:
    """Outcomes of a subject, one a run, in the order of the commits; `runs` is shared by all subjects of a job.

    `messages` are signatures of failures by position, where they are known.
    """

    subject: Subject
    runs: Sequence[Run]
    outcomes: bytes
    messages: Mapping[int, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if len(self.runs) != len(self.outcomes):
            raise ValueError(
                f"{self.subject}: {len(self.outcomes)} outcomes of {len(self.runs)} runs; one each is needed"
            )

    @property
    def failures(self) -> int:
        """How many results are red and unexplained."""
        return self.outcomes.count(_RED)

    @property
    def passes(self) -> int:
        """How many passed."""
        return self.outcomes.count(Outcome.PASSED)


@dataclass(frozen=True, slots=True)
class Measure:
    """Seconds that a subject took, or waited, one value a run, in the order of the commits.

    `groups`: what the run ran on, where that is known: another runner is no change of the code.
    """

    subject: Subject
    what: str
    runs: Sequence[Run]
    values: Sequence[float]
    groups: Sequence[str] = ()

    def __post_init__(self) -> None:
        if len(self.runs) != len(self.values) or (self.groups and len(self.groups) != len(self.values)):
            raise ValueError(
                f"{self.subject}: {len(self.values)} values and {len(self.groups)} groups "
                f"of {len(self.runs)} runs; one each is needed"
            )
