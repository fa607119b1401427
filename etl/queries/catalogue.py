"""The questions as data: what they take, which columns they answer with, in which order.

Definitions that hold in every question:

- `success`, `total` and every rate, duration and percentile are over executions whose conclusion
  counts (`schema.COUNTED`); a rate or percentile of none is null. Percentiles are exact, with
  linear interpolation.
- `runs` and `jobs` of the overview count every completed attempt and every job, whatever the
  conclusion; `minutes` is the sum of all jobs' durations, whatever the conclusion, in minutes.
- `p50_s`, `p95_s` and `queued_p50_s` are of jobs where a row is a job, else of attempts of runs.
- A test's `runs` are its results other than skipped, a job's its executions that count; `failures`
  are results that failed or ended in an error. A test of a job without reports, which annotations
  tell of, ran whenever its job did, and passed whenever that succeeded. Where only failing results
  are stored (`tests.points: failed`) these are all the runs there are: rates are then 1, states
  `broken`.
- `flakes` are failing results with evidence; points of one failing result, of whatever kind of
  evidence, have the same time and count once. `score` is the Wilson score's lower bound (95 %) of
  `flakes` of `runs`; it and the rate are null where fewer runs than flakes are stored.
- `broken` is what ran in the last 7 days before `stop` and failed each time, wherever `start` is.
- Times are whole seconds: what points have below a second only keeps them apart.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import Enum, auto
from functools import cached_property
from importlib.resources import files
from math import inf
from typing import Any, Final

from etl.errors import ConfigurationError
from etl.transform.names import EMPTY
from etl.transform.schema import NANOSECONDS

Row = dict[str, Any]

GITHUB: Final = "https://github.com"

# Upper bounds of the histograms of durations, in seconds.
BOUNDS: Final = (5, 15, 30, 60, 120, 300, 600, 1200, 1800, 3600, 7200, 21_600)


class Type(Enum):
    """What a column's values are, and so what stands where nothing is known."""

    TEXT = auto()  # null where unknown
    OPTIONAL = auto()  # a name that may be empty: null then
    COUNT = auto()  # never null
    INTEGER = auto()  # null where unknown
    NUMBER = auto()  # float of six digits, never null
    MEASURED = auto()  # float of six digits, null where nothing was measured
    TIME = auto()  # ISO 8601, UTC, whole seconds; null where unknown


@dataclass(frozen=True, slots=True)
class Column:
    """A column of an answer."""

    name: str
    type: Type

    def normalised(self, value: Any) -> Any:
        """The value as both stores give it: InfluxDB answers with "" for null, and with CRLF."""
        if value is None or value == "":
            return {Type.COUNT: 0, Type.NUMBER: 0.0}.get(self.type)
        if self.type is Type.OPTIONAL and value == EMPTY:
            return None
        match self.type:
            case Type.TEXT | Type.OPTIONAL:
                return str(value).replace("\r\n", "\n")
            case Type.COUNT | Type.INTEGER:
                return int(value)
            case Type.TIME:
                return _iso(value)
        return round(float(value), 6)


