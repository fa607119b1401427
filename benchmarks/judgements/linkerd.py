"""linkerd's tests of May 2020, known from the messages of failed jobs alone, and which of them are suspected."""

import json
import re
from collections import defaultdict
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from benchmarks.judgements.flaky import findings
from etl.judge.finding import Kind
from etl.judge.history import History, Level, Outcome, Run, Subject

DATA: Final = Path(__file__).parents[3] / "shared" / "data" / "linkerd2-2020"
_TEST: Final = re.compile(r"(Test\w+) - ")

Item = dict[str, Any]


def suspected() -> list[str]:
    """A line for each suspected flake: where, which test, how many of how many results failed."""
    lines = []
    for history in histories():
        for one in findings(history):
            if one.kind == Kind.FLAKY:
                subject = one.subject
                ran = history.failures + history.passes
                where = f"{subject.workflow} | {subject.job} | {subject.name}"
                lines.append(f"{where} | {history.failures} of {ran}")
    return lines


def histories() -> Iterator[History]:
    """The history of every test that a message names: it ran with its job, and passed where that did."""
    jobs = defaultdict(list)
    for job in _read("jobs.json"):
        if job["Conclusion"] in ("success", "failure"):
            jobs[job["Workflow"], job["Job"]].append(job)
    told = _messages()
    for names, ran in sorted(jobs.items()):
        ran.sort(key=lambda job: job["Completed"])
        places = {(job["Started"], job["Completed"]): place for place, job in enumerate(ran)}
        runs = [Run(_time(job["Completed"]), f"{place:07x}") for place, job in enumerate(ran)]
        green = bytes(Outcome.PASSED if job["Conclusion"] == "success" else Outcome.ABSENT for job in ran)
        for test, notes in sorted(told.get(names, {}).items()):
            outcomes, messages = bytearray(green), {}
            for note in notes:
                at = places[note["Started"], note["Completed"]]
                outcomes[at], messages[at] = Outcome.FAILED, note["Message"]
            subject = Subject("linkerd/linkerd2", Level.TEST, *names, "", test)
            yield History(subject, runs, bytes(outcomes), messages)


def _messages() -> dict[tuple[str, str], dict[str, list[Item]]]:
    found: dict[tuple[str, str], dict[str, list[Item]]] = defaultdict(lambda: defaultdict(list))
    for note in _read("annotations.json"):
        if named := _TEST.match(note["Message"]):
            found[note["Workflow"], note["Job"]][named[1]].append(note)
    return found


def _read(name: str) -> list[Item]:
    read: list[Item] = json.loads((DATA / name).read_text("utf-8"))
    return read


def _time(written: str) -> int:
    return int(datetime.fromisoformat(written).timestamp())
