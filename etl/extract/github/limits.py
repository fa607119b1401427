"""Decides what to do with an unsuccessful answer: retry, wait or fail; pure.

Source: GitHub docs, "Rate limits for the REST API", "Best practices for using the REST API",
"Troubleshooting the REST API".
"""

import random
from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from etl.errors import CiHealthError, FatalError, NotFoundError, RetriableError
from etl.model.rate_limit import USED_UP, Wait
from etl.retry_after import MAX_S, retry_after

_SECONDARY_S = 60.0
_MAX_BACKOFF_S = 60.0
# Source: GitHub docs, "Troubleshooting the REST API": "Resource not accessible".
_NO_PERMISSION = "Resource not accessible by"
_GONE = (HTTPStatus.NOT_FOUND, HTTPStatus.GONE, HTTPStatus.UNAVAILABLE_FOR_LEGAL_REASONS)


@dataclass(frozen=True, slots=True)
class Retry:
    """A retry may succeed: try again, each time after a longer wait."""

    reason: str


def judge(
    status: int, headers: Mapping[str, str], data: Any, *, url: str, now: float, waits: int
) -> Wait | Retry | CiHealthError:
    """How to treat an answer with status 400 or higher; `waits` is the number of waits so far."""
    message = data.get("message") if isinstance(data, Mapping) else None
    text = message if isinstance(message, str) else ""
    if status in (HTTPStatus.FORBIDDEN, HTTPStatus.TOO_MANY_REQUESTS):
        return _limited(status, headers, text, url=url, now=now, waits=waits)
    if status == HTTPStatus.UNAUTHORIZED:
        return FatalError(
            "GitHub refused the token (401): it is wrong or has expired. Set CI_HEALTH_GITHUB__TOKEN "
            "(or GITHUB_TOKEN) to a valid one; of a GitHub App, check github.app and its private key",
            status=status,
        )
    if status in _GONE:
        return NotFoundError(
            f"GitHub has no {url} ({status}): it is gone, misspelt, or this token may not see it. "
            "Check the repository's name and the token's access",
            status=status,
        )
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR or status == HTTPStatus.REQUEST_TIMEOUT:
        return Retry(f"GitHub answered {status}")
    return FatalError(f"GitHub answered {status} to {url}: {text[:200] or 'no reason given'}", status=status)


def backoff(attempt: int) -> float:
    """Seconds before retry number `attempt` (from 1): exponential with full jitter."""
    return random.uniform(0, min(_MAX_BACKOFF_S, 0.5 * 2.0**attempt))  # noqa: S311


def as_error(reason: str, url: str) -> RetriableError:
    """The error to raise if retries did not help."""
    return RetriableError(f"{reason} ({url}), also when asked again: the next sync goes on from here")


def _limited(
    status: int, headers: Mapping[str, str], text: str, *, url: str, now: float, waits: int
) -> Wait | CiHealthError:
    # Each further wait is longer, whatever GitHub says: with a time in the past, retries would never pause.
    least = 2.0**waits
    delay = retry_after(headers.get("retry-after", ""), now)
    if delay is not None:
        return Wait(max(least, delay), "GitHub asks to wait (retry-after)")
    if headers.get("x-ratelimit-remaining") == "0":
        return Wait(max(least, until_reset(headers, now)), USED_UP)
    if status == HTTPStatus.TOO_MANY_REQUESTS or "rate limit" in text.lower() or "abuse" in text.lower():
        return Wait(_SECONDARY_S * 2.0**waits, "GitHub's secondary rate limit")
    wanted = headers.get("x-accepted-github-permissions")
    advice = f"give the token the permission {wanted}" if wanted else "check the token's permissions"
    return FatalError(
        f"GitHub forbids {url} (403): {text[:200] or 'no reason given'}; {advice}",
        status=status,
        lacks_permission=bool(wanted) or text.startswith(_NO_PERMISSION),
    )


def until_reset(headers: Mapping[str, str], now: float) -> float:
    """Seconds until the limit resets, at most a day; a minute if GitHub does not say when."""
    reset = headers.get("x-ratelimit-reset", "")
    return max(1.0, min(MAX_S, float(reset) - now + 1.0)) if reset.isdecimal() else _SECONDARY_S
