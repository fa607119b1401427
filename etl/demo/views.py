"""Entities as GitHub's REST API returns them at a given time; pure.

The tests validate them with the models of GitHub's published OpenAPI description (githubkit).
"""

from datetime import UTC, datetime
from typing import Any

from etl.demo import timeline
from etl.demo.history import (
    Annotation,
    Artifact,
    Check,
    Job,
    PullRequest,
    Repository,
    Run,
    Status,
    Step,
    Workflow,
)

_REPOSITORY_LINKS = [
    "archive",
    "assignees",
    "blobs",
    "branches",
    "collaborators",
    "comments",
    "commits",
    "compare",
    "contents",
    "contributors",
    "deployments",
    "downloads",
    "events",
    "forks",
    "git_commits",
    "git_refs",
    "git_tags",
    "issue_comment",
    "issue_events",
    "issues",
    "keys",
    "labels",
    "languages",
    "merges",
    "milestones",
    "notifications",
    "pulls",
    "releases",
    "stargazers",
    "statuses",
    "subscribers",
    "subscription",
    "tags",
    "teams",
    "trees",
    "hooks",
]
_USER_LINKS = [
    "followers",
    "following",
    "gists",
    "starred",
    "subscriptions",
    "organizations",
    "repos",
    "events",
    "received_events",
]
_FORK_OFFSET = 1_000_000_000


def iso(second: float) -> str:
    """A time as GitHub writes it."""
    return f"{datetime.fromtimestamp(second, UTC):%Y-%m-%dT%H:%M:%SZ}"


def _maybe(second: int | None, now: float) -> str | None:
    return iso(second) if second is not None and second <= now else None


def user(base: str, login: str) -> dict[str, Any]:
    """A user or bot."""
    number = sum(login.encode())
    url = f"{base}/users/{login}"
    return {
        "login": login,
        "id": number,
        "node_id": f"U_{number}",
        "avatar_url": f"{base}/avatars/{number}",
        "gravatar_id": "",
        "url": url,
        "html_url": f"{base}/{login}",
        **{f"{link}_url": f"{url}/{link}" for link in _USER_LINKS},
        "type": "User",
        "site_admin": False,
    }


def minimal_repository(base: str, repository: Repository, *, fork: bool = False) -> dict[str, Any]:
    """A repository as embedded in other answers."""
    owner, name = repository.full_name.split("/", 1)
    owner = "somebody" if fork else owner
    number = repository.id + (_FORK_OFFSET if fork else 0)
    url = f"{base}/repos/{owner}/{name}"
    return {
        "id": number,
        "node_id": f"R_{number}",
        "name": name,
        "full_name": f"{owner}/{name}",
        "owner": user(base, owner),
        "private": repository.private,
        "html_url": f"{base}/{owner}/{name}",
        "description": None,
        "fork": fork,
        "url": url,
        **{f"{link}_url": f"{url}/{link}" for link in _REPOSITORY_LINKS},
    }


def full_repository(base: str, repository: Repository) -> dict[str, Any]:
    """Answer to `GET /repos/{owner}/{repo}`."""
    html = f"{base}/{repository.full_name}"
    founded = iso(1_500_000_000)
    counts = dict.fromkeys(
        [
            "forks_count",
            "stargazers_count",
            "watchers_count",
            "size",
            "open_issues_count",
            "subscribers_count",
            "network_count",
            "forks",
            "open_issues",
            "watchers",
        ],
        0,
    )
    features = dict.fromkeys(
        ["has_issues", "has_projects", "has_wiki", "has_pages", "has_discussions", "disabled"],
        False,
    )
    return {
        **minimal_repository(base, repository),
        **counts,
        **features,
        "archived": repository.archived,
        **{f"{link}_url": html for link in ("git", "ssh", "clone", "svn")},
        "mirror_url": None,
        "homepage": None,
        "language": None,
        "license": None,
        "default_branch": repository.default_branch,
        "pushed_at": founded,
        "created_at": founded,
        "updated_at": founded,
    }


