"""Answers for agents as text: how long they are, what is left out, and what is data."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from etl.errors import ConfigurationError
from etl.report.answers import explain, failures_like, history, is_flaky, worst
from etl.report.answers.answer import NOTE, Answer, to_json
from etl.report.answers.catalogue import ANSWERS
from etl.report.answers.named import Named
from etl.report.answers.source import close_names, parsed
from etl.report.explained.explain import Explained
from etl.transform.failures.templates import signature_of, template_of
from etl.verdict.verdict import verdict_on
from tests.report.answers import HOSTILE, failure, finding, flaky
from tests.verdict.cases import RUN, again, base, known


def read(answer: Answer, tokens: int = 500) -> dict[str, Any]:
    content: dict[str, Any] = json.loads(to_json(answer, tokens))
    return content


def rows(answer: Answer, tokens: int = 100_000) -> list[dict[str, Any]]:
    data = read(answer, tokens)["data"]
    return [data.get("all", {}) | row for row in data["rows"]]


@given(
    st.lists(
        st.dictionaries(
            st.sampled_from("abcdefgh"), st.one_of(st.text(max_size=4_000), st.integers(), st.none())
        ),
        max_size=30,
    ),
    st.integers(200, 2_000),
)
def test_answers_keep_to_their_length_and_say_what_is_cut(found: list[dict[str, Any]], tokens: int) -> None:
    text = to_json(Answer("A sentence.", found), tokens)
    content = json.loads(text)
    # A character that is not ASCII may be a token by itself, also where it stands for a control character.
    assert sum(1 / 3 if sign.isascii() else 1 for sign in text) <= tokens + 60
    assert len(text.splitlines()) == 1
    left = len(found) - len(content.get("data", {"rows": []})["rows"])
    assert (f"{left} of {len(found)} rows are left out" in content.get("cut", "")) is (left > 0)


def test_text_from_ci_is_data_alone_and_one_harmless_line() -> None:
    answer = is_flaky.told([flaky(HOSTILE, 2, 9, message=f"first\n{HOSTILE}##[debug]")])
    text = to_json(answer, 500)
    assert "##[" not in text
    content = json.loads(text)
    assert content["note"] == NOTE
    assert "evil" not in json.dumps({key: value for key, value in content.items() if key != "data"})
    assert not {sign for sign in content["data"]["rows"][0]["message"] if sign in "\n\x1b\x00\u202e\x9b"}


def test_what_all_rows_share_is_written_once() -> None:
    answer = Answer("Two.", [{"job": "unit", "time": "1"}, {"job": "unit", "time": "2"}])
    assert read(answer)["data"] == {"all": {"job": "unit"}, "rows": [{"time": "1"}, {"time": "2"}]}


def test_a_long_link_is_whole_and_a_very_long_one_is_not() -> None:
    link = f"https://github.com/acme/rocket/{'a' * 230}"
    assert rows(Answer("", [{"url": link}]), 300) == [{"url": link}]
    cut = read(Answer("", [{"url": link * 40, "test": "https://" + "b" * 9_000}]), 300)
    assert cut["cut"] == "long texts are shortened: ask with more `tokens`"


def test_verdicts_are_reported_with_what_needs_action_first() -> None:
    yours = known(base("P" * 12), touched=True)
    red = verdict_on(RUN, [yours, known(base("PRPRPPRP"), again("P"), says="late")])
    found = explain.told(Explained(1, 0, (red,)))
    listed = rows(found)
    assert [row["verdict"] for row in listed] == ["yours", "flaky"]
    assert listed[0]["evidence"]
    assert "boom" not in found.sentence
    assert found.sentence.endswith("Failures: 1 yours, 1 flaky.")
    assert explain.told(Explained(0, 0, ())).rows == ()
    assert "1 of 1 runs are green" in explain.told(Explained(1, 1, ())).sentence


@pytest.mark.parametrize(
    ("proven", "suspected", "sentence"),
    [
        (["flaky", "quiet"], ["flaky"], "Flaky: 8 of its results"),
        (["broken"], ["flaky"], "Broken now"),
        (["quiet"], ["flaky"], "Was flaky"),
        ([], ["flaky"], "Probably flaky"),
        ([], ["broken"], "Broken now"),
        ([], ["quiet"], "Was probably flaky"),
    ],
)
def test_how_flaky_something_is(proven: list[str], suspected: list[str], sentence: str) -> None:
    found = [
        flaky("test_decays", 4, 10, evidence=evidence, state=state)
        for evidence, states in (("suspected", suspected), ("proven", proven))
        for state in states
    ]
    answer = is_flaky.told(found)
    assert answer.sentence.startswith(sentence)
    told = ["failed and passed on one commit"] * len(proven) + ["fails among passes"] * len(suspected)
    assert [row["evidence"] for row in answer.rows] == told


@pytest.mark.parametrize(
    ("letters", "sentence"),
    [
        ("R", "1 of 1 results failed; the newest failed."),
        ("PPRP", "1 of 4 results failed; the newest 2 passed."),
        ("RRR", "3 of 3 results failed; the newest 3 failed."),
    ],
)
def test_a_history_is_counted_from_the_newest(letters: str, sentence: str) -> None:
    assert history.told([{"failed": letter == "R"} for letter in letters]).sentence == sentence


def test_failures_are_found_by_what_they_say_in_whatever_words_vary() -> None:
    said = "Timeout after 42s waiting for pod web-7f9c4d5b6-x2x9q"
    template = template_of(said)
    stored = [
        failure(template, 31, signature=signature_of(template), category="infrastructure"),
        failure("Timeout waiting for pod to be ready", 3, category="timeout"),
        failure("undefined symbol: orbit_decay", 9, category="build"),
    ]
    again = template_of("Timeout after 7s waiting for pod web-7f9c4d5b6-qqqqq")
    found = failures_like.told(again, "", stored, 30)
    assert found.sentence == "Seen 31 times in the last 30 days; 1 other failure is like it."
    assert [row["count"] for row in found.rows] == [31, 3]
    by_signature = failures_like.told("", signature_of(template), stored, 30)
    assert by_signature.rows[0]["similarity"] == 1.0
    assert "nor anything like it" in failures_like.told("segmentation fault", "", stored, 30).sentence


def test_the_worst_is_what_costs_most() -> None:
    found = worst.told([finding("broken", 3, job="deploy"), finding("slower", 90, job="build")])
    assert found.sentence == "2 problems last, the most expensive first."
    assert [row["name"] for row in found.rows] == ["build", "deploy"]
    assert worst.told([]).sentence.startswith("Nothing is broken")


def test_wrong_parameters_are_reported_without_what_was_given() -> None:
    for given_, sentence in (
        ({"nam": "secret"}, "name: Field required; a parameter: Extra inputs are not permitted"),
        ({"name": "x", "days": "secret"}, "days: Input should be a valid integer"),
        ({"name": "x", "days": "0"}, "days: Input should be greater than or equal to 1"),
    ):
        with pytest.raises(ConfigurationError, match=sentence) as raised:
            parsed(Named, given_)
        assert "secret" not in str(raised.value)
        assert str(raised.value).endswith("The parameters are repository, tokens, name, days")


def test_names_are_suggested_by_spelling_and_by_what_contains_them() -> None:
    known_names = ["test_orbit_decays", "test_orbits", "build", "Test_Launch"]
    assert close_names("TEST_ORBIT", known_names)[:2] == ["test_orbits", "test_orbit_decays"]
    assert close_names("launch", known_names) == ["Test_Launch"]
    assert close_names("nothing", known_names) == []


def test_every_answer_says_what_it_takes() -> None:
    for answerer in ANSWERS.values():
        fields = answerer.takes.model_json_schema()["properties"]
        assert {"repository", "tokens"} < set(fields)
        assert all(field["description"] for field in fields.values())
