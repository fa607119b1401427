from etl.verdict.gather import Found, Told, gather
from etl.verdict.known import BASE, Failed, Outside
from tests.verdict.cases import HOUR_S, JOB, NOW, RUN, TEST

FAILED = Failed(TEST, "unit", "boom", "test", "boom", "src/orbit.py")
LONG_AGO = NOW - 48 * HOUR_S


def outside(*told, red=()):
    (one,) = gather(RUN, [FAILED], Found({}, told=told, red=red))
    return one.outside


def told(line, time=NOW, subject=JOB, signature="boom"):
    return Told(time, line, subject, signature)


def test_a_message_on_other_lines_now_is_counted_once_a_line_and_once_a_test():
    assert outside(told("one"), told("one"), told("two")).now == 1
    other = JOB._replace(job="lint")
    assert outside(told("one"), told("two", subject=other)).now == 2


def test_the_failure_itself_its_own_line_and_habits_are_not_counted():
    assert outside(told("feature"), told("one", subject=TEST), told(BASE)).now == 0
    matrix = TEST._replace(job="unit (other)")
    assert outside(told("one", subject=matrix)).now == 0
    assert outside(told("one", LONG_AGO), told("two")) == Outside(0, 0, 1, 0)


def test_red_lines_are_counted_now_and_before():
    red = [
        (NOW, "one"),
        (NOW + 9, "one"),
        (LONG_AGO, "two"),
        (LONG_AGO, BASE),
        (LONG_AGO + 1, BASE),
        (NOW, "feature"),
    ]
    assert outside(red=red) == Outside(0, 1, 0, 2)


def test_without_a_message_nothing_is_compared():
    (one,) = gather(RUN, [Failed(JOB, "build")], Found({}, told=[told("one", signature="")]))
    assert one.outside == Outside()


def test_touched_files_match_from_the_end():
    for path, files, expected in (
        ("src/orbit.py", {"src/orbit.py"}, True),
        ("/home/runner/work/rocket/src/orbit.py", {"src/orbit.py"}, True),
        ("orbit.py", {"src/orbit.py"}, True),
        ("src/orbit.py", {"src/other.py"}, False),
        ("src/orbit.py", set(), False),
        ("", {"src/orbit.py"}, None),
    ):
        failed = Failed(TEST, "unit", path=path)
        (one,) = gather(RUN, [failed], Found({}, touched=frozenset(files)))
        assert one.touched is expected
    (one,) = gather(RUN, [FAILED], Found({}))
    assert one.touched is None
