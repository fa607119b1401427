"""Reports of other formats: each as its tool writes it, and bounded as XML is."""

import gzip
import io
import json
import tracemalloc
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from etl.extract.archive import ArchiveLimits, read_artifact
from etl.extract.junit import Limits
from etl.model.results import Content
from tests.extract.formats import FORMATS, GO_FIRST, PLAYWRIGHT, Row, go, lines
from tests.extract.reports import suite, zipped

MIB = 1 << 20
SMALL = ArchiveLimits(report=Limits(held=4 * MIB, short=2 * MIB))


# Written by the tools themselves; of each result the first lines of its messages.
RECORDINGS = Path(__file__).parent / "recordings"
RECORDED = json.loads((RECORDINGS / "expected.json").read_text("utf-8"))


def first_line(message: str) -> str:
    return message.split("\n", maxsplit=1)[0]


def read(data: bytes, limits: ArchiveLimits | None = None) -> Content:
    return read_artifact(io.BytesIO(data), "reports", limits)


def rows(content: Content) -> list[Row]:
    return [(r.suite, r.name, r.outcome.value, r.message, r.retried_message) for r in content.results]


@pytest.mark.parametrize("tool", FORMATS)
def test_every_format_is_read(tool):
    name, text, expected = FORMATS[tool]
    content = read(zipped({"readme.md": "x", name: text}))
    assert (rows(content), content.anomalies) == (expected, [])


@pytest.mark.parametrize("tool", FORMATS)
def test_a_bare_file_or_a_gzip_or_utf_16_gives_the_same(tool):
    name, text, expected = FORMATS[tool]
    assert rows(read(text.encode())) == expected
    assert rows(read(zipped({f"{name}.gz": gzip.compress(text.encode())}))) == expected
    if not text.startswith("<"):
        assert rows(read(text.encode("utf-16"))) == expected


@pytest.mark.parametrize("name", RECORDED)
def test_reports_of_the_real_tools_are_read(name):
    content = read((RECORDINGS / name).read_bytes())
    assert content.anomalies == []
    told = [
        [suite, name, outcome, first_line(message), None if healed is None else first_line(healed)]
        for suite, name, outcome, message, healed in rows(content)
    ]
    assert told == RECORDED[name]["results"]


def test_what_junit_reports_have_told_is_not_counted_again():
    junit = suite(
        *(
            f"<testcase classname='shop.spec.ts' name='cart \u203a {name}'/>"
            for name in ("heals", "fails", "later")
        )
    )
    content = read(zipped({"junit.xml": junit, "results.json": json.dumps(PLAYWRIGHT)}))
    assert (len(content.results), content.anomalies) == (3, [])
    assert content.passed_over == ["results.json (tells what a JUnit report tells)"]


def test_a_format_beside_junit_reports_of_other_tests_is_read():
    _, trx, expected = FORMATS["TRX"]
    content = read(zipped({"a.trx": trx, "junit.xml": suite("<testcase name='a'/>")}))
    assert len(content.results) == 1 + len(expected)


def test_what_an_artifact_holds_instead_of_a_report_is_named():
    (anomaly,) = read(
        zipped({"index.html": "<html/>", "data/a.json": "{}", **{f"{n}.png": "" for n in range(5)}})
    ).anomalies
    assert "holds no JUnit report" in anomaly.detail
    assert "'index.html', 'data/a.json', '0.png' and 4 more" in anomaly.detail


@pytest.mark.parametrize(
    ("name", "text", "reason"),
    [
        ("a.json", '{"testResults": ' + "[" * 20_000, "nested too deep"),
        ("a.json", '{"numTotalTests": 1, "testResults": [', "not well-formed JSON"),
        ("a.json", '{"numTotalTests": 1, "testResults": [' + "{}," * 100_000 + "{}]}", "takes more than"),
        ("a.json", lines(*GO_FIRST[:1], *(go("pass", f"Test{n}") for n in range(20_000))), "take more than"),
        ("a.jsonl", lines(*GO_FIRST) + '{"Action": "' + "x" * 5 * MIB, "a line is longer"),
        ("a.trx", "<TestRun>" + "<x>" * 10_000, "nested more than 200 deep"),
        ("a.trx", "<!DOCTYPE TestRun [<!ENTITY x 'y'>]><TestRun/>", "DTD"),
        ("a.xml", FORMATS["Robot Framework"][1][:-20], "not well-formed XML"),
    ],
)
def test_what_is_too_much_or_broken_affects_nothing_else(name, text, reason):
    content = read(zipped({name: text, "b.tap": FORMATS["TAP"][1]}, 0), SMALL)
    assert any(reason in anomaly.detail and name in anomaly.detail for anomaly in content.anomalies)
    if "held" not in reason and "take" not in reason:
        assert any(result.name == "adds" for result in content.results)


def test_a_large_document_asks_for_memory_before_it_is_parsed():
    text = '{"numTotalTests": 1, "testResults": [' + "{}," * 300_000 + "{}]}"
    tracemalloc.start()
    try:
        content = read(zipped({"a.json": text}), SMALL)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert content.needed > 4 * MIB
    assert peak < 12 * MIB


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)


def changed(document: object, path: list[int], value: object) -> object:
    """The document with another value somewhere."""
    if not path or not isinstance(document, dict | list) or not document:
        return value
    keys = list(document) if isinstance(document, dict) else list(range(len(document)))
    key = keys[path[0] % len(keys)]
    copy = dict(document) if isinstance(document, dict) else list(document)
    copy[key] = changed(copy[key], path[1:], value)
    return copy


JSON = {
    tool: json.loads(text)
    for tool, (_, text, _) in FORMATS.items()
    if text.startswith(('{"config', '{"num', '{"stats', '{"report', "["))
}


@given(st.sampled_from(sorted(JSON)), st.lists(st.integers(0, 9), max_size=9), VALUES)
def test_documents_of_any_shape_give_results_or_anomalies(tool, path, value):
    content = read(json.dumps(changed(JSON[tool], path, value)).encode())
    assert content.results or content.anomalies or path


@given(
    st.sampled_from(sorted(FORMATS)),
    st.lists(st.tuples(st.integers(0, 5_000), st.integers(0, 255)), max_size=5),
    st.integers(0, 5_000),
)
def test_damaged_reports_give_results_or_anomalies(tool, changes, cut):
    data = bytearray(FORMATS[tool][1].encode())
    for place, value in changes:
        data[place % len(data)] = value
    data = data[: max(1, len(data) - cut % len(data))] if cut % 2 else data
    content = read(bytes(data))
    assert content.results or content.anomalies or b"ok" not in data
