import asyncio
import json
import re
import signal
import sqlite3

import duckdb
import pytest

from etl.demo import faults
from tests.cli.running import Ci, contents, settings_for
from tests.report.packing import unpacked
from tests.waiting import HANGS_S

SUMMARY = {
    "repository", "runs", "attempts", "jobs", "tests", "points", "requests", "requests_by_kind", "not_modified",
    "rate_limit_remaining", "anomalies", "open", "error", "retry_at", "warnings",
}  # fmt: skip


def is_one_clear_sentence(outcome, *parts):
    assert "Traceback" not in outcome.err
    assert "token-of-a-test" not in outcome.out + outcome.err
    sentences = [line for line in outcome.err.splitlines() if line.startswith("ci-health: ")]
    assert len(sentences) == 1, outcome.err
    for part in parts:
        assert part in sentences[0]


async def until_asked_for_jobs(github):
    while not github.log.paths("/jobs"):  # noqa: ASYNC110
        await asyncio.sleep(0.05)


async def test_sync_prints_what_it_did_and_a_second_one_finds_nothing_new(ci, github):
    first = await ci("sync", "--json")
    before = contents(ci.folder)
    github.log.clear()
    second = await ci("sync", "--json")
    assert (first.code, second.code) == (0, 0), first.err + second.err
    for line in first.err.splitlines():
        json.loads(line)
    (did,), (did_again,) = json.loads(first.out), json.loads(second.out)
    assert set(did) == SUMMARY
    assert did["runs"] > 10
    assert did["points"] == sum(map(len, before.values()))
    assert (did_again["runs"], did_again["points"], did_again["error"]) == (0, 0, None)
    assert did_again["requests"] == did_again["not_modified"] == len(github.log.requests)
    assert sum(did["requests_by_kind"].values()) == did["requests"]
    assert did["requests_by_kind"]["jobs"] >= did["runs"]
    assert set(did_again["requests_by_kind"]) == {"runs", "other"}
    assert github.log.counted <= 1
    assert contents(ci.folder) == before


async def test_show_answers_in_every_format(ci):
    await ci("sync")
    for question in ("overview", "failures"):
        table, as_json, as_csv = [
            await ci("show", question, "--format", form) for form in ("table", "json", "csv")
        ]
        assert (table.code, as_json.code, as_csv.code) == (0, 0, 0), table.err
        answer = json.loads(as_json.out)
        assert isinstance(answer, dict if question == "overview" else list)
        row = answer if question == "overview" else answer[0]
        assert as_csv.out.splitlines()[0].split(",") == list(row)
        assert "\x1b" not in table.out
        assert max(map(len, table.out.splitlines())) <= 100


async def test_show_narrows_to_a_workflow(ci):
    await ci("sync")
    rows = json.loads((await ci("show", "jobs", "--workflow", "Nightly", "--format", "json")).out)
    assert {row["workflow"] for row in rows} == {"Nightly"}


async def test_show_narrows_to_a_job_and_a_test_where_that_means_something(ci):
    await ci("sync")
    rows = json.loads((await ci("show", "jobs_over_time", "--job", "lint", "--format", "json")).out)
    assert {row["job"] for row in rows} == {"lint"}
    refused = await ci("show", "flaky", "--test", "x")
    assert refused.code == 2
    assert "`show flaky` takes no --test" in refused.err
    unnamed = await ci("show", "test_history")
    assert unnamed.code == 2
    assert "--test NAME" in unnamed.err


async def test_show_has_a_row_for_each_test_or_for_each_of_its_jobs(ci):
    await ci("sync")
    with duckdb.connect(ci.folder / ".ci-health" / "ci-health.duckdb") as store:
        store.execute(
            "INSERT INTO test SELECT * REPLACE ('unit (copy)' AS job) FROM test WHERE outcome IN ('failed', 'error')"
        )
    rows = json.loads((await ci("show", "tests", "--format", "json")).out)
    by_test = {(row["workflow"], row["suite"], row["test"]) for row in rows}
    assert len(by_test) < len(rows)
    tables = [(await ci("show", "tests", *more)).out.splitlines() for more in ([], ["--by", "job"])]
    assert len(tables[1]) - len(tables[0]) == len(rows) - len(by_test)
    for arguments, part in (
        (["jobs", "--by", "job"], "`show jobs` takes no --by"),
        (["tests", "--by", "test", "--format", "csv"], "--by test is for tables"),
        (["--by", "job"], "show QUESTION"),
    ):
        refused = await ci("show", *arguments)
        assert refused.code == 2
        is_one_clear_sentence(refused, part)


