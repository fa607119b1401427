"""What reports say of failures and retries, through the whole pipeline into both stores."""

import io
import zipfile
from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from etl.demo.history import Artifact
from etl.model.schema import FAILURE, FLAKE, TEST, TEST_REPORT
from etl.settings import InfluxSettings
from tests.extract.formats import FORMATS
from tests.extract.reports import made_by_bazel
from tests.load.stores import ReadBack
from tests.pipeline.world import HOUR, NOON, World, attempt, job, run, simulated

F = "<failure message='boom'/>"


def suite(*cases: str, more: str = "name='s'") -> str:
    return f"<testsuite {more}>{''.join(cases)}</testsuite>"


def case(name: str, inside: str = "", more: str = "classname='c'") -> str:
    return f"<testcase {more} name='{name}'>{inside}</testcase>"


@dataclass(frozen=True)
class Told:
    """An artifact's files, how its job ended, and what must be stored: results by outcome, tests with evidence.

    `messages` are those of the failures, where they matter.
    """

    file: str
    outcomes: dict[str, int]
    flaky: tuple[str, ...] = ()
    conclusion: str = "failure"
    name: str = "junit.xml"
    artifact: str = "junit"
    others: dict[str, str] = field(default_factory=dict)
    messages: tuple[str, ...] | None = None


ROWS = {
    "empty attempts before a failure": Told(
        suite(case("never"), case("never"), case("never", F), more="name='pytest'"), {"failed": 1}
    ),
    "two tests of one name": Told(
        f"<testsuites>{case('works', F)}{case('works')}</testsuites>", {"failed": 1, "passed": 1}
    ),
    "rows of data in an unknown writer's red job": Told(
        suite(case("t", F), case("t")), {"failed": 1, "passed": 1}
    ),
    "a retry in an unknown writer's green job": Told(
        suite(case("t", F), case("t")), {"passed": 1}, flaky=("t",), conclusion="success"
    ),
    "a retry beside another failure": Told(
        f"<testsuites>{suite(case('t', F), case('t'))}{suite(case('u', F))}</testsuites>",
        {"passed": 1, "failed": 1},
        flaky=("t",),
    ),
    "classes": Told(suite(case("a", F, "class='X'"), case("a", "", "class='Y'")), {"failed": 1, "passed": 1}),
    "a skipped repetition": Told(suite(case("t", F), case("t", "<skipped/>")), {"failed": 1}),
    "skipped after it passed": Told(
        suite(case("t"), case("t", "<skipped/>")), {"passed": 1}, conclusion="success"
    ),
    "suites within suites": Told(
        "<testsuites>"
        + "".join(
            f"<testsuite name='{suite_name}'>{case('saves', inside, more)}</testsuite>"
            for suite_name, inside, more in (
                ("orders", F, "classname='test'"),
                ("users", "", "classname='test'"),
            )
        )
        + "</testsuites>",
        {"failed": 1, "passed": 1},
    ),
    "a second root": Told(suite(case("a")) + suite(case("b", F)), {"passed": 1, "failed": 1}),
    "ginkgo": Told(
        suite(
            "<properties><property name='SuiteSucceeded' value='true'/></properties>",
            case(
                "t",
                "<system-err>Failure recorded during attempt 1:\nrefused\nIn [It] at: x.go:1\n"
                "Attempt #1 Failed.  Retrying</system-err>",
                "status='passed'",
            ),
        ),
        {"passed": 1},
        flaky=("t",),
        conclusion="success",
    ),
    "ctest": Told(
        suite(
            case("io", "<failure message=''/><system-out>io.cpp:7: bad</system-out>", "status='fail'"),
        ),
        {"failed": 1},
        messages=("io.cpp:7: bad",),
    ),
    "doctest": Told(
        suite(case("t", "<error message='exception'>no such basket</error>")),
        {"error": 1},
        messages=("no such basket",),
    ),
    "a type alone": Told(
        suite(case("t", "<failure type='java.io.IOException'/>")),
        {"failed": 1},
        messages=("java.io.IOException",),
    ),
    "attempts in files of their own": Told(
        made_by_bazel("shop/flaky_test"),
        {"passed": 1, "error": 1},
        flaky=("shop/flaky_test",),
        name="shop/flaky_test/test.xml",
        others={
            "shop/flaky_test/test_attempts/attempt_1.xml": made_by_bazel("shop/flaky_test", 1, "refused"),
            "shop/total_test/test.xml": made_by_bazel("shop/total_test", 1, "total is 3, not 4"),
        },
        messages=("total is 3, not 4",),
    ),
    "outside of a case": Told(suite("<error message='no class'/>", more="name='D' errors='1'"), {"error": 1}),
    "todo": Told(suite(case("t", "<skipped type='todo'/>" + F)), {"skipped": 1}, conclusion="success"),
    "skipped by result": Told(
        suite(case("t", "", "status='run' result='skipped'")), {"skipped": 1}, conclusion="success"
    ),
    "broken": Told(suite(case("a & b"), case("c", F)), {"passed": 1, "failed": 1}),
    "a call and its teardown": Told(
        suite(case("t", F), case("t", "<error message='failed on teardown with x'/>"), more="name='pytest'"),
        {"failed": 1},
    ),
    "counted as failed although it passed": Told(
        suite(case("t", "<failure type='flaky failure'/><flakyFailure message='boom'/>")),
        {"failed": 1},
        flaky=("t",),
    ),
    "no pass was recorded": Told(
        suite(case("t", "<failure type='x'/><flakyFailure message='boom'/>")), {"failed": 1}
    ),
    "another format": Told(
        FORMATS["Playwright"][1],
        {"passed": 1, "failed": 2, "error": 1, "skipped": 1},
        flaky=("cart \u203a heals",),
        name="results.json",
        artifact="Playwright-Report",
    ),
}


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    async with simulated(tmp_path) as made:
        for number, (name, told) in enumerate(ROWS.items()):
            started = NOON - 20 * HOUR + 600 * number
            content = io.BytesIO()
            with zipfile.ZipFile(content, "w") as archive:
                for file_name, file in {told.name: told.file, **told.others}.items():
                    archive.writestr(file_name, file)
            uploaded = Artifact(number + 1, told.artifact, started + 50, content.getvalue())
            one = job(name, started, conclusion=told.conclusion, artifacts=(uploaded,))
            made.add(run(started, attempt(started, one)))
        yield made


