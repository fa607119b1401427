import math
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from etl.errors import DataError
from etl.load.influx_client import library
from etl.load.influxdb import InfluxStore
from etl.load.line_encoder import encode, encode_columns
from etl.load.line_parser import are_newer, parse, time_of
from etl.model.points import Columns, FieldValue, Point
from etl.model.schema import FAILURE, MEASUREMENTS, FieldType, Measurement
from tests.load.stores import ReadBack
from tests.queries.samples import NASTY

NOW = 1_795_000_000_000_000_000
INT64 = st.integers(-(2**63), 2**63 - 1)
# Characters that matter to line protocol come often; those that it cannot hold in a tag, never.
ANY = st.characters(exclude_categories=["Cs"], exclude_characters="\0")
TEXT = st.text(st.sampled_from('\\,=" \n#') | ANY, max_size=20)
NAMES = st.text(
    st.sampled_from('\\,=" #') | st.characters(exclude_categories=["Cc", "Cs"]), min_size=1, max_size=20
).filter(lambda text: not text.endswith("\\") and "\\ " not in text)
VALUES = {
    FieldType.INTEGER: INT64,
    FieldType.FLOAT: st.floats(allow_nan=False, allow_infinity=False),
    FieldType.STRING: TEXT,
}


def any_point(measurement: Measurement) -> st.SearchStrategy[Point]:
    types = measurement.field_types
    return st.builds(
        Point,
        st.just(measurement.name),
        st.fixed_dictionaries({}, optional=dict.fromkeys(measurement.tag_names, NAMES)),
        st.fixed_dictionaries(
            {measurement.always: VALUES[types[measurement.always]]},
            optional={name: VALUES[type_] for name, type_ in types.items() if name != measurement.always},
        ),
        INT64,
    )


POINTS = st.sampled_from(sorted(MEASUREMENTS)).flatmap(lambda name: any_point(MEASUREMENTS[name]))


@settings(max_examples=300)
@given(POINTS)
def test_parse_is_the_inverse_of_encode(point: Point) -> None:
    line = encode(point)
    assert parse(line) == point
    assert time_of(line) == point.time
    assert b"\n" not in line.split(b'"')[0]


@settings(max_examples=300)
@given(st.lists(POINTS, max_size=5), st.integers(NOW - 5, NOW + 5) | INT64, st.booleans())
def test_lines_are_newer_only_where_their_times_are(points: list[Point], oldest: int, near: bool) -> None:
    sent = [point._replace(time=NOW + number) if near else point for number, point in enumerate(points)]
    newer = all(point.time >= oldest for point in sent)
    found = are_newer([encode(point) for point in sent], oldest)
    assert found is newer if near and oldest >= 0 else not found or newer


@settings(max_examples=300)
@given(POINTS)
def test_influxdb_client_writes_the_same_bytes(point: Point) -> None:
    """But for newlines, which it writes as the two characters that stand for themselves, and for -0.0."""
    assume(not any(isinstance(value, str) and "\n" in value for value in point.fields.values()))
    assume(not any(value == 0 and math.copysign(1, value) < 0 for value in numbers(point)))
    client = library.Point(point.measurement).time(point.time)
    for name, tag in point.tags.items():
        client.tag(name, tag)
    for name, field in point.fields.items():
        client.field(name, field)
    assert encode(point) == client.to_line_protocol().encode()


def numbers(point: Point) -> list[float]:
    return [value for value in point.fields.values() if isinstance(value, float)]


class Text(str):
    __slots__ = ()
    """Text that is no plain `str`, as an enumeration's members are none."""


@settings(max_examples=200)
@given(POINTS)
def test_uncommon_values_are_written_as_common_ones(point: Point) -> None:
    others: dict[str, FieldValue] = {
        name: Text(value) if isinstance(value, str) else value for name, value in point.fields.items()
    }
    whole: dict[str, FieldValue] = {
        name: int(value) if isinstance(value, float) and value.is_integer() else value
        for name, value in others.items()
    }
    assert encode(point._replace(fields=others)) == encode(point._replace(fields=whole)) == encode(point)


@settings(max_examples=200)
@given(st.lists(any_point(MEASUREMENTS["test"]), max_size=5))
def test_columns_are_written_as_their_points_are(points: list[Point]) -> None:
    for form in {tuple(sorted(point.fields)) for point in points}:
        alike = [point for point in points if tuple(sorted(point.fields)) == form]
        columns = Columns(
            [point.series for point in alike],
            {name: [point.fields[name] for point in alike] for name in form},
            [point.time for point in alike],
        )
        assert list(columns.points()) == alike
        assert encode_columns(columns) == [encode(point) for point in alike]


