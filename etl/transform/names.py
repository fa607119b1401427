"""Names as tag values: masked, so that they stay bounded, and escaped, so that they stay apart.

InfluxDB does not accept every text as a tag value (measured on 2.9.1: control characters break or change a
line, a trailing backslash and an empty value are refused, invalid UTF-8 cannot be read back), so such text is
replaced by a visible substitute that no other name has.
"""

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from fnmatch import fnmatchcase
from itertools import accumulate
from pathlib import PurePosixPath

from etl.memo import Memo
from etl.model.records import Run, Workflow
from etl.model.tag_values import OTHER_BRANCH, PULL_REQUEST, tag_value

_NUMBER = re.compile(r"#\d+")
_CALL = re.compile(" / ")
_MAX_TEXT = 15_000
# Longer names are rare, and a hostile repository could fill the memory with them.
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

    InfluxDB's limit on a string is 64 KiB; a longer text loses its middle. Text that needs no change is returned
    as the same object, so that a message is in memory only once.
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
    """Replaces the varying parts of names, so that they do not take ever new values."""

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
    """A job's name without its matrix suffixes: `unit (ubuntu, 3.12)` → `unit`.

    For a job of a reusable workflow, also without those of its callers: `Tests (ubuntu) / unit (3.12)` → `Tests / unit`.
    """
    return " / ".join(map(_without_suffix, _called(name)))


def _called(name: str) -> list[str]:
    """The names of callers and job, which GitHub joins by ` / `; inside parentheses it is part of a value."""
    inside = _inside_parentheses(name)
    parts, start = [], 0
    for match in _CALL.finditer(name):
        if not inside[match.start()]:
            parts.append(name[start : match.start()])
            start = match.end()
    return [*parts, name[start:]]


def _inside_parentheses(name: str) -> list[bool]:
    """For each character, whether it is inside matching parentheses."""
    changes, opened = [0] * (len(name) + 1), []
    for index, character in enumerate(name):
        if character == "(":
            opened.append(index)
        elif character == ")" and opened:
            changes[opened.pop()] += 1
            changes[index] -= 1
    return [depth > 0 for depth in accumulate(changes)]


def _without_suffix(name: str) -> str:
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


class WorkflowNames:
    """`workflow` tags by workflow id: its name, with its file in parentheses if two share the name."""

    def __init__(self, workflows: Sequence[Workflow], masks: Masks) -> None:
        self._masks = masks
        names = Counter(workflow.name for workflow in workflows)
        self._by_id = {one.id: self._named(one, shared=names[one.name] > 1) for one in workflows}
        self._by_path = {one.path: self._by_id[one.id] for one in workflows if one.path}

    def __call__(self, run: Run) -> str:
        """A run's tag, masked; if its workflow is not listed, its file or else its name."""
        path = run.path.partition("@")[0]
        listed = self._by_id.get(run.workflow_id) or self._by_path.get(path)
        return listed or self._masks(_unlisted(run, path))

    def _named(self, workflow: Workflow, *, shared: bool) -> str:
        if _is_generated(workflow.path):
            return self._masks(_NUMBER.sub("#<n>", workflow.name))
        return tag_value(f"{workflow.name} ({_file(workflow.path)})" if shared else workflow.name)


def kept_names(listed: Iterable[Workflow], known: Iterable[Workflow]) -> tuple[Workflow, ...]:
    """Workflows as listed, but with the known name if GitHub gives only the path, since the file does not parse."""
    names = {workflow.id: workflow.name for workflow in known}
    return tuple(
        replace(one, name=names.get(one.id, one.name)) if one.name == one.path else one for one in listed
    )


def _unlisted(run: Run, path: str) -> str:
    """A name for a workflow that is not listed, the same for all its runs.

    GitHub names a run by the path if the file does not parse, and each Dependabot run by what it does.
    """
    if _is_generated(path):
        return path
    named = run.workflow_name if run.workflow_name != path else ""
    return _NUMBER.sub("#<n>", named) or _file(path) or f"workflow {run.workflow_id}"


def _is_generated(path: str) -> bool:
    """Whether GitHub itself runs the workflow: Dependabot, Pages, code scanning."""
    return path.startswith("dynamic/")


def _file(path: str) -> str:
    return PurePosixPath(path.partition("@")[0]).name
