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
    Job,
    Workflow,
    WorkflowRun,
)

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


async def test_installation_tokens_fit() -> None:
    key = rsa.generate_private_key(65_537, 2_048)
    async with calling(eventful()) as ask:
        ask.server.app_public_key = key.public_key().public_bytes(
            Encoding.PEM, PublicFormat.SubjectPublicKeyInfo
        )
        data = await _installation_token(ask, key)
        assert type_validate_python(InstallationToken, data).token == data["token"]


async def _installation_token(ask: Caller, key: rsa.RSAPrivateKey) -> Any:
    now = int(time.time())
    signed = jwt.encode({"iat": now, "exp": now + 60, "iss": "1"}, key, algorithm="RS256")
    headers = {"authorization": f"bearer {signed}"}
    url = f"{ask.server.url}/app/installations/1/access_tokens"
    async with ask.session.post(url, headers=headers) as response:
        assert response.status == 201
        return await response.json()


async def test_names_are_those_of_the_history() -> None:
    async with calling(eventful()) as ask:
        assert (await ask.below("")).data["full_name"] == NAME
        listed = (await ask.below("/actions/runs")).data["workflow_runs"]
        assert [item["id"] for item in listed] == [2, 1]
        assert [item["head_repository"]["id"] == item["repository"]["id"] for item in listed] == [False, True]
