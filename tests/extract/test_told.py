"""What CIs tell as text: their own words and times, or a sentence about what is wrong."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from etl.errors import DataError
from etl.extract.told import FIELDS, REQUIRED, parse
from etl.model.ingested import Told

NOW = 1_769_900_000
USUAL = {"repository": "acme/rocket", "workflow": "nightly", "job": "unit", "commit": "c0ffee"}


def told(**fields: str) -> Told:
    return parse(USUAL | fields, NOW)


@pytest.mark.parametrize(
    ("text", "conclusion"),
    [
        ("", ""), ("success", "success"), ("SUCCESS", "success"), ("Succeeded", "success"),
        ("SucceededWithIssues", "success"), ("0", "success"), ("failed", "failure"), ("UNSTABLE", "failure"),
        ("1", "failure"), ("137", "failure"), ("canceled", "cancelled"), ("ABORTED", "cancelled"),
        ("timed_out", "timed_out"), ("NOT_BUILT", "skipped"),
    ],
)  # fmt: skip
def test_each_ci_has_its_own_words(text: str, conclusion: str) -> None:
    assert told(conclusion=text).conclusion == conclusion


@pytest.mark.parametrize(
    ("text", "event"),
    [("", "push"), ("PullRequest", "pull_request"), ("merge_request_event", "pull_request"), ("Schedule", "schedule")],
)  # fmt: skip
def test_events_are_called_as_at_github(text: str, event: str) -> None:
    assert told(event=text).event == event


@pytest.mark.parametrize(
    "text",
    [
        "2026-01-31T12:00:00Z",
        "2026-01-31T13:00:00+01:00",
        "2026-01-31 12:00:00+00:00",
        "2026-01-31T12:00:00.900",
        "1769860800",
        "1769860800.5",
        "1769860800000",
    ],
)
def test_times_are_of_all_usual_kinds(text: str) -> None:
    assert told(started=text).started_at == told(completed=text).completed_at == 1_769_860_800


@pytest.mark.parametrize(
    ("text", "seconds"), [("90", 90), ("90s", 90), ("5m", 300), ("1h30m", 5_400), ("1d", 86_400), ("12.7", 12), ("0", 0)]
)  # fmt: skip
def test_durations(text: str, seconds: int) -> None:
    assert told(duration=text).duration_s == seconds


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"commit": ""}, "commit must be given"),
        ({"job": " ", "workflow": ""}, "workflow and job must be given"),
        ({"colour": "red"}, "there is no 'colour'"),
        ({"repository": "rocket"}, "is no `owner/name`"),
        ({"repository": "a/b\nc"}, "is no `owner/name`"),
        ({"commit": "$(reboot)"}, "is no commit's id"),
        ({"attempt": "-1"}, "attempt is a whole number"),
        ({"attempt": "٣"}, "attempt is a whole number"),
        ({"conclusion": "fine"}, "is none of"),
        ({"started": "yesterday"}, "started 'yesterday' is no time"),
        ({"completed": "0001-01-01"}, "is no time"),
        ({"completed": str(NOW + 4_000)}, "lies in the future"),
        ({"started": str(NOW), "completed": str(NOW - 1)}, "completed is before started"),
        ({"started": str(NOW), "completed": str(NOW), "duration": "1"}, "leave one out"),
        ({"duration": "long"}, "is none: write"),
        ({"duration": "-5"}, "is none: write"),
        ({"job": "x" * 2_001}, "job is longer than 2000 characters"),
    ],
)
def test_what_is_wrong_is_reported(fields: dict[str, str], reason: str) -> None:
    with pytest.raises(DataError, match=reason):
        told(**fields)


@given(st.dictionaries(st.sampled_from(FIELDS), st.text(st.characters(), max_size=20)))
def test_any_text_is_understood_or_refused_and_can_be_stored(fields: dict[str, str]) -> None:
    try:
        found = told(**fields)
    except DataError:
        return
    for name in REQUIRED:
        text = getattr(found, name)
        assert text
        assert "\0" not in text
        assert text.encode().decode() == text
    assert -(2**53) < found.run_id < 0
    assert found.digest([b"x", b"y"]) == found.digest([b"y", b"x"]) != found.digest([b"x"])
