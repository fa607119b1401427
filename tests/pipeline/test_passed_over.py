"""What lies beside a report and is none: no anomaly, and `--debug` names it."""

import io
import zipfile
from pathlib import Path

import structlog

from etl.demo.history import Artifact
from tests.pipeline.world import HOUR, NOON, attempt, job, run, simulated

BESIDE = {
    "jacoco.xml": "<!DOCTYPE report PUBLIC '-//JACOCO//DTD Report 1.1//EN' 'report.dtd'><report name='shop'/>",
    "cobertura.xml": "<coverage line-rate='0.9'/>",
    "checkstyle.xml": "<checkstyle version='9'/>",
    "phpunit.xml": "<phpunit bootstrap='x.php'/>",
    "testng-failed.xml": "<!DOCTYPE suite SYSTEM 'https://testng.org/testng-1.0.dtd'><suite name='Failed'/>",
}


async def test_coverage_and_settings_beside_a_report_are_passed_over(tmp_path: Path) -> None:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        archive.writestr("junit.xml", "<testsuite name='s'><testcase classname='c' name='t'/></testsuite>")
        for name, text in BESIDE.items():
            archive.writestr(name, text)
    started = NOON - 20 * HOUR
    unit = job("unit", started, artifacts=(Artifact(1, "junit", started + 50, content.getvalue()),))
    async with simulated(tmp_path) as world:
        world.add(run(started, attempt(started, unit)))
        with structlog.testing.capture_logs() as log:
            summary = await world.sync_well()
        assert (summary.anomalies, summary.tests) == (0, 1)
    told = [record for record in log if record["event"] == "passed over"]
    assert {record["file"].partition(" ")[0] for record in told} == set(BESIDE)
    assert {(record["log_level"], record["artifact"]) for record in told} == {("debug", "junit")}
