# ruff: noqa: S108
import re
from functools import partial
from pathlib import Path
from sys import getrefcount

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from etl.transform.failures.template_rules import RULES
from etl.transform.failures.templates import Templates, is_boilerplate, signature_of, template_of
from tests.waiting import assert_linear

MESSAGES = {
    "Go": [
        ("foo_test.go:123: expected 3, got 4.5", "foo_test.go:<line>: expected <n>, got <n>"),
        (
            "TestTracing - timed-out checking trace (2m0s)",
            "TestTracing - timed-out checking trace (<duration>)",
        ),
        ("goroutine 1843 [chan receive, 10 minutes]:", "goroutine <thread> [chan receive, <duration>]:"),
        ("signal SIGSEGV: code=0x1 addr=0x18", "signal SIGSEGV: code=0x1 addr=<address>"),
        ("2026/01/31 12:00:00 http: Server closed", "<time> http: Server closed"),
        ("after 30.001s: context deadline exceeded", "after <duration>: context deadline exceeded"),
        ("built with go1.21.4 on arm64", "built with go1.21.4 on arm64"),
    ],
    "Python": [
        ("assert <A at 0x7f3c> == <A at 0x7f3d>", "assert <A at <address:1>> == <A at <address:2>>"),
        ('File "/tmp/pytest-of-me/x.py", line 12, in a', 'File "<temporary-path>", line <line>, in a'),
        ("no module 'foo' (python3.12, utf8)", "no module 'foo' (python3.12, utf8)"),
        ("HTTPError: 503 Server Error for url", "HTTPError: 503 Server Error for url"),
        ("[gw3] worker crashed", "[gw<thread>] worker crashed"),
    ],
    "Java": [
        ("at com.acme.Foo.bar(Foo.java:42)", "at com.acme.Foo.bar(Foo.java:<line>)"),
        ("closed: com.acme.Foo@1b6d3586", "closed: com.acme.Foo@<address>"),
        ("closed: com.acme.Foo@1b6d35", "closed: com.acme.Foo@<address>"),
        ("thread pool-3-thread-17", "thread pool-<thread:1>-thread-<thread:2>"),
        ("expected: <200> but was: <500>",) * 2,
        ("expected: <3> but was: <4>", "expected: <<n>> but was: <<n>>"),
        ("Expected status code 200, but got 404",) * 2,
        ("at GeneratedMethodAccessor12.invoke", "at GeneratedMethodAccessor<n>.invoke"),
        ("through $Proxy27.find", "through $Proxy<n>.find"),
    ],
    "JavaScript": [
        ("(reading 'x') at /app/src/a.ts:10:15", "(reading 'x') at /app/src/a.ts:<line>"),
        ("Exceeded timeout of 5000 ms for a test.", "Exceeded timeout of <duration> for a test."),
        ("Request failed with status code 404", "Request failed with status code 404"),
        ("npm ERR! 404 Not Found - GET", "npm ERR! 404 Not Found - GET"),
        ("error TS2322: Type 'string'", "error TS2322: Type 'string'"),
        ("page http://localhost:3000/login", "page http://localhost:<port>/login"),
    ],
    "Rust": [
        ("thread 'a::b' panicked at src/lib.rs:10:9:", "thread 'a::b' panicked at src/lib.rs:<line>:"),
        ("std::vec::at: out of range", "std::vec::at: out of range"),
        ("error: process didn't exit successfully (exit status: 101)",) * 2,
    ],
    "Kubernetes": [
        ("pod web-7d4b9c6f5d-x2k4p is not ready", "pod web-<pod> is not ready"),
        ("pod web-bcdfghjk-kkqqz is not ready", "pod web-<pod> is not ready"),
        ("status 503 from pod gateway-e2b294", "status 503 from pod gateway-<pod>"),
        ("status 503 from pod gateway-482910", "status 503 from pod gateway-<pod>"),
        ("no endpoint of preview-e2b294 yet", "no endpoint of preview-<pod> yet"),
        ("pod/api-v2beta1 and pod web-0 are gone", "pod/api-v2beta1 and pod web-<n> are gone"),
        ("cannot build linux-arm64 for node-e2e", "cannot build linux-arm64 for node-e2e"),
        ("E0604 23:06:39.123456   12345 a.go:7] bad", "E<time> a.go:<line>] bad"),
        ("image app@sha256:" + "0a" * 32, "image app@sha256:<hash>"),
        ("cert-manager-webhook is not ready", "cert-manager-webhook is not ready"),
    ],
    "networking": [
        ("dial tcp 10.0.0.7:8443: refused", "dial tcp <ip>: refused"),
        ("dial tcp [::1]:8080: refused", "dial tcp <ip>: refused"),
        ("HTTP/1.1 502 Bad Gateway", "HTTP/1.1 502 Bad Gateway"),
        ("Unexpected HTTP response: 403", "Unexpected HTTP response: 403"),
        ("curl: (22) The requested URL returned error: 503",) * 2,
        ("link 00:1A:2b:3c:4d:5e is down", "link <mac> is down"),
    ],
    "any": [
        ("Back off 16.462 seconds before retry.", "Back off <duration> before retry."),
        ("not our ref a8239c3d029dd6db0ee1c0d5b2547fb1dac9b1a4", "not our ref <hash>"),
        ("at 2026-01-31T12:00:00.123Z it broke", "at <time> it broke"),
        ("used 512MiB of 1.5 GB (34.1%)", "used <size> of <size> (<percentage>)"),
        ("failed with exit code 128", "failed with exit code 128"),
        ("line one\n  line   two", "line one line two"),
        (r"rows:\n12", "rows: <n>"),
        ("user_1726312345@ is taken", "user_<id>@ is taken"),
        ("between 400 401", "between <n> <n>"),
        ("\x1b[31mred\x1b[0m alert", "red alert"),
        ("broken \ud800 text", "broken � text"),
        ("", ""),
    ],
}


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        pytest.param(*case, id=f"{kind}-{case[0][:40]!a}")
        for kind, cases in MESSAGES.items()
        for case in cases
    ],
)
def test_what_varies_becomes_a_placeholder(message, expected):
    assert template_of(message) == expected
    assert template_of(expected) == expected


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        ("10.0.0.1 lost 10.0.0.1", "<ip> lost <ip>"),
        ("10.0.0.1 lost 10.0.0.2, not 10.0.0.1", "<ip:1> lost <ip:2>, not <ip:1>"),
        ("10.0.0.9 lost 10.0.0.3, not 10.0.0.9", "<ip:1> lost <ip:2>, not <ip:1>"),
        ("waited 3s, then 4s", "waited <duration>, then <duration>"),
        ("<ip> lost 10.0.0.1", "<ip:1> lost <ip:2>"),
    ],
)
def test_equal_values_are_equal_placeholders(message, expected):
    assert template_of(message) == expected