def workflow(base: str, repository: Repository, item: Workflow) -> dict[str, Any]:
    """An item of `GET …/actions/workflows`."""
    founded = iso(1_500_000_000)
    return {
        "id": item.id,
        "node_id": f"W_{item.id}",
        "name": item.name,
        "path": item.path,
        "state": "active",
        "created_at": founded,
        "updated_at": founded,
        "url": f"{base}/repos/{repository.full_name}/actions/workflows/{item.id}",
        "html_url": f"{base}/{repository.full_name}/blob/{repository.default_branch}/{item.path}",
        "badge_url": f"{base}/{repository.full_name}/workflows/{item.id}/badge.svg",
    }


def run(base: str, repository: Repository, item: Run, number: int, now: float) -> dict[str, Any]:
    """Attempt `number` (from 1) of a run."""
    attempt = item.attempts[number - 1]
    names = {flow.id: flow for flow in repository.workflows}
    flow = names.get(item.workflow_id, Workflow(item.workflow_id, "", ""))
    repo_url = f"{base}/repos/{repository.full_name}"
    url = f"{repo_url}/actions/runs/{item.id}"
    seen = timeline.attempt_seen(attempt, now)
    links = ("jobs", "logs", "artifacts", "cancel", "rerun")
    return {
        "id": item.id,
        "node_id": f"WFR_{item.id}",
        "name": flow.name if item.name is None else item.name,
        "display_title": f"Change {item.head_sha[:7]}",
        "head_branch": item.head_branch,
        "head_sha": item.head_sha,
        "path": flow.path if item.path is None else item.path,
        "run_number": item.number,
        "run_attempt": number,
        "event": item.event,
        "status": seen.status,
        "conclusion": seen.conclusion,
        "workflow_id": item.workflow_id,
        "check_suite_id": check_suite_id(item),
        "check_suite_node_id": f"CS_{check_suite_id(item)}",
        "url": url,
        "html_url": f"{base}/{repository.full_name}/actions/runs/{item.id}",
        # GitHub names none for a run of a fork.
        "pull_requests": [
            _minimal_pull_request(base, repository, one)
            for one in repository.pull_requests
            if not (item.fork or one.fork) and one.branch == item.head_branch
        ],
        "created_at": iso(item.created_at),
        "updated_at": iso(timeline.last_change(item, attempt, now)),
        "run_started_at": iso(attempt.started_at),
        "actor": user(base, item.actor),
        "triggering_actor": user(base, item.actor),
        "previous_attempt_url": f"{url}/attempts/{number - 1}" if number > 1 else None,
        **{f"{link}_url": f"{url}/{link}" for link in links},
        "check_suite_url": f"{repo_url}/check-suites/{check_suite_id(item)}",
        "workflow_url": f"{repo_url}/actions/workflows/{item.workflow_id}",
        "head_commit": None,
        "repository": minimal_repository(base, repository),
        "head_repository": minimal_repository(base, repository, fork=item.fork),
    }


def _minimal_pull_request(base: str, repository: Repository, item: PullRequest) -> dict[str, Any]:
    url = f"{base}/repos/{repository.full_name}"
    source = {"id": repository.id, "url": url, "name": repository.full_name.partition("/")[2]}
    return {
        "id": item.number,
        "number": item.number,
        "url": f"{url}/pulls/{item.number}",
        "head": {"ref": item.branch, "sha": item.sha, "repo": source},
        "base": {"ref": repository.default_branch, "sha": "0" * 40, "repo": source},
    }


def check_suite_id(item: Run) -> int:
    """The id of a run's check suite."""
    return item.id + 500_000_000


