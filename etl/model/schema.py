"""The points as data: every measurement, its tags and fields, in one place.

Whatever names a measurement, a tag or a field imports it from here, and `docs/schema.md` is
generated from here. This is public API: users' own queries and dashboards rest on it.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final


class FieldType(StrEnum):
    """InfluxDB's type of a field, as line protocol marks it."""

    INTEGER = "i"
    FLOAT = "f"
    STRING = "s"


class Meaning(StrEnum):
    """What a number stands for, beyond its type."""

    PLAIN = ""
    SECONDS = "seconds"
    MOMENT = "Unix seconds, 0 if none"
    FLAG = "1 or 0"


@dataclass(frozen=True, slots=True)
class Tag:
    """A tag: what a point is grouped and filtered by. Bounded in the values it takes, which are text."""

    name: str
    doc: str
    is_number: bool = False


@dataclass(frozen=True, slots=True)
class Field:
    """A field: a value of a point."""

    name: str
    type: FieldType
    doc: str
    meaning: Meaning = Meaning.PLAIN


@dataclass(frozen=True, slots=True)
class Measurement:
    """A measurement; `always` is the field that every point has: count that one.

    `view` is the name under which the embedded store shows it in readable types.
    """

    name: str
    view: str
    per: str
    tags: tuple[Tag, ...]
    fields: tuple[Field, ...]
    always: str

    @property
    def tag_names(self) -> tuple[str, ...]:
        """Names of the tags, in the contract's order."""
        return tuple(tag.name for tag in self.tags)

    @property
    def field_types(self) -> dict[str, FieldType]:
        """Field name → type."""
        return {field.name: field.type for field in self.fields}


def _i(name: str, doc: str) -> Field:
    return Field(name, FieldType.INTEGER, doc)


def _f(name: str, doc: str) -> Field:
    return Field(name, FieldType.FLOAT, doc)


def _s(name: str, doc: str) -> Field:
    return Field(name, FieldType.STRING, doc)


def _seconds(name: str, doc: str, type_: FieldType = FieldType.FLOAT) -> Field:
    return Field(name, type_, doc, Meaning.SECONDS)


def _moment(name: str, doc: str) -> Field:
    return Field(name, FieldType.INTEGER, doc, Meaning.MOMENT)


def _flag(name: str, doc: str) -> Field:
    return Field(name, FieldType.INTEGER, doc, Meaning.FLAG)


_REPOSITORY = Tag("repository", "`owner/name` as configured, also after a rename")
_WORKFLOW = Tag("workflow", "the workflow's name, with its file in parentheses where two share a name")
_BRANCH = Tag("branch", "the branch, `(pull request)` or `(other)`; the real name is `head_branch`")
_EVENT = Tag("event", "what triggered the run: `push`, `pull_request`, `schedule` …")
_ATTEMPT = Tag("attempt", "number of the attempt, from 1", is_number=True)
_CONCLUSION = Tag("conclusion", "`success`, `failure`, `cancelled`, `skipped`, `timed_out` …")
_JOB = Tag("job", "the job's name as GitHub shows it")
_JOB_GROUP = Tag("job_group", "the job's name without its matrix suffix")
_OF_A_JOB = (_REPOSITORY, _WORKFLOW, _JOB, _JOB_GROUP)

_JOB_ID = _i("job_id", "GitHub's id of the job; always present")
_RUN_ID = _i("run_id", "GitHub's id of the run")
_ATTEMPT_FIELD = _i("attempt", "number of the attempt, from 1")
_HEAD_SHA = _s("head_sha", "commit that was tested")
_URL = _s("url", "GitHub's page")
_MESSAGE = _s("message", "what the failure said")

