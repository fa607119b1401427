"""Runs: listed by windows that are split until each is whole, or asked for one by one."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from http import HTTPStatus

from etl.anomalies import Anomaly
from etl.errors import DataError, FatalError
from etl.extract.github.client import RepositoryClient
from etl.extract.github.listing import Listing, entries
from etl.extract.github.records import parse_run
from etl.extract.github.windows import Window, split
from etl.model.pages import PageTag
from etl.model.records import Run

# GitHub gives at most so many results of one search; a window that reaches it may hold more.
CAP = 1_000
_WALKS = 2


@dataclass(slots=True)
class WindowListing:
    """Runs on pages that changed, each once, and what to keep when they are committed.

    `unchanged` counts runs on pages that are as they were, `received` all of them. `doubt` says why some
    of its runs may be missing; None where all were received.
    """

    runs: dict[int, Run] = field(default_factory=dict)
    tags: list[PageTag] = field(default_factory=list)
    anomalies: list[Anomaly] = field(default_factory=list)
    unchanged: int = 0
    received: int = 0
    doubt: str | None = None

    @property
    def nothing_understood(self) -> bool:
        """Whether something was there, and none of it could be understood."""
        return bool(self.anomalies) and not self.runs and not self.unchanged

    @property
    def is_emptied(self) -> bool:
        """Whether GitHub now answers with nothing; where that is as it was, there are no tags."""
        return bool(self.tags) and not self.received

    def take(self, listing: Listing[Run]) -> None:
        """Add one walk's runs; of a run that was met twice, the newer state."""
        for run in listing.items:
            known = self.runs.get(run.id)
            if known is None or (run.attempt, run.updated_at) >= (known.attempt, known.updated_at):
                self.runs[run.id] = run
        self.tags += listing.tags
        self.unchanged += listing.unchanged
        self.received += listing.received
        # A window that is walked twice tells of a run that cannot be read once.
        self.anomalies += (one for one in listing.anomalies if one not in self.anomalies)
        if listing.anomalies:
            self.doubt = listing.anomalies[0].detail


@dataclass(frozen=True, slots=True)
class Found:
    """Answer to the question for one run: `run` is None where nothing changed."""

    run: Run | None
    tags: tuple[PageTag, ...] = ()


async def list_window(
    client: RepositoryClient, window: Window, workflows: Sequence[int], *, conditional: bool = True
) -> WindowListing:
    """All runs of a window on pages that changed since their tags were kept; on all pages if not `conditional`.

    `workflows` are ids by which a window of one second can still be split. A window that is
    truncated and cannot be split is an anomaly: what was received counts.
    """
    gathered = WindowListing()
    pending = [window]
    while pending:
        current = pending.pop()
        parts = split(current, workflows)
        if await _walk(client, current, gathered, divisible=bool(parts), conditional=conditional):
            continue
        pending += reversed(parts)
        if not parts:
            detail = f"more runs than GitHub lists: {current}"
            gathered.anomalies.append(Anomaly("window truncated", detail, current.path))
    return gathered


async def _walk(
    client: RepositoryClient, window: Window, gathered: WindowListing, *, divisible: bool, conditional: bool
) -> bool:
    """Walk a window's pages; False where it holds more than GitHub lists, or too much to tell.

    Runs that vanish while we page shift others past us: one more walk, unconditional, settles it.
    """
    for walk in range(_WALKS):
        listing, broken_off = await _pages(
            client, window, conditional=conditional and walk == 0, divisible=divisible
        )
        gathered.take(listing)
        total = listing.total or 0
        if total >= CAP or (walk and broken_off):
            return False
        if listing.received >= total and not broken_off and not listing.shrank:
            return True
    if listing.received < total:
        gathered.doubt = f"GitHub lists {listing.received} of {total} runs: {window}"
        gathered.anomalies.append(Anomaly("page", gathered.doubt, window.path))
        # Without tags, all of it is asked for again.
        gathered.tags.clear()
        return True
    return False


async def _pages(
    client: RepositoryClient, window: Window, *, conditional: bool, divisible: bool
) -> tuple[Listing[Run], bool]:
    """Pages up to the end, or to where GitHub breaks off: with a 422, or an empty page too early.

    Of a window that holds too much and can be divided, the first page is enough to know that.
    """
    listing: Listing[Run] = Listing()
    next_url: str | None = window.path
    while next_url is not None:
        try:
            page = await client.page(next_url, conditional=conditional)
        except FatalError as error:
            if listing.received and error.status == HTTPStatus.UNPROCESSABLE_ENTITY:
                return listing, listing.received < (listing.total or 0)
            raise
        except DataError as error:
            # What follows it is unknown: the rest is asked for next time.
            listing.anomalies.append(Anomaly("page", str(error), next_url))
            listing.received += CAP
            return listing, False
        try:
            listing.add(page, "workflow_runs", parse_run)
        except DataError as error:
            # The page is lost, not the window: without its tag it is asked for again next time.
            listing.anomalies.append(Anomaly("page", str(error), page.url))
            listing.received += CAP
        if divisible and (listing.total or 0) >= CAP:
            return listing, False
        next_url = page.next_url
    return listing, False


async def get_attempt(client: RepositoryClient, run_id: int, attempt: int) -> Run:
    """One attempt of a run.

    Raises NotFoundError where it is not there, DataError where it cannot be understood, or is another.
    """
    found = _parsed(await client.item(f"/actions/runs/{run_id}/attempts/{attempt}"))
    if (found.id, found.attempt) != (run_id, attempt):
        raise DataError(f"GitHub answers attempt {found.attempt} of run {found.id} for {attempt} of {run_id}")
    return found


async def find_run(client: RepositoryClient, run_id: int, *, conditional: bool) -> Found:
    """The latest attempt of a run, or that nothing changed.

    Raises NotFoundError where it is not there, DataError where it cannot be understood, or is another.
    """
    page = await client.page(f"/actions/runs/{run_id}", conditional=conditional)
    if page.not_modified:
        return Found(None)
    run = _parsed(page.data)
    if run.id != run_id:
        raise DataError(f"GitHub answers run {run.id} for run {run_id}")
    return Found(run, (page.tag,) if page.tag else ())


async def oldest_day(client: RepositoryClient, windows: Sequence[Window]) -> Window | None:
    """The first of consecutive windows in which GitHub lists any run; None where there is none.

    Found by halving: some ten requests for a thousand days.
    """
    low, high = 0, len(windows)
    if not windows or not await _has_runs(client, windows[0].start, windows[-1].stop):
        return None
    while high - low > 1:
        middle = (low + high) // 2
        if await _has_runs(client, windows[low].start, windows[middle - 1].stop):
            high = middle
        else:
            low = middle
    return windows[low]


async def _has_runs(client: RepositoryClient, start: int, stop: int) -> bool:
    page = await client.page(Window(start, stop).path, conditional=False)
    return bool(entries(page, "workflow_runs"))


async def newest_run(client: RepositoryClient) -> Run | None:
    """The newest run, None where there is none.

    Raises FatalError, which names the permission, where this token may not list runs.
    """
    page = await client.page("/actions/runs?per_page=1", conditional=False)
    runs = entries(page, "workflow_runs")
    return _parsed(runs[0]) if runs else None


def _parsed(raw: object) -> Run:
    if not isinstance(raw, dict):
        raise DataError("a run that is no object")
    return parse_run(raw)
