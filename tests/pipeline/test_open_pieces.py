"""What GitHub answers wrongly for a while is asked for again: nothing is taken as final because of one answer."""

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from itertools import product
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from etl.demo.history import Artifact, Run
from etl.demo.suites import archive
from etl.demo.views import check_suite_id
from tests.pipeline.world import DAY, HOUR, NOON, Annotation, Job, World, attempt, faults, job, run, simulated
from tests.selection import every_nth

Lie = Callable[[], faults.Respond]

XML = b"""<testsuite name="s"><testcase classname="c" name="a"/>
<testcase classname="c" name="b"><failure message="it broke"/></testcase></testsuite>"""
REPORT = archive([("junit.xml", XML)])


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
    **{str(code): partial(faults.status, code) for code in (400, 401, 403, 404, 410)},
    "login page": lambda: raw(200, b"<html>Log in</html>", "text/html"),
    "half a zip": lambda: raw(200, REPORT[: len(REPORT) // 2], "application/zip"),
    "elsewhere": lambda: raw(302, b"", "text/html", location="http://169.254.169.254/"),
}
# A redirect has no entries.
_NO_LIST = {("zip", "5 entries and none"), ("zip", "entries that are null")}
OF_A_RUN = ("jobs", "attempts", "annotations", "check runs", "zip")


def red(name: str, started: int) -> Job:
    """A failed job with an annotation and a report."""
    return job(
        name,
        started,
        conclusion="failure",
        annotations=(Annotation("Process completed with exit code 1."), Annotation(f"{name} is broken")),
        artifacts=(Artifact(started, f"junit-{name}", started + 50, REPORT),),
    )


def made_run(began: int) -> Run:
    """A run that failed and was tried again: of its second attempt, all is well."""
    first = attempt(began, red("unit", began + 5), job("lint", began + 5))
    return run(began, first, attempt(began + 120, job("unit", began + 125), job("lint", began + 125)))


def endpoint_of(kind: str, made: Run) -> str:
    """Where a piece of the run's first attempt is asked for."""
    unit = made.attempts[0].jobs[0]
    return {
        "jobs": rf"/runs/{made.id}/attempts/1/jobs",
        "attempts": rf"/runs/{made.id}/attempts/1$",
        "annotations": rf"/check-runs/{unit.id}/annotations",
        "check runs": rf"/check-suites/{check_suite_id(made)}/",
        "zip": rf"/artifacts/{unit.artifacts[0].id}/zip",
        "storage": rf"^/artifacts/{unit.artifacts[0].id}\?",
    }[kind]


async def equals_fresh(world: World, **overrides: Any) -> None:
    """What is stored is what a new installation stores."""
    await world.sync_well("fresh", since="90d", **overrides)
    wanted = world.all_points("fresh")
    assert wanted["test"]
    assert wanted["flake"]
    for name, points in world.all_points().items():
        assert points == wanted[name], name


async def test_an_answer_of_a_moment_loses_nothing_of_a_run(tmp_path: Path) -> None:
    """Each run has one piece about which GitHub lies for a while, each in its own way."""
    cases = [
        *(
            (kind, lie)
            for kind, (name, lie) in product(OF_A_RUN, LIES.items())
            if (kind, name) not in _NO_LIST
        ),
        *product(["storage"], OF_STORAGE.values()),
    ]
    async with simulated(tmp_path) as world:
        for number, (kind, lie) in enumerate(cases):
            made = made_run(NOON - 6 * HOUR + 300 * number)
            world.add(made)
            world.github.faults.add(endpoint_of(kind, made), lie(), times=None)
        first = await world.sync_well(annotations="all")
        # An attempt has no entries that could be missing; check runs are asked for once an attempt.
        left = {"jobs": 8, "attempt": 6, "annotations": 8, "check runs": 16, "artifact": 14}
        assert (first.runs, first.open_by_kind) == (len(cases), left)
        (told,) = first.warnings
        assert "jobs (8)" in told
        world.clock.advance(HOUR)
        assert (await world.sync_well(annotations="all")).open_by_kind == left, "none of them is settled"
        world.github.faults.clear()
        world.clock.advance(HOUR)
        assert (await world.sync_well(annotations="all")).open == 0
        await equals_fresh(world, annotations="all")


async def test_an_answer_of_a_moment_loses_no_list_of_artifacts(tmp_path: Path) -> None:
    async with simulated(tmp_path) as world:
        for number, lie in enumerate(LIES.values()):
            world.add(made_run(NOON + HOUR * number))
            world.github.faults.add(r"/actions/artifacts\?", lie(), times=None)
            world.clock.now = NOON + HOUR * number + 1_800
            summary = await world.sync_well()
            assert summary.open == summary.attempts == 2, summary
            world.github.faults.clear()
            world.clock.advance(600)
            assert (await world.sync_well()).open == 0
        await equals_fresh(world)


@pytest.mark.parametrize(
    "lie", every_nth(2, ["error with 200", "null", "5 entries and none", "entries that are null"])
)
async def test_an_answer_of_a_moment_loses_no_window(lie: str, tmp_path: Path) -> None:
    async with simulated(tmp_path) as world:
        world.add(made_run(NOON - HOUR))
        world.github.faults.add(r"/actions/runs\?created", LIES[lie](), times=None)
        (summary,) = await world.sync()
        assert (summary.runs, summary.open > 0) == (0, True)
        assert "no entry that GitHub lists" in (summary.error or ""), "an empty success would be a lie"
        world.github.faults.clear()
        assert (await world.sync_well()).open == 0
        await equals_fresh(world)


async def test_what_is_gone_is_settled_by_the_same_answer_over_time_and_reported(tmp_path: Path) -> None:
    async with simulated(tmp_path) as world:
        made = made_run(NOON - HOUR)
        world.add(made)
        world.github.faults.add(endpoint_of("zip", made), faults.status(404), times=None)
        open_after = []
        for _ in range(30):
            summary = await world.sync_well()
            open_after.append(summary.open)
            world.clock.advance(2 * HOUR)
        assert open_after[:12] == [1] * 12, "a day at least"
        assert open_after[-1] == 0
        assert open_after == sorted(open_after, reverse=True)
        asked = world.github.log.paths("/zip")
        assert 5 < len(asked) < 12, "at growing distances"
        # Without the report, its annotations are all there is.
        assert {point["source"] for point in world.points("failure")} == {"annotation"}


async def test_what_is_refused_is_stored_without_after_a_day_and_asked_for_all_the_same(
    tmp_path: Path,
) -> None:
    """A network that lets nobody to the storage hides no failure forever."""
    async with simulated(tmp_path) as world:
        made = made_run(NOON - HOUR)
        world.add(made)
        world.github.faults.add(endpoint_of("storage", made), faults.status(403), times=None)
        await world.sync_well()
        assert world.points("failure") == []
        assert len(world.points("job")) == 4
        for _ in range(12):
            world.clock.advance(5 * HOUR)
            summary = await world.sync_well()
        assert summary.open == 1
        assert world.points("failure")
        assert [one.good for one in await world.findings() if "open since" in one.text] == [False]
        world.github.faults.clear()
        world.clock.advance(DAY)
        assert (await world.sync_well()).open == 0
        assert len(world.points("test")) == 2


OTHER = archive(
    [("junit.xml", b'<testsuite name="s"><testcase classname="c" name="b" time="2.0"/></testsuite>')]
)


def two_reports(began: int, first: bytes, second: bytes) -> Run:
    """A job that failed, with two artifacts, and passed when it was tried again."""
    unit = red("unit", began + 5)
    artifacts = tuple(
        Artifact(began + number, f"junit-{number}", began + 50, content)
        for number, content in ((1, first), (2, second))
    )
    tried = attempt(began, replace(unit, artifacts=artifacts))
    return run(began, tried, attempt(began + 120, job("unit", began + 125)))


@pytest.mark.parametrize("order", [(REPORT, OTHER), (OTHER, REPORT)])
@pytest.mark.parametrize("lie", every_nth(2, ["login page", "half a zip"]))
async def test_results_beside_an_artifact_that_is_none_come_at_once(
    lie: str, order: tuple[bytes, bytes], tmp_path: Path
) -> None:
    """Both hold the same test: with both, each result has another place."""
    async with simulated(tmp_path) as world:
        made = two_reports(NOON - HOUR, *order)
        world.add(made)
        bad = rf"^/artifacts/{NOON - HOUR + 1}\?"
        world.github.faults.add(bad, OF_STORAGE[lie](), times=None)
        assert (await world.sync_well()).open == 1
        assert len(world.points("test")) == (1 if order[0] == REPORT else 2)
        assert world.points("flake") == [], "evidence waits for all results"
        world.github.faults.clear()
        world.clock.advance(HOUR)
        assert (await world.sync_well()).open == 0
        await equals_fresh(world)


@pytest.mark.parametrize("lie", every_nth(2, ["403", "login page"]))
async def test_what_was_settled_without_a_report_is_made_anew_with_it(lie: str, tmp_path: Path) -> None:
    async with simulated(tmp_path) as world:
        world.add(made_run(NOON - HOUR), two_reports(NOON - 2 * HOUR, OTHER, REPORT))
        world.github.faults.add(r"^/artifacts/\d+\?", OF_STORAGE[lie](), times=None)
        for _ in range(12):
            await world.sync_well()
            world.clock.advance(5 * HOUR)
        assert {point["source"] for point in world.points("failure")} == {"annotation"}
        world.github.faults.clear()
        world.clock.advance(DAY)
        assert (await world.sync_well()).open == 0
        await equals_fresh(world)


async def test_a_run_that_is_not_there_for_a_moment_stays_open(tmp_path: Path) -> None:
    """Open for 32 days, so that no window shows it; its end is told later."""
    async with simulated(tmp_path) as world:
        slow = run(NOON, attempt(NOON, job("soak", NOON + 60, 32 * DAY)))
        world.add(slow)
        world.clock.now = NOON + 31 * DAY + HOUR
        await world.sync_well(since="40d")
        for lie in ("404", "null", "error with 200"):
            world.github.faults.add(rf"/actions/runs/{slow.id}$", LIES[lie](), times=None)
            world.clock.advance(HOUR)
            assert (await world.sync_well()).open == 1
            world.github.faults.clear()
        world.clock.now = NOON + 32 * DAY + 5 * HOUR
        await world.sync_well()
        world.clock.advance(DAY)
        assert (await world.sync_well()).open == 0
        assert len(world.points("workflow_run")) == 1


async def test_only_what_is_due_is_asked_for_and_no_more_where_nothing_heals(tmp_path: Path) -> None:
    async with simulated(tmp_path) as world:
        for number in range(60):
            world.add(made_run(NOON - 6 * HOUR + 300 * number))
        world.github.faults.add(r"/jobs", faults.status(404), times=None)
        assert (await world.sync_well()).open == 60
        world.github.log.clear()
        assert (await world.sync_well()).open == 60
        assert world.github.log.paths("/jobs") == [], "not at once"
        world.clock.advance(HOUR)
        await world.sync_well()
        assert len(world.github.log.paths("/jobs")) == 20, "some of them: none can be read"
