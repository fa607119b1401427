"""Webhook deliveries: checks their signature, and finds the run that they report; pure.

Source: GitHub docs, "Validating webhook deliveries", "Creating webhooks" (its content types), "Webhook events
and payloads": `workflow_run`, `workflow_job`.
"""

import hmac
import json
from dataclasses import dataclass
from hashlib import sha256
from typing import Any, Final
from urllib.parse import unquote_to_bytes

from etl.errors import DataError
from etl.extract.github.payloads import payload_of_job, payload_of_run
from etl.model.payloads import Payload
from etl.model.values import required

EVENTS: Final = ("workflow_run", "workflow_job")
JSON: Final = "application/json"
FORM: Final = "application/x-www-form-urlencoded"
_PREFIX: Final = "sha256="
_ENDED: Final = "completed"


@dataclass(frozen=True, slots=True)
class CompletionEvent:
    """The content of a delivery: a run of a repository, or a job of the run, has ended.

    `payload` is all of the run or job; None if the delivery does not hold all of it.
    """

    repository_id: int
    full_name: str
    run_id: int
    of_job: bool
    payload: Payload | None = None


def is_signed(body: bytes, signature: str, secret: str) -> bool:
    """Whether the header `X-Hub-Signature-256` matches the raw body, compared in constant time."""
    expected = _PREFIX + hmac.new(secret.encode(), body, sha256).hexdigest()
    return hmac.compare_digest(expected.encode(), signature.encode("utf-8", "surrogateescape"))


def payload_of(body: bytes, content_type: str) -> bytes:
    """The JSON in a body of either content type that GitHub offers: all of it, or the form's field `payload`.

    Raises DataError if a form has other fields, or none.
    """
    if content_type != FORM:
        return body
    name, separator, value = body.partition(b"=")
    if name != b"payload" or not separator or b"&" in value:
        raise DataError("the form is not the one field `payload`")
    return unquote_to_bytes(value.replace(b"+", b" "))


def parse(event: str, payload: bytes) -> CompletionEvent | None:
    """The event in a payload of `workflow_run` or `workflow_job`; None if the run or job has not ended yet.

    Raises DataError if the delivery cannot be parsed.
    """
    try:
        told: Any = json.loads(payload)
    except (ValueError, RecursionError):
        raise DataError("the payload is no JSON") from None
    if not isinstance(told, dict):
        raise DataError("the payload is no JSON object")
    if told.get("action") != _ENDED:
        return None
    of_job = event == "workflow_job"
    repository = required(told, "repository", dict)
    subject = required(told, event, dict)
    return CompletionEvent(
        repository_id=_id(repository, "id"),
        full_name=required(repository, "full_name", str),
        run_id=_id(subject, "run_id" if of_job else "id"),
        of_job=of_job,
        payload=payload_of_job(subject) if of_job else payload_of_run(subject),
    )


def _id(raw: dict[str, Any], key: str) -> int:
    """An id, which is 1 or more; raises DataError for anything else."""
    value = required(raw, key, int)
    if value < 1:
        raise DataError(f"{key} is {value}, not an id")
    return value
