"""The service's landing page: what to do first, and how each repository does. Pure functions."""

from collections.abc import Collection, Mapping, Sequence
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

# The questions whose answers the page shows.
LANDING: Final = ("workflows", "findings", "success_over_time")
_BARS: Final = 14


@dataclass(frozen=True, slots=True)
class Standing:
    """How a repository does, as text: `broken` and `flaky` count jobs and tests, once each."""

    repository: str
    runs: str
    rate: str
    trend: str
    broken: int
    flaky: int


def landing(
    answers: Mapping[str, Sequence[Row]], names: Collection[str], period: Period, at: datetime
) -> str:
    """The page as HTML, of the repositories `names` alone; `answers` may have others."""
    shown = {
        question: [row for row in rows if row["repository"] in names] for question, rows in answers.items()
    }
    css = style()
    return (
        environment()
        .get_template("landing.html.j2")
        .render(
            policy=policy([css], []),
            # The packaged file.
            style=Markup(css),  # noqa: S704
            period=period,
            days=max(1, round((period.stop - period.start).total_seconds() / 86_400)),
            at=at.astimezone(UTC),
            priorities=priorities(shown["findings"]),
            standings=standings(shown, names, period),
        )
    )


def standings(answers: Mapping[str, Sequence[Row]], names: Collection[str], period: Period) -> list[Standing]:
    """Each repository: those with something broken first, then by how often their runs succeed."""
    rated = [(_standing(name, answers, period), _rate(name, answers)) for name in names]
    rated.sort(key=lambda one: (-one[0].broken, 2.0 if one[1] is None else one[1], one[0].repository))
    return [standing for standing, _ in rated]


def _standing(name: str, answers: Mapping[str, Sequence[Row]], period: Period) -> Standing:
    rate = _rate(name, answers)
    trend = together(by_workflow(_of(name, answers["success_over_time"]), period).values())
    lasting = [row for row in _of(name, answers["findings"]) if not row["until"]]
    return Standing(
        single_line(name),
        thousands(sum(row["total"] for row in _of(name, answers["workflows"]))),
        UNKNOWN if rate is None else percent(rate),
        sparkline(trend, _BARS) if trend else "",
        len({row["job"] for row in lasting if row["kind"] == "broken" and row["level"] == "job"}),
        len(
            {
                (row["suite"], row["name"])
                for row in lasting
                if row["kind"] == "flaky" and row["level"] == "test"
            }
        ),
    )


def _rate(name: str, answers: Mapping[str, Sequence[Row]]) -> float | None:
    rows = _of(name, answers["workflows"])
    total = sum(row["total"] for row in rows)
    return sum(row["success"] for row in rows) / total if total else None


def _of(name: str, rows: Sequence[Row]) -> list[Row]:
    return [row for row in rows if row["repository"] == name]
