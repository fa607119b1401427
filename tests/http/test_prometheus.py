"""A real Prometheus scrapes a real service, and its promtool holds metrics and rules."""

import asyncio
import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import aiohttp
import pytest
import yaml

from etl.http.metric_definitions import CI_METRICS, ETL_METRICS
from tests.http.serving import Served, served
from tests.http.test_ci_metrics import busy
from tests.influxd import free_port
from tests.pipeline.world import NAME, World, simulated
from tests.waiting import HANGS_S
from tools.docs import ROOT

RULES = ROOT / "deploy/prometheus/rules.yml"
TOKEN = "a-token-of-a-test"

pytestmark = pytest.mark.skipif(
    not (shutil.which("prometheus") and shutil.which("promtool")),
    reason="no Prometheus: `make prometheus` installs Debian's package",
)


def promtool(*arguments: str | Path, given: str | None = None) -> None:
    done = subprocess.run(["promtool", *arguments], input=given, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


async def metrics_of(world: World) -> str:
    async with served(world) as service:
        await service.until_synced()
        await service.until_figures()
        return (await service.get("/metrics")).text


async def test_the_metrics_keep_prometheus_conventions(tmp_path: Path) -> None:
    async with simulated(tmp_path) as world:
        busy(world)
        await world.sync_well()
        text = await metrics_of(world)
    # What the process tells about itself is prometheus-client's.
    own = re.sub(r"(?m)^(# (HELP|TYPE) )?process_.*\n", "", text)
    assert {metric.name for metric in (*ETL_METRICS, *CI_METRICS)} <= set(re.findall(r"# TYPE (\S+)", own))
    promtool("check", "metrics", given=own)


def test_the_rules_are_valid_and_do_what_they_say(tmp_path: Path) -> None:
    promtool("check", "rules", RULES)
    rules = yaml.safe_load(RULES.read_text("utf-8"))
    for rule in (rule for group in rules["groups"] for rule in group["rules"]):
        # promtool compares annotations word by word, which would only repeat them.
        if "alert" in rule:
            assert set(rule.pop("annotations")) == {"summary", "description"}
    (tmp_path / "rules.yml").write_text(yaml.safe_dump(rules), "utf-8")
    tests = Path(__file__).with_name("rules.test.yml").read_text("utf-8")
    (tmp_path / "tests.yml").write_text(tests.replace("RULES", "rules.yml"), "utf-8")
    promtool("test", "rules", tmp_path / "tests.yml")


def test_every_alert_has_been_seen_to_fire_and_to_be_silent() -> None:
    rules = yaml.safe_load(RULES.read_text("utf-8"))
    alerts = {rule["alert"] for group in rules["groups"] for rule in group["rules"] if "alert" in rule}
    tests = yaml.safe_load(Path(__file__).with_name("rules.test.yml").read_text("utf-8"))["tests"]
    cases = [case for test in tests for case in test["alert_rule_test"]]
    assert {case["alertname"] for case in cases if case.get("exp_alerts")} == alerts
    assert {case["alertname"] for case in cases if not case.get("exp_alerts")} == alerts


def test_the_rules_use_metrics_that_there_are() -> None:
    used = set(
        re.findall(r"\bci_health_\w+", re.sub(r"(summary|description): .*", "", RULES.read_text("utf-8")))
    )
    known = {metric.name for metric in (*ETL_METRICS, *CI_METRICS)}
    assert {re.sub("_(bucket|count|sum)$", "", name) for name in used} <= known


@contextmanager
def prometheus(folder: Path, target: str) -> Iterator[str]:
    """A Prometheus that scrapes the target each second with the shipped rules; its address."""
    port = free_port()
    (folder / "token").write_text(TOKEN, "utf-8")
    scrape = {
        "job_name": "ci-health",
        "authorization": {"credentials_file": "token"},
        "static_configs": [{"targets": [target]}],
    }
    config = {
        "global": {"scrape_interval": "1s", "evaluation_interval": "1s"},
        "rule_files": ["rules.yml"],
        "scrape_configs": [scrape],
    }
    # A group is first evaluated somewhere within its interval.
    rules = RULES.read_text("utf-8").replace("interval: 5m", "interval: 1s")
    (folder / "rules.yml").write_text(rules, "utf-8")
    (folder / "prometheus.yml").write_text(yaml.safe_dump(config), "utf-8")
    command = [
        "prometheus",
        f"--config.file={folder / 'prometheus.yml'}",
        f"--storage.tsdb.path={folder / 'data'}",
        f"--web.listen-address=127.0.0.1:{port}",
        "--log.level=warn",
    ]
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log)
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(timeout=HANGS_S)


async def answered(session: aiohttp.ClientSession, url: str) -> Any:
    """The data of an answer, once there is one that is not empty."""
    async with asyncio.timeout(HANGS_S):
        while True:
            try:
                async with session.get(url) as response:
                    data = json.loads(await response.text())["data"]
            except (aiohttp.ClientError, ValueError, KeyError):
                data = None
            if data and data.get("result", True):
                return data
            await asyncio.sleep(0.1)


async def query(service: Served, url: str, expression: str) -> list[Any]:
    data = await answered(service.session, f"{url}/api/v1/query?query={expression}")
    return list(data["result"])


async def test_a_real_prometheus_scrapes_with_the_token_and_evaluates_the_rules(tmp_path: Path) -> None:
    async with simulated(tmp_path) as world:
        busy(world)
        await world.sync_well()
        async with served(world, http={"token": TOKEN}) as service:
            await service.until_figures()
            with prometheus(tmp_path, service.url.removeprefix("http://")) as url:
                (ratio,) = await query(service, url, "ci_health_workflow_success_ratio")
                assert ratio["metric"]["repository"] == NAME
                assert ratio["value"][1] == "0.75"
                (up,) = await query(service, url, "up")
                assert (up["metric"]["job"], up["value"][1]) == ("ci-health", "1")
                (flaky,) = await query(service, url, "ci_health:flaky_tests:sum")
                assert flaky["value"][1] == "0"
                quantile = "histogram_quantile(0.5,ci_health_job_duration_seconds_bucket)"
                (median,) = await query(service, url, quantile)
                assert 30 < float(median["value"][1]) < 120
                groups = (await answered(service.session, f"{url}/api/v1/rules"))["groups"]
                rules = [rule for group in groups for rule in group["rules"]]
                assert rules
                assert {rule["health"] for rule in rules} <= {"ok", "unknown"}
                assert "ok" in {rule["health"] for rule in rules}
