from dataclasses import replace

from etl.model.points import NANOSECONDS
from etl.model.records import Annotation, Job, Run, Step
from etl.model.results import CaseName, Outcome, Report, Result
from etl.model.schema import MEASUREMENTS, FieldType
from etl.transform.attempts import transform_attempt
from etl.transform.context import Context
from etl.transform.own_jobs import executed, own_jobs
from etl.transform.rules import Rules

T0 = 1_770_000_000

RUN = Run(
    id=7,
    number=3,
    attempt=1,
    workflow_id=5,
    workflow_name="CI",
    path=".github/workflows/ci.yml",
    check_suite_id=9,
    event="push",
    status="completed",
    conclusion="failure",
    head_sha="abc",
    head_branch="main",
    fork=False,
    actor="ada",
    created_at=T0 - 500,
    started_at=T0,
    updated_at="2026-02-02T02:40:00Z",
    url="https://github.com/acme/rocket/actions/runs/7",
    has_previous_attempt=False,
)
JOB = Job(
    id=70,
    run_id=7,
    attempt=1,
    name="unit (3.12)",
    status="completed",
    conclusion="failure",
    created_at=T0 + 1,
    started_at=T0 + 11,
    completed_at=T0 + 100,
    labels=("ubuntu-22.04", "arm"),
    steps=(
        Step(1, "Set up", "success", T0 + 11, T0 + 12),
        Step(2, "Test", "failure", T0 + 12, T0 + 99),
        Step(3, "Upload", None, None, None),
    ),
    url="https://github.com/acme/rocket/actions/runs/7/job/70",
)


def context(run: Run = RUN) -> Context:
    return Context("acme/rocket", "CI", "main", run, Rules())


def points_of(jobs, annotations=None, run=RUN):
    return transform_attempt(context(run), jobs, annotations or {})


def only(points, measurement):
    return [point for point in points if point.measurement == measurement]


