"""All thresholds of judgements."""

from dataclasses import dataclass, field

from etl.model.evidence import EvidenceLimits

DAY_S = 86_400


@dataclass(frozen=True, slots=True)
class ChangeLimits:
    """When a change of a duration, a wait or a success rate is told.

    `max_false_discoveries`: the share of changes told, over all series together, that may be chance;
    `max_false_alerts`: the same of those that are sure enough to wake somebody.
    `min_results`, `min_side`: results of a series, and on each side of a change. `min_effect` is relative
    (0.05: 5 %), `min_effect_s` in seconds, `min_rate_effect` in success rate. Across a gap of more than
    `max_gap_s` nobody knows which commit changed what.
    """

    max_false_discoveries: float = 0.1
    max_false_alerts: float = 0.02
    min_results: int = 20
    min_side: int = 8
    min_effect: float = 0.05
    min_effect_s: float = 1.0
    min_rate_effect: float = 0.05
    max_gap_s: int = 7 * DAY_S


@dataclass(frozen=True, slots=True)
class FlakeLimits:
    """When a test or job is suspected: its probability at least, and failures that no break explains.

    One that was told is kept while it is at least `keep_probability`.
    """

    min_probability: float = 0.95
    keep_probability: float = 0.5
    min_results: int = 20
    min_flakes: int = 2


@dataclass(frozen=True, slots=True)
class BreakLimits:
    """When red is a break: its probability and red results at least, and how sure the range of commits is."""

    min_probability: float = 0.99
    keep_probability: float = 0.5
    min_coverage: float = 0.99
    min_results: int = 3
    min_red: int = 3


@dataclass(frozen=True, slots=True)
class SpreadLimits:
    """When a failure spreads: in so many more jobs within a day than in the week before, on so many branches."""

    min_jobs: int = 3
    min_branches: int = 2


@dataclass(frozen=True, slots=True)
class Limits:
    """The limits of all kinds of findings."""

    changes: ChangeLimits = ChangeLimits()
    proof: EvidenceLimits = field(default_factory=EvidenceLimits)
    flakes: FlakeLimits = FlakeLimits()
    breaks: BreakLimits = BreakLimits()
    spread: SpreadLimits = SpreadLimits()
