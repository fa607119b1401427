"""Collects what is known of each failure of a run, from related results and messages."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from etl.judge.history import Subject
from etl.verdict.known import BASE, Break, Failed, Flake, Known, Outside, RedRun, Seen
from etl.verdict.tables import DAY_S, NOW_S


class Told(NamedTuple):
    """A failure somewhere with a signature that is asked about: when, on which line, of what."""

    time: int
    line: str
    subject: Subject
    signature: str


@dataclass(frozen=True, slots=True)
class Found:
    """What is known around a run, before it is sorted by failure.

    `seen`: results elsewhere by job or test; `matrix`: those of other jobs of its matrix; `told`: failures of the repository with the signatures of this
    run; `red`: times and lines of all runs with failures. `beside`: how many other jobs of the same matrix
    failed, and passed, with it. `touched`: files that the change touches, None where that is unknown.
    """

    seen: Mapping[Subject, Sequence[Seen]]
    matrix: Mapping[Subject, Sequence[Seen]] = field(default_factory=dict)
    told: Sequence[Told] = ()
    red: Sequence[tuple[int, str]] = ()
    flakes: Mapping[Subject, Flake] | None = None
    breaks: Mapping[Subject, Break] | None = None
    beside: Mapping[Subject, tuple[int, int]] | None = None
    touched: frozenset[str] | None = None


def gather(run: RedRun, failures: Iterable[Failed], found: Found) -> list[Known]:
    """What is known of each failure, in their order."""
    widely = _Widely(run, found)
    flakes, breaks, beside = found.flakes or {}, found.breaks or {}, found.beside or {}
    return [
        Known(
            one,
            sorted(found.seen.get(one.subject, ())),
            found.matrix.get(one.subject, ()),
            beside.get(one.subject, (0, 0)),
            widely.outside(one),
            flakes.get(one.subject),
            breaks.get(one.subject),
            _touched(one.path, found.touched),
        )
        for one in failures
    ]


class _Widely:
    """How widely each signature is seen."""

    def __init__(self, run: RedRun, found: Found) -> None:
        self._run = run
        self._habits: dict[str, set[Subject]] = defaultdict(set)
        self._now: dict[str, dict[str, set[Subject]]] = defaultdict(lambda: defaultdict(set))
        for one in found.told:
            if self._is_before(one.time, one.line):
                self._habits[one.signature].add(_kind(one.subject))
            elif self._is_now(one.line):
                self._now[one.signature][one.line].add(_kind(one.subject))
        # The default branch counts once a day; otherwise its breaks would dominate.
        self._red_earlier = len(
            {
                (line, time // DAY_S if line == BASE else 0)
                for time, line in found.red
                if self._is_before(time, line)
            }
        )
        self._red_now = len(
            {line for time, line in found.red if self._is_now(line) and not self._is_before(time, line)}
        )

    def _is_before(self, time: int, line: str) -> bool:
        return time < self._run.time - NOW_S and (line == BASE or not self._is_related(line))

    def _is_now(self, line: str) -> bool:
        return line != BASE and not self._is_related(line)

    def _is_related(self, line: str) -> bool:
        return line == self._run.line or line in self._run.kin

    def outside(self, failed: Failed) -> Outside:
        """How widely the signature of a failure is seen, but for the failing job or test itself."""
        if not failed.signature:
            return Outside()
        habits = self._habits.get(failed.signature, set())
        others = [
            subjects - habits - {_kind(failed.subject)}
            for subjects in self._now.get(failed.signature, {}).values()
        ]
        # One test that fails on many lines is one, and so is one line on which many fail.
        now = min(sum(map(bool, others)), len(set().union(*others)))
        return Outside(now, self._red_now, len(habits), self._red_earlier)


def _kind(subject: Subject) -> Subject:
    """The same test in any job, by its name, which is all that messages tell; a job by itself."""
    return subject._replace(job="", suite="") if subject.name else subject


def _touched(path: str, touched: frozenset[str] | None) -> bool | None:
    if not path or touched is None:
        return None
    return any(one == path or one.endswith(f"/{path}") or path.endswith(f"/{one}") for one in touched)
