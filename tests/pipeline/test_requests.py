"""What a sync costs of GitHub's rate limit: the requests that the API needs, and not one more."""

from collections import Counter
from dataclasses import replace
from math import ceil
from typing import Any

from etl.demo.history import Artifact, Run
from etl.demo.suites import archive
from tests.pipeline.world import (
    CI,
    DAY,
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
