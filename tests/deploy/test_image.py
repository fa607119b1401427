"""The Dockerfile is a good one, and its health check tells a service from none."""

import asyncio
import fcntl
import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from etl.settings.environment import read_environment
from tests.docs.test_packaging import COMPOSE
from tests.http.serving import served
from tests.pipeline.test_hostile_messages import AS_THE_IMAGE
from tests.pipeline.world import simulated
from tools.docs import ROOT

DOCKERFILE = (ROOT / "Dockerfile").read_text("utf-8")
HEALTHY = ROOT / "deploy/image/healthy"


def test_hadolint_finds_nothing() -> None:
    command: list[str | Path] = [
        Path(sys.executable).with_name("hadolint"),
        "--no-color",
        ROOT / "Dockerfile",
    ]
    found = subprocess.run(command, capture_output=True, text=True, check=False)
    assert found.returncode == 0, found.stdout + found.stderr


def test_packages_are_installed_by_their_hashes_or_from_here() -> None:
    text = DOCKERFILE.replace("\\\n", " ")
    installs = re.findall(r"\bpip [^&\n]*\binstall [^&\n]*", text)
    assert len(installs) == 3
    for line in installs:
        assert "--require-hashes" in line or "--no-deps /wheels/" in line
    bases = re.findall(r"^FROM (\S+)", text, re.MULTILINE)
    assert bases == ["${PYTHON}"] * 2
    assert re.search(r"^ARG PYTHON=python:\d+\.\d+\.\d+-slim-\w+$", text, re.MULTILINE)


def test_what_it_sets_are_settings_and_its_data_folder_is_the_volume() -> None:
    (data,) = re.findall(r"(CI_HEALTH_\w+)=(\S+)", DOCKERFILE)
    assert read_environment(dict([data])) == {"data_dir": "/data"}
    for name in ("etl", "demo"):
        targets = [mount.split(":")[1] for mount in COMPOSE["services"][name]["volumes"]]
        assert data[1] in targets
    assert f"\nVOLUME {data[1]}\n" in DOCKERFILE


def test_it_bounds_memory_as_the_test_of_hostile_messages_has_it() -> None:
    assert f"MALLOC_ARENA_MAX={AS_THE_IMAGE['MALLOC_ARENA_MAX']} " in DOCKERFILE


def test_its_user_owns_the_etls_secrets() -> None:
    (user,) = re.findall(r"^USER (\d+)$", DOCKERFILE, re.MULTILINE)
    assert COMPOSE["services"]["secrets"]["environment"]["ETL_UID"] == user
    assert f"--uid {user}" in DOCKERFILE
    assert f"--gid {user}" in DOCKERFILE


def healthy(**settings: str) -> bool:
    """What the image's health check says; the interpreter is the one that has the package."""
    environment = {"PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}", **settings}
    return subprocess.run([HEALTHY], env=environment, check=False).returncode == 0


def test_the_health_check_is_the_images_own() -> None:
    (command,) = re.findall(r"^HEALTHCHECK .*CMD (\[.+\])$", DOCKERFILE, re.MULTILINE)
    assert json.loads(command) == [HEALTHY.name]


def test_without_http_the_health_check_asks_for_the_lock_that_a_service_holds(tmp_path: Path) -> None:
    settings = {"CI_HEALTH_DATA_DIR": str(tmp_path), "CI_HEALTH_HTTP__ENABLED": "false"}
    assert not healthy(**settings)
    with (tmp_path / "lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        assert healthy(**settings)
    assert not healthy(**settings)
    assert not healthy(**settings | {"CI_HEALTH_DATA_DIR": str(tmp_path / "nowhere")})
    assert not healthy(**settings | {"CI_HEALTH_DATA_DIR": str(tmp_path), "CI_HEALTH_HTTP__PORT": "none"})


async def test_workers_of_a_shared_state_hold_that_lock_together(tmp_path: Path, postgres_url: str) -> None:
    asked = {"CI_HEALTH_DATA_DIR": str(tmp_path / "data"), "CI_HEALTH_HTTP__ENABLED": "false"}
    shared: dict[str, Any] = {
        "state": {"url": postgres_url},
        "influxdb": {"url": "http://127.0.0.1:1", "org": "o", "bucket": "b", "token": "t"},
    }
    async with simulated(tmp_path) as world:
        async with world.pipeline(**shared):
            async with world.pipeline(**shared):
                assert await asyncio.to_thread(healthy, **asked)
            assert await asyncio.to_thread(healthy, **asked)
        assert not await asyncio.to_thread(healthy, **asked)


async def test_with_http_the_health_check_asks_the_service(tmp_path: Path) -> None:
    async with simulated(tmp_path) as world:
        async with served(world) as service:
            port = service.url.rpartition(":")[2]
            for host in ("127.0.0.1", "0.0.0.0"):  # noqa: S104
                settings = {"CI_HEALTH_HTTP__HOST": host, "CI_HEALTH_HTTP__PORT": port}
                assert await asyncio.to_thread(healthy, **settings)
        assert not await asyncio.to_thread(healthy, **settings)


@pytest.mark.parametrize("script", [*ROOT.glob("deploy/*/*.sh"), HEALTHY], ids=lambda path: path.name)
def test_scripts_can_be_run_and_parsed(script: Path) -> None:
    assert os.access(script, os.X_OK)
    subprocess.run(["sh", "-n", script], check=True)
