"""Which run is meant, and how that is read from text: a URL, an id, a commit or a branch. Pure functions."""

import re
from dataclasses import dataclass
from typing import Final
from urllib.parse import unquote, urlsplit

from etl.errors import ConfigurationError

_RUN: Final = re.compile(r"/([^/]+/[^/]+)/actions/runs/(\d{1,19})(?:/attempts/(\d{1,9}))?(?:/.*)?")
_TREE: Final = re.compile(r"/([^/]+/[^/]+)/(?:tree|commits?)/(.+)")
_REQUEST: Final = re.compile(r"/([^/]+/[^/]+)/pull/(\d{1,19})(?:/.*)?")
_SHA: Final = re.compile(r"[0-9a-f]{7,40}")
_SHA_DIGITS: Final = 40


@dataclass(frozen=True, slots=True)
class Asked:
    """What to explain: a run by its id, a commit, or the newest commit of a branch or pull request."""

    repository: str
    run_id: int = 0
    attempt: int = 0
    branch: str = ""
    sha: str = ""
    request: int = 0

    def __str__(self) -> str:
        """A readable description."""
        if self.run_id:
            return f"run {self.run_id} of {self.repository}"
        if self.request:
            return f"pull request {self.request} of {self.repository}"
        what = f"branch {self.branch}" if self.branch else f"commit {self.sha}"
        return f"{what} of {self.repository}"


def asked_for(text: str, repository: str) -> Asked:
    """The run, commit or branch that a text names; a URL also names the repository.

    Raises ConfigurationError for any other URL.
    """
    if "://" in text:
        return of_url(text)
    if text.isdecimal() and len(text) < _SHA_DIGITS:
        return Asked(repository, run_id=int(text))
    if _SHA.fullmatch(text):
        return Asked(repository, sha=text)
    return Asked(repository, branch=text)


def of_url(text: str) -> Asked:
    """What a URL at GitHub names; raises ConfigurationError if it is none of a run, request, branch or commit."""
    try:
        path = unquote(urlsplit(text).path)
    except ValueError:
        path = ""
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
