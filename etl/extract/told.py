"""What a CI tells of an execution of a job, as text: options of a command, or fields of a request; pure."""

import re
from collections.abc import Mapping
from typing import Final

from etl.errors import DataError
from etl.model.ingested import Told
from etl.model.values import seconds

REQUIRED: Final = ("repository", "workflow", "job", "commit")
FIELDS: Final = (
    *REQUIRED,
    "run",
    "attempt",
    "branch",
    "default_branch",
    "event",
    "conclusion",
    "started",
    "completed",
    "duration",
    "url",
)

_LONGEST: Final = 2_000
_REPOSITORY: Final = re.compile(r"[A-Za-z0-9_.-]{1,100}(?:/[A-Za-z0-9_.-]{1,100}){1,9}")
_COMMIT: Final = re.compile(r"[0-9A-Za-z][0-9A-Za-z._:-]{0,99}")
_ATTEMPT: Final = re.compile(r"[1-9][0-9]{0,3}")
_UNIX: Final = re.compile(r"([0-9]{9,10})(?:[0-9]{3})?(?:\.[0-9]{1,9})?")
_DURATION: Final = re.compile(r"(?:(\d{1,3})d)?(?:(\d{1,5})h)?(?:(\d{1,6})m)?(?:(\d{1,8})(?:\.\d{1,9})?s?)?")
_UNITS: Final = (86_400, 3_600, 60, 1)
# Clocks differ.
_AHEAD_S: Final = 3_600

# Each CI's own words for how a job ended.
_CONCLUSIONS: Final[Mapping[str, str]] = {
    word: conclusion
    for conclusion, words in {
        "success": "success successful succeeded succeededwithissues passed fixed ok",
        "failure": "failure failed error unstable broken",
        "cancelled": "cancelled canceled aborted",
        "timed_out": "timed_out timeout timedout",
        "skipped": "skipped not_built",
    }.items()
    for word in words.split()
}

# Each CI's own words for why a run began, where GitHub has another.
_EVENTS: Final[Mapping[str, str]] = {
    "merge_request_event": "pull_request",
    "external_pull_request_event": "pull_request",
    "merge_request": "pull_request",
    "pullrequest": "pull_request",
    "individualci": "push",
    "batchedci": "push",
}


def parse(fields: Mapping[str, str], now: float) -> Told:
    """What the fields tell; `now` is Unix seconds.

    Raises DataError for a field that is unknown, missing, or not what it should be.
    """
    given = {name: _storable(text.strip()) for name, text in fields.items()}
    if unknown := sorted(given.keys() - set(FIELDS)):
        raise DataError(f"there is no {unknown[0][:50]!r}; there are {', '.join(FIELDS)}")
    if missing := [name for name in REQUIRED if not given.get(name)]:
        raise DataError(f"{' and '.join(missing)} must be given")
    for name, text in given.items():
        if len(text) > _LONGEST:
            raise DataError(f"{name} is longer than {_LONGEST} characters")
    attempt = given.get("attempt", "")
    if attempt and not _ATTEMPT.fullmatch(attempt):
        raise DataError(f"attempt is a whole number from 1 to 9999, not {attempt[:50]!r}")
    told = Told(
        repository=_matching("repository", given["repository"], _REPOSITORY, "no `owner/name`"),
        workflow=given["workflow"],
        job=given["job"],
        commit=_matching("commit", given["commit"], _COMMIT, "no commit's id"),
        run=given.get("run", ""),
        attempt=int(attempt) if attempt else None,
        branch=given.get("branch", ""),
        default_branch=given.get("default_branch", ""),
        event=_event(given.get("event") or "push"),
        conclusion=_conclusion(given.get("conclusion", "")),
        started_at=_time("started", given.get("started", "")),
        completed_at=_time("completed", given.get("completed", "")),
        duration_s=_duration(given.get("duration", "")),
        url=given.get("url", ""),
    )
    _require_order(told, now)
    return told


def _storable(text: str) -> str:
    """Without what no database holds, so that what is stored is equal to what is told again."""
    return text.replace("\0", "␀").encode("utf-8", "replace").decode()


def _matching(name: str, text: str, wanted: re.Pattern[str], what: str) -> str:
    if not wanted.fullmatch(text):
        raise DataError(f"{name} {text[:200]!r} is {what}")
    return text


def _event(text: str) -> str:
    return _EVENTS.get(text.casefold(), text.casefold())


def _conclusion(text: str) -> str:
    """In the words of GitHub; a number is an exit code."""
    if text.isascii() and text.isdigit():
        return "failure" if int(text[:20]) else "success"
    if text and text.casefold() not in _CONCLUSIONS:
        known = ", ".join(sorted(_CONCLUSIONS))
        raise DataError(f"conclusion {text[:50]!r} is none of {known}, and no exit code")
    return _CONCLUSIONS.get(text.casefold(), "")


def _time(name: str, text: str) -> int | None:
    """Unix seconds of an ISO 8601 time, of Unix seconds or milliseconds."""
    if not text:
        return None
    number = _UNIX.fullmatch(text)
    at = int(number.group(1)) if number else seconds(text)
    if at is None:
        raise DataError(f"{name} {text[:50]!r} is no time: write 2026-01-31T12:00:00Z, or seconds since 1970")
    return at


def _duration(text: str) -> int | None:
    if not text:
        return None
    found = _DURATION.fullmatch(text)
    if found is None:
        raise DataError(f"duration {text[:50]!r} is none: write 90, 90s, 5m or 1h30m")
    return sum(int(number) * unit for number, unit in zip(found.groups(), _UNITS, strict=True) if number)


def _require_order(told: Told, now: float) -> None:
    if None not in (told.started_at, told.completed_at, told.duration_s):
        raise DataError("started, completed and duration are given: leave one out")
    for name, at in (("started", told.started_at), ("completed", told.completed_at)):
        if at is not None and at > now + _AHEAD_S:
            raise DataError(f"{name} lies in the future")
    if told.started_at is not None and told.completed_at is not None and told.completed_at < told.started_at:
        raise DataError("completed is before started")
