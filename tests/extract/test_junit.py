import tracemalloc
from collections.abc import Iterable
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from etl.errors import DataError
from etl.extract.junit import Limits, NotJUnitError, read_report
from etl.extract.junit_case import duration
from etl.model.results import (
    CaseName,
    Content,
    Outcome,
    Result,  # pytest would collect the other name
)
from tests.extract.reports import DIALECTS, endless, read, rows, suite

MIB = 1 << 20


def broken(chunks: Iterable[bytes]) -> tuple[list[Result], str]:
    """What a report gives before it breaks, and the reason."""
    content = Content()
    with pytest.raises(DataError) as caught:
        read_report(chunks, content)
    return content.results, str(caught.value)


@pytest.mark.parametrize("tool", DIALECTS)
def test_every_tool_s_dialect_is_read(tool):
    xml, expected = DIALECTS[tool]
    assert rows(read(xml)) == expected


@pytest.mark.parametrize("tool", DIALECTS)
def test_pieces_of_any_size_give_the_same(tool):
    data = DIALECTS[tool][0].encode()
    read_report((data[at : at + 7] for at in range(0, len(data), 7)), content := Content())
    assert content.results == read(data)


@pytest.mark.parametrize(
    ("verdicts", "outcome", "message"),
    [
        ("<error message='e'/><failure message='f'/>", "failed", "f"),
        ("<error message='e'/><error message='e2'/>", "error", "e"),
        ("<skipped message='s'/><error message='e'/>", "error", "e"),
        ("<failure message='one'/><failure message='two'/>", "failed", "one"),
        ("<rerunFailure message='again'/>", "failed", "again"),
        ("<properties><failure/></properties><system-out><error/></system-out>", "passed", ""),
        ("<failure message='c failed'>why</failure>", "failed", "why"),
        ("<failure message='Failed'/>", "failed", "Failed"),
        ("<failure type='T'/>", "failed", "T"),
        ("<failure/>", "failed", ""),
        ("<failure>a<![CDATA[<b>]]>c</failure>", "failed", "a<b>c"),
        ("<x:failure message='f'/>", "failed", "f"),
    ],
)
def test_what_a_case_holds_decides(verdicts, outcome, message):
    (result,) = read(suite(f"<testcase name='c'>{verdicts}</testcase>"))
    assert (result.outcome, result.message) == (outcome, message)


def test_cases_may_lack_everything():
    results = read(
        "<testsuites name='all'><testsuite><testcase/><testcase/></testsuite><testcase/></testsuites>"
    )
    assert rows(results) == [("all", "all", "passed", None, "", None)] * 3
    assert read("<testsuite><testcase/></testsuite>")[0].name == "(no name)"


def test_the_innermost_named_suite_is_the_suite():
    results = read(suite(suite("<testcase name='a'/>", name=""), "<testcase name='b'/>", name="outer"))
    assert [(result.suite, result.name) for result in results] == [("outer", "a"), ("outer", "b")]


def test_file_and_line():
    (result,) = read(suite("<testcase name='a' file='tests/a.py' line='7'/>"))
    assert (result.path, result.line) == ("tests/a.py", 7)
    (result,) = read("<testsuite file='b.js'><testcase name='a' line='-1'/></testsuite>")
    assert (result.path, result.line) == ("b.js", None)


FAILED = "<testcase classname='k' name='t'><failure message='boom'/></testcase>"
PASSED = "<testcase classname='k' name='t'/>"
SKIPPED = "<testcase classname='k' name='t'><skipped/></testcase>"


@pytest.mark.parametrize(
    ("cases", "told"),
    [
        ((FAILED, PASSED), [("passed", "boom")]),
        ((FAILED, SKIPPED, PASSED), [("passed", "boom")]),
        ((FAILED, FAILED, PASSED), [("passed", "boom")]),
        # A repetition that is skipped says nothing.
        ((SKIPPED, FAILED), [("failed", None)]),
        ((FAILED, SKIPPED, SKIPPED), [("failed", None)]),
        ((PASSED, SKIPPED), [("passed", None)]),
        # Nothing says that these are retries.
        ((PASSED, FAILED), [("passed", None), ("failed", None)]),
        ((FAILED, FAILED), [("failed", None), ("failed", None)]),
        ((PASSED, PASSED), [("passed", None), ("passed", None)]),
        ((FAILED, PASSED, PASSED), [("failed", None), ("passed", None), ("passed", None)]),
    ],
)
def test_a_case_repeated_in_its_suite(cases, told):
    assert [(result.outcome, result.retried_message) for result in read(suite(*cases))] == told


def test_a_presumed_retry_keeps_its_attempts():
    (result,) = read(suite(FAILED, PASSED))
    assert [attempt.outcome for attempt in result.attempts] == ["failed", "passed"]


