"""What the reading of one repository shares: who is asked, where progress goes, what is counted."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from etl.anomalies import Anomalies
from etl.extract.github.client import RepositoryClient
from etl.pipeline.summary import Summary
from etl.settings import Settings
from etl.state.repositories import KnownRepository
from etl.state.state import State
from etl.transform.rules import Rules


@dataclass(frozen=True, slots=True)
class Session:
    """One repository in one sync. `clock` gives Unix seconds; `wait_for_outbox_capacity` waits while the outbox is full."""

    client: RepositoryClient
    state: State
    settings: Settings
    rules: Rules
    repository: KnownRepository
    summary: Summary
    anomalies: Anomalies
    clock: Callable[[], float]
    wait_for_outbox_capacity: Callable[[], Awaitable[None]]
