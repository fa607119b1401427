"""Prior assumptions about subjects."""

from dataclasses import dataclass
from typing import Final

from etl.judge.history import Level

# Rates at which flaky subjects may fail, each as likely as the others.
RATES: Final = (0.003, 0.006, 0.012, 0.025, 0.05, 0.1, 0.2, 0.35, 0.55, 0.75, 0.92)


@dataclass(frozen=True, slots=True)
class Prior:
    """How common flaky subjects, single failures and breaks are.

    `flaky`: the share that is flaky. `single`: how often what is not flaky fails once, for no reason that
    comes again. Breaks of the default branch begin every so many days and last for so many; in pull
    requests they begin and are repaired with so many commits, which counts where `judges_requests`.
    `begins_unseen`: how likely a line was broken before its first result.
    """

    flaky: float
    single: float
    days_between_breaks: float
    days_to_repair: float
    begins_unseen: float
    begins_in_request: float
    repaired_in_request: float
    judges_requests: bool


# A pull request that fails says little of its jobs: that is what they are for. A single test is another matter.
_TEST: Final = Prior(0.03, 2e-4, 200.0, 1.0, 0.005, 0.02, 0.5, judges_requests=True)
_JOB: Final = Prior(0.5, 1e-3, 30.0, 0.5, 0.025, 0.2, 0.5, judges_requests=False)


def prior_of(level: Level) -> Prior:
    """The prior for a subject of this level."""
    return _TEST if level == Level.TEST else _JOB
