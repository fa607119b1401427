"""Runs: listed by windows, which are split until each is complete, or requested one by one."""

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

# GitHub's limit on the results of a search; a window that reaches it may contain more.
CAP = 1_000
_WALKS = 2


@dataclass(slots=True)
class WindowListing:
    """Runs on changed pages, without duplicates, and the tags to store when they are committed.

    `unchanged` counts runs on unchanged pages, `received` all runs. `doubt` says why some runs may be missing;
    None if all were received.
    """

    runs: dict[int, Run] = field(default_factory=dict)
    tags: list[PageTag] = field(default_factory=list)
    anomalies: list[Anomaly] = field(default_factory=list)
    unchanged: int = 0
    received: int = 0
    doubt: str | None = None

    @property
    def nothing_understood(self) -> bool:
        """Whether there were entries and none of them could be parsed."""
        return bool(self.anomalies) and not self.runs and not self.unchanged

    @property
    def is_emptied(self) -> bool:
        """Whether GitHub newly answers with no runs; if it already did last time, there are no tags."""
        return bool(self.tags) and not self.received

    def take(self, listing: Listing[Run]) -> None:
        """Add the runs of one walk over the pages; of a run that came twice, its newer state counts."""
        for run in listing.items:
            known = self.runs.get(run.id)
            if known is None or (run.attempt, run.updated_at) >= (known.attempt, known.updated_at):
                self.runs[run.id] = run
        self.tags += listing.tags
        self.unchanged += listing.unchanged
        self.received += listing.received
        # If a window is walked twice, a run that cannot be parsed is reported once.
        self.anomalies += (one for one in listing.anomalies if one not in self.anomalies)
        if listing.anomalies:
            self.doubt = listing.anomalies[0].detail


@dataclass(frozen=True, slots=True)
class Found:
    """The answer to a request for one run; `run` is None if nothing changed."""

    run: Run | None
    tags: tuple[PageTag, ...] = ()


async def list_window(
    client: RepositoryClient, window: Window, workflows: Sequence[int], *, conditional: bool = True
) -> WindowListing:
    """All runs of a window on pages that changed since their tags were stored; on all pages if not `conditional`.

    `workflows` are ids by which a window of one second can still be split. A window that is truncated and
    cannot be split is an anomaly; the runs received from it count.
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
    """Read a window's pages; False if it has, or may have, more runs than GitHub lists.

    Runs that vanish meanwhile move others to pages already read; a second, unconditional walk then finds them.
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
        # Without tags, the whole window is requested again.
        gathered.tags.clear()
        return True
    return False


async def _pages(
    client: RepositoryClient, window: Window, *, conditional: bool, divisible: bool
) -> tuple[Listing[Run], bool]:
    """The pages of a window, until GitHub stops: at the end, with a 422, or with an early empty page.

    If a window has too many runs and can be split, only its first page is read.
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
            # What follows is unknown: the rest is requested next time.
            listing.anomalies.append(Anomaly("page", str(error), next_url))
            listing.received += CAP
            return listing, False
        try:
            listing.add(page, "workflow_runs", parse_run)
        except DataError as error:
            # Only this page is lost; without its tag it is requested again next time.
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
    """The first of consecutive windows in which GitHub lists any run; None if there is none.

    A binary search: about ten requests for a thousand days.
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


async def count_runs(client: RepositoryClient, window: Window) -> int:
    """How many runs GitHub says there are, in one request; it may list fewer at once."""
    page = await client.page(window.path_of(1), conditional=False)
    return max(page.total_count or 0, len(entries(page, "workflow_runs")))


async def newest_run(client: RepositoryClient) -> Run | None:
    """The newest run; None if there is none.

    Raises FatalError, which names the permission, if the token may not list runs.
    """
    page = await client.page("/actions/runs?per_page=1", conditional=False)
    runs = entries(page, "workflow_runs")
    return _parsed(runs[0]) if runs else None


def _parsed(raw: object) -> Run:
    if not isinstance(raw, dict):
        raise DataError("a run that is no object")
    return parse_run(raw)
