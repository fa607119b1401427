import gzip
import io
import struct
import tracemalloc
import zipfile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from etl.extract.archive import ArchiveLimits, read_artifact
from tests.extract.reports import suite, zipped

MIB = 1 << 20
A, B = (suite(f"<testcase name='{name}'/>").encode() for name in "ab")
BOMB = b"<testsuite><testcase name='in'/>" + b" " * (64 * MIB) + b"</testsuite>"


def read(data: bytes, limits: ArchiveLimits | None = None) -> tuple[list[str], list[str]]:
    """Names of the tests, and the anomalies' details."""
    content = read_artifact(io.BytesIO(data), "junit", limits)
    assert all((anomaly.kind, anomaly.url) == ("report", "") for anomaly in content.anomalies)
    assert all(anomaly.detail.startswith("artifact 'junit'") for anomaly in content.anomalies)
    return [result.name for result in content.results], [anomaly.detail for anomaly in content.anomalies]


def peak(data: bytes, limits: ArchiveLimits | None = None) -> int:
    tracemalloc.start()
    try:
        read(data, limits)
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize(
    ("data", "names"),
    [
        (A, ["a"]),
        (gzip.compress(A), ["a"]),
        (gzip.compress(A[:20]) + gzip.compress(A[20:]) + b"\0" * 512, ["a"]),
        (zipped({"a.xml": A, "deep/er/B.XML": B}), ["a", "b"]),
        (zipped({"a.xml": A, "b.xml": B}, zipfile.ZIP_STORED), ["a", "b"]),
        (zipped({"a.xml.gz": gzip.compress(A), "b.xml": gzip.compress(B)}), ["a", "b"]),
        (zipped({"a.xml": A, "log.txt": "<x", "shot.png": b"\x89PNG", "coverage.xml": "<coverage/>"}), ["a"]),
    ],
    ids=["xml", "gzip", "gzips", "zip", "stored", "gzip in zip", "others beside"],
)
def test_the_first_bytes_tell_what_it_is(data, names):
    assert read(data) == (names, [])


def test_reports_without_cases_are_reports():
    assert read(zipped({"a.xml": "<testsuites/>"})) == ([], [])


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "empty"),
        (b"hello", "not well-formed"),
        (b"<html/>", "not a JUnit report"),
        (b"\x1f\x8bnonsense", "Error"),
        (gzip.compress(A)[:-9], "ends too early"),
        (zipped({}), "holds no JUnit report"),
        (zipped({"coverage.xml": "<coverage/>", "a.txt": ""}), "holds no JUnit report"),
        (zipped({"a.xml": A, "b.xml": B})[:-30], "not a zip file"),
        (zipped({"a.xml": A, "b.xml": B})[:60], "not a zip file"),
        (b"PK\x03\x04", "not a zip file"),
    ],
    ids=["nothing", "text", "HTML", "gzip", "cut gzip", "empty", "others", "cut end", "cut", "signature"],
)
def test_what_cannot_be_read_is_reported(data, reason):
    names, (detail,) = read(data)
    assert names == []
    assert reason.lower() in detail.lower()


def test_a_broken_report_affects_nothing_else():
    names, details = read(zipped({"1.xml": A, "2.xml": b"<testsuite><testcase name='half'/><x", "3.xml": B}))
    assert names == ["a", "half", "b"]
    assert "'2.xml': not well-formed" in details[0]


def test_anomalies_are_bounded():
    names, details = read(zipped({f"{n}.xml": "<" for n in range(50)} | {"a.xml": A}))
    assert (names, len(details)) == (["a"], 21)
    assert "30 more entries" in details[-1]


def test_paths_that_lead_out_are_not_read():
    names, details = read(zipped({"../../etc/passwd": "root", "/abs.xml": B, "..\\win.xml": B, "a.xml": A}))
    assert names == ["a"]
    assert ["leads out of the archive" in detail for detail in details] == [True] * 3
    assert "'../../etc/passwd'" in details[0]


def patched(data: bytes, offset: int, value: bytes, *, local: bool = False) -> bytes:
    """With a field of the last entry overwritten, in the list of entries or in the entry itself."""
    at = data.rindex(b"PK\x03\x04" if local else b"PK\x01\x02") + offset
    return data[:at] + value + data[at + len(value) :]


