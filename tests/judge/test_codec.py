"""What was found and computed outlives the process: the same look after it tells nothing new."""

from etl.judge.codec import findings_from_bytes, findings_to_bytes, memory_from_bytes, memory_to_bytes
from etl.judge.judge import Judge
from etl.judge.lasting import lasting
from etl.judge.series import histories_of

NOW = 1_800_000_000


def rows(count: int = 100) -> list[dict[str, object]]:
    """A job that fails in isolation every tenth time, on the default branch."""
    common = {"level": "job", "repository": "acme/rocket", "workflow": "CI", "job": "unit", "branch": "main"}
    return [
        {
            **common,
            "attempt": 1,
            "conclusion": "failure" if number % 10 == 5 else "success",
            "runner": "linux",
            "time": f"2026-11-{number // 10 + 1:02}T{number % 10:02}:00:00Z",
            "run_id": number,
            "job_id": number,
            "head_sha": f"{number:040x}",
            "head_branch": None,
            "duration_s": 60.0 + number % 7,
            "queued_s": 1.0,
        }
        for number in range(count)
    ]


def test_what_is_read_back_is_what_was_written_and_nothing_is_told_anew() -> None:
    histories, measures = histories_of(rows(), "main")
    memory: dict = {}
    told = [one.judgement for one in Judge(memory=memory).judge(histories, measures)]
    found = lasting([], told, NOW)
    assert [one.kind for one in found] == ["flaky"]
    assert findings_from_bytes(findings_to_bytes(found)) == found
    assert memory_from_bytes(memory_to_bytes(memory)) == memory
    again = [one.judgement for one in Judge(memory=memory).judge(*histories_of(rows(), "main"))]
    assert lasting(found, again, NOW) == found


def test_a_memory_of_another_version_is_computed_anew() -> None:
    assert memory_from_bytes(b"of another version") == {}
