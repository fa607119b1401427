"""Stretches of red between passes, and what may explain each: flakes, or a break that begins and is repaired.

A line of commits is good or broken. A good one fails now and then where the subject is flaky; a broken one
always fails. So a pass says that the line is good, and only what lies between two passes has to be
explained: by flakes alone, or by a break that begins at one of the red results and lasts until a later one
or until the pass. What such an explanation is worth is a small forward and backward sum of a hidden
two-state model (Rabiner, 1989).
"""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import exp
from typing import Final, NamedTuple

from etl.judge.history import History, Outcome, Run
from etl.judge.limits import DAY_S
from etl.judge.priors import Prior
from etl.model.evidence import EvidenceLimits

_LEAST_GAP_S: Final = 600
_LEAST: Final = 1e-300
# How likely a break has a message that was seen in another stretch of red.
_KNOWN_MESSAGE: Final = 0.1
# How likely a result within a break has another message than most of the stretch.
_OTHER_MESSAGE: Final = 0.005
# Other stretches with messages, from which on these say something.
_FEW: Final = 3


@dataclass(frozen=True, slots=True)
class Red:
    """A red result: how likely a break begins before it and one that was there is repaired, and its signs.

    `same_code`: it passed on the same code at about that time, so that no break explains it. `familiar`: the share of
    other stretches that its message was seen in, 1 where nothing can be said. `known`: it was seen in one.
    `fits`: how well its message fits a break with the others of its stretch.
    `explained`: by known flakes below it.
    """

    at: int
    begins: float
    repaired: float
    same_code: bool
    familiar: float
    known: bool
    fits: float
    explained: bool


@dataclass(frozen=True, slots=True)
class Episode:
    """Reds of one line between two passes: positions of the passes, and how likely a repair before the last.

    `line` and `branch` are those of its runs.
    """

    line: str
    branch: str
    last_pass: int | None
    next_pass: int | None
    repaired: float
    reds: tuple[Red, ...]


class Explained(NamedTuple):
    """What an episode is worth at a flake rate: in all, by flakes alone, and by where a break begins.

    `inside` is what it is worth with each red in a break.
    """

    whole: float
    flakes_alone: float
    begins: tuple[float, ...]
    inside: tuple[float, ...]


def explain(episode: Episode, rate: float) -> Explained:
    """What explains an episode where a good line fails at this rate."""
    flaky = [_flaky(red, rate) for red in episode.reds]
    broken = [0.0 if red.same_code else red.fits for red in episode.reds]
    after_broken = _backward(episode, flaky, broken)
    begins, inside = [], []
    good, breaking = 1.0, 0.0
    for red, flake, breaks, later in zip(episode.reds, flaky, broken, after_broken, strict=True):
        enters = good * red.begins * breaks * (_KNOWN_MESSAGE if red.known else 1.0)
        breaking = enters + breaking * (1 - red.repaired) * breaks
        begins.append(enters * later)
        inside.append(breaking * later)
        good *= (1 - red.begins) * flake
    return Explained(max(good + sum(begins), _LEAST), good, tuple(begins), tuple(inside))


def _flaky(red: Red, rate: float) -> float:
    """What a red is worth as a flake."""
    if red.explained:
        return 1.0
    return rate * red.familiar


def _backward(episode: Episode, flaky: Sequence[float], broken: Sequence[float]) -> list[float]:
    """For each red what the rest is worth on a line that is broken there."""
    good, breaking = 1.0, 1.0 if episode.next_pass is None else episode.repaired
    found = [breaking]
    for red, flake, breaks in zip(episode.reds[:0:-1], flaky[:0:-1], broken[:0:-1], strict=True):
        breaking = (1 - red.repaired) * breaks * breaking + red.repaired * flake * good
        good *= flake
        found.append(breaking)
    return found[::-1]


def episodes(history: History, prior: Prior, proof: EvidenceLimits) -> list[Episode]:
    """All stretches of red of a history, line by line: of what counts, and of branches with a name."""
    lines: dict[tuple[str, str], list[int]] = defaultdict(list)
    for position, (run, outcome) in enumerate(zip(history.runs, history.outcomes, strict=True)):
        if outcome != Outcome.ABSENT and (run.branch or counts(run, prior)):
            lines[run.line, run.branch].append(position)
    stretches = [stretch for positions in lines.values() for stretch in _stretches(history, positions)]
    told = _messages(history, [reds for _, reds, _ in stretches])
    return [
        _Reader(history, prior, _Passes(history, proof), told).episode(number, *stretch)
        for number, stretch in enumerate(stretches)
    ]


