"""After a sync: what the store has is judged, findings become points, and nothing of it can fail the sync."""

import itertools
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from etl.demo.history import Annotation, Attempt, Run
from etl.errors import SupersededError
from etl.judge.codec import findings_to_bytes, memory_to_bytes
from etl.judge.limits import Limits
from etl.model.writes import Row
from etl.pipeline import judge
from etl.pipeline.context import Pipeline
from etl.pipeline.delivery import Delivery
from etl.pipeline.summary import Summary
from etl.settings import FindingSettings, FlakeSettings, Settings
from etl.state.judgements import StoredJudgements
from etl.state.outbox import Backlog
from etl.state.repositories import KnownRepository
from etl.state.runs import KnownRun
from etl.transform.rules import Rules
from tests.pipeline.world import DAY, HOUR, NAME, NOON, World, attempt, job, run, simulated

CULPRIT = 30


def of_commit(number: int, began: int, *attempts: Attempt) -> Run:
    """A run of a commit."""
    return replace(run(began, *attempts), head_sha=f"{number:040x}")


def broken_since(commit: int, until: int | None = None, runs: int = 40) -> list[Run]:
    """Runs of one job, each of a commit of its own, that fails from one commit on, up to another."""
    made = []
    for number in range(runs):
        began = NOON - (runs - number) * 6 * HOUR
        red = commit <= number and (until is None or number < until)
        unit = job("unit", began + 10, conclusion="failure" if red else "success")
        made.append(of_commit(number, began, attempt(began, unit)))
    return made


def told(world: World) -> list[tuple[str, str, str, str]]:
    """What was found of the job, with its commits."""
    return sorted(
        (point["kind"], point["since_sha"], point["last_before_sha"], point["repaired_sha"])
        for point in world.points("finding")
        if point["level"] == "job"
    )


async def read_unjudged(world: World, monkeypatch: pytest.MonkeyPatch) -> Summary:
    """A sync whose points the store takes too late to be judged."""
    with monkeypatch.context() as patch:
        patch.setattr(judge, "_MAX_WAIT_S", -1.0)
        return await world.sync_well(since="20d")


def commit_run(pipeline: Pipeline, known: KnownRepository) -> None:
    """A run with a point, as a webhook's reading commits it."""
    run = KnownRun(7, NOON, 1, "", "completed", 1, "CI", "main", frozenset())
    pipeline.state.commit_run(known, run, [b"job value=1 1"])


async def test_a_break_is_found_with_its_commit_and_stays_one_point_until_it_is_repaired(
    tmp_path: Path,
) -> None:
    async with simulated(tmp_path) as world:
        world.add(*broken_since(CULPRIT))
        await world.sync_well(since="20d")
        sha, before = f"{CULPRIT:040x}", f"{CULPRIT - 1:040x}"
        assert ("broken", sha, before, "") in told(world)
        found = world.points("finding")

        # A sync that reads nothing new tells nothing new.
        await world.sync_well(since="20d")
        assert world.points("finding") == found

        world.clock.advance(DAY)
        began = NOON + HOUR
        for number in range(6):
            world.add(of_commit(100 + number, began, attempt(began, job("unit", began + 10))))
            began += HOUR
        await world.sync_well(since="20d")
        (broken,) = [
            one for one in world.points("finding") if one["kind"] == "broken" and one["level"] == "job"
        ]
        assert (broken["since_sha"], broken["repaired_sha"]) == (sha, f"{100:040x}")
        assert broken["until"] > 0


async def test_broken_says_of_each_branch_what_its_findings_say(tmp_path: Path) -> None:
    """A flake is no break, nor is a single failure; what was repaired has its repair."""
    async with simulated(tmp_path) as world:
        world.add(
            *on_branch("main", "..........F....F.....F....F.F"),
            *on_branch("release-1", "........FFFFFFF..."),
            *on_branch("release-2", "..............FFFFF"),
            *on_branch("release-3", ".......F"),
            *on_branch("feature", "....FFFFFFFFF"),
        )
        await world.sync_well(since="20d", branches=["release-*"])
        stop = datetime.fromtimestamp(NOON, UTC)
        async with world.pipeline() as pipeline:
            asked = {"start": stop - timedelta(days=14), "stop": stop}
            rows = await pipeline.store.query("broken", asked)
            found = await pipeline.store.query("findings", asked | {"kinds": "broken"})
        told = ("branch", "job", "last_good_sha", "first_bad_sha", "repaired_sha")
        assert sorted((*(row[name] for name in told),) for row in rows if row["job"]) == [
            ("release-1", "unit", sha("release-1", 7), sha("release-1", 8), sha("release-1", 15)),
            ("release-2", "unit", sha("release-2", 13), sha("release-2", 14), None),
        ]
        assert {(row["branch"], row["level"], row["until"]) for row in rows} == {
            (row["branch"], row["level"], row["until"]) for row in found
        }


