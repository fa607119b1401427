"""Names as tag values: masked, so that they stay bounded, and escaped, so that they stay apart.

InfluxDB cannot hold every text as a tag value (measured on 2.9.1: control characters break or
change a line, a trailing backslash and an empty value are refused, invalid UTF-8 cannot be read
back), so what cannot be held becomes a visible substitute that no other name has.
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
from etl.model.tag_values import tag_value

PULL_REQUEST = "(pull request)"
OTHER_BRANCH = "(other)"
_NUMBER = re.compile(r"#\d+")
_CALL = re.compile(" / ")
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
    """A job's name without its matrix suffixes: `unit (ubuntu, 3.12)` → `unit`.

    Of a job of a reusable workflow, those of its callers too: `Tests (ubuntu) / unit (3.12)` → `Tests / unit`.
    """
    return " / ".join(map(_without_suffix, _called(name)))


def _called(name: str) -> list[str]:
    """The names of callers and job, which GitHub joins by ` / `: inside of parentheses it is a value's."""
    inside = _inside_parentheses(name)
    parts, start = [], 0
    for match in _CALL.finditer(name):
        if not inside[match.start()]:
            parts.append(name[start : match.start()])
            start = match.end()
    return [*parts, name[start:]]


def _inside_parentheses(name: str) -> list[bool]:
    """For each character, whether it stands between parentheses that belong together."""
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
    """`workflow` tags: a workflow's name by its id, with its file in parentheses where two share a name."""

    def __init__(self, workflows: Sequence[Workflow], masks: Masks) -> None:
        self._masks = masks
        names = Counter(workflow.name for workflow in workflows)
        self._by_id = {one.id: self._named(one, shared=names[one.name] > 1) for one in workflows}
        self._by_path = {one.path: self._by_id[one.id] for one in workflows if one.path}

    def __call__(self, run: Run) -> str:
        """The tag of a run, also where its workflow is not listed: by its file, else by its name, masked."""
        path = run.path.partition("@")[0]
        listed = self._by_id.get(run.workflow_id) or self._by_path.get(path)
        return listed or self._masks(_unlisted(run, path))

    def _named(self, workflow: Workflow, *, shared: bool) -> str:
        if _is_generated(workflow.path):
            return self._masks(_NUMBER.sub("#<n>", workflow.name))
        return tag_value(f"{workflow.name} ({_file(workflow.path)})" if shared else workflow.name)


def kept_names(listed: Iterable[Workflow], known: Iterable[Workflow]) -> tuple[Workflow, ...]:
    """Workflows as listed; one whose file does not parse, which GitHub names by its path, keeps its name."""
    names = {workflow.id: workflow.name for workflow in known}
    return tuple(
        replace(one, name=names.get(one.id, one.name)) if one.name == one.path else one for one in listed
    )


def _unlisted(run: Run, path: str) -> str:
    """What stands for the workflow of a run that is not listed, the same for all of its runs.

    GitHub names a run whose file does not parse by the path, and each one of Dependabot by what it does.
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