def test_an_attempt_becomes_its_points():
    made = points_of([JOB], {70: [Annotation("failure", "boom at 12:00:00", "", "a.go", 3)]})
    (run,) = only(made.points, "workflow_run")
    assert run.tags == {
        "repository": "acme/rocket",
        "workflow": "CI",
        "branch": "main",
        "event": "push",
        "attempt": "1",
        "conclusion": "failure",
    }
    assert run.fields["duration_s"] == 100.0
    assert run.fields["queued_s"] == 11.0
    assert run.fields["jobs"] == 1
    assert run.time // NANOSECONDS == T0 + 100
    (job,) = only(made.points, "job")
    assert job.tags["job_group"] == "unit"
    assert job.tags["runner"] == "arm,ubuntu-22.04"
    assert (job.fields["duration_s"], job.fields["queued_s"]) == (89.0, 10.0)
    assert job.fields["failed_step"] == "Test"
    assert job.time // NANOSECONDS == T0 + 100
    steps = only(made.points, "step")
    assert [(step.tags["step"], step.fields["duration_s"]) for step in steps] == [
        ("Set up", 1.0),
        ("Test", 87.0),
    ]
    assert [step.time // NANOSECONDS for step in steps] == [T0 + 12, T0 + 99]
    (failure,) = only(made.points, "failure")
    assert failure.fields["template"] == "boom at <duration>"
    assert (failure.fields["path"], failure.fields["line"]) == ("a.go", 3)
    assert made.anomalies == []


def test_points_hold_what_the_schema_says_and_nothing_else():
    for point in points_of([JOB], {70: [Annotation("failure", "boom", "", "a.go", 3)]}).points:
        measurement = MEASUREMENTS[point.measurement]
        assert set(point.tags) == set(measurement.tag_names)
        assert measurement.always in point.fields
        kinds = {FieldType.INTEGER: int, FieldType.FLOAT: float, FieldType.STRING: str}
        for name, value in point.fields.items():
            assert type(value) is kinds[measurement.field_types[name]]


def test_durations_are_per_attempt_not_from_created_at():
    again = replace(RUN, attempt=2, started_at=T0 + 86_400)
    job = replace(JOB, created_at=T0 + 86_401, started_at=T0 + 86_405, completed_at=T0 + 86_460)
    (run,) = only(points_of([job], run=again).points, "workflow_run")
    assert (run.fields["duration_s"], run.fields["queued_s"]) == (60.0, 5.0)


def test_negative_and_missing_times_are_absent_fields_and_anomalies():
    backwards = replace(JOB, completed_at=T0 + 5, steps=())
    timeless = replace(JOB, id=71, created_at=None, started_at=None, completed_at=None, steps=())
    made = points_of([backwards, timeless])
    jobs = only(made.points, "job")
    assert ["duration_s" in job.fields for job in jobs] == [False, False]
    assert jobs[0].time // NANOSECONDS == T0 + 5
    assert jobs[1].time // NANOSECONDS == T0
    assert [anomaly.kind for anomaly in made.anomalies].count("job without duration") == 2


def test_an_attempt_without_jobs_stands_at_its_start():
    made = points_of([], run=replace(RUN, conclusion="startup_failure"))
    (run,) = made.points
    assert run.time // NANOSECONDS == T0
    assert "duration_s" not in run.fields
    assert run.fields["jobs"] == 0


def test_two_jobs_with_equal_names_and_times_are_two_points():
    first, second = only(points_of([JOB, replace(JOB, id=71)]).points, "job")
    assert first.tags == second.tags
    assert first.time != second.time
    assert first.time // NANOSECONDS == second.time // NANOSECONDS


def test_the_same_thing_twice_is_one_point_whatever_the_order():
    annotations = [Annotation("failure", text, "", "", None) for text in ("a", "b", "a")]
    one = points_of([JOB], {70: annotations}).points
    other = points_of([JOB], {70: annotations[::-1]}).points
    assert sorted(point.time for point in one) == sorted(point.time for point in other)
    assert len({point.time for point in only(one, "failure")}) == 3


def test_an_inherited_job_is_known_whatever_its_id_and_creation_time():
    inherited = replace(JOB, id=99, created_at=T0 + 50_000, attempt=2)
    again = replace(JOB, id=100, started_at=T0 + 50_001, completed_at=T0 + 50_090)
    second = replace(RUN, attempt=2, started_at=T0 + 50)
    assert own_jobs([inherited, again], second, executed([JOB], [JOB], 1)) == [again]


def test_skipped_and_cancelled_jobs_are_points_too():
    skipped = replace(JOB, conclusion="skipped", steps=())
    cancelled = replace(JOB, id=71, conclusion="cancelled", steps=())
    jobs = only(points_of([skipped, cancelled]).points, "job")
    assert [job.tags["conclusion"] for job in jobs] == ["skipped", "cancelled"]


def test_an_attempt_that_stays_open_gives_its_finished_jobs_alone():
    still = replace(JOB, id=71, status="in_progress", conclusion=None, completed_at=None)
    made = points_of([JOB, still], run=replace(RUN, status="in_progress", conclusion=None))
    assert only(made.points, "workflow_run") == []
    assert [job.fields["job_id"] for job in only(made.points, "job")] == [70]


def test_boilerplate_counts_only_where_nothing_better_stands():
    boilerplate = Annotation("failure", "Process completed with exit code 1.", "", "", None)
    without_boilerplate = Annotation("failure", "assert 1 == 2", "", "", None)
    warning = Annotation("warning", "Node 16 is deprecated", "", "", None)

    def messages(*annotations):
        made = points_of([JOB], {70: annotations})
        return [point.fields["message"] for point in only(made.points, "failure")]

    assert messages(boilerplate, without_boilerplate, warning) == ["assert 1 == 2"]
    assert messages(boilerplate, warning) == ["Process completed with exit code 1."]
    report = Report(JOB, is_job=True, results=[Result(CaseName("a", "b"), Outcome.FAILED, None, "1 != 2")])
    made = transform_attempt(context(), [JOB], {70: [boilerplate]}, [report])
    assert [point.fields["message"] for point in only(made.points, "failure")] == ["1 != 2"]
    assert made.executions[0].message == "1 != 2"


def test_a_test_that_an_annotation_tells_of_is_a_failing_result_where_there_is_no_report():
    annotations = {70: [Annotation("failure", "TestInject - CheckPods timed-out", "", "", None)]}
    (test,) = only(points_of([JOB], annotations).points, "test")
    assert (test.tags["test"], test.tags["outcome"]) == ("TestInject", "failed")
    assert test.fields == {"job_id": 70, "message": "CheckPods timed-out"}
    report = Report(
        JOB, is_job=True, results=[Result(CaseName("a", "TestInject"), Outcome.FAILED, None, "boom")]
    )
    made = transform_attempt(context(), [JOB], annotations, [report])
    assert [point.tags["suite"] for point in only(made.points, "test")] == ["a"]
    assert [failure.suite for failure in made.executions[0].failures] == ["a"]


def test_one_cause_in_many_tests_is_one_failure_whoever_tells_of_it():
    names = ("TestInject", "TestEdges/mixed", "TestInject")
    annotations = [Annotation("failure", f"{name} - CheckPods timed-out", "", "", None) for name in names]
    case = CaseName("a", "TestOther")
    report = Report(JOB, is_job=True, results=[Result(case, Outcome.FAILED, None, "CheckPods timed-out")])
    told = only(points_of([JOB], {70: annotations}).points, "failure")
    reported = only(transform_attempt(context(), [JOB], {}, [report]).points, "failure")
    assert [point.fields["test"] for point in told] == list(names)
    assert {point.fields["template"] for point in (*told, *reported)} == {"CheckPods timed-out"}
    assert len({point.tags["signature"] for point in (*told, *reported)}) == 1


def failing(number: int, message: str) -> Report:
    cases = (CaseName("suite", f"test {one}") for one in range(number))
    return Report(JOB, is_job=True, results=[Result(case, Outcome.FAILED, None, message) for case in cases])


def test_an_outage_keeps_no_failures_for_evidence():
    (execution,) = transform_attempt(context(), [JOB], {}, [failing(100, "no network")]).executions
    assert execution.outage
    assert execution.failures == ()
    (execution,) = transform_attempt(context(), [JOB], {}, [failing(5, "no network")]).executions
    assert [failure.message for failure in execution.failures] == ["no network"] * 5


def test_evidence_keeps_the_beginning_and_the_end_of_a_long_message():
    made = transform_attempt(context(), [JOB], {}, [failing(1, "begins" + " " * 10_000 + "ends")])
    (failure,) = made.executions[0].failures
    assert len(failure.message) < 2_100
    assert (failure.message[:6], failure.message[-4:]) == ("begins", "ends")
    assert len(only(made.points, "failure")[0].fields["message"]) == 10_010


def test_a_message_is_in_memory_once():
    report = failing(1, "\N{GRINNING FACE} expected 3 entries" * 300)
    made = transform_attempt(context(), [JOB], {}, [report])
    (message,) = (result.message for result in report.results)
    points = (*only(made.points, "test"), *only(made.points, "failure"))
    assert [point.fields["message"] is message for point in points] == [True, True]
