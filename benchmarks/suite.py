"""All benchmarks by name, each run in a process of its own."""

import asyncio
import importlib
import inspect
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from typing import Any, TypeVar

from benchmarks.measure import Outcome, Size
from benchmarks.scale.costs import Costs, costs
from etl import log
from etl.cli.common import freeze_gc
from etl.settings import LogSettings

_T = TypeVar("_T")

COSTS = "costs"
NAMES = (
    "encoding",
    "junit",
    "pipeline",
    "memory",
    "requests",
    "latency",
    "loop",
    "state",
    "questions",
    "embedded",
    "startup",
    "logs",
)


def measured(name: str, size: Size) -> list[Outcome]:
    """The outcomes of one module."""
    found = importlib.import_module(f"benchmarks.{name}").run(size)
    outcomes: list[Outcome] = asyncio.run(found) if inspect.iscoroutine(found) else found
    return outcomes


def unit_costs(size: Size) -> Costs:
    """What one of each costs."""
    return asyncio.run(costs(size))


def alone(work: Callable[..., _T], *arguments: Any) -> _T:
    """What it returns, from a process of its own: what one leaves behind slows no other."""
    with ProcessPoolExecutor(1, get_context("spawn"), _begin) as executor:
        return executor.submit(work, *arguments).result()


def _begin() -> None:
    """As the command does, but quietly."""
    log.configure(LogSettings(level="error"))
    freeze_gc()
