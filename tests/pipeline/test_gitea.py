"""Syncs of a real Gitea whose real runner executes workflows, held against the server's own database."""

import base64
import os
from collections import Counter
from pathlib import Path
from typing import Any

import duckdb

from etl import settings
from etl.app import open_pipeline, open_reader
from etl.pipeline.checks import findings
from etl.pipeline.run_once import sync_and_deliver
from etl.pipeline.summary import Summary
from etl.report.ask import ask, last_days, parameters
from etl.settings import Settings
from tests.gitea import Gitea
from tests.influxd import free_port
from tests.pipeline.world import NAME, simulated

_UPLOAD = """
import base64, json, os, urllib.request as web, zipfile
report = "<testsuite name='s'><testcase name='works'/><testcase name='breaks'><failure message='1 is not 2'/></testcase></testsuite>"
zipfile.ZipFile("r.zip", "w").writestr("report.xml", report)
body, token = open("r.zip", "rb").read(), os.environ["ACTIONS_RUNTIME_TOKEN"]
claims = token.split(".")[1]
claims = json.loads(base64.urlsafe_b64decode(claims + "=" * (-len(claims) % 4)))
_, run, job = next(scope for scope in claims["scp"].split() if scope.startswith("Actions.Results:")).split(":")
ids = {"workflow_run_backend_id": run, "workflow_job_run_backend_id": job, "name": "test-results"}
base = os.environ["ACTIONS_RESULTS_URL"].rstrip("/") + "/twirp/github.actions.results.api.v1.ArtifactService/"
def call(method, more):
    head = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    asked = web.Request(base + method, json.dumps(ids | more).encode(), head)
    return json.load(web.urlopen(asked))
target = call("CreateArtifact", {"version": 4})
target = target.get("signedUploadUrl") or target["signed_upload_url"]
web.urlopen(web.Request(target + "&comp=appendBlock", body, {"Content-Type": "application/zip"}, method="PUT"))
call("FinalizeArtifact", {"size": str(len(body))})
"""

_CI = """
name: CI
on: [push, pull_request]
jobs:
  unit:
    runs-on: self-hosted
    strategy: {fail-fast: false, matrix: {version: [1, 2, 3]}}
    steps:
      - run: sleep ${{ matrix.version }}
  lint:
    runs-on: self-hosted
    steps:
      - name: check
        run: |
          echo "::error file=app.py,line=3,title=Lint::name 'x' is not defined"
          exit 1
  deploy:
    needs: unit
    runs-on: self-hosted
    steps:
      - run: sleep 1
  never:
    needs: lint
    runs-on: self-hosted
    steps:
      - run: "true"
"""

_PYTEST = """\
============================= test session starts ==============================
collected 1 item

tests/test_app.py F                                                      [100%]

=================================== FAILURES ===================================
__________________________________ test_flips __________________________________

    def test_flips():
>       assert "heads" == "tails"
E       AssertionError: assert 'heads' == 'tails'

tests/test_app.py:2: AssertionError
=========================== short test summary info ============================
FAILED tests/test_app.py::test_flips - AssertionError: assert 'heads' == 'tails'
============================== 1 failed in 0.01s ===============================
"""

_FLAKY = f"""
name: Flaky
on: workflow_dispatch
jobs:
  stable:
    runs-on: self-hosted
    steps:
      - run: sleep 1
  flaky:
    runs-on: self-hosted
    steps:
      - run: sleep 1
      - run: |
          if [ "$GITHUB_RUN_ATTEMPT" -lt 3 ]; then
            echo {base64.b64encode(_PYTEST.encode()).decode()} | base64 -d
            exit 1
          fi
  after:
    needs: flaky
    runs-on: self-hosted
    steps:
      - run: sleep 1
"""

_LONG = """
name: Long
on: workflow_dispatch
concurrency: {group: long, cancel-in-progress: true}
jobs:
  long:
    runs-on: self-hosted
    steps:
      - run: sleep 4
"""

