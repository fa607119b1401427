"""Questions about single runs: what ran, what failed, and how the same fared elsewhere.

Several names in one parameter are separated by newlines, which no name has; an empty text means all.
"""

from typing import Final

from etl.queries.columns import of
from etl.queries.question import GITHUB, Question

RUNS: Final = (
    Question(
        "attempts",
        "Attempts of runs, each with the branch's real name and its commit.",
        of(
            "time repository workflow branch head_branch event attempt conclusion run_id head_sha actor jobs "
            "duration_s url"
        ),
        ("time", "repository", "workflow", "run_id", "attempt"),
    ),
    Question(
        "executions",
        "Executions of jobs that count in the success rate; `jobs_named` are their names.",
        of("time repository workflow job job_group branch attempt conclusion job_id run_id head_sha url"),
        ("time", "repository", "workflow", "job", "job_id"),
        options={"jobs_named": ""},
    ),
    Question(
        "results",
        "Results of tests that ran; `jobs_named`, `tests_named` and `outcomes` are names of jobs, tests and "
        "outcomes.",
        of("time repository workflow job job_group branch suite test outcome job_id message"),
        ("time", "repository", "workflow", "job", "suite", "test", "job_id", "outcome"),
        options={"jobs_named": "", "tests_named": "", "outcomes": ""},
    ),
    Question(
        "latest_executions",
        "The newest `most_rows` executions of each job on each branch, whatever their conclusions, and of these the "
        "newest `most_in_all`: what the report's grid has of jobs.",
        of("time repository workflow job job_group branch attempt conclusion job_id run_id head_sha url"),
        ("repository", "workflow", "branch", "job", "time", "job_id"),
        options={"most_rows": 100, "most_in_all": 20_000, "server_url": GITHUB},
    ),
    Question(
        "latest_results",
        "The newest `most_rows` results, on each branch, of the `most_tests` tests that failed most often in the "
        "period, skipped ones too, and of these the newest `most_in_all`: what the report's grid has of tests.",
        of("time repository workflow job branch suite test outcome job_id"),
        ("repository", "workflow", "branch", "suite", "test", "job", "time", "job_id"),
        options={"most_rows": 100, "most_tests": 60, "most_in_all": 20_000},
    ),
    Question(
        "messages",
        "Failure messages one by one; `signatures` are those asked for.",
        of(
            "time repository workflow job job_group branch category signature test path message job_id run_id attempt"
        ),
        ("time", "repository", "workflow", "job", "signature", "test", "job_id"),
        options={"signatures": ""},
    ),
    Question(
        "latest_messages",
        "The newest `most_rows` messages of each failure in each job, and of these the newest `most_in_all`: what the "
        "report's pages have of failures. `count` is of all the messages of the failure in the job.",
        of("time repository workflow job branch category signature test path message url count"),
        (
            "repository",
            "signature",
            "workflow",
            "job",
            "time",
            "branch",
            "category",
            "test",
            "message",
            "url",
        ),
        options={"most_rows": 3, "most_in_all": 4_000, "server_url": GITHUB},
    ),
)
