"""Reports that no parser takes: what can be told is read, and told of."""

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from etl.errors import DataError
from etl.extract.archive import read_artifact
from etl.extract.junit import read_report
from etl.extract.xml_repair import Repair
from etl.model.results import Content, Result
from tests.extract.reports import DIALECTS, endless, read, suite

MIB = 1 << 20


def read_all(xml: str | bytes) -> tuple[list[Result], list[str]]:
    data = xml if isinstance(xml, bytes) else xml.encode()
    content = read_artifact(io.BytesIO(data), "junit")
    return content.results, [anomaly.detail for anomaly in content.anomalies]


A = "<testcase name='a'/>"


@pytest.mark.parametrize(
    ("case", "name", "message"),
    [
        ("<testcase name='b & c'/>", "b & c", ""),
        ("<testcase name='b &amp; c &#x41;'/>" + "<testcase name='&'/>", "b & c A", ""),
        ("<testcase name='b&nbsp;c'/>", "b\xa0c", ""),
        ("<testcase name='a < b'/>", "a < b", ""),
        ('<testcase name="says "hi" to" time="1"/>', 'says "hi" to', ""),
        ('<testcase name="b"><failure message="x "y" z" type="T"/></testcase>', "b", 'x "y" z'),
        ("<testcase name='b'><failure>List<String> & more</failure></testcase>", "b", "List<String> & more"),
        ("<testcase name='b'><failure>1 < 2</failure></testcase>", "b", "1 < 2"),
        ("<testcase name='b'><failure>x]]>y</failure></testcase>", "b", "x]]>y"),
        ("<testcase name='b' name='c'/>", "b", ""),
        ("<testcase name='b'><failure>x</testcase>", "b", "x"),
    ],
)
def test_what_can_be_repaired_is_read_and_told_once(case, name, message):
    results, (detail,) = read_all(suite(A, case, "<testcase name='z'/>"))
    assert [results[0].name, results[1].name, results[-1].name] == ["a", name, "z"]
    assert results[1].message == message
    assert "not well-formed XML: " in detail
    assert "repaired" in detail


def test_several_reports_in_one_file():
    reports = ["<?xml version='1.0'?>\n" + suite(f"<testcase name='{name}'/>", name=name) for name in "abc"]
    results, anomalies = read_all("\n".join(reports))
    assert [(result.suite, result.name) for result in results] == [("a", "a"), ("b", "b"), ("c", "c")]
    assert anomalies == []


def test_writers_of_several_reports_in_one_file_are_known_by_themselves():
    failed, passed = "<testcase name='t'><failure/></testcase>", "<testcase name='t'/>"
    jest = f"<testsuites name='jest tests'>{suite(failed, passed)}</testsuites>"
    results, _ = read_all(jest + suite(failed, passed))
    assert [result.outcome for result in results] == ["failed", "passed", "passed"]


@pytest.mark.parametrize(
    "end", ["", "<testcase name='c'", "<testcase name='c'>", "<testcase name='c'><system-out>x"]
)
def test_what_is_cut_off_gives_what_was_before(end):
    results, (detail,) = read_all(f"<testsuite name='s' tests='7'>{A}<testcase name='b'/>{end}")
    assert [result.name for result in results] == ["a", "b"]
    assert "2 results were read of 7 that it claims" in detail


def test_a_failure_before_the_cut_is_not_lost():
    results, _ = read_all(f"<testsuite name='s'>{A}<testcase name='b'><failure message='boom'>at li")
    assert [(result.name, result.outcome) for result in results] == [("a", "passed"), ("b", "failed")]
    results, _ = read_all(f"<testsuite name='s'>{A}<error message='boom'/><testcase name='b'>")
    assert [(result.name, result.outcome) for result in results] == [("a", "passed"), ("s", "error")]


def test_a_dtd_of_a_second_document_is_refused():
    results, (detail,) = read_all(suite(A) + "<!DOCTYPE x [<!ENTITY y 'z'>]>" + suite(A))
    assert [result.name for result in results] == ["a"]
    assert "not well-formed" in detail or "DTD" in detail


def repaired(data: bytes, size: int) -> tuple[list[Result], int]:
    content = Content()
    repairs = read_report((data[at : at + size] for at in range(0, len(data), size)), content, repair=True)
    return content.results, repairs


@pytest.mark.parametrize("tool", DIALECTS)
@pytest.mark.parametrize("size", [7, 1 << 16])
def test_a_sound_report_stays_as_it_is(tool, size):
    data = DIALECTS[tool][0].encode()
    assert repaired(data, size) == (read(data), 0)


DAMAGE = st.sampled_from(["&", "<", '"', "'", ">", "&nbsp;", "</x>", "<x>", "]]>", "<!--", "\x00", "é"])
SOUND = suite(
    *(
        f"<testcase name='n{n}' classname='c'><failure message='m{n}'>text</failure></testcase>"
        for n in range(9)
    )
)


@given(st.integers(0, len(SOUND)), DAMAGE, st.integers(0, 3))
def test_damage_costs_what_is_around_it(place, damage, cut):
    results, _ = read_all(SOUND[:place] + damage + SOUND[place + cut :])
    complete = SOUND[:place].count("</testcase>")
    assert [result.name for result in results][:complete] == [f"n{n}" for n in range(complete)]
    assert all(result.is_red for result in results[:complete])


@given(
    st.lists(
        st.sampled_from([*"<>&'\" /=ax!?-[]", "<testcase ", "<![CDATA[", "]]>", "<!--", "-->", "</", "é"]),
        max_size=60,
    )
)
def test_pieces_of_any_size_are_repaired_alike(parts):
    text = "".join(parts)
    whole, pieces = Repair(1000), Repair(1000)
    try:
        expected = whole.feed(text) + whole.close()
    except DataError:
        return
    assert "".join(map(pieces.feed, text)) + pieces.close() == expected


@pytest.mark.parametrize(
    "head", [b"<testsuite><x>&", b"<testsuite a='&' b='", b"<testsuite>&<!--", b"<testsuite>&<![CDATA["]
)
def test_a_repair_is_bounded(head):
    content = Content()
    with pytest.raises(DataError):
        read_report(endless(head, b"a<", 5 * MIB), content, repair=True)