_REPORTS = f"""
name: Reports
on: workflow_dispatch
jobs:
  test:
    runs-on: self-hosted
    steps:
      - shell: python3 {{0}}
        run: |
{"".join(f"          {line}{chr(10)}" for line in _UPLOAD.strip().splitlines())}
      - run: exit 1
"""

_WORKFLOWS = {"ci.yml": _CI, "flaky.yml": _FLAKY, "long.yml": _LONG, "reports.yml": _REPORTS}

# Executions by the server's own database: of jobs that a runner took.
_EXECUTED = """
SELECT job.name, task.started, task.stopped, task.status, run.id
FROM action_task task JOIN action_run_job job ON job.id = task.job_id JOIN action_run run ON run.id = job.run_id
JOIN repository repo ON repo.id = run.repo_id
WHERE lower(repo.owner_name || '/' || repo.name) = ?
"""
_CONCLUSIONS = {1: "success", 2: "failure", 3: "cancelled", 4: "skipped"}


def _settings(folder: Path, server: Gitea, *repositories: str, **more: Any) -> Settings:
    values = {
        "repositories": [f"gitea:{name}" for name in repositories],
        "gitea": {"url": server.url, "token": server.token, "retries": 1},
        "data_dir": str(folder),
        "since": "2d",
    }
    return settings.load({}, file=Path(os.devnull), overrides=values | more)


async def _sync(configured: Settings) -> list[Summary]:
    async with open_pipeline(configured) as pipeline:
        summaries, delivery = await sync_and_deliver(pipeline)
    assert delivery.rejected == 0
    return summaries


async def _sync_well(configured: Settings) -> list[Summary]:
    summaries = await _sync(configured)
    assert [summary.error for summary in summaries] == [None] * len(summaries)
    return summaries


def _points(folder: Path, measurement: str) -> list[dict[str, Any]]:
    with duckdb.connect(folder / "ci-health.duckdb", read_only=True) as connection:
        cursor = connection.execute(f"SELECT * FROM {measurement} ORDER BY ALL")  # noqa: S608
        names = [column[0] for column in cursor.description or ()]
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


def _stored(folder: Path) -> Counter[tuple[Any, ...]]:
    """Executions of jobs in the store: name, conclusion, duration and run."""
    return Counter(
        (point["job"], point["conclusion"], point["duration_s"], point["run_id"])
        for point in _points(folder, "job")
        if point["duration_s"] is not None
    )


def _executed(server: Gitea, name: str) -> Counter[tuple[Any, ...]]:
    """The same by the server's own database."""
    return Counter(
        (job, _CONCLUSIONS[status], float(stopped - started), run)
        for job, started, stopped, status, run in server.rows(_EXECUTED, name)
    )


def _rerun(server: Gitea, name: str, run_id: int, way: str = "rerun-failed-jobs") -> None:
    server.call("POST", f"/repos/{name}/actions/runs/{run_id}/{way}")


