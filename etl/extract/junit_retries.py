"""Equal names within a suite of a JUnit report: attempts of one test, or tests apart.

A pass must never hide a failure, and no flake may be told that nobody recorded: attempts are joined only
where the writer is known to repeat, or where all that is repeated in the suite looks like retries.
"""

from collections.abc import Iterable, Sequence

from etl.extract.junit_writers import Repeats
from etl.model.results import Outcome, Result

# What pytest says of an error after a test's own end.
_TEARDOWN = "failed on teardown with"


def join_retries(groups: Sequence[Sequence[Result]], repeats: Repeats) -> list[list[Result]]:
    """The results of each group of equal names in one suite, in their order, as `repeats` reads them."""
    if repeats is Repeats.RETRIED_AS_SKIPPED and all(map(_is_retried_as_skipped, groups)):
        return [[_healed_skip(group)] for group in groups]
    ran = [_without_skipped(group) for group in groups]
    if repeats is Repeats.ATTEMPTS:
        return [[_last_attempt(group)] for group in ran]
    if repeats is Repeats.RERUNS and all(map(_is_rerun, groups)):
        return [[last_of(group)] for group in ran]
    if repeats is Repeats.UNKNOWN and all(
        _is_rerun(group) and not _ran(group)[-1].is_red for group in groups
    ):
        return [[last_of(group)] for group in ran]
    return ran


def _ran(group: Iterable[Result]) -> list[Result]:
    return [result for result in group if result.outcome is not Outcome.SKIPPED]


def _without_skipped(group: Sequence[Result]) -> list[Result]:
    """A skipped repetition says nothing beside one that ran."""
    return _ran(group) or list(group)


def _is_rerun(group: Sequence[Result]) -> bool:
    """Whether each attempt but the last one that ran failed."""
    ran = _ran(group)
    return group[0].is_red and all(result.is_red for result in ran[:-1])


def _is_retried_as_skipped(group: Sequence[Result]) -> bool:
    return len(_ran(group[:-1])) == 0


def _healed_skip(group: Sequence[Result]) -> Result:
    *retried, last = group
    told = [result.message for result in retried if result.message]
    return last._replace(retried_message=told[-1]) if told and last.outcome is Outcome.PASSED else last


def _last_attempt(group: Sequence[Result]) -> Result:
    """The last of attempts, of which all but the last may be empty: an empty one is no pass, and no failure."""
    last = group[-1]
    if last.is_red:
        before = group[-2] if len(group) > 1 else last
        return before if before.is_red and last.message.startswith(_TEARDOWN) else last
    return last_of(group)


def last_of(group: Sequence[Result]) -> Result:
    """The last attempt, with the message of a failure that it healed, and all attempts in case it did not."""
    *earlier, last = group
    red = [result.message for result in earlier if result.is_red]
    # The test's own failure tells more than that of what cleans up after it.
    red = [message for message in red if not message.startswith(_TEARDOWN)] or red
    if red and last.outcome is Outcome.PASSED:
        return last._replace(retried_message=red[-1], attempts=tuple(group))
    within = [result.retried_message for result in group if result.retried_message is not None]
    return last._replace(retried_message=within[-1]) if within else last