def on_branch(name: str, drawn: str) -> list[Run]:
    """Runs of one job on a branch, each of a commit of its own, up to now: `.` passes, `F` fails."""
    made = []
    for number, sign in enumerate(drawn):
        began = NOON - (len(drawn) - number) * 9 * HOUR
        unit = job("unit", began + 10, conclusion="failure" if sign == "F" else "success")
        made.append(replace(run(began, attempt(began, unit)), head_branch=name, head_sha=sha(name, number)))
    return made


def sha(branch: str, number: int) -> str:
    """The commit of a branch's run."""
    return f"{branch}-{number}".encode().hex().ljust(40, "0")


REFUSED = tuple(Annotation(f"connection to {name} refused") for name in ("the registry", "the mirror"))


def pull_request(branch: str, began: int, red: int, conclusion: str = "failure") -> Run:
    """A run of a pull request whose first `red` jobs fail by the same two messages."""
    jobs = [
        job(
            f"unit ({number})",
            began + 10,
            conclusion="failure" if number < red else "success",
            annotations=REFUSED if number < red else (),
        )
        for number in range(5)
    ]
    if conclusion == "cancelled":
        jobs.append(job("late", began + 10, conclusion="cancelled"))
    return replace(
        run(began, attempt(began, *jobs)), head_branch=branch, event="pull_request", head_sha=branch * 8
    )


@pytest.mark.parametrize("stranger", [True, False])
async def test_a_failure_spreads_only_where_unrelated_changes_have_it(
    *, stranger: bool, tmp_path: Path
) -> None:
    async with simulated(tmp_path) as world:
        for day in range(2, 6):
            world.add(pull_request(f"old-{day}", NOON - day * DAY, 0))
        # A push cancels the run of the one before.
        world.add(pull_request("mine", NOON - 3 * HOUR, 5, "cancelled"))
        world.add(pull_request("mine", NOON - 2 * HOUR, 5))
        world.add(pull_request("other", NOON - HOUR, 1 if stranger else 0))
        await world.sync_well(since="20d")
        found = [point for point in world.points("finding") if point["kind"] == "spreading"]
        if not stranger:
            assert found == []
            return
        assert {point["name"] for point in found} == {one.message for one in REFUSED}
        for spreading in found:
            assert (spreading["level"], spreading["workflow"], spreading["evidence"]) == (
                "failure",
                "(any)",
                11,
            )
            assert (spreading["level_before"], spreading["level_after"], spreading["until"]) == (0, 5, 0)

        world.clock.advance(2 * DAY)
        world.add(pull_request("later", NOON + 2 * DAY - HOUR, 0))
        await world.sync_well(since="20d")
        ended = [point for point in world.points("finding") if point["kind"] == "spreading"]
        assert {point["finding_id"] for point in ended} == {point["finding_id"] for point in found}
        assert all(point["until"] > 0 for point in ended)


async def test_what_does_not_change_has_no_findings(tmp_path: Path) -> None:
    async with simulated(tmp_path) as world:
        world.add(*broken_since(1_000))
        await world.sync_well(since="20d")
        assert world.points("finding") == []


@pytest.mark.parametrize(("findings", "kinds"), [({}, {"flaky"}), ({"min_results": 100}, set())])
async def test_the_settings_say_how_much_is_needed_for_a_finding(
    findings: dict[str, Any], kinds: set[str], tmp_path: Path
) -> None:
    async with simulated(tmp_path) as world:
        for number in range(60):
            began = NOON - (60 - number) * 6 * HOUR
            unit = job("unit", began + 10, conclusion="success" if number % 7 else "failure")
            world.add(of_commit(number, began, attempt(began, unit)))
        await world.sync_well(since="20d", findings=findings)
        assert {kind for kind, *_ in told(world)} == kinds