async def test_every_execution_is_stored_once_and_as_the_server_has_it(gitea: Gitea, tmp_path: Path) -> None:
    name = gitea.repository(_WORKFLOWS)
    gitea.settle(name, 1)
    configured = _settings(tmp_path, gitea, name)
    gitea.dispatch(name, "flaky.yml")
    gitea.dispatch(name, "reports.yml")
    gitea.dispatch(name, "long.yml")
    gitea.wait(
        name,
        lambda runs: any(run["path"].startswith("long") and run["status"] == "in_progress" for run in runs),
    )
    gitea.dispatch(name, "long.yml")
    gitea.commit(name, {"change": "1"}, new_branch="change")
    gitea.call("POST", f"/repos/{name}/pulls", {"head": "change", "base": "main", "title": "change"})
    await _sync_well(configured)
    runs = gitea.settle(name, 7)
    await _sync_well(configured)
    assert _stored(tmp_path) == _executed(gitea, name)
    flaky = next(run["id"] for run in runs if run["path"].startswith("flaky"))

    # Seen by a sync in between, and then one that no sync saw.
    for _ in range(2):
        _rerun(gitea, name, flaky)
        gitea.settle(name, 7)
        await _sync_well(configured)
        assert _stored(tmp_path) == _executed(gitea, name)
    attempts = [point for point in _points(tmp_path, "workflow_run") if point["run_id"] == flaky]
    assert sorted((point["attempt"], point["conclusion"]) for point in attempts) == [
        ("1", "failure"), ("2", "failure"), ("3", "success"),
    ]  # fmt: skip
    (quiet,) = await _sync_well(configured)
    assert quiet.runs == 0
    _tells_why(tmp_path)
    await _leads_to(configured, gitea, name)

    # What no sync saw comes from the list of tasks: its end is when the task was last changed.
    late = _settings(tmp_path / "late", gitea, name)
    await _sync_well(late)
    assert _without_durations(_stored(tmp_path / "late")) == _without_durations(_executed(gitea, name))


def _tells_why(folder: Path) -> None:
    """The reasons of failures: from a command, from a log, and from a report in an artifact."""
    failures = {(point["job"], point["message"]) for point in _points(folder, "failure")}
    assert ("lint", "name 'x' is not defined") in failures
    failed = {point["test"] for point in _points(folder, "test") if point["outcome"] != "passed"}
    assert failed == {"test_flips", "breaks"}


async def _leads_to(configured: Settings, server: Gitea, name: str) -> None:
    """Links of answers lead to pages that the server has."""
    async with open_reader(configured) as pipeline:
        asked = parameters(last_days(2, pipeline.clock()))
        answers = await ask(pipeline.store, configured, ["failures", "last_run"], asked)
        assert all(finding.good is not False for finding in [one async for one in findings(pipeline)])
    links = {row["url"] for row in answers["failures"] if row.get("url")}
    assert links
    for link in links:
        assert link.startswith(f"{server.url}/{name}/actions/runs/"), link
        assert server.has(link)


def _without_durations(executions: Counter[tuple[Any, ...]]) -> Counter[tuple[Any, ...]]:
    return Counter((job, conclusion, run) for job, conclusion, _, run in executions.elements())


async def test_a_server_that_is_down_affects_nothing_else(tmp_path: Path) -> None:
    async with simulated(tmp_path) as world:
        nowhere = {"url": f"http://127.0.0.1:{free_port()}", "token": "one", "retries": 0}
        good, bad = await world.sync(repositories=[NAME, "gitea:acme/rocket"], gitea=nowhere)
        assert (good.error, good.repository) == (None, NAME)
        assert f"no answer from Gitea at {nowhere['url']}" in (bad.error or "")


async def test_a_wrong_token_costs_its_server_alone(gitea: Gitea, tmp_path: Path) -> None:
    name = gitea.repository({})
    async with simulated(tmp_path) as world:
        wrong = {"url": gitea.url, "token": "ghp_of_github", "retries": 0}
        good, bad = await world.sync(repositories=[NAME, f"gitea:{name}"], gitea=wrong)
        assert good.error is None
        assert f"Gitea at {gitea.url} refused the token (401)" in (bad.error or "")
        assert "ghp_of_github" not in (bad.error or "")


async def test_githubs_client_at_gitea_is_an_error(gitea: Gitea, tmp_path: Path) -> None:
    """Where nothing that a server lists can be understood, a sync does not go well."""
    name = gitea.repository({"long.yml": _LONG})
    gitea.dispatch(name, "long.yml")
    gitea.settle(name, 1)
    wrong = {"api_url": f"{gitea.url}/api/v1", "token": gitea.token, "retries": 0}
    values = {"repositories": [name], "github": wrong, "data_dir": str(tmp_path), "since": "2d"}
    (summary,) = await _sync(settings.load({}, file=Path(os.devnull), overrides=values))
    assert "cannot be understood" in (summary.error or "")
