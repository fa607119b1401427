"""The application and its exit codes: 0 done, 1 something failed, 2 wrong usage or configuration.

Commands import what they need when they run: `--help` answers at once.
"""

import io
import sys
from dataclasses import dataclass
from enum import IntEnum
from pathlib import Path
from typing import Annotated

import typer

from etl.cli.workflow_commands import disarm_output
from etl.errors import CiHealthError, ConfigurationError

app = typer.Typer(
    name="ci-health",
    help="CI health as time series: GitHub Actions into InfluxDB, Grafana and a report.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)


class Exit(IntEnum):
    """Exit codes (contract)."""

    DONE = 0
    FAILED = 1
    WRONG_CONFIGURATION = 2
    INTERRUPTED = 130


@dataclass(frozen=True, slots=True)
class Global:
    """Options before the command."""

    config: Path | None
    debug: bool


@app.callback()
def _global_options(
    context: typer.Context,
    config: Annotated[
        Path | None, typer.Option(help="Settings file; default: $CI_HEALTH_CONFIG, config/ci-health.yaml.")
    ] = None,
    debug: Annotated[bool, typer.Option("--debug", help="Log everything; show tracebacks.")] = False,
) -> None:
    context.obj = Global(config, debug)


def main() -> None:
    """Run the command line; errors end as sentences on standard error."""
    # Importing the modules is what registers their commands.
    from etl.cli import check, demo, report, run, show, sync  # noqa: F401

    # Names from CI hold any character; a terminal or pipe may not.
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")
    disarm_output()
    try:
        app()
    except ConfigurationError as error:
        _say(error, str(error), Exit.WRONG_CONFIGURATION)
    except CiHealthError as error:
        _say(error, str(error), Exit.FAILED)
    except KeyboardInterrupt:
        sys.exit(Exit.INTERRUPTED)
    except Exception as error:  # noqa: BLE001
        kind = type(error).__name__
        _say(
            error,
            f"unexpected {kind}: {error}. `ci-health --debug …` shows where; please report it",
            Exit.FAILED,
        )


def print_error(sentence: str) -> None:
    """Say on standard error what is wrong, on one line, whatever it quotes of names and answers."""
    from etl.report.formats import single_line

    typer.echo(f"ci-health: {single_line(sentence)}", err=True)


def _say(error: Exception, sentences: str, code: Exit) -> None:
    if "--debug" in sys.argv:
        raise error
    for line in sentences.splitlines():
        print_error(line)
    sys.exit(code)
