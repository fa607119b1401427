"""Questions about findings: what began, what it costs, and by which commit; one query with different defaults."""

from typing import Final

from etl.queries.columns import of
from etl.queries.question import GITHUB, Question

_COLUMNS: Final = of(
    "repository kind level workflow job suite name branch since until since_sha last_before_sha between url size low high "
    "level_before level_after probability evidence proven sure cost_minutes repaired_sha hours"
)
_ORDER: Final = (
    "-cost_minutes",
    "repository",
    "kind",
    "level",
    "workflow",
    "job",
    "suite",
    "name",
    "branch",
    "since",
)


def _question(name: str, doc: str, kinds: str = "", *, only_new: bool = False) -> Question:
    options = {"server_url": GITHUB, "kinds": kinds, "only_new": only_new}
    return Question(
        name,
        doc,
        _COLUMNS,
        _ORDER,
        options=options,
        filters=("repository", "workflow", "job"),
        text="findings",
    )


FINDINGS: Final = (
    _question(
        "findings",
        "What began and lasts, or ended in the period, by what it costs a week: flaky, slower, less reliable, "
        "broken, spreading; of `kinds` alone, joined by `|`, and with `only_new` only what began in the period and lasts. "
        "`size` with its 95 % interval is a ratio less one for times, a difference for success rates, "
        "a rate for flakes and jobs for what spreads; `level_before` and `level_after` are seconds, rates or "
        "jobs. `branch` is that of a break. `url` is of what changed between the two commits, `hours` is how long a repair took.",
    ),
    _question(
        "worse",
        "What got slower, waits longer or succeeds less often since a time in the period, and still does: "
        "findings, beyond what chance gives, by what they cost a week.",
        "slower|waits longer|less reliable",
        only_new=True,
    ),
    _question(
        "better",
        "What got faster, waits less or succeeds more often since a time in the period, and still does: findings, "
        "by what they save a week (`cost_minutes`).",
        "faster|waits less|more reliable",
        only_new=True,
    ),
    _question(
        "newly_flaky",
        "Tests, jobs and workflows that began to flake in the period and still do: findings, by what they cost a "
        "week.",
        "flaky",
        only_new=True,
    ),
)
