"""A project all of whose names and messages are attacks, and its twin whose names are harmless."""

import re
from collections.abc import Sequence
from datetime import UTC, datetime

from etl.demo.history import Annotation, Artifact, Attempt, History, Job, Repository, Run, Step, Workflow
from etl.demo.suites import Case, Planned, archive, report
from tests.chaos.world import yesterday

ATTACKS = {
    "another point": "x job_id=1i 1\njob,repository=evil/evil job_id=666i 1767225600000000000",
    "more tags": 'x,repository=evil/evil,job=y job_id=666i,url="',
    "a field": 'x" job_id=666i,message="\\"',
    "a tag's end": "x,\\",
    "Flux": '"}) |> yield(name: "x") from(bucket: "b") //',
    "Flux interpolated": '${string(v: 1 + 1)} ") |> drop(columns: ["_value"]) //',
    "SQL": "x'; DROP TABLE job; --",
    "SQL, always true": "' OR '1'='1",
    "SQL's placeholders": "$1 ? %s :name {0} %(name)s",
    "a pattern": ".*|(a+)+$ % _ [a-z]",
    "HTML": '"><script>alert(1)</script><img src=x onerror=alert(1)>',
    "HTML, a script's end": "</script></style><!--<svg onload=alert(1)>",
    "Markdown": "[x](javascript:alert(1)) ![y](http://evil.invalid/y.png) | a | `b` |",
    "a template": "{{ 7*7 }}{% raw %}${7*7}<%= 7*7 %>",
    "rich": "[bold red]x[/] [link=javascript:alert(1)]y[/link] :bomb:",
    "a terminal": "\x1b]0;owned\x07\x1b[2J\x1b[31mred\x9b31m\x08\x08\x7f",
    "reordered": "safe\u202egnp.exe\u2066 \u200bx\ufeff",
    "a line of the log": 'x\n{"event": "synced", "level": "info", "forged": true}\r{"event": "forged"}',
    "a command": "::error::owned",
    "an output": "::set-output name=x::owned",
    "a command below": "x\n  ::stop-commands::owned\r::add-mask::x",
    "an old command": "x ##[set-output name=x;]owned",
    "a formula": '=HYPERLINK("http://evil.invalid","x")',
    "a sum": "+1+cmd|' /C calc'!A0",
    "a difference": "-2+3+cmd|' /C calc'!A0",
    "a function": "@SUM(1+1)*cmd|' /C calc'!A0",
    "a formula behind a tab": "\t=1+1",
    "a formula, full-width": "\uff1d1+1",
    "a path": "../../../../etc/passwd",
    "a format": "%n%s%x{}{0.__class__}",
}
HARMLESS = [f"harmless {letter}" for letter in map(chr, range(ord("A"), ord("A") + len(ATTACKS)))]

_HOUR_S = 3_600
_MORNING = int(datetime(2026, 1, 5, 6, tzinfo=UTC).timestamp())


def project(names: Sequence[str]) -> History:
    """For each name a workflow of that name, in which everything of that name fails, and then passes."""
    repository = Repository(42, "acme/rocket")
    for number, name in enumerate(names, 1):
        repository.workflows.append(Workflow(100 + number, name, f".github/workflows/{name}.yml"))
        repository.runs.append(_run(number, name))
    return yesterday(History([repository]))


def _run(number: int, name: str) -> Run:
    begun = _MORNING + 60 * number
    again = begun + _HOUR_S
    broken = Job(
        10 * number,
        name,
        begun,
        begun,
        begun + 60,
        "failure",
        labels=(name,),
        steps=(Step(name, begun, begun + 30, "failure"),),
        annotations=(Annotation(name, path=name, title=name),),
        artifacts=(_results(number, name, begun + 50, red=True), _no_report(number, name, begun + 51)),
    )
    healed = Job(
        10 * number + 1, name, again, again, again + 60, artifacts=(_results(500 + number, name, again + 50),)
    )
    attempts = (Attempt(begun, (broken,)), Attempt(again, (healed,)))
    return Run(
        1_000 + number, number, 100 + number, begun, attempts, head_branch=name, head_sha="abc123", actor=name
    )


def _results(number: int, name: str, uploaded: int, *, red: bool = False) -> Artifact:
    """What a test of that name did; XML holds no control characters."""
    held = re.sub(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]", "", name)
    case = Case(Planned(held, held), red, 0.5, held if red else "")
    return Artifact(number, "junit", uploaded, archive([(f"{number}.xml", report([case]))]))


def _no_report(number: int, name: str, uploaded: int) -> Artifact:
    """The log tells of it by its name."""
    return Artifact(10_000 + number, f"junit {name}", uploaded, archive([("junit.xml", b"this is no XML")]))