@pytest.mark.parametrize(
    "xml",
    [
        f"<testsuites>{suite(FAILED)}{suite(PASSED)}</testsuites>",
        suite(FAILED, suite(PASSED)),
        suite(FAILED, PASSED.replace("'k'", "'other'")),
    ],
)
def test_a_case_repeated_elsewhere_is_another(xml):
    results = read(xml)
    assert sorted(result.outcome for result in results) == ["failed", "passed"]
    assert all(result.retried_message is None for result in results)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("1.5", 1.5),
        (" 2 ", 2.0),
        ("1e-3", 0.001),
        ("1,234.5", 1234.5),
        ("1,234", 1234.0),
        ("12,345,678", 12345678.0),
        ("1.234,5", 1234.5),
        ("0,123", 0.123),
        ("3,5", 3.5),
        ("PT1.5S", 1.5),
        ("PT1H2M", 3720.0),
    ],
)
def test_times_in_any_notation(text, seconds):
    assert duration(text) == pytest.approx(seconds)


@pytest.mark.parametrize(
    "text", ["", "-1", "NaN", "inf", "1e400", "1_0", "1,2,3", "PT1..S", "soon", "٣", "1e12"]
)
def test_what_is_no_time_is_none(text):
    assert duration(text) is None


@pytest.mark.parametrize(
    "encoding",
    ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "latin-1", "windows-1252"],
)
def test_encodings(encoding):
    xml = f"<?xml version='1.0' encoding='{encoding}'?>" + suite("<testcase name='größe'/>")
    assert read(xml.encode(encoding))[0].name == "größe"


def test_shift_jis():
    xml = "<?xml version='1.0' encoding='Shift_JIS'?>" + suite("<testcase name='表示テスト'/>")
    assert read(xml.encode("shift_jis"))[0].name == "表示テスト"


@pytest.mark.parametrize("encoding", ["klingon", "zlib", "hex", "punycode", "unicode_escape"])
def test_an_encoding_of_nobody_is_refused(encoding):
    _, reason = broken([f"<?xml version='1.0' encoding='{encoding}'?><testsuite/>".encode()])
    assert "unknown encoding" in reason


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_what_xml_forbids_is_replaced(encoding):
    cases = (
        "<testcase name='a\x00\x1b\uffffb&#0;&#x1F;c&#65;'><failure><![CDATA[x\x08y]]></failure></testcase>"
    )
    (result,) = read(("<?xml version='1.0'?>" + suite(cases)).encode(encoding))
    assert (result.name, result.message) == ("a���b��cA", "x�y")


def test_bytes_that_are_not_in_the_encoding_are_replaced():
    assert (
        read(suite("<testcase name='a-b'/>").encode().replace(b"-", b"\xff"))[0].name
        == "a\N{REPLACEMENT CHARACTER}b"
    )


def test_blanks_before_the_declaration():
    assert len(read("\n  <?xml version='1.0'?>" + suite("<testcase name='a'/>"))) == 1


def test_messages_are_cut_in_the_middle():
    text = "begin" + "x" * 3_000_000 + "end"
    for failure in (f"<failure>{text}</failure>", f"<failure message='{text}'/>"):
        (result,) = read(suite(f"<testcase name='a'>{failure}</testcase>"))
        assert result.message.startswith("beginx")
        assert result.message.endswith("xend")
        assert "[…]" in result.message
        assert len(result.message) < 20_000


LAUGHS = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))


@pytest.mark.parametrize(
    ("prolog", "body"),
    [
        (f'<!DOCTYPE testsuite [<!ENTITY l0 "ha">{LAUGHS}]>', "&l9;"),
        ('<!DOCTYPE testsuite [<!ENTITY x SYSTEM "file:///etc/passwd">]>', "&x;"),
        ('<!DOCTYPE testsuite SYSTEM "http://127.0.0.1/x.dtd">', ""),
        ("<!DOCTYPE testsuite>", ""),
    ],
)
def test_a_dtd_is_refused(prolog, body):
    results, reason = broken([f"{prolog}<testsuite><testcase name='{body}'/></testsuite>".encode()])
    assert (results, "DTD" in reason) == ([], True)


def test_an_entity_that_nobody_defined():
    results, reason = broken([suite("<testcase name='a'/>", "<testcase name='&x;'/>").encode()])
    assert [result.name for result in results] == ["a"]
    assert "undefined entity" in reason


@pytest.mark.parametrize("depth", [10_000, 201])
def test_deep_nesting_is_refused(depth):
    _, reason = broken([b"<testsuite>" * depth + b"</testsuite>" * depth])
    assert "200 deep" in reason


SUITE_OF_ONE = b"<testsuite><testcase name='first'/>"


