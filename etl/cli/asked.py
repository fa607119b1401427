"""Determines what to explain, from an argument, a GitHub Actions step's environment, or a git checkout."""

import json
import re
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from etl.errors import ConfigurationError, DataError
from etl.model.values import required
from etl.report.explained.asked import Asked, asked_for, of_url

_REMOTE: Final = re.compile(r"[:/]([^/:]+/[^/:]+?)(?:\.git)?/?$")
_SECONDS: Final = 30


def what_is_asked(
    text: str, repository: str, configured: Sequence[str], environment: Mapping[str, str], folder: Path
) -> Asked:
    """What to explain; raises ConfigurationError if that cannot be determined."""
    if "://" in text:
        return of_url(text)
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
    return asked_for(text, name)


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


def checkout_of(repository: str, folder: Path) -> Path | None:
    """The checkout of this repository that the folder is in; None if it is in none."""
    if repository_of_remote(folder).lower() != repository.lower():
        return None
    found = _git(folder, "rev-parse", "--show-toplevel")
    return Path(found) if found else None


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
