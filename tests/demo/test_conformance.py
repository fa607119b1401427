"""Every endpoint's answer fits the models of GitHub's published OpenAPI description."""

import time
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from githubkit.compat import type_validate_python
from githubkit_schemas.latest.models import (
    Artifact,
    CheckAnnotation,
    CheckRun,
    FullRepository,
    InstallationToken,
    IssueComment,
    Job,
    PullRequest,
    PullRequestSimple,
    Workflow,
    WorkflowRun,
)
from githubkit_schemas.latest.models import Installation as AppInstallation
from githubkit_schemas.latest.models import Repository as GitHubRepository

from etl.demo.app import Installation, SimulatedApp
from etl.demo.history import PullRequest as OpenedRequest
from tests.demo.samples import NAME, START, Caller, calling, eventful

SUITE = 500_000_001
LISTS = [
    ("/actions/workflows", "workflows", Workflow),
    ("/actions/runs", "workflow_runs", WorkflowRun),
    ("/actions/workflows/7/runs", "workflow_runs", WorkflowRun),
    ("/actions/runs/1/attempts/1/jobs", "jobs", Job),
    (f"/check-suites/{SUITE}/check-runs", "check_runs", CheckRun),
]
SINGLES = [
    ("", FullRepository),
    ("/actions/runs/1", WorkflowRun),
    ("/actions/runs/1/attempts/1", WorkflowRun),
    ("/check-runs/1", CheckRun),
]
STATES = {"queued": 5, "in_progress": 20, "completed": 1_000}


@pytest.mark.parametrize("model", [WorkflowRun, Job, CheckRun, Workflow, FullRepository])
def test_the_models_notice_what_is_missing(model: Any) -> None:
    with pytest.raises(ValueError, match="validation error"):
        type_validate_python(model, {"id": 1})


@pytest.mark.parametrize("state", STATES)
async def test_answers_fit_in_every_state(state: str) -> None:
    async with calling(eventful(), now=START + STATES[state]) as ask:
        for path, key, model in LISTS:
            reply = await ask.below(path)
            assert set(reply.data) == {"total_count", key}
            assert reply.data["total_count"] == len(reply.data[key]) > 0
            items = [type_validate_python(model, item) for item in reply.data[key]]
            assert model is Workflow or items[-1].status == state
        for path, model in SINGLES:
            assert type_validate_python(model, (await ask.below(path)).data) is not None


async def test_annotations_fit() -> None:
    async with calling(eventful()) as ask:
        reply = await ask.below("/check-runs/1/annotations")
        notes = [type_validate_python(CheckAnnotation, item) for item in reply.data]
        assert [note.start_line for note in notes] == [1, 2, 3]


@pytest.mark.parametrize("path", ["/actions/artifacts", "/actions/runs/1/artifacts"])
async def test_artifacts_fit(path: str) -> None:
    async with calling(eventful()) as ask:
        reply = await ask.below(path)
        artifacts = [type_validate_python(Artifact, item) for item in reply.data["artifacts"]]
        assert [(item.name, item.expired) for item in artifacts] == [("report", False), ("old", True)]


async def test_pull_requests_and_their_comments_fit() -> None:
    async with calling(eventful()) as ask:
        (repository,) = ask.server.history.repositories
        repository.pull_requests = [
            OpenedRequest(1, "main", f"{1:040x}", START), OpenedRequest(2, "main", f"{2:040x}", START, fork=True)
        ]  # fmt: skip
        ask.server.comments(repository).add(1, "hello", "ada")
        for path, model in (
            ("/pulls", PullRequestSimple),
            (f"/commits/{1:040x}/pulls", PullRequestSimple),
            ("/issues/1/comments", IssueComment),
        ):
            found = [type_validate_python(model, item) for item in (await ask.below(path)).data]
            assert len(found) == (2 if path == "/pulls" else 1)
        assert type_validate_python(PullRequest, (await ask.below("/pulls/2")).data).head.ref == "main"
        run = type_validate_python(WorkflowRun, (await ask.below("/actions/runs/1")).data)
        assert [one.number for one in run.pull_requests or []] == [1]


async def test_what_an_app_gets_fits() -> None:
    key = rsa.generate_private_key(65_537, 2_048)
    async with calling(eventful()) as ask:
        public = key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
        ask.server.app = SimulatedApp(1, public, [Installation(9, "acme"), Installation(10, "b", True)])
        now = int(time.time())
        signed = jwt.encode({"iat": now, "exp": now + 60, "iss": "1"}, key, algorithm="RS256")
        listed = await _as(ask, "GET", "/app/installations", signed)
        found = [type_validate_python(AppInstallation, item) for item in listed]
        assert [(item.id, item.suspended_at is not None) for item in found] == [(9, False), (10, True)]
        data = await _as(ask, "POST", "/app/installations/9/access_tokens", signed)
        token = type_validate_python(InstallationToken, data).token
        own = await _as(ask, "GET", "/installation/repositories", token)
        assert [type_validate_python(GitHubRepository, item).full_name for item in own["repositories"]] == [
            NAME
        ]


async def _as(ask: Caller, method: str, path: str, token: str) -> Any:
    headers = {"authorization": f"bearer {token}"}
    async with ask.session.request(method, ask.server.url + path, headers=headers) as response:
        assert response.status in (200, 201)
        return await response.json()


async def test_names_are_those_of_the_history() -> None:
    async with calling(eventful()) as ask:
        assert (await ask.below("")).data["full_name"] == NAME
        listed = (await ask.below("/actions/runs")).data["workflow_runs"]
        assert [item["id"] for item in listed] == [2, 1]
        assert [item["head_repository"]["id"] == item["repository"]["id"] for item in listed] == [False, True]
