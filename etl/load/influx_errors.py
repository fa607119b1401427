"""What InfluxDB's errors mean: which to retry, which are fatal, which are about the lines."""

import json
import time
from collections.abc import Mapping
from typing import Final

import aiohttp
from influxdb_client.rest import ApiException

from etl.errors import CiHealthError, FatalError, RetriableError
from etl.retry_after import retry_after

TOO_LARGE: Final = 413
_ABOUT_LINES: Final = (400, 422)
_BUSY: Final = 429
_SERVER_ERRORS: Final = 500

# The client's errors: unsuccessful answers, and connections that failed. Where files are written as well,
# a plain OSError is theirs.
ANSWER_ERRORS: Final = (ApiException, aiohttp.ClientError, TimeoutError)
CLIENT_ERRORS: Final = (*ANSWER_ERRORS, OSError)

_TO_DO: Final = {
    401: "refuses the token: set `influxdb.token` (CI_HEALTH_INFLUXDB__TOKEN) to one that is valid there",
    403: "does not let this token do that: give the token in `influxdb.token` read and write access to "
    "the bucket",
    404: "does not know what was asked for: check `influxdb.url`, `influxdb.org` and `influxdb.bucket`",
}


def is_about_lines(error: ApiException) -> bool:
    """Whether InfluxDB itself says that lines are wrong; a proxy's 400 says nothing about lines."""
    return error.status in _ABOUT_LINES and "code" in _answer(error)


def is_expired(error: ApiException) -> bool:
    """Whether points were dropped because they are older than the retention."""
    return "retention policy" in reason(error)


def reason(error: ApiException) -> str:
    """InfluxDB's message on one line, of limited length."""
    message = _answer(error).get("message") or error.reason or "no reason given"
    return " ".join(str(message).split())[:1_000]


def explained(error: Exception, address: str) -> CiHealthError:
    """The error as one of this package's: retriable or fatal, with what to do."""
    if not isinstance(error, ApiException):
        return RetriableError(f"InfluxDB at {address} does not answer: {_cause(error)}")
    said = f"InfluxDB at {address} answered {error.status} ({reason(error)})"
    if error.status == _BUSY or error.status >= _SERVER_ERRORS:
        headers: Mapping[str, str] = error.headers or {}
        wait = headers.get("Retry-After", "")
        return RetriableError(said, retry_after=retry_after(wait, time.time()))
    return FatalError(f"{said}: it {_TO_DO.get(error.status, 'refuses the request')}")


def _cause(error: Exception) -> str:
    if isinstance(error, TimeoutError):
        return "it took too long"
    return str(error) or type(error).__name__


def _answer(error: ApiException) -> dict[str, object]:
    try:
        answer = json.loads(error.body or b"")
    except ValueError:
        return {}
    return answer if isinstance(answer, dict) else {}
