"""What the compose file starts works with real parts: InfluxDB's limits, the secrets, the tokens, the demo."""

import os
import re
import stat
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import typer.main

from etl.cli.app import app
from etl.load.influxdb import InfluxStore
from etl.load.line_encoder import encode
from etl.model.points import Point
from etl.model.schema import ETL
from etl.settings import InfluxSettings
from tests.docs.test_packaging import SERVICES
from tests.influxd import Influxd, _binary
from tools.docs import ROOT

SCRIPTS = ROOT / "deploy/compose"
STAND_IN = Path(__file__).with_name("influx_cli.py")
LIMITS = {
    name: value for name, value in SERVICES["influxdb"]["environment"].items() if name.startswith("INFLUXD_")
}


@pytest.mark.parametrize("name", LIMITS)
def test_influxd_takes_the_limits_that_it_is_given(name: str) -> None:
    option = name.removeprefix("INFLUXD_").lower().replace("_", "-")
    command = [_binary(), "print-config", "--key-name", option]
    found = subprocess.run(
        command,
        capture_output=True,
        text=True,
        check=True,
        env={"PATH": "", "HOME": "/", **LIMITS},
    )
    assert found.stdout.strip() == LIMITS[name]


def test_queries_together_fit_into_the_memory_that_all_may_have() -> None:
    each, at_once, all_ = (
        int(LIMITS[f"INFLUXD_QUERY_{name}"]) for name in ("MEMORY_BYTES", "CONCURRENCY", "MAX_MEMORY_BYTES")
    )
    # What every question here was answered with; influxd refuses to start where the sum does not fit.
    assert each >= 512 << 20
    assert each * at_once <= all_


@pytest.fixture
def secrets(tmp_path: Path) -> dict[str, str]:
    """The environment of the scripts: a folder, and this user in place of each service's."""
    folder = tmp_path / "secrets"
    folder.mkdir()
    users = {name: str(os.getuid()) for name in SERVICES["secrets"]["environment"] if name.endswith("_UID")}
    return {"PATH": os.environ["PATH"], "SECRETS": str(folder), **users}


def run_script(name: str, environment: dict[str, str]) -> None:
    subprocess.run(["sh", SCRIPTS / name], env=environment, check=True)


def contents(environment: dict[str, str]) -> dict[str, str]:
    return {file.name: file.read_text("utf-8").strip() for file in Path(environment["SECRETS"]).iterdir()}


def test_passwords_are_made_once_long_different_and_private(secrets: dict[str, str]) -> None:
    run_script("secrets.sh", secrets)
    made = contents(secrets)
    assert set(made) == {"influxdb-password", "grafana-password"}
    assert len(set(made.values())) == 2
    assert all(re.fullmatch(r"[0-9a-f]{48}", value) for value in made.values())
    for file in Path(secrets["SECRETS"]).iterdir():
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
    run_script("secrets.sh", secrets)
    assert contents(secrets) == made


@pytest.fixture
def tokens(secrets: dict[str, str], influxd: Influxd, tmp_path: Path) -> Iterator[dict[str, str]]:
    """The tokens that the script makes for a bucket, by file; the bucket is called as the test's folder."""
    (org,) = influxd.call("GET", f"/api/v2/orgs?org={influxd.org}")["orgs"]
    bucket = influxd.call("POST", "/api/v2/buckets", {"orgID": org["id"], "name": tmp_path.name})
    command = tmp_path / "bin" / "influx"
    command.parent.mkdir()
    command.write_text(f'#!/bin/sh\nexec {sys.executable} {STAND_IN} "$@"\n', "utf-8")
    command.chmod(0o755)
    secrets |= {
        "PATH": f"{command.parent}:{secrets['PATH']}",
        "URL": influxd.url,
        "ADMIN": influxd.token,
        "DOCKER_INFLUXDB_INIT_ORG": influxd.org,
        "DOCKER_INFLUXDB_INIT_BUCKET_ID": bucket["id"],
    }
    run_script("tokens.sh", secrets)
    yield contents(secrets)
    influxd.call("DELETE", f"/api/v2/buckets/{bucket['id']}")


