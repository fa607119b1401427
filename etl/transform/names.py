"""Names as tag values: masked, so that they stay bounded, and escaped, so that they stay apart.

InfluxDB cannot hold every text as a tag value (measured on 2.9.1: control characters break or
change a line, a trailing backslash and an empty value are refused, invalid UTF-8 cannot be read
back), so what cannot be held becomes a visible substitute that no other name has.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from fnmatch import fnmatchcase
from pathlib import PurePosixPath

from etl.memo import Memo
from etl.model.records import Run, Workflow
from etl.model.tag_values import tag_value

PULL_REQUEST = "(pull request)"
OTHER_BRANCH = "(other)"
_MAX_TEXT = 15_000
# Longer ones are few where nobody means harm, and would fill memory where somebody does.
_NAMES_KEPT, _MAX_KEPT = 50_000, 256

_PULL_REQUEST_EVENTS = {
    "pull_request",
    "pull_request_target",
    "pull_request_review",
    "pull_request_review_comment",
}

# name → (pattern, placeholder); in this order, after the user's own. None looks twice at what another match
# may begin in, so that no name takes a time that is beyond its length.
MASKS: Mapping[str, tuple[str, str]] = {
    "uuid": (r"\b[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}\b", "<uuid>"),
    "temporary-path": (
        r"(?:/private)?/(?:tmp|var/tmp|var/folders)/[^\s,;:()'\"]+|[A-Za-z]:\\[^\s,;:()'\"]*\\Temp\\[^\s,;()'\"]+",
        "<temporary-path>",
    ),
    "address": (r"\b0x[0-9a-fA-F]{6,}\b", "<address>"),
    "ip": (r"\b(?:\d{1,3}\.){3}\d{1,3}(?::\d{1,5})?\b", "<ip>"),
    "hash": (
        r"\b(?:[0-9a-f]{64}|[0-9a-f]{40}|(?=[0-9a-f]*\d)(?=[0-9a-f]*[a-f])[0-9a-f]{12,39})\b",
        "<hash>",
    ),
    "id": (r"(?<![\d.])\d{9,}(?![\d.])", "<id>"),
}


def printable(text: str) -> str:
    """Text as a string field: one kind of line end, valid UTF-8, and short enough to be kept.

    InfluxDB's limit on a string is 64 KiB; a longer text loses its middle. Text that is so already
    is returned itself: of a message there is one in memory.
    """
    text = text.replace("\r\n", "\n").replace("\r", "\n").replace("\x00", "␀")
    try:
        text.encode()
    except UnicodeEncodeError:
        text = text.encode("utf-8", "replace").decode()
    if len(text) > _MAX_TEXT:
        half = _MAX_TEXT // 2
        text = f"{text[:half]}\n[… {len(text) - _MAX_TEXT} characters left out …]\n{text[-half:]}"
    return text


class Masks:
    """Replaces what varies in names that CI may fill with ever new values."""

    def __init__(self, *, disabled: Iterable[str] = (), extra: Sequence[tuple[str, str]] = ()) -> None:
        kept = [rule for name, rule in MASKS.items() if name not in set(disabled)]
        self._rules = [(re.compile(pattern), placeholder) for pattern, placeholder in (*extra, *kept)]
        # The same names come with every run.
        self._known = Memo(self._masked, most=_NAMES_KEPT, length=len, longest=_MAX_KEPT)

    def __call__(self, name: str) -> str:
        """The name as a tag value, masked."""
        return self._known[name]

    def _masked(self, name: str) -> str:
        for pattern, placeholder in self._rules:
            name = pattern.sub(lambda _match, literal=placeholder: literal, name)  # type: ignore[misc]
        return tag_value(name)


def job_group(name: str) -> str:
    """A job's name without its trailing matrix suffix: `unit (ubuntu, 3.12)` → `unit`."""
    depth = 0
    for index in range(len(name) - 1, 0, -1):
        depth += (name[index] == ")") - (name[index] == "(")
        if depth == 0:
            ends_in_suffix = name[index] == "(" and name[index - 1] == " " and name[: index - 1].strip()
            return name[: index - 1].rstrip() if ends_in_suffix else name
    return name


def branch_tag(run: Run, default_branch: str, globs: Sequence[str]) -> str:
    """The run's `branch` tag; pull requests and the many short-lived branches share one each."""
    if run.event in _PULL_REQUEST_EVENTS or run.fork:
        return PULL_REQUEST
    branch = run.head_branch
    if branch and (branch == default_branch or any(fnmatchcase(branch, glob) for glob in globs)):
        return tag_value(branch)
    return OTHER_BRANCH


def workflow_names(workflows: Sequence[Workflow]) -> dict[int, str]:
    """Workflow id → tag value: its name, with its file in parentheses where two share a name."""
    names = [workflow.name for workflow in workflows]
    return {
        workflow.id: tag_value(
            f"{workflow.name} ({_file(workflow.path)})" if names.count(workflow.name) > 1 else workflow.name
        )
        for workflow in workflows
    }


def workflow_of(run: Run, names: Mapping[int, str]) -> str:
    """The `workflow` tag of a run, also of a workflow that is not listed any more."""
    listed = names.get(run.workflow_id)
    return listed or tag_value(run.workflow_name or _file(run.path) or f"workflow {run.workflow_id}")


def _file(path: str) -> str:
    return PurePosixPath(path.partition("@")[0]).name
