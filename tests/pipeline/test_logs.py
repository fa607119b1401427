"""Logs on their way through the pipeline: requested once, logged once, counted like annotations and reports."""

import os
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from etl.demo.history import Artifact, Log, Run
from etl.demo.suites import archive
from tests.pipeline.world import (
    CI,
    DAY,
    HOUR,
    NOON,
    Annotation,
    History,
    Repository,
    Step,
    World,
    attempt,
    faults,
    job,
    run,
    simulated,
)

GO = """=== RUN   TestBasket
    basket_test.go:12: expected 3 entries, got 4
--- FAIL: TestBasket (0.02s)
FAIL
FAIL\texample.com/shop/basket\t0.301s"""
NETWORK = "fatal: unable to access 'https://github.com/acme/rocket/': The requested URL returned error: 503"
RUNS = 1_000 if os.environ.get("CHAOS") == "full" else 100
BOILERPLATE = Annotation("Process completed with exit code 1.")
XML = b'<testsuite name="s"><testcase classname="%s" name="%s">%s</testcase></testsuite>'


def failed(text: str = GO, *notes: str, began: int = NOON - HOUR, log: Log | None = None, **more: Any) -> Run:
    """A run whose one job failed."""
    annotations = (BOILERPLATE, *map(Annotation, notes))
    red = job("unit", began + 5, conclusion="failure", annotations=annotations, log=log or Log(text), **more)
    return run(began, attempt(began, red))


def report(suite: bytes, name: bytes, inner: bytes = b"") -> tuple[Artifact, ...]:
    return (Artifact(77, "junit-unit", NOON - HOUR + 30, archive([("a.xml", XML % (suite, name, inner))])),)


def told(world: World, data: str = "data") -> list[tuple[str, str, str | None]]:
    """Source, category and test of each failure."""
    return [(row["source"], row["category"], row["test"]) for row in world.points("failure", data)]


def asked(world: World) -> int:
    return len(world.github.log.paths("/logs"))


async def test_a_sync_asks_once_for_the_log_of_each_failed_job_and_never_again(tmp_path: Path) -> None:
    """A thousand runs in `make chaos`."""
    midnight = NOON - NOON % DAY
    runs = [
        run(began, attempt(began, job("unit", began, conclusion="success" if number % 10 else "failure")))
        for number in range(RUNS)
        for began in [midnight - DAY + 80 * number]
    ]
    requests = {}
    async with simulated(tmp_path, History([Repository(42, "acme/rocket", [CI], runs)])) as world:
        for setting in ("off", "failed"):
            world.github.log.clear()
            summary = await world.sync_well(setting, logs=setting, passing_logs=0)
            requests[setting] = summary.requests
            assert summary.runs == RUNS
        assert requests["failed"] - requests["off"] == asked(world) == RUNS // 10
        world.github.log.clear()
        await world.sync_well("failed", logs="failed")
        assert asked(world) == 0


async def test_a_failing_test_is_known_from_the_log_alone(tmp_path: Path) -> None:
    """As one that an annotation tells of: its point, its failure, its evidence by a green execution."""
    async with simulated(tmp_path) as world:
        made = failed()
        again = attempt(NOON - 1_800, job("unit", NOON - 1_790))
        world.add(run(made.created_at, *made.attempts, again))
        await world.sync_well()
        (test,) = world.points("test")
        assert (test["suite"], test["test"], test["outcome"]) == (
            "example.com/shop/basket",
            "TestBasket",
            "failed",
        )
        assert told(world) == [("log", "test", "TestBasket")]
        (failure,) = world.points("failure")
        assert "expected 3 entries, got 4" in failure["message"]
        assert "expected <n> entries, got <n>" in failure["template"]
        assert (failure["path"], failure["line"]) == ("basket_test.go", 12)
        flakes = {row["level"]: row for row in world.points("flake")}
        assert flakes["test"]["test"] == "TestBasket"
        assert flakes["test"]["evidence"] == flakes["job"]["evidence"] == "rerun"


async def test_one_cause_in_an_annotation_a_report_and_a_log_is_one_failure(tmp_path: Path) -> None:
    red = b'<failure message="expected 3 entries, got 4">trace</failure>'
    sources: dict[str, tuple[Any, list[Any]]] = {
        "report": (failed(artifacts=report(b"basket", b"TestBasket", red)), [("test", "test", "TestBasket")]),
        "named": (failed(GO, "TestBasket - expected 3 entries, got 4"), [("annotation", "test", "TestBasket")]),
        "said": (failed(GO, "expected 3 entries, got 4"), [("annotation", "test", None)]),
        "another": (
            failed(GO, "No space left on device"),
            [("annotation", "disk", None), ("log", "test", "TestBasket")],
        ),
        "lines": (failed("make: nothing\nbash: shopctl: command not found", "bash: shopctl: command not found"),
            [("annotation", "configuration", None)]),
    }  # fmt: skip
    for name, (made, expected) in sources.items():
        async with simulated(tmp_path / name) as world:
            world.add(made)
            await world.sync_well(logs="always")
            assert sorted(told(world), key=str) == sorted(expected, key=str), name