def test_a_rule_that_is_off_leaves_its_matches_to_later_ones():
    assert Templates(disabled=["duration"])("took 3s, 4 times") == "took 3s, <n> times"
    assert Templates(disabled=["uuid", "hash", "number"])("took 3 times") == "took 3 times"


@pytest.mark.parametrize(
    ("pattern", "placeholder", "message", "expected"),
    [
        (r"tenant-\w+", "<tenant>", "tenant-a beside tenant-b", "<tenant:1> beside <tenant:2>"),
        (r"tenant-(?P<value>\w+)", "<tenant>", "tenant-a7 is gone", "tenant-<tenant> is gone"),
        (r"build-\d+", "build-0", "build-17 after build-18", "build-0 after build-0"),
        (r"[A-Z]{2}\d+", "X", "AB12 and EXIT 3 of AB13", "X and EXIT <n> of X"),
        (r"\(attempt \d+\)", "", "lost (attempt 3) again", "lost again"),
        (r"\d+", r"\g<0>\1", "7 dwarfs", r"\g<0>\1 dwarfs"),
        (r"a|(?P<value>b)", "<x>", "a b", "<x:1> <x:2>"),
        (r"x*", "<x>", "axxb", "a<x>b"),
    ],
)
def test_rules_of_ones_own_come_first(pattern, placeholder, message, expected):
    templates = Templates(extra=[(pattern, placeholder)])
    assert templates(message) == expected
    assert templates(expected) == expected


PIECES = """
10.0.0.1 ::1 a8239c3d 0x1f 12:30:01 2026-01-31T12:00:00Z exit code 3 HTTP 404 web-7d4b9c6f5d-x2k4p 3s 5% <ip> <n:2>
1.5 GB line 3 a.py:7 /tmp/x port 80 [ ] ( ) - . , : / @ ' a b 1 f Z (Downloader 1) […] \U000f0000 \ud800 é ٣
"""
texts = st.lists(
    st.one_of(st.sampled_from([*PIECES.split(), " ", "\n"]), st.text(max_size=4)), max_size=40
).map("".join)


@settings(max_examples=300)
@given(texts)
def test_a_templates_template_is_itself(message):
    template = template_of(message)
    assert template_of(template) == template
    assert template.encode().decode() == template


SAFE = "bcdfghjklmnpqrstvwxz2456789"
hashed = st.one_of(
    st.from_regex(r"[0-9a-f]{6}", fullmatch=True).filter(lambda name: re.search(r"\d", name)),
    st.from_regex(rf"[{SAFE}]{{5}}", fullmatch=True),
    st.from_regex(rf"[{SAFE}]{{8,10}}-[{SAFE}]{{5}}", fullmatch=True),
)


