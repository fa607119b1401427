"""What a sync or a backfill tells on standard error while it works: bars, and on a terminal sentences."""

import logging
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from typing import Any, Final

from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeRemainingColumn
from rich.text import Text

from etl.model.clock import local_time
from etl.report.formats import single_line
from etl.settings import Settings

# What the last sentences of the command say, too.
_SAID_AT_THE_END: Final = ("sync failed", "points rejected, kept as dead letters")

Advance = Callable[[str, int, int], None]


def is_watched(settings: Settings) -> bool:
    """Whether somebody watches a terminal, and has not asked for the log as such."""
    return sys.stderr.isatty() and settings.log.format == "auto" and settings.log.level != "debug"


@contextmanager
def progress(settings: Settings, *, always: bool) -> Iterator[Advance]:
    """Yields what `progress_bar` yields; where nobody watches, the bar is drawn only if `always`."""
    if is_watched(settings):
        with _watched_progress() as advance:
            yield advance
    elif always:
        with progress_bar(Console(stderr=True)) as advance:
            yield advance
    else:
        yield lambda *_: None


@contextmanager
def _watched_progress() -> Iterator[Advance]:
    """A progress bar, above which warnings appear as sentences instead of as lines of the log."""
    console = Console(stderr=True)
    root = logging.getLogger()
    before = root.handlers
    root.handlers = [_Sentences(console)]
    try:
        with progress_bar(console) as advance:
            yield advance
    finally:
        root.handlers = before


@contextmanager
def progress_bar(console: Console) -> Iterator[Advance]:
    """Yields a function that takes a repository's name, the number of finished days and the total."""
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("days"),
        TimeRemainingColumn(),
    )
    tasks: dict[str, TaskID] = {}
    with Progress(*columns, console=console) as bar:

        def advance(name: str, done: int, total: int) -> None:
            if name not in tasks:
                tasks[name] = bar.add_task(escape(name), total=total)
            bar.update(tasks[name], completed=done, total=total)

        yield advance


class _Sentences(logging.Handler):
    """Prints warnings and errors as sentences; the log's other records are left out."""

    def __init__(self, console: Console) -> None:
        super().__init__(logging.WARNING)
        self._console = console

    def emit(self, record: logging.LogRecord) -> None:
        """Print one record, unless the command repeats it at its end."""
        told = record.msg if isinstance(record.msg, Mapping) else {"event": record.getMessage()}
        if told.get("event") not in _SAID_AT_THE_END:
            self._console.print(Text(single_line(sentence(told))), soft_wrap=True)


def sentence(told: Mapping[str, Any]) -> str:
    """A record of the log as a sentence."""
    event, until = str(told.get("event")), told.get("until")
    reason = told.get("reason") or told.get("detail")
    if until:
        then = local_time(datetime.fromisoformat(str(until)).timestamp())
        return f"{reason}: waiting until {then}. Ctrl-C is safe: what was read is kept"
    named = f"{told['repository']}: " if "repository" in told else ""
    return f"{named}{event}: {reason}" if reason else f"{named}{event}"
