"""Finds the attempt and the job of an artifact, since GitHub names neither; pure.

`docs/artifacts.md` explains the order with examples.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from fnmatch import fnmatchcase

from etl.model.records import Artifact, Job, Run, Step
from etl.model.values import seconds

_STEP_SLACK_S = 2
_END_SLACK_S = 60

_SEPARATORS = re.compile(r"[\s_.-]+")

# Artifact glob and job glob.
Rule = tuple[str, str]


def is_wanted(name: str, globs: Sequence[str]) -> bool:
    """Whether an artifact's name matches one of the globs, whatever the case and the separators."""
    plain = _plain(name)
    return any(fnmatchcase(plain, _plain(glob)) for glob in globs)


def _plain(text: str) -> str:
    return _SEPARATORS.sub("-", text.casefold())


def was_made_in(artifact: Artifact, attempt: Run, until: int | None) -> bool:
    """Whether an artifact was created in this attempt; the next attempt began at `until` (Unix seconds).

    Only times of GitHub's own clock are compared; jobs and steps have their runners' times. If no next
    attempt is known, one may have begun since the run was listed: artifacts created after the run's last
    change do not belong to this attempt.
    """
    if until is None and attempt.completed and (ended := seconds(attempt.updated_at)) is not None:
        until = ended + _END_SLACK_S
    begun = attempt.attempt == 1 or artifact.created_at >= (attempt.started_at or 0)
    return begun and (until is None or artifact.created_at < until)


def job_of(artifact: Artifact, jobs: Sequence[Job], rules: Sequence[Rule] = ()) -> Job | None:
    """The job that uploaded an artifact; None if it cannot be determined.

    `jobs` are those that the artifact's attempt executed itself.
    """
    finders: tuple[Callable[[], Job | None], ...] = (
        lambda: _by_rule(artifact.name, jobs, rules),
        lambda: _by_words(artifact.name, jobs),
        lambda: _only(job for job in jobs if _uploading(job, artifact.created_at)),
        lambda: _only(jobs),
    )
    return next((job for job in (find() for find in finders) if job is not None), None)


def _only(jobs: Iterable[Job]) -> Job | None:
    found = list(jobs)
    return found[0] if len(found) == 1 else None


def _by_rule(name: str, jobs: Sequence[Job], rules: Sequence[Rule]) -> Job | None:
    for artifact_glob, job_glob in rules:
        match = _glob(artifact_glob).fullmatch(name)
        if match is None:
            continue
        wanted = _glob(job_glob, match.groups())
        found = _only(job for job in jobs if wanted.fullmatch(job.name))
        if found is not None:
            return found
    return None


def _glob(pattern: str, found: Sequence[str] = ()) -> re.Pattern[str]:
    """A pattern for a glob with only `*` and `?` (job names have brackets); `{1}` is the first wildcard's match."""

    def translate(match: re.Match[str]) -> str:
        sign, number = match.group(), match.group(1)
        if number is not None:
            return re.escape(found[int(number) - 1] if 0 < int(number) <= len(found) else sign)
        return {"*": "(.*)", "?": "(.)"}.get(sign) or re.escape(sign)

    return re.compile(re.sub(r"\{(\d{1,2})\}|.", translate, pattern, flags=re.DOTALL), re.DOTALL)


def _by_words(name: str, jobs: Sequence[Job]) -> Job | None:
    """The job with the most words that are all in the artifact's name; None in case of a tie."""
    words = _words(name)
    matching = [(len(_words(job.name)), job) for job in jobs if _contains(words, job.name)]
    most = max((count for count, _ in matching), default=0)
    return _only(job for count, job in matching if count == most)


def _contains(words: Sequence[str], job_name: str) -> bool:
    """Whether all words of the job's name are there, the parts of a version in sequence."""
    phrases = Counter(tuple(_words(phrase)) for phrase in re.findall(r"\d+(?:\.\d+)+|[^\W_]+", job_name))
    # Each as often as in the job's name: shard 3/3 does not match shard 1/3.
    return bool(phrases) and all(_count(words, phrase) >= times for phrase, times in phrases.items())


def _count(words: Sequence[str], phrase: tuple[str, ...]) -> int:
    size = len(phrase)
    return sum(tuple(words[start : start + size]) == phrase for start in range(len(words) - size + 1))


def _words(text: str) -> list[str]:
    return re.findall(r"[^\W_]+", text.casefold())


def _uploading(job: Job, moment: int) -> bool:
    return any("upload" in step.name.casefold() and _runs(step, moment) for step in job.steps)


def _runs(step: Step, moment: int) -> bool:
    if step.started_at is None or moment < step.started_at - _STEP_SLACK_S:
        return False
    return step.completed_at is None or moment <= step.completed_at + _STEP_SLACK_S
