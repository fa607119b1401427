"""The command line: `ci-health COMMAND`."""

from etl.cli.app import main

__all__ = ["main"]
