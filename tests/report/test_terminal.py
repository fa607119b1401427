import re

import pytest
from rich.cells import cell_len

from etl.report.rank import least_reliable, most_common, most_failing
from etl.report.summary import first_screen, summary
from etl.report.terminal import TRENDING, render
from tests.report.answers import ANSWERS, HOSTILE, OVERVIEW, PERIOD, failing, finding, job


@pytest.mark.parametrize("question", ANSWERS)
@pytest.mark.parametrize("width", [60, 80, 120, 200])
def test_every_answer_fits_the_width(question: str, width: int) -> None:
    text = render(question, ANSWERS[question], "table", period=PERIOD, width=width, color=False)
    assert max(cell_len(line) for line in text.splitlines()) <= width


@pytest.mark.parametrize("question", ["workflows", "jobs", "tests", "flaky", "failures"])
def test_nothing_from_ci_steers_the_terminal_or_styles_the_text(question: str) -> None:
    text = render(question, ANSWERS[question], "table", period=PERIOD, width=200, color=False)
    assert not set(text) & {"\x1b", "\x9b", "\x07", "\x00", "\u202e"}
    assert "[bold]x[/bold]" in text


def test_piped_output_has_no_colours_and_a_terminal_may() -> None:
    plain, colored = (
        render("overview", [OVERVIEW], "table", period=PERIOD, width=80, color=color)
        for color in (None, True)
    )
    assert "\x1b[" not in plain
    assert "\x1b[" in colored


def test_overview_shows_the_change_and_what_flakes_cost() -> None:
    text = render("overview", [OVERVIEW], "table", period=PERIOD, width=80, color=False)
    assert "87.1 %" in text
    assert "-2.9 pp" in text
    assert "1h 02m" in text
    assert re.search(r"Flaky tests +7 +\+40\.0 %", text)
    assert re.search(r"Flaky jobs +0", text)
    assert re.search(r"Minutes wasted on flakes +96 +-19\.6 %", text)


def test_figures_that_neither_period_knows_are_left_out() -> None:
    row = OVERVIEW | {"p95_s": None, "p95_s_before": None}
    text = render("overview", [row], "table", period=PERIOD, width=80, color=False)
    assert "Run time, p95" not in text
    assert "Time in queue" in text


def test_what_all_rows_share_stands_in_the_title() -> None:
    text = render("jobs", ANSWERS["jobs"], "table", period=PERIOD, width=80, color=False)
    assert text.startswith("Jobs, last 30 days: acme/rocket, CI\n")
    assert text.count("acme/rocket") == 1


def test_what_rows_do_not_share_is_a_column() -> None:
    rows = [job("a", 1, 2), job("b", 1, 2) | {"repository": "acme/website"}]
    text = render("jobs", rows, "table", period=PERIOD, width=100, color=False)
    assert "Repository" in text
    assert "acme/website" in text


def test_a_test_in_a_matrix_is_one_line_unless_jobs_are_asked_for() -> None:
    rows = [
        failing("decays", 1, 10, job="unit (a)", mean_s=1.0),
        failing("decays", 3, 30, job="unit (b)", mean_s=2.0, state="broken"),
        failing("spins", 1, 10),
    ]
    text, by_job = (
        render("tests", rows, "table", period=PERIOD, by_job=by_job, width=160, color=False)
        for by_job in (False, True)
    )
    assert re.search(r"unit \(2 jobs\) +decays +40 +4 +0 +10\.0 % +1\.8s .* broken", text)
    assert (text.count("decays"), by_job.count("decays")) == (1, 2)
    for form in ("json", "csv"):
        assert render("tests", rows, form, period=PERIOD).count("decays") == 2


def test_a_column_that_says_nothing_is_none() -> None:
    rows = [failing("a", 1, 2, suite=None), failing("b", 1, 2, suite=None)]
    assert "Suite" not in render("tests", rows, "table", period=PERIOD, width=160, color=False)
    rows = [failing("a", 1, 2, suite="s"), failing("b", 1, 2, suite="s", mean_s=None)]
    text = render("tests", rows, "table", period=PERIOD, width=160, color=False)
    assert text.startswith("Tests that failed, last 30 days: acme/rocket, CI, unit, s\n")


def test_what_all_names_begin_with_stands_in_the_title() -> None:
    rows = [failing("a", 1, 2, suite="io.acme.OrbitTest"), failing("b", 1, 2, suite="io.acme.EngineTest")]
    text = render("tests", rows, "table", period=PERIOD, width=160, color=False)
    assert text.startswith("Tests that failed, last 30 days: acme/rocket, CI, unit, suite io.acme.…\n")
    assert text.count("io.acme") == 1