def counts(where: Run | Episode, prior: Prior) -> bool:
    """Whether results of this line say how flaky the subject is."""
    return not where.line or prior.judges_requests


def _stretches(
    history: History, positions: Sequence[int]
) -> Iterator[tuple[int | None, list[int], int | None]]:
    """The last pass before, the reds, and the pass that ends them."""
    last: int | None = None
    reds: list[int] = []
    for position in positions:
        if history.outcomes[position] != Outcome.PASSED:
            reds.append(position)
            continue
        if reds:
            yield last, reds, position
            reds = []
        last = position
    if reds:
        yield last, reds, None


def _messages(history: History, stretches: Sequence[Sequence[int]]) -> Mapping[str, Counter[int]]:
    """In which stretches each message was seen."""
    told: dict[str, Counter[int]] = defaultdict(Counter)
    for number, reds in enumerate(stretches):
        for position in reds:
            if message := history.messages.get(position):
                told[message][number] += 1
    return told


class _Passes:
    """Where each code passed."""

    def __init__(self, history: History, proof: EvidenceLimits) -> None:
        self._proof = proof
        self._by_code: dict[str, list[Run]] = defaultdict(list)
        for run, outcome in zip(history.runs, history.outcomes, strict=True):
            if outcome == Outcome.PASSED and run.code:
                self._by_code[run.code].append(run)

    def prove(self, red: Run) -> bool:
        """Whether the code of a red run passed close to it."""
        return any(
            abs(red.time - one.time) <= self._most_apart(red, one) for one in self._by_code.get(red.code, ())
        )

    def _most_apart(self, red: Run, green: Run) -> int:
        return self._proof.rerun_s if red.id and red.id == green.id else self._proof.same_sha_s


class _Reader:
    """Makes episodes of stretches."""

    def __init__(
        self, history: History, prior: Prior, passes: _Passes, told: Mapping[str, Counter[int]]
    ) -> None:
        self._history, self._prior, self._passes, self._told = history, prior, passes, told
        self._with_messages = len({number for numbers in told.values() for number in numbers})

    def episode(self, number: int, last: int | None, reds: Sequence[int], after: int | None) -> Episode:
        made = []
        before = last
        for position in reds:
            begins, repaired = self._odds(before, position)
            made.append(
                Red(
                    position,
                    begins,
                    repaired,
                    self._passes.prove(self._history.runs[position]),
                    *self._message(number, position),
                    self._history.outcomes[position] == Outcome.EXPLAINED,
                )
            )
            before = position
        first = self._history.runs[reds[0]]
        repaired = 0.0 if after is None else self._odds(before, after)[1]
        return Episode(first.line, first.branch, last, after, repaired, tuple(made))

    def _odds(self, before: int | None, position: int) -> tuple[float, float]:
        """How likely a break begins, and is repaired, between two results."""
        run = self._history.runs[position]
        if before is None:
            return self._prior.begins_unseen, 0.0
        other = self._history.runs[before]
        if other.code and other.code == run.code:
            return 0.0, 0.0
        return between(other, run, self._prior)

    def _message(self, number: int, position: int) -> tuple[float, bool, float]:
        """How familiar the message is from other stretches, whether it was seen in one, how it fits its own."""
        message = self._history.messages.get(position)
        others = self._with_messages - 1
        if not message or others < _FEW:
            return 1.0, False, 1.0
        elsewhere = len(self._told[message]) - (number in self._told[message])
        usual = max(counts[number] for counts in self._told.values())
        fits = 1.0 if self._told[message][number] == usual else _OTHER_MESSAGE
        return (elsewhere + 0.5) / (others + 0.5), elsewhere > 0, fits


def between(other: Run, run: Run, prior: Prior) -> tuple[float, float]:
    """How likely a break begins, and is repaired, between two results of a line."""
    if run.line:
        return prior.begins_in_request, prior.repaired_in_request
    gap = max(run.time - other.time, _LEAST_GAP_S) / DAY_S
    return 1 - exp(-gap / prior.days_between_breaks), 1 - exp(-gap / prior.days_to_repair)