def job(
    base: str, repository: Repository, owner: Run, item: Job, *, number: int, now: float
) -> dict[str, Any]:
    """A job of attempt `number`; GitHub gives a start time even if it has not begun, or never will."""
    seen = timeline.job_seen(item, now)
    repo_url = f"{base}/repos/{repository.full_name}"
    started = item.started_at if item.started_at is not None and item.started_at <= now else item.created_at
    taken = item.taken and seen.status != "queued"
    page = f"runs/{item.id}" if item.is_check else f"actions/runs/{owner.id}/job/{item.id}"
    return {
        "id": item.id,
        "run_id": owner.id,
        "run_url": f"{repo_url}/actions/runs/{owner.id}",
        "run_attempt": number,
        "node_id": f"J_{item.id}",
        "head_sha": owner.head_sha,
        "url": f"{repo_url}/actions/jobs/{item.id}",
        "html_url": f"{base}/{repository.full_name}/{page}",
        "status": seen.status,
        "conclusion": seen.conclusion,
        "created_at": iso(item.created_at),
        "started_at": iso(started),
        "completed_at": _maybe(item.completed_at, now),
        "name": item.name,
        "steps": [step(number, part, now) for number, part in enumerate(item.steps, 1)],
        "check_run_url": f"{repo_url}/check-runs/{item.id}",
        "labels": list(item.labels),
        **_runner(item, taken=taken),
        "workflow_name": None,
        "head_branch": owner.head_branch,
    }


def _runner(item: Job, *, taken: bool) -> dict[str, Any]:
    """The runner: GitHub sends zeros and empty names for a job without a runner, nulls for a check run."""
    values: tuple[Any, ...] = (1, "GitHub Actions 1", 1, "GitHub Actions")
    if not taken:
        values = (None,) * 4 if item.is_check else (0, "", 0, "")
    return dict(
        zip(("runner_id", "runner_name", "runner_group_id", "runner_group_name"), values, strict=True)
    )


def step(number: int, item: Step, now: float) -> dict[str, Any]:
    """A step of a job."""
    ended = item.completed_at is not None and item.completed_at <= now
    begun = item.started_at is not None and item.started_at <= now
    return {
        "name": item.name,
        "number": number,
        "status": "completed" if ended else "in_progress" if begun else "queued",
        "conclusion": item.conclusion if ended else None,
        "started_at": _maybe(item.started_at, now),
        "completed_at": _maybe(item.completed_at, now),
    }


def annotation(base: str, item: Annotation) -> dict[str, Any]:
    """An item of `GET …/check-runs/{id}/annotations`."""
    return {
        "path": item.path,
        "start_line": item.line,
        "end_line": item.line,
        "start_column": None,
        "end_column": None,
        "annotation_level": item.level,
        "title": item.title,
        "message": item.message,
        "raw_details": None,
        "blob_href": f"{base}/blob/{item.path}",
    }


def check_run(base: str, repository: Repository, owner: Run, item: Job, now: float) -> dict[str, Any]:
    """The check run of a job: same id."""
    seen = timeline.job_seen(item, now)
    url = f"{base}/repos/{repository.full_name}/check-runs/{item.id}"
    return {
        "id": item.id,
        "head_sha": owner.head_sha,
        "node_id": f"CR_{item.id}",
        "external_id": "",
        "url": url,
        "html_url": f"{base}/{repository.full_name}/runs/{item.id}",
        "details_url": None,
        "status": seen.status,
        "conclusion": seen.conclusion,
        "started_at": _maybe(item.started_at, now),
        "completed_at": _maybe(item.completed_at, now),
        "output": {
            "title": None,
            "summary": None,
            "text": None,
            "annotations_count": len(item.annotations) if seen.status == "completed" else 0,
            "annotations_url": f"{url}/annotations",
        },
        "name": item.name,
        "check_suite": {"id": check_suite_id(owner)},
        "app": app(base, "GitHub Actions", "github-actions"),
        "pull_requests": [],
    }


def app(base: str, name: str, slug: str) -> dict[str, Any]:
    """An App as embedded in check runs."""
    founded = iso(1_500_000_000)
    number = sum(slug.encode())
    return {
        "id": number,
        "slug": slug,
        "node_id": f"A_{number}",
        "owner": user(base, slug),
        "name": name,
        "description": "",
        "external_url": f"{base}/apps/{slug}",
        "html_url": f"{base}/apps/{slug}",
        "created_at": founded,
        "updated_at": founded,
        "permissions": {"checks": "write"},
        "events": [],
    }


