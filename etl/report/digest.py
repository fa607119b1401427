"""A digest: what began, what ended and what costs most, in at most 15 lines. Pure functions."""

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any, Final

from etl.model.writes import Row
from etl.report.formats import instant, percent, shorten, single_line, thousands
from etl.report.priorities import Priority, distinct, prioritised
from etl.report.verdicts import neutral
from etl.report.view import Period

# The questions that a digest answers.
DIGESTED: Final = ("overview", "findings")
# With the heading, the empty line below it and the line about the rest: 15.
_MAX_ITEMS: Final = 12
_MAX_NAME: Final = 120
_MAX_BEGAN, _MAX_ENDED = 5, 4
_NOTHING: Final = "Nothing began or ended, and nothing is broken, flaky or slower beyond what chance gives."
_NO_LONGER: Final = {
    "flaky": "is no longer flaky",
    "broken": "works again",
    "slower": "is no longer slower",
    "less reliable": "succeeds as often as before",
    "waits longer": "waits no longer than before",
    "spreading": "no longer spreads",
}


@dataclass(frozen=True, slots=True)
class Digest:
    """The period's figures in a line, its problems, and how many more there are."""

    title: str
    figures: str
    began: tuple[Priority, ...]
    ended: tuple[Priority, ...]
    costly: tuple[Priority, ...]
    more: int

    def items(self) -> list[tuple[str, Priority]]:
        """All problems, each after the word that tells what came of it."""
        parts = (("began", self.began), ("ended", self.ended), ("costs most", self.costly))
        return [(word, item) for word, some in parts for item in some]


@dataclass(frozen=True, slots=True)
class Part:
    """Text of a line that is formatted in one way."""

    text: str
    bold: bool = False
    url: str | None = None
    from_ci: bool = False


Line = tuple[Part, ...]


def digest(answers: Mapping[str, Sequence[Row]], period: Period, names: Collection[str]) -> Digest:
    """The digest of a period from the answers to DIGESTED; `names` are the repositories it is about."""
    lasting = distinct(row for row in answers["findings"] if not row["until"])
    ended = distinct(row for row in answers["findings"] if row["until"])
    began = [row for row in lasting if _since(row, period)]
    old = [row for row in lasting if not _since(row, period)]
    shown_began, shown_ended = began[:_MAX_BEGAN], ended[:_MAX_ENDED]
    costly = old[: _MAX_ITEMS - len(shown_began) - len(shown_ended)]
    shown = len(shown_began) + len(shown_ended) + len(costly)
    where = single_line(", ".join(names)) if 0 < len(names) <= 2 else f"{len(names)} repositories"  # noqa: PLR2004
    return Digest(
        f"CI of {where}, {period}" if names else f"CI, {period}",
        _figures(answers["overview"]),
        prioritised(shown_began),
        prioritised(shown_ended, _ending),
        prioritised(costly),
        len(began) + len(ended) + len(old) - shown,
    )


def lines(found: Digest) -> list[Line]:
    """The digest for people: a heading, a line for each problem, and how many more there are."""
    heading = Part(found.title, bold=True)
    return [
        (heading, Part(f": {found.figures}")) if found.figures else (heading,),
        *(_line(word, item) for word, item in found.items()),
        *([] if found.items() else [(Part(_NOTHING),)]),
        *([(Part(f"and {found.more} more: ci-health show findings"),)] if found.more else []),
    ]


def to_markdown(found: Digest, limit: int | None = None) -> str:
    """The digest as Markdown, with as many problems as fit into `limit` characters; text from CI is escaped."""
    text = _as_markdown(found)
    while limit is not None and len(text) > limit and found.items():
        found = _shorter(found)
        text = _as_markdown(found)
    return text


def _as_markdown(found: Digest) -> str:
    heading, *items = (_markdown(line) for line in lines(found))
    return "\n".join((heading, "", *(f"- {item}" for item in items))) + "\n"


def _shorter(found: Digest) -> Digest:
    """Without the last problem, which is one more that is left out."""
    if found.costly:
        return replace(found, costly=found.costly[:-1], more=found.more + 1)
    if found.ended:
        return replace(found, ended=found.ended[:-1], more=found.more + 1)
    return replace(found, began=found.began[:-1], more=found.more + 1)


def to_json(found: Digest) -> str:
    """The digest as an object, ASCII."""
    content = {key: value for key, value in asdict(found).items() if key not in ("title", "figures")}
    head: dict[str, Any] = {"title": found.title, "figures": found.figures}
    return json.dumps(head | content, indent=2, allow_nan=False).replace("##[", "#\\u0023[") + "\n"


def _since(row: Row, period: Period) -> bool:
    moment = instant(row["since"])
    return moment is not None and moment >= period.start


def _figures(overview: Sequence[Row]) -> str:
    row: Row = overview[0] if overview else {}
    if not row.get("runs"):
        return "nothing ran"
    rate, flaky = row["run_success_rate"], row["flaky_tests"]
    return ", ".join(
        (
            f"{thousands(row['runs'])} runs",
            *([] if rate is None else [f"{percent(rate)} succeeded"]),
            *([f"{flaky} flaky tests"] if flaky else []),
        )
    )


def _ending(row: Row) -> str:
    """What came of a problem that ended."""
    since, until = (
        f"{moment:%b} {moment.day}" if (moment := instant(row[key])) else str(row[key])
        for key in ("since", "until")
    )
    return f"{_NO_LONGER[row['kind']]}: it began {since} and ended {until}."


def _line(word: str, item: Priority) -> Line:
    where = [Part(" in "), Part(shorten(item.where, _MAX_NAME), from_ci=True)] if item.where else []
    return (
        Part(f"{word}: "),
        Part(shorten(item.name, _MAX_NAME), bold=True, url=item.url, from_ci=True),
        *where,
        Part(f" {item.sentence}"),
    )


def _markdown(line: Iterable[Part]) -> str:
    return "".join(map(_marked, line))


def _marked(part: Part) -> str:
    text = neutral(part.text) if part.from_ci else part.text
    if part.bold:
        text = f"**{text}**"
    return f"[{text}]({_address(part.url)})" if part.url else text


def _address(url: str) -> str:
    """A link's address without characters that end it."""
    return (
        url.replace("(", "%28")
        .replace(")", "%29")
        .replace("<", "%3C")
        .replace(">", "%3E")
        .replace("\\", "%5C")
    )
