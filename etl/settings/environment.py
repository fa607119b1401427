"""Environment variables as settings: `CI_HEALTH_GITHUB__TOKEN` is `github.token`; pure but for secret files."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from etl.errors import ConfigurationError

PREFIX = "CI_HEALTH_"
FILE_VARIABLE = "CI_HEALTH_CONFIG"
# Variables that choose where settings come from or how tests run; they are not settings themselves.
_OTHERS = {FILE_VARIABLE, "CI_HEALTH_CACHE"}
FILE_SUFFIX = "_FILE"
# Settings whose own name ends in `_file`: their variable is the path itself, not the file of another setting.
_PATHS = {"CI_HEALTH_GITHUB__APP__PRIVATE_KEY_FILE"}

# Variables that other tools set; CI_HEALTH_… variables take precedence.
_CONVENTIONAL = {
    "GITHUB_API_URL": ("github", "api_url"),
    "INFLUXDB_V2_URL": ("influxdb", "url"),
    "INFLUXDB_V2_ORG": ("influxdb", "org"),
    "INFLUXDB_V2_TOKEN": ("influxdb", "token"),
}


def variable_of(location: tuple[int | str, ...]) -> str:
    """Name of the variable of a setting: `("github", "token")` → `CI_HEALTH_GITHUB__TOKEN`."""
    return PREFIX + "__".join(str(part) for part in location).upper()


def is_file_variable(name: str) -> bool:
    """Whether the variable names a file that holds the setting's value."""
    return name.endswith(FILE_SUFFIX) and name not in _PATHS


def variable_at(location: tuple[int | str, ...], environment: Mapping[str, str]) -> str | None:
    """The variable that sets a location or something below it; None if none does."""
    own = variable_of(location)
    return next(
        (
            name
            for name, text in sorted(environment.items())
            if text and (name in (own, own + FILE_SUFFIX) or name.startswith(f"{own}__"))
        ),
        None,
    )


def read_environment(environment: Mapping[str, str], *, has_app: bool = False) -> dict[str, Any]:
    """Nested settings from variables; empty ones count as not set.

    `has_app`: the settings file names a GitHub App, so that a GITHUB_TOKEN that happens to be
    set is not taken. Raises ConfigurationError for a secret's file that cannot be read.
    """
    values: dict[str, Any] = {}
    for name, path in _CONVENTIONAL.items():
        if environment.get(name):
            _put(values, path, environment[name])
    for name, text in sorted(environment.items()):
        if name.startswith(PREFIX) and name not in _OTHERS and text:
            _put(values, *_own(name, text))
    github = values.get("github", {})
    has_identity = has_app or "token" in github or "app" in github
    if not has_identity and environment.get("GITHUB_TOKEN"):
        _put(values, ("github", "token"), environment["GITHUB_TOKEN"])
    return values


def _own(name: str, text: str) -> tuple[tuple[str, ...], Any]:
    if is_file_variable(name):
        return _path(name.removesuffix(FILE_SUFFIX)), _secret(name, text)
    return _path(name), _decoded(text)


def _path(name: str) -> tuple[str, ...]:
    return tuple(name.removeprefix(PREFIX).lower().split("__"))


def _secret(name: str, path: str) -> str:
    try:
        return Path(path).read_text("utf-8").strip()
    except (OSError, ValueError) as error:
        # A value that is not a path may be the secret itself.
        which = f"the file {path}, which" if Path(path).is_absolute() else "a file that"
        reason = error.strerror if isinstance(error, OSError) else "it is no text"
        raise ConfigurationError(f"{name} names {which} cannot be read: {reason}") from None


def _decoded(text: str) -> Any:
    """Structured values are JSON; anything else is text that the setting's type will parse."""
    if text[0] not in "[{":
        return text
    try:
        return json.loads(text)
    except json.JSONDecodeError:
        return text


def _put(values: dict[str, Any], path: tuple[str, ...], value: Any) -> None:
    for part in path[:-1]:
        values = values.setdefault(part, {})
        if not isinstance(values, dict):
            return
    values[path[-1]] = value
