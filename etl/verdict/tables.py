"""The numbers of the model, each with where it comes from; docs/verdicts.md says how sure they are.

Measured: from tests whose true rates are known. Assumed: chosen so that the verdicts are right on worlds of
known truth that differ in the very thing that is assumed (`benchmarks/verdicts`).
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from etl.judge.history import Level


class Cause(StrEnum):
    """What a failure comes from."""

    YOURS = "yours"
    FLAKY = "flaky"
    BROKEN = "broken"
    ELSEWHERE = "elsewhere"
    INFRASTRUCTURE = "infrastructure"


HOUR_S: Final = 3_600
DAY_S: Final = 86_400

# Other lines count as "now" where they ran within so long before or after the run.
NOW_S: Final = 12 * HOUR_S
# Results of the default branch on each side of a run that tell whether it was broken then.
CHAIN: Final = 20


@dataclass(frozen=True, slots=True)
class Assumed:
    """What is assumed of a job or a test before anything is seen of it.

    `rates`: failures a result of those that are flaky, with how common each is among them. `flaky`: the
    share that is; `single`: how often the others fail for no reason. `own`: how many of a run's jobs, or of
    a job's tests, fail where a change breaks something. `hit`: how likely it fails where something fails
    everywhere, if more than by a change; `spared`: how likely it passed just before in its midst. `infrastructure`: failures a result that are the machinery's.
    `days_to_repair`: how long breaks of the default branch last.
    """

    rates: tuple[tuple[float, float], ...]
    flaky: float
    single: float
    own: float
    hit: float
    spared: float
    infrastructure: float
    days_to_repair: float


# Measured: rates of FlakeFlagger's 811 flaky tests of 22,245 (10,000 runs each), smoothed.
_TEST_RATES: Final = (
    (0.0005, 0.25), (0.002, 0.06), (0.0045, 0.08), (0.009, 0.12), (0.018, 0.15), (0.035, 0.07),
    (0.07, 0.06), (0.15, 0.06), (0.27, 0.07), (0.45, 0.03), (0.65, 0.05),
)  # fmt: skip
# Assumed.
_JOB_RATES: Final = (
    (0.002, 0.2), (0.006, 0.2), (0.015, 0.2), (0.04, 0.15), (0.1, 0.13), (0.2, 0.08), (0.4, 0.04),
)  # fmt: skip

_TEST: Final = Assumed(_TEST_RATES, 0.036, 1e-5, 2.5, 0.0, 0.02, 2e-5, 1.0)
_JOB: Final = Assumed(_JOB_RATES, 0.4, 3e-4, 0.8, 0.2, 0.2, 0.004, 0.5)


def level(of: Level) -> Assumed:
    """What is assumed of it."""
    return _TEST if of == Level.TEST else _JOB


# Assumed: how long something fails everywhere.
OUTAGE_S: Final = 12 * HOUR_S
# Assumed: days between breaks of the default branch; each breaks as much as a change does.
DAYS_BETWEEN_BREAKS: Final = 10.0
# Assumed: runs of a pull request in which its change breaks something, the same of the default branch,
# runs in the middle of something that fails everywhere, and tests of a report that was not counted.
CHANGE_BREAKS: Final = 0.4
COMMIT_BREAKS: Final = 0.04
OUTAGE: Final = 0.03
USUAL_TESTS: Final = 300

# Assumed: how likely a job's failure is of a category, by its cause. A failing test is always `test`.
CATEGORIES: Final[dict[str, dict[Cause, float]]] = {
    name: dict(zip(Cause, shares, strict=True))
    for name, shares in {
        #                  yours  flaky  broken elsewhere infrastructure
        "test":           (0.430, 0.540, 0.470, 0.150, 0.020),
        "build":          (0.220, 0.030, 0.220, 0.120, 0.020),
        "lint":           (0.120, 0.010, 0.090, 0.060, 0.005),
        "dependency":     (0.050, 0.050, 0.060, 0.250, 0.100),
        "network":        (0.010, 0.090, 0.010, 0.150, 0.300),
        "infrastructure": (0.005, 0.030, 0.005, 0.070, 0.200),
        "timeout":        (0.030, 0.090, 0.030, 0.050, 0.060),
        "out_of_memory":  (0.010, 0.030, 0.010, 0.010, 0.060),
        "disk":           (0.005, 0.010, 0.005, 0.020, 0.060),
        "credentials":    (0.010, 0.005, 0.020, 0.050, 0.030),
        "configuration":  (0.040, 0.005, 0.020, 0.010, 0.010),
        "no_runner":      (0.001, 0.005, 0.001, 0.020, 0.070),
        "unknown":        (0.069, 0.105, 0.059, 0.040, 0.065),
    }.items()
}  # fmt: skip

# Assumed: how likely another execution of the same commit passes (of a flake: by its rate).
PASSES_AGAIN: Final = {
    Cause.YOURS: 0.001,
    Cause.BROKEN: 0.005,
    Cause.ELSEWHERE: 0.3,
    Cause.INFRASTRUCTURE: 0.85,
}
# Assumed: how likely the next older commit of this line fails, too, and each older one after that; the
# same holds for newer ones.
FAILS_BEFORE, FAILS_ON = 0.45, 0.75
# Assumed: how likely all jobs of a matrix fail together, and one of them fails where another did.
ALL_OF_MATRIX: Final = {Cause.YOURS: 0.8, Cause.BROKEN: 0.8, Cause.ELSEWHERE: 0.6}
ONE_MORE: Final = 0.12
# Assumed: how likely the change touches the file that a failure names.
TOUCHED: Final = {Cause.YOURS: 0.5}
TOUCHED_BY_CHANCE: Final = 0.04
# Assumed: how likely it is new (its line has it, and no other ever ran it), of a test.
NEW_TEST: Final = {Cause.YOURS: 0.08}
NEW_BY_CHANCE: Final = 0.01

# Assumed: how likely a message was never seen in this repository, by cause; otherwise it is as common as it is.
NEW_MESSAGE: Final = {
    Cause.YOURS: 0.85, Cause.FLAKY: 0.8, Cause.BROKEN: 0.8, Cause.ELSEWHERE: 0.7, Cause.INFRASTRUCTURE: 0.3,
}  # fmt: skip
# How likely a break, or what fails elsewhere, says the same each time.
SAME_MESSAGE: Final = 0.9
# Messages of its own that a flake is likely to have more (the concentration of a Chinese restaurant process).
MORE_MESSAGES: Final = 0.5

# Categories of machinery: what it does to others looks like a flake, and is called so.
MACHINERY: Final = frozenset(
    (
        "dependency",
        "network",
        "infrastructure",
        "timeout",
        "out_of_memory",
        "disk",
        "credentials",
        "no_runner",
    )
)

# A failure is called somebody else's where it is yours with at most this probability, and yours from this on.
NOT_YOURS: Final = 0.02
IS_YOURS: Final = 0.75
