"""The command in a process of its own that need not import what all commands import.

Most of the time of a short command is that of its imports. A process that has made them once is forked for each
command: what runs then is the command as its entry point runs it, with its own folder, environment, standard
streams and exit code.
"""

import asyncio
import multiprocessing
import os
import sys
import time
from collections.abc import Mapping, Sequence
from io import TextIOWrapper
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from etl.cli import main

_SERVER: Final = multiprocessing.get_context("forkserver")
_SERVER.set_forkserver_preload(["etl.app", "etl.cli.app", "etl.load.duckdb", "etl.report.ask"])


async def run_forked(
    arguments: Sequence[str], folder: Path, environment: Mapping[str, str]
) -> tuple[int, bytes, bytes]:
    """Run `ci-health` with `arguments`: its exit code, its standard output and its standard error."""
    with TemporaryDirectory() as kept:
        process = _SERVER.Process(target=_command, args=(arguments, folder, dict(environment), kept))
        process.start()
        try:
            await asyncio.to_thread(process.join)
        finally:
            process.kill()
        assert process.exitcode is not None
        return process.exitcode, _read(kept, "out"), _read(kept, "err")


def _command(arguments: Sequence[str], folder: Path, environment: Mapping[str, str], kept: str) -> None:
    os.environ.clear()
    os.environ.update(environment)
    time.tzset()
    os.chdir(folder)
    for number, name in ((1, "out"), (2, "err")):
        with Path(kept, name).open("wb") as file:
            os.dup2(file.fileno(), number)
    for stream in (sys.stdout, sys.stderr):
        assert isinstance(stream, TextIOWrapper)
        stream.reconfigure(encoding="utf-8", line_buffering=False)
    sys.argv = ["ci-health", *arguments]
    main()


def _read(folder: str, name: str) -> bytes:
    return Path(folder, name).read_bytes()