async def test_a_mistyped_filter_is_no_empty_answer(ci):
    await ci("sync")
    for command in (["show", "jobs"], ["show"], ["report"]):
        outcome = await ci(*command, "--workflow", "nightly")
        assert outcome.code == 2
        is_one_clear_sentence(outcome, "no workflow 'nightly'", "did you mean 'Nightly'?")
    assert not (ci.folder / "ci-health-report.html").exists()


async def test_show_without_a_question_is_the_first_screen(ci):
    await ci("sync")
    outcome = await ci("show")
    assert outcome.code == 0, outcome.err
    assert outcome.out.startswith("What to do first")
    assert "CI health, last 14 days" in outcome.out
    refused = await ci("show", "--format", "json")
    assert refused.code == 2
    is_one_clear_sentence(refused, "show QUESTION")


async def test_show_without_a_sync_says_what_to_do(tmp_path):
    outcome = await Ci(tmp_path)("show", "workflows")
    assert outcome.code == 0
    assert "ci-health sync" in outcome.out


async def test_report_is_one_file(ci):
    await ci("sync")
    outcome = await ci("report", "--out", "out/report.html")
    assert outcome.code == 0, outcome.err
    html = (ci.folder / "out" / "report.html").read_text()
    assert "acme/rocket" in html
    (data,) = re.findall(r'id="data">(.*?)</script>', html)
    assert "cluster (upgrade)" in json.dumps(unpacked(data))


async def test_demo_needs_nothing(tmp_path):
    outcome = await Ci(tmp_path)("demo")
    assert outcome.code == 0, outcome.err
    for part in (
        "What to do first",
        "CI health",
        "Least reliable jobs",
        "Most common failures",
        "report: ci-health-report.html",
    ):
        assert part in outcome.out
    assert (tmp_path / "ci-health-report.html").stat().st_size > 10_000


async def test_check_tells_that_all_is_well(ci):
    outcome = await ci("check")
    assert outcome.code == 0, outcome.out + outcome.err
    assert "FAIL" not in outcome.out
    for subject in ("configuration", "state", "acme/rocket", "rate limit", "store"):
        assert subject in outcome.out


@pytest.mark.parametrize(
    ("path", "permission"), [("actions/runs", "actions=read"), ("check-suites", "checks=read")]
)
async def test_check_names_what_is_not_in_order(ci, github, path, permission):
    github.faults.add(path, faults.missing_permission(permission), times=None)
    outcome = await ci("check")
    assert outcome.code == 1
    assert "FAIL  acme/rocket" in outcome.out
    assert permission in outcome.out


async def test_a_wrong_setting(ci):
    ci.environment["CI_HEALTH_INTERVAL"] = "soon"
    outcome = await ci("sync")
    assert outcome.code == 2
    is_one_clear_sentence(outcome, "interval", "5m")


async def test_an_unknown_key(ci):
    (ci.folder / "config").mkdir()
    (ci.folder / "config" / "ci-health.yaml").write_text("intervall: 5m\n")
    outcome = await ci("sync")
    assert outcome.code == 2
    is_one_clear_sentence(outcome, "intervall", "did you mean 'interval'")


async def test_debug_shows_where_it_broke(ci):
    ci.environment["CI_HEALTH_INTERVAL"] = "soon"
    outcome = await ci("--debug", "sync")
    assert outcome.code != 0
    assert "Traceback" in outcome.err


async def test_a_refused_token(ci, github):
    github.tokens = {"another"}
    outcome = await ci("sync")
    assert outcome.code == 1
    is_one_clear_sentence(outcome, "refused the token", "GITHUB_TOKEN")


async def test_a_missing_repository_beside_a_healthy_one(ci):
    ci.environment["CI_HEALTH_REPOSITORIES"] = "acme/rocket,acme/nothing"
    outcome = await ci("sync", "--json")
    assert outcome.code == 1
    is_one_clear_sentence(outcome, "acme/nothing", "misspelt")
    healthy, missing = json.loads(outcome.out)
    assert healthy["error"] is None
    assert healthy["points"] > 0
    assert "404" in missing["error"]


async def test_wrong_usage(ci):
    for arguments in (["show", "nonsense"], ["sync", "--nonsense"], ["nonsense"]):
        outcome = await ci(*arguments)
        assert outcome.code == 2
        assert "Traceback" not in outcome.err


async def test_a_second_process_on_the_same_data_folder(ci, github):
    github.faults.add("/jobs", faults.secondary_limit("600"), times=None)
    first = await ci.start("sync")
    await until_asked_for_jobs(github)
    second = await ci("sync")
    first.kill()
    await first.communicate()
    assert second.code == 2
    is_one_clear_sentence(second, "another ci-health works on")


async def test_a_state_of_a_newer_version(ci):
    await ci("sync")
    with sqlite3.connect(ci.folder / ".ci-health" / "state.sqlite") as connection:
        connection.execute("UPDATE facts SET value = '99' WHERE name = 'version'")
    connection.close()
    outcome = await ci("sync")
    assert outcome.code == 2
    is_one_clear_sentence(outcome, "newer")


