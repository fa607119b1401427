"""Helm, from $HELM, the PATH or built once; and the chart as it renders."""

import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from tools.docs import ROOT

CHART = ROOT / "deploy/helm/ci-health"
VALUES = sorted((Path(__file__).parent / "values").glob("*.yaml"))

Helm = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture(scope="session")
def helm() -> Helm:
    """Run helm with arguments; it renders for the newest Kubernetes that the tests know."""
    build = subprocess.run([ROOT / "tools/helm/build.sh"], capture_output=True, text=True, check=False)
    if build.returncode:
        if "CI" not in os.environ and not shutil.which("go"):
            pytest.skip(f"the chart cannot be rendered: {build.stderr.strip()}")
        pytest.fail(f"no helm for the tests:\n{build.stderr[-2000:]}", pytrace=False)

    def run(*arguments: str | os.PathLike[str]) -> subprocess.CompletedProcess[str]:
        command = [build.stdout.strip(), *arguments, "--kube-version", "1.37.0"]
        return subprocess.run(command, capture_output=True, text=True, check=False)

    return run


@pytest.fixture(scope="session")
def rendered(helm: Helm) -> Callable[..., list[dict[str, Any]]]:
    """The chart's objects for a values file and values set beside it."""

    def render(values: Path, *options: str) -> list[dict[str, Any]]:
        found = helm("template", "trial", CHART, "--namespace", "ci", "--values", values, *options)
        assert found.returncode == 0, found.stderr
        return [document for document in yaml.safe_load_all(found.stdout) if document]

    return render