async def test_a_report_that_names_the_failing_test_needs_no_log_unless_always(tmp_path: Path) -> None:
    red = b'<failure message="no">trace</failure>'
    async with simulated(tmp_path) as world:
        world.add(failed(artifacts=report(b"basket", b"TestBasket", red)))
        await world.sync_well()
        assert asked(world) == 0
        await world.sync_well("always", logs="always")
        assert asked(world) == 1
        assert told(world) == told(world, "always")
        await world.sync_well("off", logs="off")
        assert asked(world) == 1


async def test_a_report_without_a_failing_test_leaves_the_failure_to_the_log(tmp_path: Path) -> None:
    async with simulated(tmp_path) as world:
        world.add(failed("write /out: no space left on device", artifacts=report(b"basket", b"TestBasket")))
        await world.sync_well()
        assert told(world) == [("log", "disk", None)]
        assert [row["outcome"] for row in world.points("test")] == ["passed"]


async def test_what_an_annotation_leaves_open_of_the_category_the_log_tells(tmp_path: Path) -> None:
    async with simulated(tmp_path) as world:
        world.add(failed(NETWORK, "The process '/usr/bin/git' failed with exit code 128"))
        await world.sync_well()
        assert told(world) == [("annotation", "network", None)]


async def test_categories_are_by_the_rules_of_the_settings(tmp_path: Path) -> None:
    rules = {"categories": {"disabled": ["network"], "extra": [{"pattern": "basket", "category": "build"}]}}
    async with simulated(tmp_path) as world:
        world.add(failed("the basket is full"), failed("curl: (6) Could not resolve host: x"))
        await world.sync_well(failures=rules)
        assert sorted(category for _, category, _ in told(world)) == ["build", "unknown"]


async def test_only_the_failed_step_counts(tmp_path: Path) -> None:
    began = NOON - HOUR
    steps = tuple(
        Step(name, began + 10 * number, began + 10 * number + 9, how)
        for number, (name, how) in enumerate(
            [("Prepare", "success"), ("Test", "failure"), ("Clean", "success")]
        )
    )
    log = Log(GO.replace("\t0.301s", "\t0.301s\n##[group]Run Clean\n##[error]no space left on device"))
    async with simulated(tmp_path) as world:
        world.add(failed(steps=steps, log=log, began=began - 5))
        await world.sync_well()
        assert told(world) == [("log", "test", "TestBasket")]


async def test_a_log_that_is_not_there_yet_is_asked_for_again_before_anything_is_said(tmp_path: Path) -> None:
    async with simulated(tmp_path) as world:
        world.add(failed(log=Log(GO, listed_at=NOON + 60)))
        first = await world.sync_well()
        assert (first.open_by_kind, first.anomalies_by_kind) == ({"log": 1}, {"log": 1})
        assert (len(world.points("job")), told(world)) == (1, [])
        world.clock.advance(HOUR)
        second = await world.sync_well()
        assert (second.open, told(world)) == (0, [("log", "test", "TestBasket")])
        await world.sync_well("fresh")
        assert world.all_points() == world.all_points("fresh")


async def test_a_log_that_has_expired_is_logged_once_and_nothing_waits_for_it(tmp_path: Path) -> None:
    async with simulated(tmp_path) as world:
        world.add(failed(log=Log(GO, expired=True)))
        first = await world.sync_well()
        assert (first.open, first.anomalies_by_kind) == (0, {"log": 1})
        assert told(world) == [("annotation", "unknown", None)]
        world.clock.advance(DAY)
        assert (await world.sync_well()).anomalies == 0
        assert asked(world) == 1


async def test_a_deleted_log_is_logged_once_and_given_up_after_a_day(tmp_path: Path) -> None:
    async with simulated(tmp_path) as world:
        world.add(failed(log=Log(GO, listed_at=NOON + 90 * DAY)))
        anomalies = 0
        for _ in range(16):
            anomalies += (await world.sync_well()).anomalies_by_kind.get("log", 0)
            world.clock.advance(3 * HOUR)
        assert anomalies == 1
        assert (await world.sync_well()).open == 0
        assert told(world) == [("annotation", "unknown", None)]
        assert asked(world) < 12


async def test_a_token_that_may_not_read_logs_is_logged_once(tmp_path: Path) -> None:
    async with simulated(tmp_path) as world:
        world.add(*(failed(began=NOON - HOUR - 60 * number) for number in range(4)))
        world.github.faults.add(
            "/logs", faults.status(403, "Must have admin rights to Repository."), times=None
        )
        summary = await world.sync_well(github={"concurrency": 1})
        assert summary.anomalies_by_kind == {"logs forbidden": 1}
        assert (summary.open, len(told(world))) == (0, 4)


