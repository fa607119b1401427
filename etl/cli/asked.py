"""Determines what to explain, from an argument, a GitHub Actions step's environment, or a git checkout."""

import json
import re
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final
from urllib.parse import unquote, urlsplit

from etl.errors import ConfigurationError, DataError
from etl.model.values import required
from etl.report.explained import Asked

_RUN: Final = re.compile(r"/([^/]+/[^/]+)/actions/runs/(\d+)(?:/attempts/(\d+))?(?:/.*)?")
_TREE: Final = re.compile(r"/([^/]+/[^/]+)/(?:tree|commits?)/(.+)")
_REQUEST: Final = re.compile(r"/([^/]+/[^/]+)/pull/(\d+)(?:/.*)?")
_REMOTE: Final = re.compile(r"[:/]([^/:]+/[^/:]+?)(?:\.git)?/?$")
_SHA: Final = re.compile(r"[0-9a-f]{7,40}")
_SHA_DIGITS: Final = 40
_SECONDS: Final = 30


def what_is_asked(
    text: str, repository: str, configured: Sequence[str], environment: Mapping[str, str], folder: Path
) -> Asked:
    """What to explain; raises ConfigurationError if that cannot be determined."""
    if "://" in text:
        return _of_url(text)
    here = _of_actions(environment) if environment.get("GITHUB_ACTIONS") == "true" else None
    name = (
        repository
        or (here.repository if here else "")
        or _only_repository(configured)
        or repository_of_remote(folder)
    )
    if not name:
        raise ConfigurationError("which repository? Name it with --repository owner/name, or give a URL")
    if not text:
        return here if here is not None and not repository else Asked(name, sha=_head(folder))
    if text.isdecimal() and len(text) < _SHA_DIGITS:
        return Asked(name, run_id=int(text))
    if _SHA.fullmatch(text):
        return Asked(name, sha=text)
    return Asked(name, branch=text)


def _of_url(text: str) -> Asked:
    path = unquote(urlsplit(text).path)
    if found := _RUN.fullmatch(path):
        return Asked(found[1], run_id=int(found[2]), attempt=int(found[3] or 0))
    if found := _REQUEST.fullmatch(path):
        return Asked(found[1], request=int(found[2]))
    if found := _TREE.fullmatch(path):
        is_commit = _SHA.fullmatch(found[2]) is not None
        return Asked(found[1], sha=found[2]) if is_commit else Asked(found[1], branch=found[2])
    raise ConfigurationError(
        f"{text} is no run, pull request, branch or commit: …/actions/runs/ID, …/pull/N, …/tree/BRANCH or "
        "…/commit/SHA"
    )


def _of_actions(environment: Mapping[str, str]) -> Asked:
    """The run that triggered this workflow by its completion, or else the run that this step belongs to."""
    try:
        name = environment["GITHUB_REPOSITORY"]
        if environment.get("GITHUB_EVENT_NAME") == "workflow_run":
            event = json.loads(Path(environment["GITHUB_EVENT_PATH"]).read_text("utf-8"))
            return Asked(name, run_id=required(required(event, "workflow_run", dict), "id", int))
        return Asked(name, run_id=int(environment["GITHUB_RUN_ID"]))
    except (KeyError, ValueError, OSError, DataError):
        raise ConfigurationError(
            "GITHUB_ACTIONS is set, but GITHUB_REPOSITORY and GITHUB_RUN_ID, or the event, cannot be read: "
            "name the run"
        ) from None


def _only_repository(configured: Sequence[str]) -> str:
    """The repository in the settings if there is exactly one."""
    return configured[0] if len(configured) == 1 and "*" not in configured[0] else ""


def _head(folder: Path) -> str:
    found = _git(folder, "rev-parse", "HEAD")
    if not found:
        raise ConfigurationError(
            f"which run? {folder} is not a git checkout: give a run's URL or id, a pull request's URL, "
            "a branch or a commit"
        )
    return found


def repository_of_remote(folder: Path) -> str:
    """The repository that a git checkout comes from, `owner/name`; empty if there is none."""
    found = _REMOTE.search(_git(folder, "remote", "get-url", "origin"))
    return found[1] if found else ""


def _git(folder: Path, *arguments: str) -> str:
    """Git's output, or an empty string if git fails."""
    try:
        done = subprocess.run(  # noqa: S603
            ("git", *arguments),  # noqa: S607
            cwd=folder,
            capture_output=True,
            text=True,
            timeout=_SECONDS,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout.strip() if done.returncode == 0 else ""