WORKFLOW_RUN: Final = Measurement(
    "workflow_run",
    "runs",
    "attempt of a run",
    (_REPOSITORY, _WORKFLOW, _BRANCH, _EVENT, _ATTEMPT, _CONCLUSION),
    (
        _i("run_id", "GitHub's id of the run; always present"),
        _i("run_number", "the run's number within its workflow"),
        _i("workflow_id", "GitHub's id of the workflow"),
        _HEAD_SHA,
        _s("head_branch", "the branch's real name"),
        _s("actor", "login of who triggered the run"),
        _seconds(
            "duration_s",
            "seconds from the attempt's start to the completion of the last job that a runner took, without waits for approvals",
        ),
        _seconds("queued_s", "seconds from the attempt's start to the start of its first job"),
        _i("jobs", "jobs that this attempt ran itself"),
        _URL,
    ),
    "run_id",
)
JOB: Final = Measurement(
    "job",
    "jobs",
    "execution of a job",
    (
        *_OF_A_JOB,
        _BRANCH,
        _EVENT,
        Tag("runner", "the labels the job asked for, sorted, joined by `,`"),
        _ATTEMPT,
        _CONCLUSION,
    ),
    (
        _JOB_ID,
        _RUN_ID,
        _HEAD_SHA,
        _seconds("duration_s", "seconds from start to completion"),
        _seconds(
            "queued_s", "seconds from creation to start, or to the end of one that was cancelled in the queue"
        ),
        _seconds("waited_s", "seconds from creation to end, of a job that no runner took"),
        _seconds("approval_s", "seconds that it waited for an approval, where that took ten minutes or more"),
        _seconds(
            "repeated_s", "seconds from start to completion, where an earlier attempt of the run executed it"
        ),
        _s("failed_step", "name of the first step that failed"),
        _URL,
    ),
    "job_id",
)
STEP: Final = Measurement(
    "step",
    "steps",
    "executed step",
    (*_OF_A_JOB, Tag("step", "the step's name"), _BRANCH, _CONCLUSION),
    (_JOB_ID, _i("number", "the step's number within its job"), _seconds("duration_s", "seconds it took")),
    "job_id",
)
TEST_REPORT: Final = Measurement(
    "test_report",
    "test_reports",
    "job execution with test results",
    (*_OF_A_JOB, _BRANCH),
    (
        _JOB_ID,
        _RUN_ID,
        _ATTEMPT_FIELD,
        _HEAD_SHA,
        _i("total", "results"),
        _i("passed", "results that passed"),
        _i("failed", "results that failed"),
        _i("errored", "results that ended in an error"),
        _i("skipped", "results that were skipped"),
        _i("flaky", "tests that passed on a retry within the report"),
        _seconds("duration_s", "seconds, summed over the results"),
    ),
    "job_id",
)
TEST: Final = Measurement(
    "test",
    "tests",
    "result of a test",
    (
        *_OF_A_JOB,
        _BRANCH,
        Tag("suite", "the test's class, else its innermost named suite"),
        Tag("test", "the test's name"),
        Tag("outcome", "`passed`, `failed`, `error` or `skipped`"),
    ),
    (_JOB_ID, _seconds("duration_s", "seconds it took"), _MESSAGE),
    "job_id",
)
FAILURE: Final = Measurement(
    "failure",
    "failures",
    "failure message",
    (
        *_OF_A_JOB,
        _BRANCH,
        Tag("source", "`annotation`, `test`, `log`, or `check`: the check run of a reporter"),
        Tag(
            "category",
            "what kind of failure: `test`, `build`, `network` … ([categories](failures.md#categories))",
        ),
        Tag("signature", "first 12 hex digits of the template's hash"),
    ),
    (
        _s("message", "what the failure said; always present"),
        _s("template", "the message with what varies replaced by placeholders"),
        _s("test", "the test that failed, where one is known"),
        _s("path", "file the message points at"),
        _i("line", "line in that file"),
        _JOB_ID,
        _RUN_ID,
        _ATTEMPT_FIELD,
        _HEAD_SHA,
    ),
    "message",
)
FLAKE: Final = Measurement(
    "flake",
    "flakes",
    "piece of flake evidence",
    (
        *_OF_A_JOB,
        _BRANCH,
        Tag("level", "`job` or `test`"),
        Tag("evidence", "`rerun`, `same_sha` or `in_report`"),
        Tag("suite", "the test's suite"),
        Tag("test", "the test's name"),
    ),
    (
        _HEAD_SHA,
        _i("failed_run_id", "run of the failing result"),
        _i("failed_job_id", "job of the failing result; always present"),
        _i("passed_run_id", "run of the passing result"),
        _i("passed_job_id", "job of the passing result"),
        _seconds("wasted_s", "seconds of the failed execution that was repeated (job level only)"),
        _moment("confirmed_at", "when both results were known"),
        _s(
            "message",
            "what the failure said; in a report, of more than 2,000 characters the beginning and the end",
        ),
    ),
    "failed_job_id",
)
FINDING: Final = Measurement(
    "finding",
    "findings",
    "finding, at the time that it was first said to have begun",
    (
        _REPOSITORY,
        Tag("kind", "`flaky`, `broken`, `slower`, `less reliable`, `spreading` …: what began"),
        Tag("level", "`workflow`, `job`, `test` or `failure` (its workflow is `(any)`)"),
        _WORKFLOW,
        _JOB,
        Tag("suite", "the test's suite, or the failure's signature"),
        Tag("name", "the test's name, or the beginning of the failure's template"),
        Tag("branch", "the branch that is `broken`; other kinds have none"),
    ),
    (
        _s("finding_id", "12 hex digits that stay while it lasts; always present"),
        _moment("since", "when it began, by the newest look"),
        _moment("until", "when it ended; none while it lasts"),
        _s("since_sha", "commit that it began with"),
        _s("last_before_sha", "last commit before it"),
        _s("between", "other commits that it may have begun with, joined by `,`"),
        _f("probability", "how likely it is so"),
        _f(
            "size",
            "a ratio less one for times, a difference for success rates, a rate for flakes, jobs for what spreads",
        ),
        _f("low", "lower end of the 95 % interval of the size"),
        _f("high", "upper end of the 95 % interval of the size"),
        _f("level_before", "seconds or rate before"),
        _f("level_after", "seconds or rate since"),
        _i("evidence", "results that it rests on"),
        _i("proven", "flakes on the same code as a pass"),
        _flag("sure", "whether it is sure enough for an alert"),
        _f("cost_minutes", "minutes a week that it costs (of `faster` and the like: saves)"),
        _s("repaired_sha", "commit that ended a break"),
        _seconds("repair_s", "seconds that the repair took; 0 where there was none", FieldType.INTEGER),
    ),
    "finding_id",
)
ETL: Final = Measurement(
    "etl",
    "syncs",
    "sync of a repository",
    (_REPOSITORY, Tag("status", "`ok` or `error`")),
    (
        _i("requests", "requests sent to GitHub; always present"),
        _i("not_modified", "requests that GitHub answered with 304, which cost no rate limit"),
        _i("rate_limit_remaining", "requests left in GitHub's rate limit window"),
        _i("runs", "runs that were fetched"),
        _i("points", "points that were made"),
        _i("rejected", "points that the store rejected (dead letters)"),
        _i("outbox", "points of all repositories that waited for the store when the sync ended"),
        _seconds("lag_s", "seconds between the end of the data that is covered and the end of the sync"),
        _seconds("duration_s", "seconds the sync took"),
        _s("warning", "tags with too many distinct values, with the setting that would help"),
    ),
    "requests",
)

MEASUREMENTS: Final = {
    measurement.name: measurement
    for measurement in (WORKFLOW_RUN, JOB, STEP, TEST_REPORT, TEST, FAILURE, FLAKE, FINDING, ETL)
}

# Conclusions that count in every success rate, duration and percentile; all others count nowhere.
SUCCESS: Final = "success"
FAILURES: Final = ("failure", "timed_out", "startup_failure")
COUNTED: Final = (SUCCESS, *FAILURES)
