"""Flaky by its history: how likely, at which rate, and which of its failures were flakes."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import exp, log, log1p
from typing import Final

from etl.judge.episodes import Episode, Explained, counts, episodes, explain
from etl.judge.finding import Commits, Effect, Finding, Judgement, Kind, Reason
from etl.judge.history import History, Outcome
from etl.judge.intervals import rate_interval
from etl.judge.limits import FlakeLimits
from etl.judge.priors import RATES, Prior, prior_of
from etl.model.evidence import EvidenceLimits

_LIKELY: Final = 0.5
# So unlikely is a silence of a flake that still is one.
_SILENT: Final = 1e-3


@dataclass(frozen=True, slots=True)
class Reading:
    """What a history is read as.

    `probability` that it is flaky, from all results that count; `weights` of being not flaky, and of each of
    RATES; `explained`: for each episode what explains it under each of these; `flakes`: how likely each
    red result (by position) that counts was a flake; `proven`: how many of these failed where the same code passed.
    """

    history: History
    prior: Prior
    episodes: tuple[Episode, ...]
    explained: tuple[tuple[Explained, ...], ...]
    weights: tuple[float, ...]
    flakes: dict[int, float]
    proven: int

    @property
    def probability(self) -> float:
        """How likely it is flaky."""
        return 1 - self.weights[0]

    def weights_at(self, number: int) -> tuple[float, ...]:
        """The weights after an episode, also one that does not count otherwise."""
        if counts(self.episodes[number], self.prior):
            return self.weights
        parts = [weight * one.whole for weight, one in zip(self.weights, self.explained[number], strict=True)]
        return tuple(part / sum(parts) for part in parts)

    @property
    def expected(self) -> float:
        """How many failures were flakes."""
        return sum(self.flakes.values())


def read(history: History, proof: EvidenceLimits) -> Reading:
    """Read a history as that of a subject that may be flaky and may have been broken."""
    prior = prior_of(history.subject.level)
    found = tuple(episodes(history, prior, proof))
    rates = (prior.single, *RATES)
    explained = tuple(tuple(explain(episode, rate) for rate in rates) for episode in found)
    passes = sum(
        outcome == Outcome.PASSED and counts(run, prior)
        for run, outcome in zip(history.runs, history.outcomes, strict=True)
    )
    counted = [
        (episode, by_rate)
        for episode, by_rate in zip(found, explained, strict=True)
        if counts(episode, prior)
    ]
    weights = _weights(prior, rates, [by_rate for _, by_rate in counted], passes)
    proven = sum(red.same_code and not red.explained for episode, _ in counted for red in episode.reds)
    return Reading(history, prior, found, explained, weights, _flakes(counted, weights), proven)


def _weights(
    prior: Prior, rates: Sequence[float], explained: Sequence[Sequence[Explained]], passes: int
) -> tuple[float, ...]:
    """How likely each rate is, after all that was seen."""
    before = (1 - prior.flaky, *(prior.flaky / len(RATES) for _ in RATES))
    logs = [
        log(share) + passes * log1p(-rate) + sum(log(by_rate[place].whole) for by_rate in explained)
        for place, (share, rate) in enumerate(zip(before, rates, strict=True))
    ]
    most = max(logs)
    parts = [exp(one - most) for one in logs]
    total = sum(parts)
    return tuple(part / total for part in parts)


def _flakes(
    counted: Iterable[tuple[Episode, Sequence[Explained]]], weights: Sequence[float]
) -> dict[int, float]:
    """How likely each red result is none of a break."""
    flakes = {}
    for episode, by_rate in counted:
        for place, red in enumerate(episode.reds):
            if not red.explained:
                flakes[red.at] = 1 - sum(
                    weight * one.inside[place] / one.whole
                    for weight, one in zip(weights, by_rate, strict=True)
                )
    return flakes


def judge_flake(reading: Reading, limits: FlakeLimits) -> Judgement:
    """Whether a subject is flaky: proven by its results on one commit, or suspected by its history."""
    history = reading.history
    if not history.failures:
        return Judgement(history.subject, reason=Reason.NEVER_FAILED)
    if not history.passes:
        return Judgement(history.subject, reason=Reason.NEVER_PASSED)
    if not reading.proven:
        if history.failures + history.passes < limits.min_results:
            return Judgement(history.subject, reason=Reason.TOO_FEW)
        if reading.expected < limits.min_flakes - _LIKELY:
            alone = sum(len(episode.reds) == 1 for episode in reading.episodes)
            reason = Reason.TOO_FEW_FLAKES if alone else Reason.BREAKS_EXPLAIN
            return Judgement(history.subject, reason=reason)
        if reading.probability < limits.min_probability:
            weaker = (_finding(reading),) if reading.probability >= limits.keep_probability else ()
            return Judgement(history.subject, reason=Reason.TOO_FEW_FLAKES, weaker=weaker)
    return Judgement(history.subject, (_finding(reading),))


def _finding(reading: Reading) -> Finding:
    history = reading.history
    likely = sorted(at for at, flake in reading.flakes.items() if flake > _LIKELY)
    first, last = (likely[0], likely[-1]) if likely else (min(reading.flakes), max(reading.flakes))
    expected = max(reading.expected, float(reading.proven))
    total = history.passes + expected
    rate = expected / total
    silent = history.outcomes[last + 1 :].count(Outcome.PASSED)
    earlier = history.runs[first - 1].sha if first else ""
    since = history.runs[first].time
    ended = (1 - rate) ** silent < _SILENT
    return Finding(
        Kind.FLAKY,
        history.subject,
        since,
        1.0 if reading.proven else reading.probability,
        Effect(rate, *rate_interval(expected, total)),
        Commits(earlier, history.runs[first].sha),
        round(expected),
        before=0.0,
        after=rate,
        until=max(history.runs[last].time, since) if ended else None,
        proven=reading.proven,
    )
