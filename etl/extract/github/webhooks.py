"""Webhook deliveries: whether GitHub sent them, and which run they tell of; pure.

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
    """What a delivery tells: a run of a repository, or a job of one, has ended."""

    repository_id: int
    full_name: str
    run_id: int
    of_job: bool


def is_signed(body: bytes, signature: str, secret: str) -> bool:
    """Whether the header `X-Hub-Signature-256` is that of the raw body; takes the same time either way."""
    expected = _PREFIX + hmac.new(secret.encode(), body, sha256).hexdigest()
    return hmac.compare_digest(expected.encode(), signature.encode("utf-8", "surrogateescape"))


def parse(event: str, body: bytes) -> CompletionEvent | None:
    """What a delivery of `workflow_run` or `workflow_job` tells; None for what has not ended yet.

    Raises DataError where it cannot be understood.
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
    """GitHub's ids begin at 1: anything below is asked for in vain."""
    value = required(raw, key, int)
    if value < 1:
        raise DataError(f"{key} is {value}, not an id")
    return value