def _iso(value: datetime | int) -> str:
    """A time with its zone, or Unix nanoseconds, as ISO 8601."""
    moment = datetime.fromtimestamp(value // NANOSECONDS, UTC) if isinstance(value, int) else value
    return f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"


@dataclass(frozen=True)
class Question:
    """A question; both stores answer with `columns`, in the total order that `order` gives.

    `order` are column names; with a leading `-` the greatest number comes first. `options` are the
    parameters beyond the usual ones, with their defaults. The answer to a `single` one is one row.
    """

    name: str
    doc: str
    columns: tuple[Column, ...]
    order: tuple[str, ...] = ()
    options: Mapping[str, Any] | None = None
    filters: tuple[str, ...] = ("repository", "workflow", "branch")
    single: bool = False

    @cached_property
    def flux(self) -> str:
        """The question to InfluxDB."""
        return self._text("flux")

    @cached_property
    def sql(self) -> str:
        """The question to DuckDB."""
        return self._text("sql")

    def _text(self, language: str) -> str:
        return files("etl.queries").joinpath(f"{self.name}.{language}").read_text("utf-8")

    def bound(self, parameters: Mapping[str, Any]) -> dict[str, Any]:
        """All parameters that the question takes, those that are not given at their defaults.

        Raises ConfigurationError for one it does not know, and where `start` or `stop` is missing.
        """
        defaults = {**dict.fromkeys(self.filters, ""), **(self.options or {})}
        known = {"start", "stop", *_USUAL, *defaults}
        if not {"start", "stop"} <= parameters.keys() <= known:
            raise ConfigurationError(
                f"question {self.name!r} takes start, stop and {sorted(known - {'start', 'stop'})}, "
                f"not {sorted(parameters)}"
            )
        names = ("start", "stop", *defaults)
        return {name: parameters.get(name, defaults.get(name)) for name in names}

    def normalised(self, rows: Iterable[Mapping[str, Any]]) -> list[Row]:
        """Rows as every store gives them: the columns alone, plain values, in the total order."""
        answer = [{c.name: c.normalised(row.get(c.name)) for c in self.columns} for row in rows]
        if self.single and not answer:
            answer = [{c.name: c.normalised(None) for c in self.columns}]
        return sorted(answer, key=self._rank)

    def _rank(self, row: Row) -> tuple[Any, ...]:
        return tuple(_place(row[name.removeprefix("-")], name.startswith("-")) for name in self.order)


def _place(value: Any, greatest_first: bool) -> Any:
    """Where a value stands: of numbers the greatest first, and what is unknown after them."""
    if greatest_first:
        return inf if value is None else -value
    return value or ""


def question(name: str) -> Question:
    """The question of that name; ConfigurationError where there is none."""
    if name not in QUESTIONS:
        raise ConfigurationError(f"no such question: {name!r}; there are {', '.join(sorted(QUESTIONS))}")
    return QUESTIONS[name]


_USUAL: Final = ("repository", "workflow", "branch")


def _columns(types: Mapping[Type, str]) -> dict[str, Column]:
    return {name: Column(name, type_) for type_, names in types.items() for name in names.split()}


_COLUMNS: Final = _columns(
    {
        Type.OPTIONAL: "suite",
        Type.TEXT: "repository level workflow job job_group test state branch last_good_sha first_bad_sha name signature template message url failed_url passed_url status measure",
        Type.COUNT: "runs jobs tests success total count failures flakes commits flaky_tests flaky_jobs "
        "requests points rejected",
        Type.INTEGER: "rate_limit_remaining",
        Type.NUMBER: "minutes wasted_minutes share",
        Type.MEASURED: "run_success_rate job_success_rate success_rate failure_rate flake_rate score p50_s "
        "p95_s p95_s_before queued_p50_s mean_s lag_s hours mean_hours_to_repair sum_s",
        Type.TIME: "time since first_seen last_seen last_failure",
    }
)


def _of(names: str) -> tuple[Column, ...]:
    return tuple(_COLUMNS[name] for name in names.split())


_OVERVIEW: Final = _of(
    "runs jobs run_success_rate job_success_rate p50_s p95_s queued_p50_s minutes wasted_minutes "
    "flaky_tests flaky_jobs"
)

QUESTIONS: Final = {
    asked.name: asked
    for asked in (
        Question(
            "overview",
            "Everything in one row, each value also for the period of the same length before.",
            (*_OVERVIEW, *(Column(f"{c.name}_before", c.type) for c in _OVERVIEW)),
            single=True,
        ),
        Question(
            "workflows",
            "How often each workflow succeeds, and how long it takes.",
            _of(
                "repository workflow success total success_rate job_success_rate p50_s p95_s queued_p50_s minutes"
            ),
            ("repository", "workflow"),
        ),
        Question(
            "jobs",
            "How often each job succeeds, and how long it takes.",
            _of(
                "repository workflow job job_group success total success_rate p50_s p95_s queued_p50_s minutes"
            ),
            ("repository", "workflow", "job", "job_group"),
        ),
        Question(
            "tests",
            "Tests that failed; `state` is `broken`, `flaky` (evidence in the last 14 days) or `failing`.",
            _of("repository workflow job suite test runs failures failure_rate mean_s last_failure state"),
            ("repository", "workflow", "job", "suite", "test"),
        ),
        Question(
            "flaky",
            "Tests and jobs with evidence of flaking, the surest first; `suite` and `test` are null for "
            "jobs, the links are to the last evidence; `state` is `broken`, `quiet` (no evidence in the last 14 days) or `flaky`.",
            tuple(
                Column(column.name, Type.MEASURED) if column.name == "wasted_minutes" else column
                for column in _of(
                    "repository level workflow job suite test flakes runs flake_rate score commits state "
                    "first_seen last_seen wasted_minutes message failed_url passed_url"
                )
            ),
            ("-score", "-flakes", "repository", "level", "workflow", "job", "suite", "test"),
            options={"server_url": GITHUB},
        ),
        Question(
            "slow",
            "What takes the most time: `most_rows` jobs, steps and tests each, by `minutes` in all; the name "
            "of a test has its suite before `::`.",
            _of("repository level workflow job name p50_s p95_s p95_s_before minutes"),
            ("-minutes", "repository", "level", "workflow", "job", "name"),
            options={"most_rows": 20},
        ),
        Question(
            "broken",
            "Workflows (`job` is null) and jobs that are broken now, the longest first, or were in the period, "
            "on the default branch and others with a `branch` tag of their own. A run of which an attempt "
            "succeeded is none that broke.",
            _of(
                "repository workflow job branch since last_good_sha first_bad_sha hours mean_hours_to_repair"
            ),
            ("-hours", "repository", "workflow", "job", "branch"),
        ),
        Question(
            "failures",
            "The most common failures; `share` is of all failures asked for, `message`, `template` and "
            "`url` are of the last one, `server_url` is where GitHub's pages are.",
            _of("repository signature template count share jobs tests first_seen last_seen message url"),
            ("-count", "repository", "signature"),
            options={"server_url": GITHUB},
        ),
        Question(
            "success_over_time",
            "Success rate and durations of each workflow by time; `every` is a multiple of seconds, "
            "`time` the start of its window, counted from the Unix epoch.",
            _of("time repository workflow success total success_rate p50_s p95_s"),
            ("time", "repository", "workflow"),
            options={"every": timedelta(days=1)},
        ),
        Question(
            "durations",
            "How long executions that count took (`measure` is `duration`) or waited (`queued`): how many in "
            "all, how many up to each bound, and their sum; of workflows (`job_group` is null) and of groups "
            "of jobs.",
            (
                *_of("repository workflow job_group measure count sum_s"),
                *(Column(f"le_{bound}", Type.COUNT) for bound in BOUNDS),
            ),
            ("repository", "workflow", "job_group", "measure"),
        ),
        Question(
            "etl_status",
            "The last sync of each repository; values are the last known ones.",
            _of("repository time status requests rate_limit_remaining runs points rejected lag_s"),
            ("repository",),
            filters=("repository",),
        ),
    )
}