async def test_what_reports_say_is_what_both_stores_hold(
    world: World, influx_settings: InfluxSettings, read_back: ReadBack
) -> None:
    summary = await world.sync_well()
    assert summary.anomalies == 1
    tests, flakes = world.points("test"), world.points("flake")
    for name, told in ROWS.items():
        outcomes = Counter(point["outcome"] for point in tests if point["job"] == name)
        assert outcomes == told.outcomes, name
        evidence = [point["test"] for point in flakes if point["job"] == name and point["level"] == "test"]
        assert evidence == list(told.flaky), name
        (report,) = [point for point in world.points("test_report") if point["job"] == name]
        assert (report["total"], report["flaky"]) == (sum(told.outcomes.values()), len(told.flaky))
    assert {point["evidence"] for point in flakes} == {"in_report"}
    failures = Counter(point["job"] for point in world.points("failure") if point["source"] == "test")
    assert failures == {
        name: red
        for name, told in ROWS.items()
        if (red := told.outcomes.get("failed", 0) + told.outcomes.get("error", 0))
    }

    for name, told in ROWS.items():
        if told.messages is not None:
            messages = [point["message"] for point in world.points("failure") if point["job"] == name]
            assert messages == list(told.messages), name

    influxdb = influx_settings.model_dump() | {"token": influx_settings.token.get_secret_value()}
    await world.sync_well("with influxdb", influxdb=influxdb)
    for measurement in (TEST, TEST_REPORT, FLAKE, FAILURE):
        inside = [
            {"time": point.time, **point.tags, **point.fields}
            for point in sorted(read_back(measurement), key=lambda point: point.time)
        ]
        embedded = [
            {name: value for name, value in point.items() if value is not None}
            for point in world.points(measurement.name)
        ]
        assert inside == embedded
