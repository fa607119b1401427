"""All benchmarks by name, each run in a process of its own."""

import asyncio
import importlib
import inspect
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

from rich.console import Console

from benchmarks.measure import Outcome, Size
from etl import log
from etl.settings import LogSettings

NAMES = ("encoding", "junit", "pipeline", "memory", "requests", "latency", "state", "questions", "startup")


def measured(name: str, size: Size) -> list[Outcome]:
    """The outcomes of one module."""
    found = importlib.import_module(f"benchmarks.{name}").run(size)
    outcomes: list[Outcome] = asyncio.run(found) if inspect.iscoroutine(found) else found
    return outcomes


def alone(name: str, size: Size) -> list[Outcome]:
    """The same in a process of its own: what one leaves behind slows no other."""
    Console(stderr=True).print(f"{name} …")
    quiet = LogSettings(level="error")
    with ProcessPoolExecutor(1, get_context("spawn"), log.configure, (quiet,)) as executor:
        return executor.submit(measured, name, size).result()