def app_check(base: str, repository: Repository, item: Check, now: float) -> dict[str, Any]:
    """The check run of an App, as `GET …/commits/{sha}/check-runs` lists it."""
    ended = item.completed_at is not None and item.completed_at <= now
    url = f"{base}/repos/{repository.full_name}/check-runs/{item.id}"
    return {
        "id": item.id,
        "head_sha": item.head_sha,
        "node_id": f"CR_{item.id}",
        "external_id": "",
        "url": url,
        "html_url": f"{base}/{repository.full_name}/runs/{item.id}",
        "details_url": None,
        "status": "completed" if ended else "in_progress",
        "conclusion": item.conclusion if ended else None,
        "started_at": iso(item.started_at),
        "completed_at": _maybe(item.completed_at, now),
        "output": {
            "title": None,
            "summary": None,
            "text": None,
            "annotations_count": 0,
            "annotations_url": f"{url}/annotations",
        },
        "name": item.name,
        "check_suite": {"id": item.suite},
        "app": app(base, item.app, item.app.lower().replace(" ", "-")),
        "pull_requests": [],
    }


def status(base: str, repository: Repository, item: Status) -> dict[str, Any]:
    """An item of `GET …/commits/{sha}/statuses`."""
    return {
        "url": f"{base}/repos/{repository.full_name}/statuses/{item.head_sha}",
        "avatar_url": None,
        "id": item.id,
        "node_id": f"SC_{item.id}",
        "state": item.state,
        "description": None,
        "target_url": f"{base}/ci/{item.id}",
        "context": item.context,
        "created_at": iso(item.created_at),
        "updated_at": iso(item.created_at),
        "creator": user(base, "ci-bot"),
    }


def artifact(base: str, repository: Repository, owner: Run, item: Artifact) -> dict[str, Any]:
    """An item of `GET …/actions/artifacts`."""
    url = f"{base}/repos/{repository.full_name}/actions/artifacts/{item.id}"
    return {
        "id": item.id,
        "node_id": f"A_{item.id}",
        "name": item.name,
        "size_in_bytes": len(item.content),
        "url": url,
        "archive_download_url": f"{url}/zip",
        "expired": item.expired,
        "created_at": iso(item.created_at),
        "expires_at": iso(item.created_at + 90 * 86_400),
        "updated_at": iso(item.created_at),
        "workflow_run": {
            "id": owner.id,
            "repository_id": repository.id,
            "head_repository_id": repository.id,
            "head_branch": owner.head_branch,
            "head_sha": owner.head_sha,
        },
    }


def deployment(base: str, repository: Repository, owner: Run, item: Job) -> dict[str, Any]:
    """An item of `GET …/deployments`."""
    url = f"{base}/repos/{repository.full_name}"
    return {
        "url": f"{url}/deployments/{item.id}",
        "id": item.id,
        "node_id": f"DE_{item.id}",
        "sha": owner.head_sha,
        "ref": owner.head_branch,
        "task": "deploy",
        "payload": {},
        "original_environment": "production",
        "environment": "production",
        "description": None,
        "creator": user(base, owner.actor),
        "created_at": iso(item.created_at),
        "updated_at": iso(item.created_at),
        "statuses_url": f"{url}/deployments/{item.id}/statuses",
        "repository_url": url,
    }


def deployment_status(
    base: str, repository: Repository, owner: Run, item: Job, *, number: int, state: str, moment: int
) -> dict[str, Any]:
    """An item of `GET …/deployments/{id}/statuses`."""
    url = f"{base}/repos/{repository.full_name}"
    page = f"{base}/{repository.full_name}/actions/runs/{owner.id}/job/{item.id}"
    return {
        "url": f"{url}/deployments/{item.id}/statuses/{number}",
        "id": number,
        "node_id": f"DES_{number}",
        "state": state,
        "creator": user(base, owner.actor),
        "description": "",
        "environment": "production",
        "target_url": page,
        "created_at": iso(moment),
        "updated_at": iso(moment),
        "deployment_url": f"{url}/deployments/{item.id}",
        "repository_url": url,
        "environment_url": "",
        "log_url": page,
    }
