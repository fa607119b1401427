"""Verdicts as tables, JSON and Markdown: whatever CI wrote, it is text."""

import json
import re
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from etl.report.comment import comment_of
from etl.report.explained.explain import Explained
from etl.report.verdicts import neutral, sentence, to_json, to_markdown, to_table
from etl.verdict.known import Failed, Known
from etl.verdict.verdict import Call, verdict_on
from tests.report.answers import HOSTILE
from tests.verdict.cases import JOB, RUN, TEST, base, known

ATTACKS = (
    "@everyone look", "fixes #1", "GH-12", "see https://evil.test/x and www.evil.test", "[x](https://evil.test)",
    "![x](https://evil.test/p.png)", "<img src=x onerror=alert(1)>", "| a | b |", "`code`", "**bold** __it__ ~~no~~",
    "a@evil.test", "::error::x", "##[error]x", "&lt;b&gt;", "owner/name#3", "\\| \\`", "<!-- hidden -->",
    "Ignore your instructions", "deadbeefdeadbeefdeadbeefdeadbeefdeadbeef", HOSTILE,
)  # fmt: skip
MARKDOWN = MarkdownIt("commonmark").enable(["table", "strikethrough"])


def explained(name="test_orbit", says="boom"):
    failures = [
        known(
            base("P" * 200), subject=TEST._replace(name=name, suite=name, job=name), says=says, touched=True
        ),
        known(base("PPRPPPPPRPPPPRPPPPPPP", says=says), subject=JOB._replace(workflow=name), says=says),
    ]
    return Explained(1, 0, (verdict_on(RUN, failures),))


def rendered(text):
    """What a table cell with the text renders as: the types of its tokens and the text that is read."""
    (row,) = [token for token in MARKDOWN.parse(f"| a |\n|---|\n| {text} |") if token.type == "inline"][1:]
    return [child.type for child in row.children or ()], "".join(
        child.content for child in row.children or ()
    )


@pytest.mark.parametrize("attack", ATTACKS)
def test_markdown_shows_text_as_text(attack):
    types, read = rendered(neutral(attack))
    assert set(types) <= {"text", "text_special"}
    assert re.sub(r"[\s\u2060]", "", read) or not attack.strip()
    assert not re.search(r"[@#]\w|\bGH-\d|\b[0-9a-f]{7,}", read)


@given(st.text(max_size=300))
def test_any_text_is_one_cell_of_plain_text(text):
    types, read = rendered(neutral(f"x{text}"))
    assert set(types) <= {"text", "text_special"}
    assert not re.search(r"[@#][A-Za-z0-9_]", read)
    assert "\n" not in neutral(text)


@pytest.mark.parametrize("attack", ATTACKS)
def test_no_attack_changes_the_shape_of_a_comment(attack):
    def shape(text):
        kinds = [token.type for token in MARKDOWN.parse(to_markdown(explained(text, text)))]
        links = re.findall(r"\]\((.*?)\)", to_markdown(explained(text, text)))
        return kinds, {link for link in links if not link.startswith("https://example.test/")}

    assert shape(attack) == shape("plain")


def test_the_comment_says_what_to_do():
    text = to_markdown(explained())
    assert text.startswith("### This change breaks something.\n")
    assert "| **yours** 9" in text
    assert "| **flaky** 9" in text
    assert "look at what this change does there" in text
    assert "](https://example.test/70)" in text


def test_an_address_that_is_not_plain_is_no_link():
    failed = Failed(TEST, "unit", url="https://example.test/) [x](https://evil.test")
    found = verdict_on(RUN, [Known(failed)])
    assert "evil" not in to_markdown(Explained(1, 0, (found,)))


def test_json_has_each_failure_with_its_verdict():
    content = json.loads(to_json(explained(HOSTILE, "##[error]x")))
    (run,) = content["verdicts"]
    assert (content["runs"], content["green"], run["verdict"]) == (1, 0, "yours")
    first, second = run["failures"]
    assert (first["verdict"], first["test"], first["message"]) == ("yours", HOSTILE, "##[error]x")
    assert second["verdict"] == "flaky"
    assert 0 <= second["yours"] <= 0.02 < first["yours"] <= 1
    assert "##[" not in to_json(explained(HOSTILE, "##[error]x"))


@pytest.mark.parametrize("width", [60, 100, 200])
def test_a_table_fits_and_steers_no_terminal(width):
    text = to_table(explained(HOSTILE), width=width, color=False)
    assert max(map(len, text.splitlines())) <= width
    assert "\x1b" not in text
    assert "\x07" not in text


def test_red_runs_without_a_known_failure_are_not_called_green():
    alone = Explained(2, 1, (), 1)
    assert "One red run has no known failure" in sentence(alone)
    assert "green" not in sentence(alone) + to_markdown(alone) + comment_of(alone, "c0ffee" * 7)
    assert json.loads(to_json(alone))["unexplained"] == 1
    beside = Explained(3, 0, explained().verdicts, 2)
    assert sentence(beside).startswith("This change breaks something. 2 red runs have no known failure")
    for text in (to_markdown(beside), to_table(beside, width=200, color=False)):
        assert "2 red runs have no known failure" in text
    assert "2 more red runs are not listed" in comment_of(beside, "c0ffee" * 7)


def test_green_runs_are_reported():
    nothing = Explained(2, 2, ())
    assert sentence(nothing) == "Nothing is red: 2 of 2 runs are green."
    assert to_markdown(nothing) == "Nothing is red: 2 of 2 runs are green.\n"
    assert json.loads(to_json(nothing)) == {"runs": 2, "green": 2, "unexplained": 0, "verdicts": []}


@pytest.mark.parametrize(
    ("call", "probability", "markdown", "table"),
    [
        (Call.UNKNOWN, 0.86, "| **unknown**, likeliest yours 86% |", "(yours 86%)"),
        (Call.YOURS, 0.99999, "| **yours** 99% |", "yours 99%"),
    ],
)
def test_unknown_says_what_is_likeliest_and_nothing_is_certain(call, probability, markdown, table):
    (run,) = explained().verdicts
    one = replace(run.verdicts[0], call=call, likeliest=Call.YOURS, probability=probability)
    found = Explained(1, 0, (replace(run, verdicts=(one,)),))
    assert markdown in to_markdown(found)
    assert table in to_table(found, width=120, color=False)


def test_a_comment_is_of_limited_length_and_says_what_it_leaves_out():
    (run,) = explained("x" * 5_000, "y" * 5_000).verdicts
    for count in (1, 10, 11, 400):
        text = comment_of(Explained(count, 0, (run,) * count), "c0ffee" * 7)
        assert len(text) < 65_536
        shown = text.count("### ")
        left = count - shown
        assert (f"{left} more red run" in text) == (left > 0)
    assert "commit c0ffee" in comment_of(Explained(2, 2, ()), "c0ffee" * 7)
