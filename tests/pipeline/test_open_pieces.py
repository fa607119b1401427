"""What GitHub answers wrongly for a while is asked for again: nothing is taken as final because of one answer."""

from collections.abc import Callable
from http import HTTPStatus
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from etl.demo.history import Artifact
from etl.demo.suites import archive
from tests.pipeline.world import DAY, HOUR, NOON, Annotation, Job, World, attempt, faults, job, run, simulated

Lie = Callable[[], faults.Respond]

REPORT = archive(
    [
        (
            "junit.xml",
            b'<testsuite name="s"><testcase classname="c" name="a"/>'
            b'<testcase classname="c" name="b"><failure message="it broke"/></testcase></testsuite>',
        )
    ]
)


def raw(status: int, body: bytes, content_type: str, **headers: str) -> faults.Respond:
    async def respond(_request: web.Request, _go_on: Any) -> web.StreamResponse:
        return web.Response(status=status, body=body, content_type=content_type, headers=headers)

    return respond


def without_entries(total: int) -> faults.Respond:
    """So many entries, and none of them: of a list in an object, or of a list that is the answer."""

    def change(answer: Any) -> Any:
        if isinstance(answer, list):
            return {"message": "try later"}
        return {name: [] if isinstance(value, list) else value for name, value in answer.items()} | {
            "total_count": total
        }

    return faults.changed(change)


def broken_entries() -> faults.Respond:
    """Entries that are null."""

    def change(answer: Any) -> Any:
        if isinstance(answer, list):
            return [None for _ in answer] or {"message": "try later"}
        return {
            name: [None for _ in value] if isinstance(value, list) else value
            for name, value in answer.items()
        }

    return faults.changed(change)


# Whatever may stand between us and GitHub answers for a moment.
LIES: dict[str, Lie] = {
    "404": lambda: faults.status(404, "Not Found"),
    "410": lambda: faults.status(410, "Gone"),
    "451": lambda: faults.status(451),
    "login page elsewhere": lambda: raw(302, b"", "text/html", location="http://198.51.100.1/login"),
    "error with 200": lambda: raw(200, b'{"message": "Server Error"}', "application/json"),
    "null": lambda: raw(200, b"null", "application/json"),
    "5 entries and none": lambda: without_entries(5),
    "entries that are null": broken_entries,
}
OF_STORAGE: dict[str, Lie] = {
    **{str(status): lambda status=status: faults.status(status) for status in (400, 401, 403, 404, 410)},
    "login page": lambda: raw(200, b"<html>Log in</html>", "text/html"),
    "half a zip": lambda: raw(200, REPORT[: len(REPORT) // 2], "application/zip"),
    "elsewhere": lambda: raw(302, b"", "text/html", location="http://169.254.169.254/"),
}
ENDPOINTS = {
    "jobs": r"/attempts/\d+/jobs",
    "attempts": r"/attempts/1$",
    "annotations": "/annotations",
    "check runs": "/check-suites/",
    "artifacts": r"/actions/artifacts\?",
    "zip": "/zip",
}


def red(name: str, started: int) -> Job:
    """A failed job with an annotation and a report."""
    number = started * 10 + len(name)
    return job(
        name,
        started,
        conclusion="failure",
        annotations=(Annotation("Process completed with exit code 1."), Annotation(f"{name} is broken")),
        artifacts=(Artifact(number, f"junit-{name}", started + 50, REPORT),),
    )


def populate(world: World) -> None:
    """Runs of all kinds: red and green, tried again, and on one commit."""
    for hours in range(1, 7):
        began = NOON - hours * HOUR
        first = attempt(began, red("unit", began + 5), job("lint", began + 5))
        second = attempt(began + 1_200, job("unit", began + 1_205), job("lint", began + 1_205))
        world.add(run(began, first, second) if hours % 2 else run(began, first))


async def fresh(world: World, **overrides: Any) -> dict[str, Any]:
    """What a new installation stores."""
    await world.sync_well("fresh", since="90d", **overrides)
    return world.all_points("fresh")


async def heal(world: World, syncs: int = 4, **overrides: Any) -> None:
    for _ in range(syncs):
        world.clock.advance(HOUR)
        await world.sync_well(**overrides)


CASES = [
    *((endpoint, lie) for endpoint in ENDPOINTS for lie in LIES if (endpoint, lie) != ("zip", "null")),
    *(("storage", lie) for lie in OF_STORAGE),
]


@pytest.mark.parametrize(("endpoint", "lie"), CASES, ids=[" ".join(case) for case in CASES])
async def test_an_answer_of_a_moment_loses_nothing(endpoint: str, lie: str, tmp_path: Path) -> None:
    match = ENDPOINTS.get(endpoint, r"^/artifacts/\d+\?")
    respond = (OF_STORAGE if endpoint == "storage" else LIES)[lie]()
    settings = {"annotations": "all"} if endpoint == "check runs" else {}
    async with simulated(tmp_path) as world:
        populate(world)
        world.github.faults.add(match, respond, times=None)
        (summary,) = await world.sync(**settings)
        assert summary.error or summary.open, "it says that something is missing"
        assert world.github.log.requests
        world.github.faults.clear()
        await heal(world, **settings)
        assert (await world.sync_well(**settings)).open == 0
        wanted = await fresh(world, **settings)
        assert wanted["test"]
        for name, points in world.all_points().items():
            assert points == wanted[name], name