@settings(max_examples=200)
@given(hashed)
def test_what_fails_in_ever_new_pods_is_one_failure(suffix):
    assert template_of(f"status 503 from pod gateway-{suffix}") == "status 503 from pod gateway-<pod>"


@settings(max_examples=100)
@given(texts)
def test_a_templates_template_is_itself_by_rules_of_ones_own(message):
    templates = Templates(extra=[(r"web-\w+", "<web>"), (r"\bport \d+", "port N"), (r"a\.py", "<File>")])
    assert templates(templates(message)) == templates(message)


def test_long_messages_are_not_kept_for_long():
    templates = Templates()
    message = " ".join(["a message of its own"] * 100)
    before = getrefcount(message)
    templates(message)
    assert getrefcount(message) > before
    for number in range(32):
        templates(f"{number} {message}")
    assert getrefcount(message) == before


def test_megabytes_are_cut_in_the_middle():
    message = "begin " + "word " * 400_000 + "end"
    template = template_of(message)
    assert len(template) <= 2_000
    assert template.startswith("begin word ")
    assert template.endswith("word end")
    assert " […] " in template
    assert template_of(template) == template


def test_the_length_of_what_varies_does_not_shift_the_cut():
    lines = [f"step {number} of the plan" for number in range(1, 200)]
    short = " ".join(f"after 1s {line}" for line in lines)
    long = " ".join(f"after 1h23m45.678s {line}" for line in lines)
    assert template_of(short) == template_of(long)
    assert " […] " in template_of(short)


# Of each rule what repeats in it.
HOSTILE = """
0 1a a1 1. 1, 1: :: f: 0- 1- a- -a5bcd a.b. /a \\a a:\\ c:/a/ /tmp/ 1s 1h2m 1.1s <<n> 2026- Jan HTTP status error code
code: exit exited_with_ request-id: id= x=a. sha256- 0x @a 1@f goroutine thread- .py: line 1% 1,1 1kB A1 A 1e 1e+
(Downloader download'40 download\" […] [1: Mon, 1:00: 12:00:00 2026-01-01 Z Z+00:00 E0101 tmp_ pytest-of- go-build1
1.1.1.1 1.1.1. \x1b[ \x1b] \x1b[1;
"""
SPACED = [
    " ",
    "runner ",
    "runner: did not ",
    "status ",
    "Jan 1 ",
    "download '",
    "1 ",
    "- ",
    "exited with ",
    " (Downloader ",
]


def _hostile(piece: str, size: int) -> str:
    return piece * (size // len(piece)) + "!x"


@pytest.mark.slow
@pytest.mark.parametrize("name", RULES)
def test_no_rule_is_quadratic(name):
    pattern = re.compile(RULES[name].pattern)
    for piece in [*HOSTILE.split(), *SPACED]:
        assert_linear(
            lambda text: pattern.sub("_", text),
            partial(_hostile, piece),
            64_000,
        )


@pytest.mark.parametrize("alphabet", ["0123456789", "abcdef0:", "1.", "a-5 ", "A1", "/tmp ", "1ms", "<n>"])
def test_long_messages_of_few_characters(alphabet):
    message = (alphabet * 64_000)[:64_000]
    template = template_of(message)
    assert template_of(template) == template


def documented() -> list[tuple[str, str, str]]:
    """Rule, example and template of each line of the table in docs/failures.md."""
    page = (Path(__file__).parents[2] / "docs" / "failures.md").read_text("utf-8")
    return re.findall(r"^\| `([\w-]+)` \| `([^`]+)` \| `([^`]+)` \|$", page, re.MULTILINE)


def test_every_rule_is_documented_in_order():
    assert [name for name, _, _ in documented()] == list(RULES)


def test_documented_examples_are_of_their_rules():
    for name, example, template in documented():
        assert (name, template_of(example)) == (name, template)
        assert (name, Templates(disabled=[name])(example)) != (name, template)


def test_a_signature_is_twelve_hex_digits_and_stable():
    assert signature_of("boom") == "81f52337ebb4"
    assert signature_of(template_of("took 3s")) == signature_of(template_of("took 45s"))
    assert re.fullmatch("[0-9a-f]{12}", signature_of("\ud800"))


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        ("Process completed with exit code 1.", True),
        ("Process completed with exit code -1073741819.", True),
        ("The operation was canceled.", True),
        ("Process completed with exit code 1. But why?", False),
        ("assert 1 == 2", False),
    ],
)
def test_boilerplate(message, expected):
    assert is_boilerplate(message) is expected
