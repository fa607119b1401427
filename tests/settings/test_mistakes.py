"""Secrets in the wrong place, as people put them there by mistake: told, and never shown."""

from pathlib import Path

import pytest

from etl.errors import ConfigurationError
from etl.settings import load
from etl.state.database import open_database

SECRET = "hunter2hunter2hunter2"


@pytest.mark.parametrize(
    ("name", "value", "told"),
    [
        ("STATE", f"postgresql://u:{SECRET}@h/n", "'state' is a section"),
        ("GITHUB", SECRET, "'github' is a section: set what belongs into it, such as 'github.token'"),
        ("INFLUXDB", SECRET, "'influxdb' is a section"),
        ("HTTP__WEBHOOKS", SECRET, "'http.webhooks.secret'"),
        ("GITHUB__TOKEN_FILE", SECRET, "CI_HEALTH_GITHUB__TOKEN_FILE names a file that cannot be read"),
        ("GITHUB__API_URL", f"http://u:{SECRET}@h", "'github.api_url' holds a user"),
        ("GITHUB__API_URL", f"https://{SECRET}@h", "'github.api_url' holds a user"),
        ("GITHUB__API_URL", f"{SECRET}", "'github.api_url' is no URL"),
        ("GITHUB__API_URL", f"https://[{SECRET}", "'github.api_url' is no URL"),
        ("INFLUXDB__URL", f"http://u:{SECRET}@h", "'influxdb.url' holds a user"),
        ("INFLUXDB__URL", f"h:8086/{SECRET}", "'influxdb.url' is no URL"),
        ("INFLUXDB__TOKEN", f"{SECRET}\nx", "'influxdb.token' holds characters"),
    ],
)
def test_a_secret_in_the_place_of_another_setting(name: str, value: str, told: str) -> None:
    message = error_of({f"CI_HEALTH_{name}": value})
    assert told in message
    assert SECRET not in message


def test_a_key_in_the_place_of_its_file() -> None:
    key = f"-----BEGIN RSA PRIVATE KEY-----\n{SECRET}"
    message = error_of({"CI_HEALTH_GITHUB__APP__APP_ID": "1", "CI_HEALTH_GITHUB__APP__PRIVATE_KEY_FILE": key})
    assert "'github.app.private_key_file' holds a key" in message
    assert SECRET not in message


@pytest.mark.parametrize(
    ("text", "line"),
    [
        (f'github:\n  token: "{SECRET}\n', 3),
        (f"github:\n  token: x: {SECRET}\n", 2),
        (f"github:\n\ttoken: {SECRET}\n", 2),
        (f"github:\n  token: *{SECRET}\n", 2),
        (f"github:\n  token: !{SECRET} x\n", 2),
    ],
)
def test_a_file_that_is_no_yaml_is_not_quoted(tmp_path: Path, text: str, line: int) -> None:
    file = tmp_path / "settings.yaml"
    file.write_text(text)
    message = error_of({"CI_HEALTH_CONFIG": str(file)})
    assert f"is no valid YAML: look at line {line}" in message
    assert SECRET not in message


@pytest.mark.parametrize(
    "url",
    [
        f"postgresql://u:{SECRET}@h:port/n",
        f"postgresql://u:{SECRET}@[::1/n",
        f"postgresql:/u:{SECRET}@h",
        f"mysql://u:{SECRET}@h/n",
        f"postgresql://u:{SECRET}@127.0.0.1:1/n",
        f"postgresql://u@127.0.0.1:1/n?password={SECRET}",
    ],
)
def test_the_url_of_a_state(url: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        open_database(url)
    assert SECRET not in str(caught.value)


def error_of(environment: dict[str, str]) -> str:
    with pytest.raises(ConfigurationError) as caught:
        load(environment)
    return str(caught.value)