def test_the_settings_are_the_thresholds_of_the_judge() -> None:
    assert judge.limits_of(FindingSettings(), Rules.of(Settings()).limits) == Limits()
    findings = FindingSettings(
        min_change=0.2, min_change_s=30, min_rate_change=0.1, max_false_discoveries=0.01
    )
    flakes = FlakeSettings(rerun=timedelta(hours=2), same_sha=timedelta(hours=1))
    made = judge.limits_of(findings, Rules.of(Settings(flakes=flakes)).limits)
    assert (made.proof.rerun_s, made.proof.same_sha_s) == (7_200, 3_600)
    assert (made.changes.min_effect, made.changes.min_effect_s, made.changes.min_rate_effect) == (
        0.2,
        30,
        0.1,
    )
    assert made.changes.max_false_discoveries == made.changes.max_false_alerts == 0.01


async def test_a_bug_in_a_judgement_fails_no_sync_and_the_next_one_judges(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with simulated(tmp_path) as world:
        world.add(*broken_since(CULPRIT))
        with monkeypatch.context() as patch:
            patch.setattr(judge, "histories_of", lambda *_: 1 / 0)
            summary = await world.sync_well(since="20d")
        assert any("ZeroDivisionError" in warning for warning in summary.warnings)
        assert world.points("job")
        # Not even a sync that reads nothing new leaves it at that.
        summary = await world.sync_well(since="20d")
        assert (summary.runs, summary.warnings) == (0, [])
        assert told(world)


@pytest.mark.parametrize(
    ("backlogs", "delivered"), [((9, 7, 5, 4, 2, 1, 0), True), ((9, 7, 7, 7, 7, 0), False)]
)
async def test_a_slow_store_is_waited_for_as_long_as_it_takes_anything(
    backlogs: tuple[int, ...], delivered: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Half a minute passes between two looks at the outbox, as on a machine that is busy."""
    left, clock = iter(backlogs), itertools.count(step=30)
    async with simulated(tmp_path) as world, world.pipeline() as pipeline:
        monkeypatch.setattr(judge, "monotonic", lambda: next(clock))
        monkeypatch.setattr(judge, "_POLL_S", 0.0)
        monkeypatch.setattr(pipeline.state.outbox, "backlog", lambda _: Backlog(next(left), 0, 0))
        delivery = Delivery(pipeline.state, pipeline.store, patience=None)
        assert await judge._is_delivered(pipeline, delivery, NAME) is delivered


async def test_a_store_that_takes_too_long_is_waited_for_no_longer_than_that(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with simulated(tmp_path) as world:
        world.add(*broken_since(CULPRIT))
        summary = await read_unjudged(world, monkeypatch)
        assert any("has not taken all points" in warning for warning in summary.warnings)
        # What was read is stored all the same, and the next sync judges it.
        await world.sync_well(since="20d")
        assert told(world)


async def test_of_two_looks_at_the_same_time_one_counts_and_points_that_come_meanwhile_are_judged_next(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with simulated(tmp_path) as world:
        world.add(*broken_since(CULPRIT))
        await read_unjudged(world, monkeypatch)
        async with world.pipeline(since="20d") as pipeline:
            state = pipeline.state
            known = state.repositories.get(NAME)
            assert known is not None
            before = state.judgements.get(known.id)
            commit_run(pipeline, known)
            looked = StoredJudgements(findings_to_bytes([]), memory_to_bytes({}))
            state.commit_judgements(known, before, looked, [])
            assert state.judgements.get(known.id).unread == 1
            with pytest.raises(SupersededError, match="was judged by another process"):
                state.commit_judgements(known, before, looked, [b"finding value=1 1"])
            assert state.outbox.backlog(NAME).points == 1


async def test_points_that_come_while_the_store_is_asked_are_judged_next(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with simulated(tmp_path) as world:
        world.add(*broken_since(CULPRIT))
        await read_unjudged(world, monkeypatch)
        async with world.pipeline(since="20d") as pipeline:
            delivery = Delivery(pipeline.state, pipeline.store, patience=None)
            await delivery.drain()
            known = pipeline.state.repositories.get(NAME)
            assert known is not None
            query, questions = pipeline.store.query, list[str]()

            async def asked(name: str, parameters: Mapping[str, Any]) -> list[Row]:
                rows = await query(name, parameters)
                commit_run(pipeline, known)
                questions.append(name)
                return rows

            monkeypatch.setattr(pipeline.store, "query", asked)
            summary = Summary(NAME)
            await judge.judge_after(pipeline, delivery, summary)
            assert summary.warnings == []
            assert len(questions) > 1
            assert pipeline.state.judgements.get(known.id).unread == len(questions), (
                "one while each was answered"
            )