async def test_the_etls_token_suffices_and_grafanas_can_only_read(
    tokens: dict[str, str], influxd: Influxd, tmp_path: Path
) -> None:
    point = Point(
        ETL.name, {"repository": "acme/rocket", "status": "ok"}, {"requests": 1}, 1_700_000_000_000_000_000
    )
    assert set(tokens) == {"etl-token", "grafana-token"}
    read = Influxd(influxd.port, tokens["grafana-token"])
    query = {"query": f'from(bucket: "{tmp_path.name}") |> range(start: 0)', "dialect": {}}
    assert "requests" not in read.text("POST", f"/api/v2/query?org={influxd.org}", query)
    store = InfluxStore(settings(influxd, tmp_path.name, tokens["etl-token"]))
    try:
        await store.prepare()
        written = await store.write([encode(point)])
        assert written.accepted == 1
        answer = read.text("POST", f"/api/v2/query?org={influxd.org}", query)
        # What `backfill --replace` does.
        await store.delete("acme/rocket", datetime(2020, 1, 1, tzinfo=UTC), datetime(2030, 1, 1, tzinfo=UTC))
    finally:
        await store.close()
    assert "requests" in answer
    with pytest.raises(AssertionError, match=r": 40[134] "):
        read.text("POST", f"/api/v2/write?org={influxd.org}&bucket={tmp_path.name}", "x y=1")
    others = {"query": 'from(bucket: "_monitoring") |> range(start: 0)', "dialect": {}}
    with pytest.raises(AssertionError, match="could not find bucket"):
        read.text("POST", f"/api/v2/query?org={influxd.org}", others)


def settings(influxd: Influxd, bucket: str, token: str) -> InfluxSettings:
    return InfluxSettings.model_validate(
        {"url": influxd.url, "org": influxd.org, "bucket": bucket, "token": token}
    )


def test_secrets_are_read_where_they_are_written() -> None:
    folder = SERVICES["secrets"]["environment"]["SECRETS"]
    written = set()
    for script in ("secrets.sh", "tokens.sh"):
        text = (SCRIPTS / script).read_text("utf-8")
        written |= set(re.findall(r"^(?:secret|token) ([\w-]+) ", text, re.MULTILINE))
        assert set(re.findall(r"\$(\w+_UID|SECRETS)", text)) <= set(SERVICES["secrets"]["environment"])
    text = (ROOT / "docker-compose.yml").read_text("utf-8")
    assert set(re.findall(rf"[ \"]{folder}/([\w-]+)\b(?!\.sh)", text)) == written
    for name in ("influxdb", "etl", "demo", "grafana"):
        (mount,) = [mount for mount in SERVICES[name]["volumes"] if mount.startswith("secrets:")]
        assert mount.split(":")[1] == folder
        assert mount.endswith(":ro") == (name != "influxdb")


def test_scripts_are_mounted_where_they_are_run() -> None:
    (script,) = [mount for mount in SERVICES["secrets"]["volumes"] if "secrets.sh" in mount]
    assert script.split(":")[1] == SERVICES["secrets"]["entrypoint"][-1]
    assert (
        "./deploy/compose/tokens.sh:/docker-entrypoint-initdb.d/tokens.sh:ro"
        in SERVICES["influxdb"]["volumes"]
    )


def test_services_are_reached_at_the_ports_that_they_serve() -> None:
    for name, url in (
        ("influxdb", SERVICES["etl"]["environment"]["CI_HEALTH_INFLUXDB__URL"]),
        ("influxdb", SERVICES["grafana"]["environment"]["INFLUXDB_URL"]),
        ("grafana", SERVICES["grafana"]["healthcheck"]["test"][-1].replace("localhost", "grafana")),
    ):
        (published,) = SERVICES[name]["ports"]
        assert url.startswith(f"http://{name}:{published.split(':')[-1]}")


def test_the_etl_and_its_demo_run_commands_that_exist_and_nothing_as_root() -> None:
    group: Any = typer.main.get_command(app)
    name, option = SERVICES["demo"]["command"]
    assert option in {opt for parameter in group.commands[name].params for opt in parameter.opts}
    assert "run" in group.commands
    for service in ("etl", "demo"):
        assert SERVICES[service]["read_only"]
        assert SERVICES[service]["cap_drop"] == ["ALL"]
        assert SERVICES[service]["tmpfs"] == ["/tmp:size=16m"]  # noqa: S108