@pytest.mark.parametrize(
    "fault", [faults.cut_connection(), faults.delay(0.2), faults.status(503)], ids=["cut", "slow", "503"]
)
async def test_a_download_that_fails_for_a_moment_is_repeated(fault: faults.Respond, tmp_path: Path) -> None:
    async with simulated(tmp_path) as world:
        world.add(failed())
        world.github.faults.add(r"^/logs/\d+\?", fault)
        summary = await world.sync_well()
        assert (summary.open, told(world)) == (0, [("log", "test", "TestBasket")])


async def test_what_is_new_against_the_last_passing_log_is_told_where_nothing_explains(
    tmp_path: Path,
) -> None:
    same = "collecting\nthe pump is slow\nfilling the tank\n"
    passed = run(NOON - 3 * HOUR, attempt(NOON - 3 * HOUR, job("unit", NOON - 3 * HOUR, log=Log(same))))
    async with simulated(tmp_path) as world:
        world.add(passed)
        for data in ("with", "without"):
            await world.sync_well(data)
        world.add(failed(f"{same}the valve jams\n{same}"))
        world.github.log.clear()
        summary = await world.sync_well("with")
        assert summary.requests_by_kind["logs"] == asked(world) == 2
        (row,) = world.points("failure", "with")
        assert row["message"] == "the valve jams"
        summary = await world.sync_well("without", passing_logs=0)
        assert summary.requests_by_kind["logs"] == 1
        (other,) = world.points("failure", "without")
        assert "the pump is slow" in other["message"]
        # Whether a passing log was known changes no identity.
        assert (row["signature"], row["time"]) == (other["signature"], other["time"])


async def test_secrets_are_masked_all_the_way(tmp_path: Path) -> None:
    secret = "ghp_" + "a1B2" * 9
    hidden = GO.replace("expected 3", f"with {secret} expected 3") + f"\nDB_PASSWORD={secret[4:]}"
    async with simulated(tmp_path) as world:
        world.add(failed(hidden), failed(f"Error: cannot log in with token={secret[4:]} to the shop"))
        await world.sync_well()
        stored = str(world.all_points())
        assert "***" in stored
        assert secret not in stored
        assert secret[4:] not in stored
    for file in (tmp_path / "data").iterdir():
        assert secret[4:].encode() not in file.read_bytes(), file


async def test_of_a_log_is_stored_what_docs_say_and_no_more(tmp_path: Path) -> None:
    """docs/logs.md, "What is stored, and what is not", of the state and the store on the disk."""
    lines = [f"error: marked-{number:04} " + "x" * 3_000 for number in range(500)]
    masked = "cannot log in with *** to the shop"
    test = GO.replace("expected 3", "y" * 5_000 + " expected 3")
    async with simulated(tmp_path) as world:
        world.add(failed("\n".join(lines)), failed(f"{test}\nmarked-9999"), failed(f"error: {masked}"))
        await world.sync_well("on")
        await world.sync_well("off", logs="off")
        by_test = {row["test"]: row for row in world.points("failure", "on") if "***" not in row["message"]}
        assert 1_900 < len(by_test["TestBasket"]["message"]) <= 2_000
        assert 2_000 < len(by_test[None]["message"]) <= 4_000
        assert masked in str(world.points("failure", "on"))
        assert asked(world) == 3
        # Switched off later, what logs told goes with a replace.
        await world.backfill(NOON - NOON % DAY, None, "on", replace=True, logs="off")
        assert {source for source, _, _ in told(world, "on")} == {"annotation"}
    stored = b"".join(file.read_bytes() for file in (tmp_path / "off").rglob("*") if file.is_file())
    assert b"marked-" not in stored
    assert b"TestBasket" not in stored


async def test_hostile_logs_harm_nothing_and_hide_nothing(tmp_path: Path) -> None:
    end = b"\n2026-03-02T10:00:01.0000000Z --- FAIL: TestLast (0.01s)\nFAIL\texample.com/x\t0.1s\n"
    logs = {
        "one line": lambda: [b"x" * (1 << 20)] * 8 + [end],
        "short lines": lambda: [b"\n" * 65_536] * 16 + [end],
        "broken": lambda: [b"\xff\x00\xfe\xc3\x28" * 50_000, end],
        "commands": lambda: [b"::error::x\n##[group]y\n::set-output name=a::b\n\x1b]0;t\x07" * 20_000, end],
        "lines of protocol": lambda: [b'job,a=b c=1 1\n\\\\, \\\\= "\n' * 10_000, end],
    }
    async with simulated(tmp_path) as world:
        for content in logs.values():
            world.add(failed(log=Log(content=content)))
        summary = await world.sync_well()
        assert (summary.anomalies, summary.open) == (0, 0)
        assert Counter(point["test"] for point in world.points("test"))["TestLast"] == len(logs)


@pytest.mark.slow
def test_memory_stays_flat_however_long_the_logs_are(tmp_path: Path) -> None:
    asked = [sys.executable, "-m", "tests.pipeline.huge_logs", str(tmp_path)]
    done = subprocess.run(asked, check=True, capture_output=True, text=True)
    # The last line: before it stands what the pipeline logs.
    assert int(done.stdout.splitlines()[-1]) < 64
