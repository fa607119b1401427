"""The simulated GitHub's webhooks: deliveries for runs and jobs that ended, signed as GitHub signs them.

Source: GitHub docs, "Webhook events and payloads"; the tests compare the payloads with the published
examples.
"""

import hmac
import json
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any
from urllib.parse import urlencode

import aiohttp

from etl.demo import views
from etl.demo.history import Repository, Run
from etl.demo.server import SimulatedGitHub


@dataclass(frozen=True, slots=True)
class Hook:
    """A delivery; sending it again is a redelivery with the same id. `form`: its content type is a form's."""

    event: str
    payload: dict[str, Any]
    id: str = field(default_factory=lambda: str(uuid.uuid4()))
    form: bool = False

    @property
    def body(self) -> bytes:
        """The raw body, which is signed."""
        text = json.dumps(self.payload)
        return urlencode({"payload": text}).encode() if self.form else text.encode()

    def headers(self, secret: str) -> dict[str, str]:
        """As GitHub sends them."""
        return {
            "Content-Type": f"application/{'x-www-form-urlencoded' if self.form else 'json'}",
            "User-Agent": "GitHub-Hookshot/simulated",
            "X-GitHub-Delivery": self.id,
            "X-GitHub-Event": self.event,
            "X-Hub-Signature-256": "sha256=" + hmac.new(secret.encode(), self.body, sha256).hexdigest(),
        }


def hooks(github: SimulatedGitHub, since: float, until: float) -> list[Hook]:
    """Deliveries for what ended after `since` and up to `until`, in order of time."""
    return [hook for _, hook in timed_hooks(github, since, until)]


def timed_hooks(github: SimulatedGitHub, since: float, until: float) -> list[tuple[int, Hook]]:
    """The same with the times at which it ended (Unix seconds)."""
    found = [
        entry
        for repository in github.history.repositories
        for run in repository.runs
        for entry in _of_run(github, repository, run)
        if since < entry[0] <= until
    ]
    return sorted(found, key=lambda entry: entry[0])


async def send(session: aiohttp.ClientSession, url: str, secret: str, hook: Hook) -> int:
    """Send a delivery; returns the status of the answer."""
    async with session.post(url, data=hook.body, headers=hook.headers(secret)) as response:
        await response.read()
        return response.status


def _of_run(github: SimulatedGitHub, repository: Repository, run: Run) -> Iterator[tuple[int, Hook]]:
    base = github.url
    about = {
        "repository": views.full_repository(base, repository),
        "sender": views.user(base, run.actor),
    }
    workflow = next((flow for flow in repository.workflows if flow.id == run.workflow_id), None)
    flow = None if workflow is None else views.workflow(base, repository, workflow)
    for number, attempt in enumerate(run.attempts, 1):
        for job in attempt.jobs:
            if job.inherited is None and job.completed_at is not None:
                now = job.completed_at
                content = views.job(base, repository, run, job, number=number, now=now)
                yield now, Hook("workflow_job", {"action": "completed", "workflow_job": content, **about})
        for action, moment in (("requested", attempt.started_at), ("completed", attempt.ended_at)):
            if moment is not None:
                payload = {"workflow_run": views.run(base, repository, run, number, moment), "workflow": flow}
                yield moment, Hook("workflow_run", {"action": action, **payload, **about})
