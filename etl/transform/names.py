"""Names as tag values: masked, so that they stay bounded, and escaped, so that they stay apart.

InfluxDB cannot hold every text as a tag value (measured on 2.9.1: control characters break or
change a line, a trailing backslash and an empty value are refused, invalid UTF-8 cannot be read
back), so what cannot be held becomes a visible substitute that no other name has.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from fnmatch import fnmatchcase
from hashlib import blake2b
from pathlib import PurePosixPath

from etl.extract.records import Run, Workflow
from etl.kept import Kept

PULL_REQUEST = "(pull request)"
OTHER_BRANCH = "(other)"
LONGEST = 1_000
_LONGEST_TEXT = 15_000
# Longer ones are few where nobody means harm, and would fill memory where somebody does.
_NAMES_KEPT, _LONGEST_KEPT = 50_000, 256

# The sign that begins each substitute; doubled where a name has it itself, so that none collide.
_ESCAPE = "␛"
EMPTY = f"{_ESCAPE}(empty)"
# A backslash at the end, or before a space, would escape what follows the value in its line.
_UNSAFE = re.compile(rf"[\x00-\x1f\x7f-\x9f\ud800-\udfff{_ESCAPE}]|\\(?= |$)")
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


def tag_value(name: str) -> str:
    """A name as a tag value: itself where InfluxDB can hold it, else a unique visible substitute."""
    if not name:
        return EMPTY
    if len(name) > LONGEST:
        digest = blake2b(name.encode("utf-8", "surrogatepass"), digest_size=8).hexdigest()
        return f"{_escaped(name[: LONGEST - 50])}{_ESCAPE}#{digest}"
    return _escaped(name)


def _escaped(name: str) -> str:
    return _UNSAFE.sub(_substitute, name)


def _substitute(match: re.Match[str]) -> str:
    character = match.group()
    if character == _ESCAPE:
        return _ESCAPE * 2
    code = ord(character)
    return f"{_ESCAPE}{code:02X}" if code < ord("\u0100") else f"{_ESCAPE}u{code:04X}"


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
    if len(text) > _LONGEST_TEXT:
        half = _LONGEST_TEXT // 2
        text = f"{text[:half]}\n[… {len(text) - _LONGEST_TEXT} characters left out …]\n{text[-half:]}"
    return text


class Masks:
    """Replaces what varies in names that CI may fill with ever new values."""

    def __init__(self, *, disabled: Iterable[str] = (), extra: Sequence[tuple[str, str]] = ()) -> None:
        kept = [rule for name, rule in MASKS.items() if name not in set(disabled)]
        self._rules = [(re.compile(pattern), placeholder) for pattern, placeholder in (*extra, *kept)]
        # The same names come with every run.
        self._known = Kept(self._masked, most=_NAMES_KEPT, length=len, longest=_LONGEST_KEPT)

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
