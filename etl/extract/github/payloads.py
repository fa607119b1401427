"""Runs and jobs as webhook deliveries hold them: kept if whole, and parsed like GitHub's answers; pure.

Source: GitHub docs, "Webhook events and payloads": `workflow_run`, `workflow_job`.
"""

import json
import zlib
from collections.abc import Callable, Mapping
from typing import Any, Final, TypeVar

from etl.errors import DataError
from etl.extract.github.records import parse_job, parse_run
from etl.model.payloads import Payload
from etl.model.records import Job, Run

_Item = TypeVar("_Item")

# What the parsers read. A delivery that lacks any of it, as old servers send, is not whole.
_OF_RUN: Final = frozenset(
    [
        "id",
        "run_number",
        "run_attempt",
        "workflow_id",
        "name",
        "path",
        "check_suite_id",
        "check_suite_node_id",
        "event",
        "status",
        "conclusion",
        "head_sha",
        "head_branch",
        "actor",
        "created_at",
        "run_started_at",
        "updated_at",
        "html_url",
        "previous_attempt_url",
        "repository",
        "head_repository",
        "pull_requests",
    ]
)
_OF_JOB: Final = frozenset(
    [
        "id",
        "run_id",
        "run_attempt",
        "name",
        "status",
        "conclusion",
        "created_at",
        "started_at",
        "completed_at",
        "labels",
        "steps",
        "html_url",
        "runner_id",
        "runner_name",
    ]
)
# Of these objects, only what identifies them.
_SHORT: Final = {
    "actor": ("login",),
    "repository": ("id",),
    "head_repository": ("id", "owner"),
    "owner": ("login",),
}
# A hundred times the size of a job with ten steps.
_LARGEST: Final = 512 * 1024
_BROKEN: Final = (DataError, AttributeError, TypeError)


def payload_of_run(raw: Mapping[str, Any]) -> Payload | None:
    """The `workflow_run` of a delivery; None unless it is whole and has ended."""
    content, run = _kept(raw, _OF_RUN, run_in)
    if run is None or not (run.completed and run.conclusion and run.numbered):
        return None
    return Payload(run.id, run.attempt, 0, content)


def payload_of_job(raw: Mapping[str, Any]) -> Payload | None:
    """The `workflow_job` of a delivery; None unless it is whole and has ended, in a run's first attempt."""
    content, job = _kept(raw, _OF_JOB, job_in)
    if job is None or job.id < 1 or job.attempt != 1 or not _is_whole(job):
        return None
    return Payload(job.run_id, job.attempt, job.id, content)


def run_in(content: bytes) -> Run:
    """The run that a payload holds; raises DataError, AttributeError or TypeError if it cannot be parsed."""
    return parse_run(_raw(content))


def job_in(content: bytes) -> Job:
    """The job that a payload holds; raises what `run_in` raises."""
    return parse_job(_raw(content))


def _is_whole(job: Job) -> bool:
    """Whether nothing of an ended job can still change: GitHub may tell of its end before that of its last step."""
    if not job.completed or job.conclusion is None or None in (job.started_at, job.completed_at):
        return False
    return not job.broken_steps and all(step.completed_at is not None for step in job.steps)


def _kept(
    raw: Mapping[str, Any], wanted: frozenset[str], read: Callable[[bytes], _Item]
) -> tuple[bytes, _Item | None]:
    """What is kept of an object, and what is read of that; None unless it can be."""
    content = _content(raw, wanted)
    try:
        return (b"", None) if content is None else (content, read(content))
    except _BROKEN:
        return b"", None


def _content(raw: Mapping[str, Any], wanted: frozenset[str]) -> bytes | None:
    """What is kept of an object: compressed JSON with the wanted keys; None if one is missing, or it is too large."""
    if not wanted <= raw.keys():
        return None
    kept = {name: _shortened(name, raw[name]) for name in sorted(wanted)}
    try:
        text = json.dumps(kept, separators=(",", ":")).encode()
    except RecursionError:
        return None
    return zlib.compress(text) if len(text) <= _LARGEST else None


def _shortened(name: str, value: Any) -> Any:
    keys = _SHORT.get(name)
    if keys is None or not isinstance(value, Mapping):
        return value
    return {key: _shortened(key, value.get(key)) for key in keys}


def _raw(content: bytes) -> Any:
    unpacking = zlib.decompressobj()
    try:
        text = unpacking.decompress(content, _LARGEST)
        if not unpacking.eof:
            raise DataError("a payload is cut off, or too large")
        return json.loads(text)
    except (zlib.error, ValueError):
        raise DataError("a payload cannot be read") from None
