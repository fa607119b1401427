"""The red runs of a world as `explain` would see them: what failed, and what was known by then."""

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from random import Random

from benchmarks.verdicts.organisation import REPOSITORY, likely
from benchmarks.verdicts.world import START, Execution, Red, World
from etl.judge.history import Level, Subject
from etl.verdict.gather import Found, Told, gather
from etl.verdict.known import Failed, Known, RedRun, Seen
from etl.verdict.tables import DAY_S, HOUR_S, Cause

# Days of which nothing is judged: they are what is known.
_LEARNT: int = 10


@dataclass(frozen=True, slots=True)
class Case:
    """A red run, what is known of its failures, what they come from, and what had run by then."""

    run: RedRun
    known: tuple[Known, ...]
    truths: tuple[frozenset[Cause], ...]
    earlier: Sequence[Execution]


def cases(world: World, seed: int) -> Iterator[Case]:
    """Every first attempt in which something failed, asked about right away or some hours later."""
    random = Random(seed)  # noqa: S311
    by_end = sorted(world.executions, key=lambda one: one.ended)
    ends = [one.ended for one in by_end]
    for done in world.executions:
        if done.attempt == 1 and done.reds and done.time > START + _LEARNT * DAY_S:
            asked = done.ended + (int(random.expovariate(1 / (2 * HOUR_S))) if likely(random, 0.5) else 0)
            earlier = [one for one in by_end[: bisect_right(ends, asked)] if one is not done]
            yield _case(world, done, earlier)


def _case(world: World, done: Execution, earlier: Sequence[Execution]) -> Case:
    organisation = world.organisation
    run = RedRun(
        REPOSITORY,
        done.run_id,
        done.attempt,
        done.sha,
        done.line,
        done.time,
        len(organisation.jobs),
        kin=world.kin(done.line),
    )
    failures = [_failed(subject, red, organisation.tests) for subject, red in done.reds.items()]
    wanted = {red.signature for red in done.reds.values()} - {""}
    found = Found(
        {subject: _seen(subject, earlier, organisation.tests) for subject in done.reds},
        {
            subject: [
                seen
                for one in organisation.variants
                if one != subject.job and subject.job in organisation.variants
                for seen in _seen(subject._replace(job=one), earlier, organisation.tests)
                if seen.run_id != done.run_id
            ]
            for subject in done.reds
            if subject.level is Level.TEST
        },
        [
            Told(one.time, one.line, subject, red.signature)
            for one in earlier
            for subject, red in one.reds.items()
            if red.signature in wanted
        ],
        [(one.time, one.line) for one in earlier if one.reds],
        beside={subject: _beside(subject, done, organisation.variants) for subject in done.reds},
        touched=frozenset(red.path for red in done.reds.values() if red.touched and red.path),
    )
    return Case(
        run, tuple(gather(run, failures, found)), tuple(red.causes for red in done.reds.values()), earlier
    )


def _failed(subject: Subject, red: Red, tests: int) -> Failed:
    group = subject.job.partition(" (")[0]
    count = tests if subject.level is Level.TEST else 0
    return Failed(subject, group, red.signature, red.category, red.signature, red.path, count=count)


def _seen(subject: Subject, earlier: Sequence[Execution], tests: int) -> list[Seen]:
    """Results elsewhere; a test that a change brings is seen on its line alone, and there only where it fails."""
    brought = subject.level is Level.TEST and int(subject.name.rpartition(" ")[2]) >= tests
    found = []
    for one in earlier:
        red = one.reds.get(subject)
        if not one.ran(subject) or (red is None and brought):
            continue
        found.append(
            Seen(
                one.time,
                one.run_id,
                one.attempt,
                one.sha,
                one.line,
                red is None,
                red.signature if red else "",
            )
        )
    return found


def _beside(subject: Subject, done: Execution, variants: Sequence[str]) -> tuple[int, int]:
    """How many other jobs of the matrix failed, and passed, with the same test or job."""
    if subject.job not in variants:
        return 0, 0
    others = [
        other for one in variants if one != subject.job and done.ran(other := subject._replace(job=one))
    ]
    failed = sum(one in done.reds for one in others)
    return failed, len(others) - failed
