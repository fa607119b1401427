import json
from datetime import date, timedelta
from importlib.resources import files

import jsonschema
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from etl.quarantine.entry import Entry, Quarantine
from etl.quarantine.parse import QuarantineError, parse
from etl.quarantine.write import written
from tests.quarantine.samples import TODAY, entry

LINE = st.text(
    st.characters(exclude_categories=["Cc", "Cf", "Cs", "Zl", "Zp", "Co", "Cn", "Zs"]) | st.just(" "),
    min_size=1,
).filter(lambda text: bool(text.strip()))
ENTRIES = st.builds(
    lambda suite, test, since, days, owner: Entry(
        suite, test, since, since + timedelta(days), "flaky", "seen", owner
    ),
    LINE,
    LINE,
    st.dates(date(2020, 1, 1), date(2090, 1, 1)),
    st.integers(0, 90),
    LINE | st.just(""),
)


@given(st.lists(ENTRIES, unique_by=lambda one: one.name), st.integers(1, 10**6))
def test_what_is_written_is_read(entries: list[Entry], min_tests: int) -> None:
    kept = Quarantine(tuple(sorted(entries)), min_tests)
    text = written(kept)
    assert parse(text, "q") == kept
    assert written(Quarantine(tuple(reversed(kept.entries)), min_tests)) == text


GOOD = written(Quarantine((entry("tests.api", "test_login"), entry("tests.api", "test_logout"))))


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        (GOOD, "", "empty"),
        (GOOD, "- a", "the file is no mapping"),
        (GOOD, "a: [", "no valid YAML"),
        ("version: 1", "version: 2", "line 4: version is '2'"),
        ("min_tests: 1\n", "", "the file has no min_tests"),
        ("min_tests: 1", "min_tests: 0", "min_tests is '0'"),
        ("min_tests: 1", "min_tests: 2", "the seal does not fit version and min_tests"),
        ("entries:", "entrys:", "'entrys', which is none of"),
        ("version: 1", "version: 1\nversion: 1", "has version twice"),
        ('test: "test_login"', 'test: ""', "test is empty"),
        ('test: "test_login"', "test: [a]", "test is no text"),
        ('test: "test_login"', 'test: "a\\tb"', "not one line of printable text"),
        ('test: "test_login"', 'test: "test_logout"', "names the same test as the one in line 8"),
        ('test: "test_login"', 'test: "test_log"', "entry 1: the seal does not fit"),
        ('test: "test_login"', 'test: &a "test_login"', "has an anchor, alias or tag"),
        ('test: "test_login"', 'test: !!str "test_login"', "has an anchor, alias or tag"),
        ("since: 2026-11-27", "since: 2026-11-7", "since is '2026-11-7', not a day"),
        ("expires: 2026-12-27", "expires: 2026-13-27", "expires is '2026-13-27', not a day"),
        ("expires: 2026-12-27", "expires: 2027-12-27", "not within 90 days"),
        ("expires: 2026-12-27", "expires: 2026-11-26", "not within 90 days"),
        ('    reason: "flaky"\n', "", "entry 1 has no reason"),
        (f'    seal: "{entry("tests.api", "test_login").seal}"\n', "", "entry 1 has no seal"),
        (GOOD, GOOD + "---\nversion: 1\n", "no valid YAML"),
    ],
)
def test_what_is_wrong_is_reported_with_its_line(old: str, new: str, sentence: str) -> None:
    assert old in GOOD
    with pytest.raises(QuarantineError) as error:
        parse(GOOD.replace(old, new, 1), "q.yaml")
    assert sentence in str(error.value)
    assert str(error.value).startswith("q.yaml")


def test_all_that_is_wrong_is_reported_at_once() -> None:
    text = GOOD.replace("2026-11-27", "yesterday").replace("version: 1", "version: 3")
    with pytest.raises(QuarantineError) as error:
        parse(text, "q.yaml")
    assert len(str(error.value).splitlines()) == 3


def test_a_change_by_hand_needs_a_seal() -> None:
    text = GOOD.replace("expires: 2026-12-27", "expires: 2026-12-31").replace(
        'owner: "@acme/web"', 'owner: "@me"'
    )
    with pytest.raises(QuarantineError):
        parse(text, "q")
    kept = parse(text, "q", sealed=False)
    assert {(one.expires.day, one.owner) for one in kept.entries} == {(31, "@me")}
    assert parse(written(kept), "q") == kept


def test_owner_reason_and_evidence_need_none() -> None:
    text = GOOD.replace('owner: "@acme/web"', 'owner: "@me"').replace('"flaky"', '"slow network"')
    assert {one.owner for one in parse(text, "q").entries} == {"@me"}


def test_the_last_day_counts() -> None:
    one = entry("a", "b", days=3)
    assert not one.is_expired(TODAY + timedelta(days=3))
    assert one.is_expired(TODAY + timedelta(days=4))


def test_the_schema_takes_what_is_written_and_names_what_is_read() -> None:
    schema = json.loads(files("etl.quarantine").joinpath("quarantine.schema.json").read_text())
    loaded = yaml.load(GOOD, Loader=yaml.BaseLoader)  # noqa: S506  (text alone: dates stay as they are)
    loaded |= {"version": int(loaded["version"]), "min_tests": int(loaded["min_tests"])}
    jsonschema.Draft202012Validator(schema).validate(loaded)
    assert not jsonschema.Draft202012Validator(schema).is_valid(loaded | {"more": 1})
