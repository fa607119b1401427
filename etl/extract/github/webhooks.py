"""Webhook deliveries: checks their signature, and finds the run that they report; pure.

Source: GitHub docs, "Validating webhook deliveries", "Webhook events and payloads": `workflow_run`,
`workflow_job`.
"""

import hmac
import json
from dataclasses import dataclass
from hashlib import sha256
from typing import Any, Final

from etl.errors import DataError
from etl.model.values import required

EVENTS: Final = ("workflow_run", "workflow_job")
_PREFIX: Final = "sha256="
_ENDED: Final = "completed"


@dataclass(frozen=True, slots=True)
class CompletionEvent:
    """The content of a delivery: a run of a repository, or a job of the run, has ended."""

    repository_id: int
    full_name: str
    run_id: int
    of_job: bool


def is_signed(body: bytes, signature: str, secret: str) -> bool:
    """Whether the header `X-Hub-Signature-256` matches the raw body, compared in constant time."""
    expected = _PREFIX + hmac.new(secret.encode(), body, sha256).hexdigest()
    return hmac.compare_digest(expected.encode(), signature.encode("utf-8", "surrogateescape"))


def parse(event: str, body: bytes) -> CompletionEvent | None:
    """The event in a delivery of `workflow_run` or `workflow_job`; None if the run or job has not ended yet.

    Raises DataError if the delivery cannot be parsed.
    """
    try:
        payload: Any = json.loads(body)
    except (ValueError, RecursionError):
        raise DataError("the body is no JSON") from None
    if not isinstance(payload, dict):
        raise DataError("the body is no JSON object")
    if payload.get("action") != _ENDED:
        return None
    of_job = event == "workflow_job"
    repository = required(payload, "repository", dict)
    subject = required(payload, event, dict)
    return CompletionEvent(
        repository_id=_id(repository, "id"),
        full_name=required(repository, "full_name", str),
        run_id=_id(subject, "run_id" if of_job else "id"),
        of_job=of_job,
    )


def _id(raw: dict[str, Any], key: str) -> int:
    """An id, which is 1 or more; raises DataError for anything else."""
    value = required(raw, key, int)
    if value < 1:
        raise DataError(f"{key} is {value}, not an id")
    return value
