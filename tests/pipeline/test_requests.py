"""What a sync costs of GitHub's rate limit: the requests that the API needs, and not one more."""

from collections import Counter
from dataclasses import replace
from math import ceil
from typing import Any

import pytest

from etl.demo.history import Artifact, Run
from etl.demo.suites import archive
from tests.pipeline.world import (
    CI,
    DAY,
    HOUR,
    NOON,
    Annotation,
    History,
    Repository,
    attempt,
    job,
    run,
    simulated,
)

_DAYS = 1
_PER_DAY = 110
_JOBS = 5
_PER_PAGE = 100
_REPORT = archive(
    [("junit.xml", b'<testsuite name="s"><testcase classname="c" name="t" time="1"/></testsuite>')]
)


async def test_a_first_sync_sends_what_the_api_needs_and_not_one_request_more(tmp_path):
    history = History([Repository(42, "acme/rocket", [CI], _runs())])
    async with simulated(tmp_path, history) as world:
        summary = await world.sync_well(since=f"{_DAYS}d", passing_logs=0)
        kinds = Counter(_kind(path) for path in world.github.log.paths())
    runs = _DAYS * _PER_DAY
    assert summary.runs == runs
    assert kinds == {
        "repository": 1,
        "workflows": 1,
        # The day that has begun is a window, too: it has one page, an empty one.
        "runs": _DAYS * ceil(_PER_DAY / _PER_PAGE) + 1,
        "jobs": runs,
        "annotations": runs * _JOBS // 10,
        "logs": runs * _JOBS // 10,
        "artifacts": ceil(runs / _PER_PAGE),
        "download": runs,
    }


async def test_a_sync_with_nothing_new_costs_no_repository_more_than_one_request(tmp_path):
    names = [f"acme/r{number}" for number in range(100)]
    repositories = [
        Repository(number, name, [CI], [run(NOON - DAY, attempt(NOON - DAY, job("unit", NOON - DAY)))])
        for number, name in enumerate(names, 1)
    ]
    async with simulated(tmp_path, History(repositories)) as world:
        for _ in range(2):
            world.github.log.clear()
            summaries = await world.sync(repositories=names, since="2d")
            assert [summary.error for summary in summaries] == [None] * len(names)
            world.clock.advance(60)
        asked = world.github.log
    assert asked.requests
    assert asked.counted <= len(names)
    counted = Counter(item.path.split("/")[3] for item in asked.requests if item.status != 304)
    assert max(counted.values(), default=0) <= 1


@pytest.mark.parametrize("repositories", [1, 3])
async def test_with_few_requests_left_each_round_reads_whole_runs_until_all_are_read(tmp_path, repositories):
    """Runs that are begun together and cut short together would begin anew in the next round."""
    names = [f"acme/r{number}" for number in range(repositories)]
    history = History([Repository(number, name, [CI], _failing()) for number, name in enumerate(names, 1)])
    async with simulated(tmp_path, history) as world:
        await world.sync("whole", repositories=names)
        needed = world.github.log.counted
    assert needed == repositories * (_BESIDE + _FAILING * _EACH)
    # All but what is asked anew, and the one run that the end of the limit cuts short.
    rounds, read, lost = 0, 0, repositories * _BESIDE + _EACH
    errors: list[str | None] = ["not yet synced"]
    async with simulated(tmp_path, history, rate_limit=60) as world:
        while any(errors):
            before = read
            errors = [one.error for one in await world.sync(repositories=names, github={"max_wait": "1s"})]
            read = len(world.points("workflow_run"))
            assert read - before >= min(_FAILING * repositories - before, (54 - lost) // _EACH)
            rounds += 1
            world.clock.advance(2 * HOUR)
        assert world.github.log.counted <= needed + rounds * lost
        assert read == _FAILING * repositories
        assert len(world.points("failure")) == len(world.points("failure", "whole"))


# Runs of which two jobs failed, so that each takes a request for its jobs, two for annotations and two for logs;
# a repository takes some beside them: itself, its workflows, two days, and its artifacts.
_FAILING, _EACH, _BESIDE = 12, 5, 5


def _failing() -> list[Run]:
    note = (Annotation("Process completed with exit code 1."),)
    runs = []
    for number in range(_FAILING):
        began = NOON - DAY // 4 + 60 * number
        jobs = [job(f"unit {place}", began, conclusion="failure", annotations=note) for place in range(2)]
        runs.append(run(began, attempt(began, *jobs)))
    return runs


def _runs() -> list[Run]:
    """Runs of whole days before today, each with a report; of their jobs one in ten failed."""
    midnight = NOON - NOON % DAY
    return [
        _run(midnight - day * DAY + index * 60, index)
        for day in range(1, _DAYS + 1)
        for index in range(_PER_DAY)
    ]


def _run(began: int, index: int) -> Run:
    jobs = [
        job(f"unit {place}", began, conclusion=_conclusion(index, place), **_extras(began, index, place))
        for place in range(_JOBS)
    ]
    return replace(run(began, attempt(began, *jobs)), head_sha=f"{began:040x}")


def _conclusion(index: int, place: int) -> str:
    return "failure" if (index * _JOBS + place) % 10 == 0 else "success"


def _extras(began: int, index: int, place: int) -> dict[str, Any]:
    failed = _conclusion(index, place) == "failure"
    annotations = (Annotation("Process completed with exit code 1."),) if failed else ()
    if place:
        return {"annotations": annotations}
    artifact = Artifact(began * 10, "junit", began + 60, _REPORT)
    return {"annotations": annotations, "artifacts": (artifact,)}


def _kind(path: str) -> str:
    """What a request asks for."""
    below = path.partition("?")[0].split("/")[4:]
    match below:
        case []:
            return "repository"
        case ["actions", "artifacts", _, "zip"]:
            return "download"
        case ["actions", "artifacts" | "workflows" | "runs" as listed]:
            return listed
        case [*_, "jobs" | "annotations" | "logs" as listed]:
            return listed
    return path
