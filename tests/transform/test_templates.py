import pytest

from etl.transform.templates import is_boilerplate, signature_of, template_of


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        (
            "TestTracing - timed-out checking trace (2m0s)",
            "TestTracing - timed-out checking trace (<duration>)",
        ),
        ("Back off 16.462 seconds before retry.", "Back off <duration> before retry."),
        ("not our ref a8239c3d029dd6db0ee1c0d5b2547fb1dac9b1a4", "not our ref <hash>"),
        ("dial tcp 10.0.0.7:8443: refused", "dial tcp <ip>: refused"),
        ("at 2026-01-31T12:00:00.123Z it broke", "at <time> it broke"),
        ("panic at 0xc000123", "panic at <address>"),
        ("no file /tmp/x-17/y.sock", "no file <temporary-path>"),
        ("expected 3, got 4.5", "expected <n>, got <n>"),
        ("line one\n  line   two", "line one line two"),
        ("python3.12 and utf8 stay", "python3.12 and utf8 stay"),
    ],
)
def test_what_varies_becomes_a_placeholder(message, expected):
    assert template_of(message) == expected


def test_a_signature_is_twelve_hex_digits_and_stable():
    assert signature_of("boom") == "81f52337ebb4"
    assert signature_of(template_of("took 3s")) == signature_of(template_of("took 45s"))


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        ("Process completed with exit code 1.", True),
        ("The operation was canceled.", True),
        ("Process completed with exit code 1. But why?", False),
        ("assert 1 == 2", False),
    ],
)
def test_boilerplate(message, expected):
    assert is_boilerplate(message) is expected