def test_a_name_is_whole_as_long_as_a_less_important_column_can_go() -> None:
    name = "test_that_has_rather_a_long_name_36_c"
    rows = [failing(name, 1, 2), failing("b", 1, 2, workflow="Nightly")]
    for width in (76, 80, 100, 130):
        text = render("tests", rows, "table", period=PERIOD, width=width, color=False)
        assert name in text
        assert max(map(cell_len, text.splitlines())) <= width
    assert "Runs" not in render("tests", rows, "table", period=PERIOD, width=76, color=False)
    assert "Runs" in render("tests", rows, "table", period=PERIOD, width=100, color=False)


def test_names_that_do_not_fit_side_by_side_stand_one_below_the_other() -> None:
    rows = [
        failing("test_that_has_rather_a_long_name", 1, 2, workflow=name, job="integration of everything")
        for name in ("A workflow with a long name", "Another workflow with a long name")
    ]
    text = render("tests", rows, "table", period=PERIOD, by_job=True, width=70, color=False)
    assert "test_that_has_rather_a_long_name " in text
    assert "\nA workflow with a long name" in text
    assert "…" not in text


@pytest.mark.parametrize("question", ANSWERS)
def test_an_empty_answer_says_what_to_do(question: str) -> None:
    text = render(question, [], "table", period=PERIOD, width=200, color=False)
    assert "last 30 days" in text
    assert "ci-health sync" in text


def test_an_overview_without_runs_is_an_empty_answer() -> None:
    rows = [dict.fromkeys(OVERVIEW) | {"runs": 0}]
    assert "ci-health sync" in render("overview", rows, "table", period=PERIOD, width=80)


def test_least_reliable_first_and_what_has_no_rate_left_out() -> None:
    rows = [job("good", 9, 10), job("none", 0, 0), job("bad", 1, 10), job("worse", 10, 100), job("b", 9, 10)]
    assert [row["job"] for row in least_reliable(rows)] == ["worse", "bad", "b", "good"]
    assert [row["job"] for row in least_reliable(rows, 1)] == ["worse"]


def test_most_common_first() -> None:
    assert [row["count"] for row in most_common(reversed(ANSWERS["failures"]))] == [31, 12]


def test_broken_tests_first_and_then_those_that_fail_most() -> None:
    rows = [failing("few", 1, 9), failing("many", 5, 9), failing("dead", 2, 2, state="broken")]
    assert [row["test"] for row in most_failing(rows)] == ["dead", "many", "few"]


def test_summary_has_what_to_do_figures_least_reliable_jobs_and_failures() -> None:
    text = summary(ANSWERS, period=PERIOD, n=1, width=100, color=False)
    parts = ("What to do first", "CI health", "Least reliable jobs", "Most common failures")
    places = [text.index(part) for part in parts]
    assert places == sorted(places)
    well = summary({**ANSWERS, "findings": []}, period=PERIOD, n=1, width=100, color=False)
    assert "Nothing: no job or test is broken" in well
    assert "unit (ubuntu" not in text
    assert HOSTILE not in text


@pytest.mark.parametrize("width", [60, 80, 120, 200])
def test_the_first_screen_fits_the_width_and_forty_lines(width: int) -> None:
    many = [finding("flaky", cost, job=f"job {cost}", size=0.1) for cost in range(30, 0, -1)]
    text = first_screen({**ANSWERS, "findings": many}, period=PERIOD, width=width, color=False)
    assert max(cell_len(line) for line in text.splitlines()) <= width
    assert "and 20 more" in text
    assert len(text.splitlines()) <= 40 or width == 60


def test_the_first_screen_of_an_empty_store_says_what_to_do() -> None:
    text = first_screen({**ANSWERS, "overview": []}, period=PERIOD, width=80, color=False)
    assert "ci-health sync" in text


@pytest.mark.parametrize("width", [60, 80, 120, 200])
def test_a_trend_fits_the_width_too(width: int) -> None:
    over_time = ANSWERS["success_over_time"]
    for question in TRENDING:
        rows = ANSWERS[question]
        text = render(question, rows, "table", period=PERIOD, over_time=over_time, width=width, color=False)
        assert max(cell_len(line) for line in text.splitlines()) <= width


def test_workflows_and_the_overview_have_their_trends() -> None:
    over_time = ANSWERS["success_over_time"]
    workflows, overview = (
        render(name, ANSWERS[name], "table", period=PERIOD, over_time=over_time, width=130, color=False)
        for name in ("workflows", "overview")
    )
    assert re.search(r"^CI .* [▁-█]{30}$", workflows, re.MULTILINE)
    assert re.search(r"^Release .* [▁-█]{12}·{18}$", workflows, re.MULTILINE)
    assert re.search(r"Runs that succeed, trend +[▁-█]{16} ", overview)


def test_machine_formats_have_no_trend() -> None:
    over_time = ANSWERS["success_over_time"]
    for form in ("json", "csv"):
        text = render("workflows", ANSWERS["workflows"], form, period=PERIOD, over_time=over_time)
        assert "trend" not in text
