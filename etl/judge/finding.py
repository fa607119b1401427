"""A finding: something that began, holds, and may end. It is one as long as it lasts."""

from dataclasses import dataclass
from enum import StrEnum
from hashlib import sha256

from etl.judge.history import Subject


class Kind(StrEnum):
    """What began."""

    FLAKY = "flaky"
    BROKEN = "broken"
    SLOWER = "slower"
    FASTER = "faster"
    WAITS_LONGER = "waits longer"
    WAITS_LESS = "waits less"
    LESS_RELIABLE = "less reliable"
    MORE_RELIABLE = "more reliable"
    SPREADING = "spreading"


class Reason(StrEnum):
    """Why nothing is told of a subject."""

    TOO_FEW = "too few results"
    NEVER_FAILED = "it never failed"
    NEVER_PASSED = "it never passed"
    ALL_EQUAL = "all results are equal"
    NOT_BEYOND_CHANCE = "no difference beyond what chance gives"
    TOO_SMALL = "the difference is smaller than what is asked for"
    GAP = "no results for so long before the change that no commit can be named"
    MOVED = "it ran on another runner from then on"
    BREAKS_EXPLAIN = "breaks that were repaired explain the failures"
    TOO_FEW_FLAKES = "too few failures that no break explains"
    GREEN = "it passes"
    ONE_CHANGE = "it came in one branch or pull request alone"
    FLAKES_EXPLAIN = "flakes explain the failures"


@dataclass(frozen=True, slots=True)
class Effect:
    """A size with its 95 % interval: a ratio less one for times, a difference for rates, a rate of flakes, or jobs."""

    size: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Commits:
    """Where something began, as far as it is known: after `last_before`, in `first` at the latest.

    `between` are commits in which it may have begun as well, in order. A SHA is empty where none is known.
    """

    last_before: str
    first: str
    between: tuple[str, ...] = ()

    @property
    def named_alone(self) -> bool:
        """Whether one commit is left."""
        return not self.between


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that holds of a subject since `since` (Unix seconds), until `until` where it has ended.

    `probability` that it is so; `effect` in the unit of its kind; `before` and `after` are the levels
    (seconds, rates or jobs). `evidence` counts the results that it rests on. `repaired` is the commit that ended
    a break, `repair_s` how long that took. `began` is what tells it from others of its kind and subject:
    the first `since` that was told, which stays when a later look moves `since` by a run or two. `proven`
    counts flakes on the same code as a pass. Only what is `sure` is worth an alert.
    """

    kind: Kind
    subject: Subject
    since: int
    probability: float
    effect: Effect
    commits: Commits
    evidence: int
    before: float
    after: float
    until: int | None = None
    repaired: str = ""
    repair_s: int | None = None
    began: int = 0
    proven: int = 0
    sure: bool = True

    @property
    def id(self) -> str:
        """Twelve hex digits that stay the same as long as it lasts."""
        *names, branch = self.subject
        told = "\0".join((self.kind, *names, *filter(None, [branch]), str(self.began or self.since)))
        return sha256(told.encode()).hexdigest()[:12]

    @property
    def is_open(self) -> bool:
        """Whether it still holds."""
        return self.until is None


@dataclass(frozen=True, slots=True)
class Judgement:
    """What is told of a subject; without findings, why not.

    `weaker` ones are not sure enough to begin, but sure enough to go on.
    """

    subject: Subject
    findings: tuple[Finding, ...] = ()
    reason: Reason | None = None
    weaker: tuple[Finding, ...] = ()
