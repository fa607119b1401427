"""`check` lists the artifacts of the last runs: which of them are read, and why the others are not."""

from pathlib import Path

from etl.demo.history import Artifact
from etl.demo.suites import Case, Planned, archive, report
from etl.pipeline.checks import findings
from tests.pipeline.world import HOUR, NOON, attempt, job, run, simulated

GOOD = archive([("junit.xml", report([Case(Planned("s", "t"), red=False, seconds=0.1)]))])
ARTIFACTS = {
    "Test Results (Python 3.12)": (GOOD, "1 results"),
    "playwright-report": (
        archive([("index.html", b"<html/>")]),
        "holds no JUnit report, and none of another format: 'index.html'",
    ),
    "coverage": (GOOD, "is not read: no glob of tests.artifacts matches its name"),
    "junit-old": (GOOD, "is not read: it has expired"),
}


async def test_artifacts_of_the_last_runs_are_listed(tmp_path: Path) -> None:
    async with simulated(tmp_path) as world:
        begun = NOON - 9 * HOUR
        artifacts = tuple(
            Artifact(number, name, begun + 50, content, expired="old" in name)
            for number, (name, (content, _)) in enumerate(ARTIFACTS.items(), 1)
        )
        world.add(run(begun, attempt(begun, job("unit", begun, artifacts=artifacts))))
        told = [finding async for finding in findings(world.settings(), world.clock)]
        assert all(finding.good is not False for finding in told)
        for name, (_, expected) in ARTIFACTS.items():
            (text,) = [finding.text for finding in told if f"artifact {name!r}" in finding.text]
            assert expected in text
