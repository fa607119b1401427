"""`ci-health init` writes settings that GitHub accepts, and never a token where others can read it."""

import stat
from datetime import UTC, datetime, timedelta

import pytest
import yaml

from etl.demo import faults
from etl.demo.history import ending
from etl.demo.server import SimulatedGitHub
from etl.demo.synthetic import synthetic
from etl.model.rate_limit import Budget
from etl.pipeline.first_sync import first_sync
from tests.cli.running import Ci, on_terminal

TOKEN = "token-of-a-test"


@pytest.fixture
async def github():
    history = ending(synthetic(days=3, pushes=3), datetime.now(UTC).date() - timedelta(days=1))
    server = SimulatedGitHub(history, rate_limit=5_000, tokens={TOKEN})
    await server.start()
    yield server
    await server.stop()


@pytest.fixture
def ci(github, tmp_path):
    return Ci(tmp_path, CI_HEALTH_GITHUB__API_URL=github.url)


def settings_of(ci):
    file = ci.folder / "config" / "ci-health.yaml"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    return yaml.safe_load(file.read_text())


async def test_a_script_names_the_repository_and_has_the_token_in_the_environment(ci, github):
    ci.environment["GITHUB_TOKEN"] = TOKEN
    outcome = await ci("init", "acme/rocket", "--since", "10d")
    assert outcome.code == 0, outcome.err
    assert len(github.log.requests) == 2
    assert settings_of(ci) == {"repositories": ["acme/rocket"], "since": "10d"}
    runs = len(github.history.repositories[0].runs)
    assert f"acme/rocket: {runs} runs since " in outcome.out
    assert "(4,998 of 5,000 an hour are left)" in outcome.out
    assert "written: config/ci-health.yaml\n" in outcome.out
    assert "next: `ci-health sync`, then `ci-health show`" in outcome.out
    assert (await ci("sync")).code == 0


async def test_what_it_says_of_the_cost_is_about_true(ci, github):
    ci.environment["GITHUB_TOKEN"] = TOKEN
    outcome = await ci("init", "acme/rocket")
    said = int(outcome.out.partition("takes about ")[2].split()[0].replace(",", ""))
    github.log.clear()
    assert (await ci("sync")).code == 0
    assert said / 2 < len(github.log.requests) < said * 2


async def test_a_tokens_file(ci):
    (ci.folder / "token").write_text(f"{TOKEN}\n")
    outcome = await ci("init", "acme/rocket", "--token-file", "token")
    assert outcome.code == 0, outcome.err
    assert "github" not in settings_of(ci)
    assert "next: `export GITHUB_TOKEN=…`, then `ci-health sync`" in outcome.out
    saved = await ci("--config", "own.yaml", "init", "acme/rocket", "--token-file", "token", "--save-token")
    assert saved.code == 0, saved.err
    file = ci.folder / "own.yaml"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert yaml.safe_load(file.read_text())["github"] == {"token": TOKEN}
    assert "keep it out of version control" in saved.out
    assert "`export CI_HEALTH_CONFIG=own.yaml`" in saved.out
    assert TOKEN not in outcome.out + outcome.err + saved.out + saved.err
    assert (await ci("--config", "own.yaml", "check")).code == 0


@pytest.mark.parametrize(("answer", "saved"), [("y", True), ("", False)])
async def test_on_a_terminal_it_asks(ci, answer, saved):
    answers = {"Repositories": "acme/rocket", "Token": TOKEN, "which only you may read": answer}
    outcome = await on_terminal(ci, "init", answers=answers, hidden="Token")
    assert outcome.code == 0, outcome.out
    assert TOKEN not in outcome.out
    assert ("github" in settings_of(ci)) == saved
    assert ("`export GITHUB_TOKEN=…`" in outcome.out) != saved


async def test_a_file_that_is_there_stays(ci, github):
    ci.environment["GITHUB_TOKEN"] = TOKEN
    file = ci.folder / "config" / "ci-health.yaml"
    file.parent.mkdir()
    file.write_text("repositories: [a/b]\n")
    outcome = await ci("init", "acme/rocket")
    assert outcome.code == 2
    assert "config/ci-health.yaml exists already" in outcome.err
    assert file.read_text() == "repositories: [a/b]\n"
    assert github.log.requests == []


@pytest.mark.parametrize(
    ("names", "token", "code", "told"),
    [
        (["acme/nothing"], TOKEN, 1, "it is gone, misspelt, or this token may not see it"),
        (["acme/rocket"], "another", 1, "GitHub refused the token"),
        (["rocket"], TOKEN, 2, "no `owner/name`"),
        (["acme/*"], TOKEN, 2, "stands for what a GitHub App is installed on"),
        ([], TOKEN, 2, "which repositories? Name them"),
        (["acme/rocket"], "", 2, "no GitHub token: set GITHUB_TOKEN"),
    ],
)
async def test_what_is_wrong_is_reported_and_nothing_is_written(ci, names, token, code, told):
    ci.environment["GITHUB_TOKEN"] = token
    outcome = await ci("init", *names)
    assert outcome.code == code
    assert told in outcome.err
    assert list(ci.folder.iterdir()) == []


async def test_a_rate_limit_that_is_used_up(ci, github):
    ci.environment["GITHUB_TOKEN"] = TOKEN
    reset = datetime.now(UTC) + timedelta(minutes=50)
    github.faults.add("", faults.primary_limit(reset.timestamp()), times=None)
    outcome = await ci("init", "acme/rocket")
    assert outcome.code == 1
    assert "GitHub's rate limit is used up until " in outcome.err
    assert "run `ci-health init` again then" in outcome.err
    assert list(ci.folder.iterdir()) == []


@pytest.mark.parametrize(
    ("runs", "remaining", "requests", "seconds"),
    [([100], 5_000, 283, 29), ([100, 0], 5_000, 316, 32), ([4_000], 5_000, 10_033, 2 * 3_600)],
)
def test_the_cost_of_a_first_sync(runs, remaining, requests, seconds):
    cost = first_sync(runs, 30, Budget(5_000, remaining, 0.0), 100)
    assert (cost.requests, cost.seconds) == (requests, seconds)
