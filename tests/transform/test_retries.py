"""Retries that equal names let one presume count only where the job may have been healed by them."""

from dataclasses import replace

import pytest

from etl.model.results import CaseName, Outcome, Result
from etl.transform.results.retries import without_false_retries
from tests.transform.test_attempts import JOB

FAILED = Result(CaseName("s", "t"), Outcome.FAILED, 0.1, "boom")
PASSED = Result(CaseName("s", "t"), Outcome.PASSED, 0.1)
HEALED = PASSED._replace(retried_message="boom", attempts=(FAILED, PASSED))
TOLD = PASSED._replace(retried_message="boom")
OTHER = Result(CaseName("s", "other"), Outcome.FAILED, 0.1, "bang")


@pytest.mark.parametrize(
    ("conclusion", "results", "expected"),
    [
        ("success", [HEALED], [HEALED]),
        ("failure", [HEALED], [FAILED, PASSED]),
        ("timed_out", [HEALED, PASSED], [FAILED, PASSED, PASSED]),
        # Something else made it red.
        ("failure", [HEALED, OTHER], [HEALED, OTHER]),
        # The report itself tells of the retry.
        ("failure", [TOLD], [TOLD]),
    ],
)
def test_a_red_job_in_which_all_seems_healed_did_not_retry(conclusion, results, expected):
    assert list(without_false_retries(replace(JOB, conclusion=conclusion), results)) == expected