async def test_a_store_that_cannot_be_reached_keeps_everything_for_the_next_sync(ci, github, influx_settings):
    ci.environment |= {
        "CI_HEALTH_INFLUXDB__URL": "http://127.0.0.1:9",
        "CI_HEALTH_INFLUXDB__TOKEN": "secret-of-a-test",
        "CI_HEALTH_STORE_TIMEOUT": "1s",
    }
    outcome = await ci("sync", "--json")
    assert outcome.code == 1
    is_one_clear_sentence(outcome, "http://127.0.0.1:9", "kept")
    assert "secret-of-a-test" not in outcome.err
    (did,) = json.loads(outcome.out)
    assert did["error"] is None
    github.log.clear()
    ci.environment |= {
        "CI_HEALTH_STORE_TIMEOUT": "60s",
        "CI_HEALTH_INFLUXDB__URL": influx_settings.url,
        "CI_HEALTH_INFLUXDB__ORG": influx_settings.org,
        "CI_HEALTH_INFLUXDB__BUCKET": influx_settings.bucket,
        "CI_HEALTH_INFLUXDB__TOKEN": influx_settings.token.get_secret_value(),
    }
    delivered = await ci("sync", "--json")
    assert delivered.code == 0, delivered.err
    assert github.log.counted <= 1
    shown = json.loads((await ci("show", "overview", "--format", "json")).out)
    assert (shown["runs"], shown["jobs"]) == (did["attempts"], did["jobs"])


async def test_run_syncs_until_it_is_told_to_stop_and_others_read_beside_it(ci):
    ci.environment["CI_HEALTH_INTERVAL"] = "1s"
    service = await ci.start("run")
    try:
        shown = {"runs": 0}
        async with asyncio.timeout(HANGS_S):
            while not shown["runs"]:
                shown = json.loads((await ci("show", "overview", "--format", "json")).out)
        report = await ci("report")
        assert report.code == 0, report.err
    finally:
        service.send_signal(signal.SIGTERM)
        _, err = await asyncio.wait_for(service.communicate(), HANGS_S)
    assert service.returncode == 0, err.decode()
    assert '"event": "stopped"' in err.decode()
    assert '"points_waiting": 0' in err.decode()
    assert '"level": "error"' not in err.decode()


async def test_run_that_is_stopped_amid_its_first_sync_loses_nothing(ci, github, tmp_path):
    github.faults.add("/jobs", faults.delay(0.2), times=None)
    service = await ci.start("run")
    await until_asked_for_jobs(github)
    service.send_signal(signal.SIGTERM)
    _, err = await asyncio.wait_for(service.communicate(), HANGS_S)
    assert service.returncode == 0, err.decode()
    github.faults.clear()
    assert (await ci("sync")).code == 0
    through = Ci(tmp_path / "through", **settings_for(github.url))
    through.folder.mkdir()
    assert (await through("sync")).code == 0
    assert contents(ci.folder) == contents(through.folder)


async def test_an_apps_key_that_is_missing(ci):
    del ci.environment["GITHUB_TOKEN"]
    ci.environment |= {
        "CI_HEALTH_GITHUB__APP__APP_ID": "1",
        "CI_HEALTH_GITHUB__APP__INSTALLATION_ID": "2",
        "CI_HEALTH_GITHUB__APP__PRIVATE_KEY_FILE": "nothing.pem",
    }
    outcome = await ci("sync")
    assert outcome.code == 2
    is_one_clear_sentence(outcome, "nothing.pem", "cannot be read")


async def test_a_report_that_cannot_be_written(ci):
    await ci("sync")
    (ci.folder / "taken").write_text("a file, not a folder")
    outcome = await ci("report", "--out", "taken/report.html")
    assert outcome.code == 2
    is_one_clear_sentence(outcome, "taken/report.html")


async def test_a_state_that_breaks_amid_a_sync_is_one_sentence(ci):
    assert (await ci("sync")).code == 0
    with sqlite3.connect(ci.folder / ".ci-health" / "state.sqlite") as connection:
        connection.execute("DROP TABLE runs")
        connection.execute("CREATE TABLE runs (nonsense)")
        connection.execute("DELETE FROM page_tags")
    connection.close()
    outcome = await ci("sync")
    assert outcome.code == 1
    is_one_clear_sentence(outcome, "unexpected")


@pytest.mark.parametrize("encoding", ["ascii", "latin-1"])
async def test_a_terminal_that_is_not_utf8(ci, encoding):
    ci.environment["PYTHONIOENCODING"] = encoding
    await ci("sync")
    outcome = await ci("show", "jobs")
    assert outcome.code == 0, outcome.err
    assert "cluster" in outcome.out
