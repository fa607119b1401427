"""The payloads that GitHub's webhooks are documented with, and the forms of those that are simulated."""

import json
import subprocess
from functools import cache
from typing import Any

import pytest

from etl.demo.clock import MovingClock
from etl.demo.server import SimulatedGitHub
from etl.demo.webhooks import Hook, hooks
from etl.extract.github.webhooks import EVENTS, is_signed, parse
from tests.http.serving import served
from tests.http.test_webhooks import ON, posted, waiting
from tests.pipeline.world import NOON, History, Repository, Workflow, attempt, job, run, simulated
from tools.docs import ROOT


@cache
def examples() -> dict[str, list[dict[str, Any]]]:
    """Published payloads by event; the test is skipped where npm cannot be reached."""
    script = ROOT / "tools/webhooks_examples.sh"
    try:
        done = subprocess.run([script], capture_output=True, text=True, check=False)
    except subprocess.TimeoutExpired:
        pytest.skip("npm gives no answer: the published payloads are not available")
    if done.returncode:
        pytest.skip(f"the published payloads are not available from npm: {done.stderr[-300:]}")
    with open(done.stdout.strip(), encoding="utf-8") as file:  # noqa: PTH123
        return {entry["name"]: entry["examples"] for entry in json.load(file)}


def test_every_published_payload_is_understood() -> None:
    for event in EVENTS:
        assert len(examples()[event]) >= 5
        for payload in examples()[event]:
            told = parse(event, json.dumps(payload).encode())
            assert (told is not None) == (payload["action"] == "completed")
            if told is not None:
                subject = payload[event]
                run_id = subject["run_id"] if event == "workflow_job" else subject["id"]
                repository = payload["repository"]
                assert (told.run_id, told.repository_id) == (run_id, repository["id"])
                assert told.full_name == repository["full_name"]


async def test_a_server_takes_each_of_them_signed(tmp_path: Any) -> None:
    watched = [*{item["repository"]["full_name"] for event in EVENTS for item in examples()[event]}]
    async with (
        simulated(tmp_path) as world,
        served(world, http=ON, repositories=watched, interval="1h") as service,
    ):
        expected = set()
        for event in (*EVENTS, "ping", "push", "check_run"):
            for payload in examples()[event]:
                answer = await posted(service, Hook(event, payload))
                assert answer.status == 202
                if event == "workflow_run" and payload["action"] == "completed":
                    assert answer.json == {"status": "queued"}
                    expected.add(payload["workflow_run"]["id"])
        assert {one.run_id for one in waiting(service)} == expected


def test_a_published_signature_is_right() -> None:
    # Source: GitHub docs, "Validating webhook deliveries", "Testing the webhook payload validation".
    signature = "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17"
    assert is_signed(b"Hello, World!", signature, "It's a Secret to Everybody")
    assert not is_signed(b"Hello, World?", signature, "It's a Secret to Everybody")


@pytest.mark.parametrize("event", EVENTS)
def test_what_is_simulated_has_the_published_form(event: str) -> None:
    """Each member that both have is of the same kind, and the simulated ones have those that matter."""
    workflow = Workflow(7, "CI", ".github/workflows/ci.yml")
    world = History([Repository(42, "acme/rocket", [workflow])])
    world.repositories[0].runs.append(run(NOON, attempt(NOON, job("unit", NOON + 5))))
    github = SimulatedGitHub(world, clock=MovingClock(NOON + 600))
    ours = [hook.payload for hook in hooks(github, NOON - 1, NOON + 600) if hook.event == event]
    published = [item for item in examples()[event] if item["action"] == "completed"]
    assert ours
    for payload in ours:
        assert set(payload) <= set().union(*published)
        for key in ("repository", event):
            kinds = [{name: type(value) for name, value in item[key].items()} for item in published]
            for name, value in payload[key].items():
                known = {kind[name] for kind in kinds if name in kind}
                assert not known or type(value) in known | {type(None)} or type(None) in known, name
    assert {"id", "run_id"} <= set(ours[0][event]) or event == "workflow_run"
