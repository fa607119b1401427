"""The service's landing page: what to do first, and each repository's health. Pure functions."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from markupsafe import Markup

from etl.model.writes import Row
from etl.report.formats import UNKNOWN, percent, single_line, thousands
from etl.report.html import environment, policy, style
from etl.report.priorities import priorities
from etl.report.trends import by_workflow, sparkline, together
from etl.report.view import Period

# The questions that the page answers.
LANDING: Final = ("workflows", "findings", "success_over_time")
_BARS: Final = 14


@dataclass(frozen=True, slots=True)
class Standing:
    """A repository's health as text; `broken` counts distinct jobs, `flaky` distinct tests."""

    repository: str
    runs: str
    rate: str
    trend: str
    broken: int
    flaky: int


def landing(
    answers: Mapping[str, Sequence[Row]], names: Collection[str], period: Period, at: datetime
) -> str:
    """The page as HTML for the repositories in `names`; `answers` may include others."""
    shown = {
        question: [row for row in rows if row["repository"] in names] for question, rows in answers.items()
    }
    css = style()
    return (
        environment()
        .get_template("landing.html.j2")
        .render(
            policy=policy([css], []),
            # A packaged file.
            style=Markup(css),  # noqa: S704
            period=period,
            at=at.astimezone(UTC),
            priorities=priorities(shown["findings"]),
            standings=standings(shown, names, period),
        )
    )


def standings(answers: Mapping[str, Sequence[Row]], names: Collection[str], period: Period) -> list[Standing]:
    """The repositories, those with the most broken jobs first, then by success rate."""
    found = {question: _by_repository(answers[question]) for question in LANDING}
    rated = []
    for name in names:
        own = {question: rows[name] for question, rows in found.items()}
        rate = _rate(own["workflows"])
        standing = _standing(name, rate, own, period)
        rated.append((-standing.broken, 2.0 if rate is None else rate, name, standing))
    return [standing for *_, standing in sorted(rated, key=lambda one: one[:3])]


def _standing(name: str, rate: float | None, own: Mapping[str, Sequence[Row]], period: Period) -> Standing:
    trend = together(by_workflow(own["success_over_time"], period).values())
    lasting = [row for row in own["findings"] if not row["until"]]
    broken = {row["job"] for row in lasting if (row["kind"], row["level"]) == ("broken", "job")}
    flaky = {
        (row["suite"], row["name"]) for row in lasting if (row["kind"], row["level"]) == ("flaky", "test")
    }
    return Standing(
        single_line(name),
        thousands(sum(row["total"] for row in own["workflows"])),
        UNKNOWN if rate is None else percent(rate),
        sparkline(trend, _BARS) if trend else "",
        len(broken),
        len(flaky),
    )


def _rate(workflows: Sequence[Row]) -> float | None:
    total = sum(row["total"] for row in workflows)
    return sum(row["success"] for row in workflows) / total if total else None


def _by_repository(rows: Iterable[Row]) -> Mapping[str, list[Row]]:
    found: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        found[row["repository"]].append(row)
    return found
