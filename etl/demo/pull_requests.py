"""The simulated GitHub's pull requests."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from aiohttp import web

from etl.demo import views
from etl.demo.history import PullRequest, Repository
from etl.demo.protocol import as_json, error, listing

if TYPE_CHECKING:
    from etl.demo.server import SimulatedGitHub

_LINKS = ("self", "html", "issue", "comments", "review_comments", "review_comment", "commits", "statuses")


def one(github: SimulatedGitHub, request: web.Request, repository: Repository) -> web.Response:
    """A pull request by its number."""
    wanted = request.match_info["number"]
    found = next((item for item in _visible(github, repository) if str(item.number) == wanted), None)
    if found is None:
        return error(404, "Not Found")
    return as_json(request, _full(github.url, repository, found))


def listed(github: SimulatedGitHub, request: web.Request, repository: Repository) -> web.Response:
    """Those of a state (`open` by default, `closed` or `all`) and a head, `OWNER:BRANCH`."""
    state, head = request.query.get("state", "open"), request.query.get("head")
    found = [
        item
        for item in _visible(github, repository)
        if state in ("all", _state(item)) and head in (None, _label(repository, item))
    ]
    return listing(request, None, [_simple(github.url, repository, item) for item in found])


def of_commit(github: SimulatedGitHub, request: web.Request, repository: Repository) -> web.Response:
    """Those that a commit belongs to."""
    found = [item for item in _visible(github, repository) if item.sha == request.match_info["sha"]]
    return listing(request, None, [_simple(github.url, repository, item) for item in found])


def _visible(github: SimulatedGitHub, repository: Repository) -> list[PullRequest]:
    return [item for item in repository.pull_requests if item.created_at <= github.clock()]


def _state(item: PullRequest) -> str:
    return "open" if item.is_open else "closed"


def _label(repository: Repository, item: PullRequest) -> str:
    owner = "somebody" if item.fork else repository.full_name.partition("/")[0]
    return f"{owner}:{item.branch}"


def _simple(base: str, repository: Repository, item: PullRequest) -> dict[str, Any]:
    url = f"{base}/repos/{repository.full_name}"
    links = {
        "html": f"{base}/{repository.full_name}/pull/{item.number}",
        "diff": f"{base}/{repository.full_name}/pull/{item.number}.diff",
        "patch": f"{base}/{repository.full_name}/pull/{item.number}.patch",
        "issue": f"{url}/issues/{item.number}",
        "commits": f"{url}/pulls/{item.number}/commits",
        "review_comments": f"{url}/pulls/{item.number}/comments",
        "review_comment": f"{url}/pulls/comments{{/number}}",
        "comments": f"{url}/issues/{item.number}/comments",
        "statuses": f"{url}/statuses/{item.sha}",
    }
    own = f"{url}/pulls/{item.number}"
    at = views.iso(item.created_at)
    closed = None if item.is_open else at
    return {
        "url": own,
        "id": item.number,
        "node_id": f"PR_{item.number}",
        **{f"{name}_url": link for name, link in links.items()},
        "number": item.number,
        "state": _state(item),
        "locked": False,
        "title": f"Change {item.sha[:7]}",
        "user": views.user(base, item.author),
        "body": None,
        "labels": [],
        "milestone": None,
        "created_at": at,
        "updated_at": at,
        "closed_at": closed,
        "merged_at": closed,
        "head": _end(base, repository, item.branch, item.sha, fork=item.fork),
        "base": _end(base, repository, repository.default_branch, "0" * 40),
        "_links": {name: {"href": links.get(name, own)} for name in _LINKS},
        "author_association": "CONTRIBUTOR",
        "auto_merge": None,
        "assignee": None,
        "draft": False,
        "merge_commit_sha": None,
        "requested_reviewers": [],
        "requested_teams": [],
        "assignees": [],
    }


def _end(base: str, repository: Repository, ref: str, sha: str, *, fork: bool = False) -> dict[str, Any]:
    source = views.full_repository(base, repository)
    source |= views.minimal_repository(base, repository, fork=fork)
    owner = source["owner"]
    return {"label": f"{owner['login']}:{ref}", "ref": ref, "sha": sha, "user": owner, "repo": source}


def _full(base: str, repository: Repository, item: PullRequest) -> dict[str, Any]:
    return _simple(base, repository, item) | {
        "merged": not item.is_open,
        "mergeable": True,
        "mergeable_state": "clean",
        "merged_by": None,
        "rebaseable": True,
        "comments": 0,
        "review_comments": 0,
        "maintainer_can_modify": False,
        "commits": 1,
        "additions": 1,
        "deletions": 1,
        "changed_files": 1,
    }
