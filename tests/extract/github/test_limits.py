from datetime import UTC, datetime
from email.utils import format_datetime
from typing import Any

import pytest

from etl.errors import FatalError, NotFoundError, RetriableError
from etl.extract.github.limits import Retry, as_error, backoff, judge
from etl.model.rate_limit import Budget, Wait

NOW = 1_800_000_000.0
DAY = 86_400
SECONDARY = "You have exceeded a secondary rate limit"


def judged(status: int, message: Any = "", *, waits: int = 0, **headers: str) -> Any:
    names = {name.replace("_", "-"): value for name, value in headers.items()}
    return judge(status, names, {"message": message}, url="/repos/acme/rocket", now=NOW, waits=waits)


def date(seconds: float) -> str:
    return format_datetime(datetime.fromtimestamp(seconds, UTC), usegmt=True)


@pytest.mark.parametrize("status", [403, 429])
def test_a_used_up_primary_limit_waits_until_its_reset(status: int) -> None:
    wait = judged(status, "API rate limit", x_ratelimit_remaining="0", x_ratelimit_reset=str(int(NOW) + 600))
    assert (wait.seconds, wait.reason) == (601, "GitHub's rate limit is used up")


@pytest.mark.parametrize("reset", ["", "soon"])
def test_a_used_up_limit_without_a_reset_waits_a_minute(reset: str) -> None:
    assert judged(403, x_ratelimit_remaining="0", x_ratelimit_reset=reset).seconds == 60


def test_a_reset_that_has_passed_waits_at_least_a_second() -> None:
    assert judged(403, x_ratelimit_remaining="0", x_ratelimit_reset="1").seconds == 1


@pytest.mark.parametrize("status", [403, 429])
@pytest.mark.parametrize(
    ("value", "seconds"), [("30", 30), (date(NOW + 90), 90), ("0", 1), (date(NOW - 90), 1)]
)
def test_retry_after_is_obeyed_as_seconds_and_as_date(status: int, value: str, seconds: float) -> None:
    told = judged(status, retry_after=value, x_ratelimit_remaining="0", x_ratelimit_reset=str(int(NOW) + 600))
    assert told == Wait(seconds, "GitHub asks to wait (retry-after)")


@pytest.mark.parametrize("headers", [{"retry_after": "9" * 400}, {"x_ratelimit_reset": "9" * 400}])
def test_nobody_waits_forever(headers: dict[str, Any]) -> None:
    assert judged(429, x_ratelimit_remaining="0", **headers).seconds == DAY


def test_a_reset_that_is_years_away_was_never_true() -> None:
    noted = Budget()
    noted.note(told(5_000, 0, NOW + 365 * DAY))
    assert noted.pause(100, NOW).seconds == 0


@pytest.mark.parametrize("value", ["soon", "-5", "²", "1.5.2"])
def test_a_retry_after_that_makes_no_sense_is_as_none(value: str) -> None:
    assert judged(429, retry_after=value).seconds == 60


@pytest.mark.parametrize(("status", "message"), [(403, SECONDARY), (403, "abuse detection"), (429, "")])
def test_a_secondary_limit_waits_twice_as_long_each_time(status: int, message: str) -> None:
    waits = [judged(status, message, waits=waits).seconds for waits in range(4)]
    assert waits == [60, 120, 240, 480]


def test_a_missing_permission_is_named_and_not_retried() -> None:
    error = judged(403, "Resource not accessible", x_accepted_github_permissions="actions=read")
    assert isinstance(error, FatalError)
    assert error.status == 403
    assert "Resource not accessible; give the token the permission actions=read" in str(error)


@pytest.mark.parametrize("message", ["", None, 5, ["x"]])
def test_another_403_says_what_to_check(message: Any) -> None:
    error = judged(403, message)
    assert isinstance(error, FatalError)
    assert "no reason given; check the token's permissions" in str(error)


def test_a_refused_token_says_what_to_set() -> None:
    error = judged(401, "Bad credentials")
    assert (type(error), error.status) == (FatalError, 401)
    assert "GITHUB_TOKEN" in str(error)


@pytest.mark.parametrize("status", [404, 410, 451])
def test_what_is_gone_is_not_found(status: int) -> None:
    error = judged(status, "Not Found")
    assert (type(error), error.status) == (NotFoundError, status)
    assert "/repos/acme/rocket" in str(error)


@pytest.mark.parametrize("status", [408, 500, 502, 503, 504])
def test_what_may_heal_is_retried(status: int) -> None:
    assert judged(status) == Retry(f"GitHub answered {status}")


@pytest.mark.parametrize("status", [400, 409, 422])
def test_other_refusals_are_final(status: int) -> None:
    error = judged(status, "x" * 1_000)
    assert (type(error), error.status) == (FatalError, status)
    assert len(str(error)) < 300


@pytest.mark.parametrize("data", [None, [], "gone", 5])
def test_an_error_that_is_no_object_is_judged_by_its_status(data: Any) -> None:
    assert isinstance(judge(500, {}, data, url="/x", now=NOW, waits=0), Retry)


def test_what_did_not_heal_names_its_path() -> None:
    error = as_error("GitHub answered 502", "/repos/acme/rocket")
    assert isinstance(error, RetriableError)
    assert all(part in str(error) for part in ("GitHub answered 502", "/repos/acme/rocket"))


@pytest.mark.parametrize(("attempt", "most"), [(1, 1), (2, 2), (5, 16), (20, 60), (1_000, 60)])
def test_backoff_grows_with_jitter_up_to_a_minute(attempt: int, most: float) -> None:
    waits = [backoff(attempt) for _ in range(300)]
    assert 0 <= min(waits) < most / 4
    assert most * 3 / 4 < max(waits) <= most


def told(limit: int, remaining: int, reset: float) -> dict[str, str]:
    values = {"limit": limit, "remaining": remaining, "reset": int(reset)}
    return {f"x-ratelimit-{name}": str(value) for name, value in values.items()}


def budget(limit: int, remaining: int) -> Budget:
    made = Budget()
    made.note(told(limit, remaining, NOW + 600))
    return made


def test_an_unknown_limit_pauses_nothing() -> None:
    assert Budget().pause(100, NOW).seconds == 0


@pytest.mark.parametrize(("remaining", "pause"), [(101, 0), (100, 601), (0, 601)])
def test_the_reserve_is_kept_until_the_reset(remaining: int, pause: float) -> None:
    assert budget(5_000, remaining).pause(100, NOW).seconds == pause
    assert budget(5_000, remaining).pause(100, NOW + 600).seconds == 0


@pytest.mark.parametrize(("remaining", "pause"), [(7, 0), (6, 601)])
def test_a_limit_smaller_than_the_reserve_is_used_to_a_tenth(remaining: int, pause: float) -> None:
    assert budget(60, remaining).pause(100, NOW).seconds == pause


def test_without_a_reserve_the_last_request_is_used() -> None:
    assert budget(60, 1).pause(0, NOW).seconds == 0


def test_late_answers_of_a_window_never_raise_what_is_left() -> None:
    noted = budget(5_000, 90)
    noted.note(told(5_000, 95, NOW + 600))
    assert noted.remaining == 90
    noted.note(told(5_000, 5_000, NOW + 4_200))
    assert noted.remaining == 5_000


@pytest.mark.parametrize("value", ["", "many", "-1", "²", "9" * 5_000])
def test_headers_that_make_no_sense_are_not_noted(value: str) -> None:
    noted = budget(5_000, 90)
    noted.note(told(5_000, 1, NOW) | {"x-ratelimit-reset": value})
    assert noted == budget(5_000, 90)
