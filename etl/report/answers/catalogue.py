"""All answers: what each tells, what it takes, and how it is found."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, Final

from etl.report.answers.answer import Answer
from etl.report.answers.explain import Run, explained
from etl.report.answers.failures_like import Text, failures_like
from etl.report.answers.history import history
from etl.report.answers.is_flaky import is_flaky
from etl.report.answers.named import Named
from etl.report.answers.source import Parameters, Source
from etl.report.answers.worst import Recent, worst


@dataclass(frozen=True, slots=True)
class Answerer:
    """An answer by its name; `find` takes an instance of `takes`."""

    name: str
    doc: str
    takes: type[Parameters]
    find: Callable[[Source, Any], Awaitable[Answer]]


ANSWERS: Final = {
    one.name: one
    for one in (
        Answerer(
            "explain",
            "Whose failure a red CI run is: for each failing job and test `yours`, `flaky`, `broken`, `elsewhere`, "
            "`infrastructure` or `unknown`, with a probability, the evidence and what to do.",
            Run,
            explained,
        ),
        Answerer(
            "is_flaky",
            "Whether a test or a job is flaky: how often it failed and passed on the same commit.",
            Named,
            is_flaky,
        ),
        Answerer("history", "The newest results of a test or a job, newest first.", Named, history),
        Answerer(
            "failures_like",
            "Failures whose message is like a text: how often they came, since when, and where.",
            Text,
            failures_like,
        ),
        Answerer(
            "worst",
            "What to fix first: what is broken, flaky, slower or less reliable, and what it costs.",
            Recent,
            worst,
        ),
    )
}