@pytest.mark.parametrize("wrong", [math.nan, True, "1", 10**400])
def test_columns_with_what_cannot_be_held_are_refused(wrong: Any) -> None:
    series = Point("test", {"test": "a"}, {}, 0).series
    columns = Columns([series] * 2, {"job_id": [1, 2], "duration_s": [1.5, wrong]}, [1, 2])
    with pytest.raises(DataError):
        encode_columns(columns)
    assert encode_columns(Columns([series], {"job_id": [1], "duration_s": [2]}, [3])) == [
        b"test,test=a duration_s=2,job_id=1i 3"
    ]
    assert encode_columns(Columns([], {}, [])) == []


def test_a_line_is_what_it_always_was() -> None:
    tags = {"workflow": "a b", "repository": "o/n", "source": "x=1,2", "job": 'q"\\s'}
    fields: dict[str, Any] = {"message": 'say "hi"\n\\ bye', "line": 7, "job_id": -1}
    assert encode(Point("failure", tags, fields, 12)) == (
        b'failure,job=q"\\s,repository=o/n,source=x\\=1\\,2,workflow=a\\ b '
        b'job_id=-1i,line=7i,message="say \\"hi\\"\n\\\\ bye" 12'
    )
    assert encode(Point("step", {}, {"duration_s": 5}, 1)) == b"step duration_s=5 1"


@pytest.mark.parametrize(
    "value",
    ["", "a\n", "\r", "tail\\", "a\\ b", "\0", "\x1b", "\x85", "\udc80", "x" * 65_536],
)
def test_tag_values_that_cannot_be_held_are_refused(value: str) -> None:
    with pytest.raises(DataError):
        encode(Point("job", {"job": value}, {"job_id": 1}, 1))


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"duration_s": math.nan},
        {"duration_s": math.inf},
        {"job_id": 2**63},
        {"job_id": -(2**63) - 1},
        {"job_id": 1.0},
        {"job_id": True},
        {"job_id": "1"},
        {"url": 1},
        {"url": "a\0"},
        {"url": "\ud800"},
        {"url": "ü" * 40_000},
        {"no_such_field": 1},
    ],
)
def test_fields_that_cannot_be_held_are_refused(fields: dict[str, Any]) -> None:
    with pytest.raises(DataError):
        encode(Point("job", {"job": "unit"}, fields, 1))


@pytest.mark.parametrize(
    "point",
    [
        Point("no_such_measurement", {}, {"job_id": 1}, 1),
        Point("job", {"no_such_tag": "x"}, {"job_id": 1}, 1),
        Point("job", {"job": "x"}, {"job_id": 1}, 2**63),
    ],
)
def test_points_outside_the_schema_are_refused(point: Point) -> None:
    with pytest.raises(DataError):
        encode(point)


@pytest.mark.parametrize(
    "line",
    [
        b"",
        b"job",
        b"job job_id=1i",
        b"job job_id=1i x",
        b"job,job job_id=1i 1",
        b"job,job=a=b job_id=1i 1",
        b'job url="open 1',
        b"job job_id=1x 1",
        b"job nothing=1i 1",
        b"other job_id=1i 1",
        b"job,job=\xff job_id=1i 1",
    ],
)
def test_lines_that_are_none_are_refused(line: bytes) -> None:
    with pytest.raises(DataError):
        parse(line)


async def test_nasty_names_come_back_from_influxdb(influx: InfluxStore, read_back: ReadBack) -> None:
    """Beside each other in one body, with a string that holds a newline in each."""
    names = [*NASTY, *BACKSLASHES]
    sent = [
        Point(FAILURE.name, {"job": name, "workflow": name}, {"message": f'"{name}"\n, x=1 "'}, NOW + number)
        for number, name in enumerate(names)
    ]
    result = await influx.write([encode(point) for point in sent])
    assert (result.accepted, result.rejected) == (len(sent), ())
    assert read_back(FAILURE) == sent


# Every string of up to four of the characters that line protocol escapes, or escapes with.
BACKSLASHES = [
    text
    for text in (f"{a}{b}{c}{d}" for a in '\\,= "' for b in '\\,= "' for c in '\\,= "' for d in '\\,= "')
    if "\\ " not in text and not text.endswith("\\")
]
