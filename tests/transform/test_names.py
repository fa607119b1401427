import tracemalloc

import pytest
from hypothesis import given
from hypothesis import strategies as st

from etl.model.records import Workflow
from etl.model.tag_values import LONGEST, tag_value
from etl.transform.names import Masks, job_group, printable, workflow_names

ANY_TEXT = st.text(st.characters(exclude_categories=()), max_size=40)


@given(st.lists(ANY_TEXT, unique=True, max_size=30))
def test_different_names_never_become_the_same_tag_value(names):
    assert len({tag_value(name) for name in names}) == len(names)


@given(ANY_TEXT)
def test_tag_values_hold_nothing_that_influxdb_cannot_hold(name):
    value = tag_value(name)
    assert value
    assert not value.endswith("\\")
    assert not any(ord(character) < 0x20 or 0x7F <= ord(character) < 0xA0 for character in value)
    value.encode("utf-8")


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("unit (ubuntu, 3.12)", "unit (ubuntu, 3.12)"),
        ("", "␛(empty)"),
        ("two\nlines", "two␛0Alines"),
        ("ends in\\", "ends in␛5C"),
        ("ends in␛5C", "ends in␛␛5C"),
        ("C:\\ dir", "C:␛5C dir"),
        ("broken \ud800", "broken ␛uD800"),
    ],
)
def test_substitutes_are_visible(name, expected):
    assert tag_value(name) == expected


def test_long_names_are_cut_and_stay_apart():
    one, other = tag_value("x" * 5_000 + "1"), tag_value("x" * 5_000 + "2")
    assert one != other
    assert len(one) <= LONGEST


def test_a_name_of_1000_characters_is_kept():
    assert tag_value("x" * LONGEST) == "x" * LONGEST


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("unit (ubuntu, 3.12)", "unit"),
        ("unit", "unit"),
        ("Integration tests (helm_upgrade)", "Integration tests"),
        ("call / unit (a (b), c)", "call / unit"),
        ("(all of it)", "(all of it)"),
        ("f(x)", "f(x)"),
        ("odd )", "odd )"),
        ("a (b) (c)", "a (b)"),
        ("", ""),
    ],
)
def test_job_group(name, expected):
    assert job_group(name) == expected


@given(ANY_TEXT)
def test_job_group_is_a_prefix(name):
    assert name.startswith(job_group(name))


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("deploy 6f1c2a34-0000-4000-8000-00000000abcd", "deploy <uuid>"),
        ("image a8239c3d029dd6db0ee1c0d5b2547fb1dac9b1a4", "image <hash>"),
        ("i-0abc123def4567890", "i-<hash>"),
        ("test /tmp/pytest-17/x y", "test <temporary-path> y"),
        ("at 0x7ffeab12", "at <address>"),
        ("run 1234567890", "run <id>"),
        ("10.0.0.1:8080", "<ip>"),
        ("unit (3.12, ubuntu-22.04, node 18)", "unit (3.12, ubuntu-22.04, node 18)"),
        ("e2e shard 3", "e2e shard 3"),
        ("deadbeefcafe", "deadbeefcafe"),
    ],
)
def test_masks(name, expected):
    assert Masks()(name) == expected


def test_masks_can_be_turned_off_and_added():
    masks = Masks(disabled=["id"], extra=[(r"pr-\d+", "<pr>")])
    assert masks("pr-17 1234567890") == "<pr> 1234567890"


def test_a_placeholder_is_taken_literally():
    assert Masks(extra=[("a", r"\1")])("a") == r"\1"


def test_workflows_that_share_a_name_carry_their_file():
    workflows = [
        Workflow(1, "CI", ".github/workflows/ci.yml"),
        Workflow(2, "CI", ".github/workflows/other.yml"),
        Workflow(3, "Docs", ".github/workflows/docs.yml"),
    ]
    assert workflow_names(workflows) == {1: "CI (ci.yml)", 2: "CI (other.yml)", 3: "Docs"}


def test_printable_text_has_one_line_end_and_valid_utf8():
    assert printable("a\r\nb\rc\x00\ud800") == "a\nb\nc␀?"


def test_a_text_of_megabytes_loses_its_middle():
    text = printable("a" * 1_000_000 + "b" * 1_000_000)
    assert len(text.encode()) < 65_536
    assert text.startswith("aaa")
    assert text.endswith("bbb")
    assert "characters left out" in text


def test_long_names_are_not_kept() -> None:
    masks = Masks()
    tracemalloc.start()
    for number in range(2_000):
        masks(f"{number}\U0001f600" + "x" * 1_990)
    held, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert held < 1 << 20
