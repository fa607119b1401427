import os
import subprocess
import sys
from collections.abc import Callable

import pytest


@pytest.fixture
def check_jsonschema() -> Callable[..., None]:
    """Run check-jsonschema with the arguments given; AssertionError with its output if it refuses."""

    def check(*arguments: str | os.PathLike[str]) -> None:
        command = [sys.executable, "-m", "check_jsonschema", "--no-cache", *arguments]
        found = subprocess.run(command, capture_output=True, text=True, check=False)
        assert found.returncode == 0, found.stdout + found.stderr

    return check