@pytest.mark.parametrize(
    ("head", "filler", "reason"),
    [
        (SUITE_OF_ONE + b"<testcase name='", b"x", "larger than"),
        (SUITE_OF_ONE + b"<!--", b"x", "larger than"),
        (SUITE_OF_ONE + b"<", b"x", "larger than"),
        (SUITE_OF_ONE + b"<testcase><failure>", b"text\n", "not well-formed"),
        (SUITE_OF_ONE + b"<system-out><![CDATA[", b"text\n", "not well-formed"),
    ],
)
def test_200_megabytes_in_one_place_stay_outside_of_memory(head, filler, reason):
    tracemalloc.start()
    try:
        results, told = broken(endless(head, filler, 200 * MIB))
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    # A failure that is cut off is one all the same.
    cut_off = ["(no name)"] if b"<failure>" in head else []
    assert [result.name for result in results] == ["first", *cut_off]
    assert reason in told
    assert peak < 40 * MIB


def test_a_million_different_names_are_refused():
    names = b"".join(b"<n%d/>" % n for n in range(200_000))
    assert "different names" in broken([SUITE_OF_ONE + names])[1]


def test_results_held_are_bounded():
    limits = Limits(short=50_000, held=100_000)
    cases = [f"<testcase name='{n}'><failure message='{'m' * 2000}'/></testcase>" for n in range(60)]
    with pytest.raises(DataError, match="take more than"):
        read("<testsuites>" + suite(*cases) * 9 + "</testsuites>", limits)
    # Messages become short before anything is lost.
    assert {len(result.message) > 1000 for result in read(suite(*cases), limits)} == {True, False}
    with pytest.raises(DataError, match="take more than"):
        read(suite(*cases * 9), Limits(held=10_000))


@pytest.mark.parametrize("xml", ["<html><body/></html>", "<coverage/>", "<assemblies/>", "<testcase/>"])
def test_other_xml_is_no_report(xml):
    with pytest.raises(NotJUnitError, match="its root is <"):
        read(xml)


@pytest.mark.parametrize(
    "data", [b"", b"  \n", b"\xef\xbb\xbf", b"plain text", b"\x89PNG\r\n", b"<testsuite>"]
)
def test_what_is_no_xml_is_reported(data):
    assert broken([data])[0] == []


def test_a_report_that_breaks_gives_what_was_complete():
    results, reason = broken([(suite("<testcase name='a'/>") + "<testcase").encode()])
    assert [result.name for result in results] == ["a"]
    assert "not well-formed" in reason


NAMES = st.text(
    st.characters(codec="utf-8", exclude_categories=("Cc", "Cs", "Zs", "Zl", "Zp")), min_size=1, max_size=9
)
CASES = st.tuples(NAMES, NAMES, st.sampled_from(Outcome), st.floats(0, 1e6) | st.none(), NAMES)
SUITES = st.lists(st.lists(CASES, max_size=5, unique_by=lambda case: case[:2]), max_size=4)
TAGS = {Outcome.FAILED: "failure", Outcome.ERROR: "error", Outcome.SKIPPED: "skipped"}


@given(SUITES, st.sampled_from(["utf-8", "utf-16"]))
def test_what_elementtree_writes_is_read_back(suites, encoding):
    root, expected = ET.Element("testsuites"), []
    for cases in suites:
        parent = ET.SubElement(root, "testsuite")
        for classname, name, outcome, time, message in cases:
            case = ET.SubElement(parent, "testcase", classname=classname, name=name)
            if time is not None:
                case.set("time", repr(time))
            if outcome in TAGS:
                ET.SubElement(case, TAGS[outcome]).text = message
            said = message if outcome in TAGS else ""
            expected.append(Result(CaseName(classname, name), outcome, time, said))
    assert clean(read(ET.tostring(root, encoding))) == clean(expected)


def clean(results: list[Result]) -> list[tuple[object, ...]]:
    forbidden = {ord("\ufffe"): "�", ord("\uffff"): "�"}
    return [tuple(v.translate(forbidden) if type(v) is str else v for v in row) for row in rows(results)]


FRAGMENTS = st.sampled_from(
    [
        "<testsuites>",
        "<testsuite name='a'>",
        "</testsuite>",
        "<testcase name='b'>",
        "</testcase>",
        "<failure>",
        "</failure>",
        "\n    <flakyError message='x'/>",
        "&#27;",
        "&x;",
        "<![CDATA[",
        "]]>",
        "<!DOCTYPE x>",
        "\x00",
        "text",
        "<?xml version='1.0' encoding='utf-16'?>",
        "\n    <?xml version='1.0' encoding='cp037'?>",
    ]
)


@given(st.binary() | st.lists(FRAGMENTS, max_size=20).map(lambda parts: "".join(parts).encode()))
def test_anything_else_is_a_data_error(data):
    try:
        read(data)
    except DataError as error:
        assert str(error)  # noqa: PT017  (it may be a report, too)
