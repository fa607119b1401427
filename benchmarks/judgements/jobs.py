"""Worse means worse: jobs that do not change, and jobs of which some do."""

from collections.abc import Iterable, Sequence
from typing import Final

from benchmarks.judgements.figure import Figure, share
from benchmarks.judgements.worlds import Job, JobWorld, place
from etl.judge.finding import Finding, Judgement, Kind
from etl.judge.judge import Judge
from etl.judge.lasting import lasting

WORSE: Final = {Kind.SLOWER, Kind.WAITS_LONGER, Kind.LESS_RELIABLE}
ALERTS: Final = WORSE | {Kind.BROKEN}
NEAR: Final = 3


def judged(jobs: Iterable[Job]) -> list[Judgement]:
    """All that is said of jobs."""
    known = list(jobs)
    told = Judge().judge((job.history for job in known), (job.durations for job in known))
    return [one.judgement for one in told]


def worse(judgements: Iterable[Judgement]) -> dict[str, list[Finding]]:
    """What is listed as worse, by job: what began and still holds."""
    listed: dict[str, list[Finding]] = {}
    for judgement in judgements:
        for one in judgement.findings:
            if one.kind in WORSE and one.is_open:
                listed.setdefault(one.subject.job, []).append(one)
    return listed


def unchanged(world: JobWorld, seeds: Sequence[int], *, every: int = 1) -> list[Figure]:
    """Jobs listed as worse though nothing changed, and alerts of them when looked at every so many days."""
    listed = alerts = 0
    for seed in seeds:
        jobs = world.drawn(seed)
        listed += len(worse(judged(jobs)))
        told: list[Finding] = []
        for day in range(every, world.days + 1, every):
            known = [job.until(day, world.a_day) for job in jobs]
            told = lasting(told, judged(known), known[0].history.runs[-1].time)
        alerts += sum(one.kind in ALERTS and one.sure for one in told)
    number = world.jobs * len(seeds)
    weeks = number * world.days // 7
    return [
        share("unchanged", "jobs listed as worse", listed, number, 0.02),
        share("unchanged", "false alerts a job-week", alerts, weeks, 0.001),
    ]


def changed(world: JobWorld, seeds: Sequence[int]) -> list[Figure]:
    """Changed jobs that are found, how near to the commit, and what else is listed."""
    found = {"slower": 0, "less reliable": 0}
    number = dict(found)
    near = covered = others = 0
    for seed in seeds:
        jobs = world.drawn(seed)
        listed = worse(judged(jobs))
        for job in jobs:
            mine = listed.pop(job.history.subject.job, [])
            right = [one for one in mine if one.kind == job.change]
            others += bool(mine) and not right
            if job.change:
                number[job.change] += 1
                found[job.change] += bool(right)
            if right and job.change == "slower":
                near += abs(place(right[-1].commits.first) - job.at) <= NEAR
                covered += right[-1].effect.low <= world.factor - 1 <= right[-1].effect.high
    return [
        share("changed", "found", sum(found.values()), sum(number.values()), 0.95, at_least=True),
        share("changed", "found of the slower ones", found["slower"], number["slower"]),
        share("changed", "found of the less reliable ones", found["less reliable"], number["less reliable"]),
        share(
            "changed",
            "commit within three runs, of the slower ones found",
            near,
            found["slower"],
            0.9,
            at_least=True,
        ),
        share("changed", "interval holds the true effect", covered, found["slower"]),
        share("changed", "listed wrongly, of all jobs", others, world.jobs * len(seeds)),
    ]
