"""The application and its commands.

Commands import what they need when they run, so that `--help` is fast.
"""

import io
import sys
from pathlib import Path
from typing import Annotated

import typer

from etl.cli.check import check
from etl.cli.dead_letters import dead_letters
from etl.cli.demo import demo
from etl.cli.digest import digest
from etl.cli.explain import explain
from etl.cli.export import export
from etl.cli.gate import gate
from etl.cli.ingest import ingest
from etl.cli.init import init
from etl.cli.mcp import mcp
from etl.cli.output import Exit, Global, print_error
from etl.cli.quarantine import quarantine
from etl.cli.read_log import read_log
from etl.cli.report import report
from etl.cli.run import run
from etl.cli.show import show
from etl.cli.sync import backfill, sync
from etl.cli.verify import verify
from etl.cli.workflow_commands import disarm_output
from etl.errors import CiHealthError, ConfigurationError

app = typer.Typer(
    name="ci-health",
    help="CI health as time series: GitHub Actions into InfluxDB, Grafana and a report.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)


for command in (
    demo,
    init,
    check,
    sync,
    backfill,
    verify,
    run,
    ingest,
    show,
    explain,
    digest,
    report,
    export,
    read_log,
    gate,
    mcp,
):
    app.command()(command)
app.add_typer(dead_letters, name="dead-letters")
app.add_typer(quarantine, name="quarantine")


def _print_version(wanted: bool) -> None:
    from importlib.metadata import version

    if wanted:
        typer.echo(f"ci-health {version('ci-health-metrics')}")
        raise typer.Exit


@app.callback()
def _global_options(
    context: typer.Context,
    config: Annotated[
        Path | None, typer.Option(help="Settings file; default: $CI_HEALTH_CONFIG, config/ci-health.yaml.")
    ] = None,
    debug: Annotated[bool, typer.Option("--debug", help="Log everything; show tracebacks.")] = False,
    _version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    context.obj = Global(config, debug)


def main() -> None:
    """Run the command line; errors are printed as plain messages on standard error."""
    # Names from CI may contain characters that a terminal or pipe cannot encode.
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")
    disarm_output()
    try:
        app()
    except ConfigurationError as error:
        _exit_with_error(error, str(error), Exit.WRONG_CONFIGURATION)
    except CiHealthError as error:
        _exit_with_error(error, str(error), Exit.FAILED)
    except KeyboardInterrupt:
        sys.exit(Exit.INTERRUPTED)
    except Exception as error:  # noqa: BLE001
        kind = type(error).__name__
        _exit_with_error(
            error,
            f"unexpected {kind}: {error}. `ci-health --debug …` shows where; please report it",
            Exit.FAILED,
        )


def _exit_with_error(error: Exception, sentences: str, code: Exit) -> None:
    if "--debug" in sys.argv:
        raise error
    for line in sentences.splitlines():
        print_error(line)
    sys.exit(code)