TWO = zipped({"a.xml": A, "b.xml": B})


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (patched(TWO, 8, b"\x01"), "encrypted"),
        (patched(TWO, 10, b"\x0e"), "method 14"),
        (patched(TWO, 16, b"\0\0\0\0"), "Bad CRC"),
        (patched(TWO, 24, struct.pack("<I", 5)), "Bad CRC"),
        (patched(TWO, 20, struct.pack("<I", 5)), ""),
        (patched(TWO, 42, struct.pack("<I", 0)), "File name in directory"),
        (patched(TWO, 26, b"\xff\xff", local=True), "File name in directory"),
        (patched(TWO, 30 + 5, b"\xff\xff\xff", local=True), ""),
    ],
    ids=["encrypted", "method", "crc", "size", "packed size", "offset", "local name", "data"],
)
def test_a_lying_or_broken_entry_affects_nothing_else(data, reason):
    names, details = read(data)
    assert names[0] == "a"
    (detail,) = details
    assert "'b.xml'" in detail
    assert reason in detail


def test_an_entry_larger_than_it_says_is_not_read_further():
    data = patched(zipped({"a.xml": A, "b.xml": BOMB}), 24, struct.pack("<I", 100))
    names, (detail,) = read(data)
    assert names == ["a"]
    assert "Bad CRC" in detail
    assert peak(data) < 40 * MIB


def test_an_entry_smaller_than_it_says():
    data = patched(TWO, 24, struct.pack("<I", 0xFFFFFFF0))
    names, _ = read(data)
    assert names == ["a", "b"]
    assert peak(data) < 40 * MIB


def test_a_zip_bomb_affects_nothing_else():
    data = zipped({"a.xml": A, "bomb.xml": BOMB, "b.xml": B})
    names, details = read(data)
    assert names == ["a", "in", "b"]
    assert "zip bomb" in details[0]
    assert peak(data) < 40 * MIB


def test_bombs_in_gzip_end_at_the_total():
    data = zipped({"a.xml": A, "bomb.xml.gz": gzip.compress(BOMB), "b.xml": B})
    limits = ArchiveLimits(total=16 * MIB)
    names, details = read(data, limits)
    assert (names, len(details)) == (["a", "in"], 1)
    assert "the rest is left out" in details[0]
    assert peak(data, limits) < 40 * MIB


def test_overlapping_entries_end_at_the_total():
    names, details = read(zipped({f"{n}.xml": A for n in range(9)}), ArchiveLimits(total=5 * len(A)))
    assert (names, len(details)) == (["a"] * 5, 1)


def test_a_huge_list_of_entries_is_not_loaded():
    data = zipped({f"{'x' * 200}{n}": b"" for n in range(100)})
    assert "larger than 10000 bytes" in read(data, ArchiveLimits(directory=10_000))[1][0]
    assert "more than 50 entries" in read(data, ArchiveLimits(entries=50))[1][0]


def test_names_are_shown_safely():
    details = read(zipped({"\x1b[31m" + "x" * 1000 + ".xml": "<"}))[1]
    assert "\x1b" not in details[0]
    assert len(details[0]) < 600


WHOLE = zipped({"a.xml": A, "b.xml.gz": gzip.compress(B), "c/c.xml": A * 20})
DAMAGE = st.lists(st.tuples(st.integers(0, len(WHOLE) - 1), st.integers(0, 255)), min_size=1, max_size=8)


def damaged(changes: list[tuple[int, int]]) -> bytes:
    data = bytearray(WHOLE)
    for at, value in changes:
        data[at] = value
    return bytes(data)


@given(
    st.binary()
    | st.binary().map(lambda tail: b"PK\x03\x04" + tail)
    | st.binary().map(lambda tail: b"\x1f\x8b\x08\0" + tail)
    | DAMAGE.map(damaged)
    | st.integers(0, len(WHOLE)).map(lambda end: WHOLE[:end])
)
def test_any_bytes_give_results_or_anomalies(data):
    content = read_artifact(io.BytesIO(data), "junit")
    assert content.results or content.anomalies
