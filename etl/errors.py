"""Errors, grouped by what their catcher does about them.

Every message is for the person who reads it: what happened, where, and what to do. It never
carries a token or a signed URL.
"""


class CiHealthError(Exception):
    """Base of all errors that this package raises on purpose."""


class ConfigurationError(CiHealthError):
    """A setting is wrong or missing: nothing was done; exit code 2."""


class RetriableError(CiHealthError):
    """The other side is busy or away: the same call may go through later.

    `retry_after` is in seconds, None where the other side named no time.
    """

    def __init__(self, message: str, *, retry_after: float | None = None) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class BusyError(RetriableError):
    """Another process has what is needed, and lets go of it by itself."""


class RateLimitedError(RetriableError):
    """GitHub's rate limit allows no request for `retry_after` seconds; `reason` says which limit it is."""

    def __init__(self, message: str, *, reason: str, retry_after: float) -> None:
        super().__init__(message, retry_after=retry_after)
        self.reason = reason


class UnreachableError(ConfigurationError, RetriableError):
    """A server that a setting names is not there: the setting is wrong, or the server comes in a moment.

    Nobody can tell which: a command ends with exit code 2, a service that starts asks again.
    """


class FatalError(CiHealthError):
    """The other side refuses, and will until somebody changes something: do not retry.

    `status` is the HTTP status, None where there was none; `lacks_permission` tells that it said so.
    """

    def __init__(self, message: str, *, status: int | None = None, lacks_permission: bool = False) -> None:
        super().__init__(message)
        self.status = status
        self.lacks_permission = lacks_permission


class SupersededError(CiHealthError):
    """Another process works on this repository now: stop, it goes on from what was committed."""


class RequestsSpentError(CiHealthError):
    """As many requests as were allowed for this have been sent: what is left of it is left undone."""


class NotFoundError(FatalError):
    """What was asked for is not there, or this token may not see it (GitHub answers 404 to both)."""


class ConflictError(CiHealthError):
    """What is told contradicts what was told before: nothing was done."""


class LockedError(ConfigurationError):
    """Another process works on the data folder."""


class DataError(CiHealthError):
    """What the other side sent cannot be understood: skip that item, count it, go on."""


class ExpiredError(DataError):
    """What was asked for is listed as expired, or larger than is allowed: asking again is of no use."""
