import tracemalloc
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from etl.model.records import Workflow
from etl.model.tag_values import LONGEST, tag_value
from etl.transform.names import Masks, WorkflowNames, job_group, kept_names, printable
from tests.transform.test_attempts import RUN

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
        ("Tests (ubuntu, 3.12) / unit", "Tests / unit"),
        ("Tests (ubuntu) / shards (2) / unit (3.12)", "Tests / shards / unit"),
        ("build (linux / arm64)", "build"),
        ("build (a / b / c) / x (d / (e))", "build / x"),
        ("a ( / b", "a ( / b"),
        ("build / test", "build / test"),
    ],
)
def test_job_group(name, expected):
    assert job_group(name) == expected


@given(ANY_TEXT.filter(lambda name: " / " not in name))
def test_job_group_is_a_prefix(name):
    assert name.startswith(job_group(name))


@given(st.lists(ANY_TEXT.filter(lambda name: not {*"()/"} & {*name}), min_size=1, max_size=3), st.data())
def test_a_matrix_in_a_caller_or_in_the_job_changes_nothing_of_the_group(names, data):
    values = data.draw(st.lists(st.sampled_from(["", " (a)", " (a, b / c)", " (a (1), b)"]), min_size=3))
    shown = [name + value if name.strip() else name for name, value in zip(names, values, strict=False)]
    assert job_group(" / ".join(shown)) == " / ".join(
        name.rstrip() if name != one else name for name, one in zip(names, shown, strict=True)
    )


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
    names = WorkflowNames(workflows, Masks())
    assert [names(replace(RUN, workflow_id=number)) for number in (1, 2, 3)] == [
        "CI (ci.yml)",
        "CI (other.yml)",
        "Docs",
    ]


@pytest.mark.parametrize(
    ("run", "expected"),
    [
        pytest.param({"workflow_name": ".github/workflows/ci.yml"}, "CI", id="does not parse"),
        pytest.param({"workflow_id": 9, "workflow_name": ".github/workflows/ci.yml"}, "CI", id="by its file"),
        pytest.param({"workflow_id": 9, "path": ".github/workflows/ci.yml@main"}, "CI", id="at a branch"),
        pytest.param(
            {"workflow_id": 9, "workflow_name": "x", "path": ".github/workflows/x.yml"}, "x", id="not listed"
        ),
        pytest.param(
            {
                "workflow_id": 9,
                "workflow_name": ".github/workflows/x.yml",
                "path": ".github/workflows/x.yml",
            },
            "x.yml",
            id="neither listed nor parsed",
        ),
        pytest.param(
            {
                "workflow_id": 9,
                "workflow_name": "npm_and_yarn in /. - Update #1017",
                "path": "dynamic/dependabot/dependabot-updates",
            },
            "dynamic/dependabot/dependabot-updates",
            id="Dependabot",
        ),
        pytest.param(
            {"workflow_id": 9, "workflow_name": "Update #1017", "path": ""}, "Update #<n>", id="numbered"
        ),
    ],
)
def test_a_run_counts_against_the_workflow_of_its_id_or_file(run, expected):
    names = WorkflowNames([Workflow(5, "CI", ".github/workflows/ci.yml")], Masks())
    assert names(replace(RUN, **run)) == expected


def test_a_workflow_whose_file_does_not_parse_keeps_its_name():
    path = ".github/workflows/ci.yml"
    known = [Workflow(5, "CI", path)]
    assert kept_names([Workflow(5, path, path)], known) == (Workflow(5, "CI", path),)
    assert kept_names([Workflow(6, path, path)], known) == (Workflow(6, path, path),)
    assert kept_names([Workflow(5, "Build", path)], known) == (Workflow(5, "Build", path),)


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
