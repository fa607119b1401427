"""Merge defaults, a YAML file, environment variables and command-line options into Settings.

Every wrong setting ends as one sentence in a ConfigurationError that names it and says what to do.
"""

import difflib
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, get_args

import yaml
from pydantic import BaseModel, ValidationError

from etl.errors import ConfigurationError
from etl.settings.environment import (
    FILE_SUFFIX,
    FILE_VARIABLE,
    PREFIX,
    is_file_variable,
    read_environment,
    variable_at,
    variable_of,
)
from etl.settings.model import Settings
from etl.settings.sections import Section

DEFAULT_FILE = Path("config/ci-health.yaml")
_LISTED = "; docs/configuration.md lists all of them"


def load(
    environment: Mapping[str, str] | None = None,
    *,
    file: Path | None = None,
    overrides: Mapping[str, Any] | None = None,
) -> Settings:
    """Merge all sources and validate them.

    `overrides` is nested like the YAML file and takes precedence over everything else. Raises
    ConfigurationError with a line for each wrong setting.
    """
    environment = os.environ if environment is None else environment
    merged = _read_file(file, environment)
    _merge(merged, read_environment(environment, has_app="app" in (merged.get("github") or {})))
    _merge(merged, overrides or {})
    try:
        return Settings(**merged)
    except ValidationError as error:
        raise ConfigurationError("\n".join(_sentences(error, environment))) from None


def settings_file(named: Path | None, environment: Mapping[str, str] | None = None) -> Path:
    """The settings file: the one that was named, else the variable's, else the default one."""
    environment = os.environ if environment is None else environment
    return named or Path(environment.get(FILE_VARIABLE) or DEFAULT_FILE)


def _read_file(file: Path | None, environment: Mapping[str, str]) -> dict[str, Any]:
    path = settings_file(file, environment)
    if file is None and not environment.get(FILE_VARIABLE) and not path.exists():
        return {}
    try:
        content = yaml.safe_load(path.read_text("utf-8"))
    except OSError as error:
        raise ConfigurationError(f"settings file {path} cannot be read: {error.strerror}") from None
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"settings file {path} is no valid YAML: {_place(error)}") from None
    if content is None:
        return {}
    if not isinstance(content, dict):
        raise ConfigurationError(f"settings file {path} holds no settings: expected `name: value` lines")
    return _without_empty(content)


def _place(error: Exception) -> str:
    """Where a file is wrong; the text there may be a secret and is not quoted."""
    mark = getattr(error, "problem_mark", None)
    return "it is no text" if mark is None else f"look at line {mark.line + 1}, column {mark.column + 1}"


def _without_empty(content: dict[Any, Any]) -> dict[str, Any]:
    """A key without a value, as in a file whose lines are commented out, is not set."""
    return {
        str(key): _without_empty(value) if isinstance(value, dict) else value
        for key, value in content.items()
        if value is not None
    }


def _merge(into: dict[str, Any], other: Mapping[str, Any]) -> None:
    for key, value in other.items():
        if isinstance(value, Mapping):
            if not isinstance(into.get(key), dict):
                into[key] = {}
            _merge(into[key], value)
        else:
            into[key] = value


def _sentences(error: ValidationError, environment: Mapping[str, str]) -> list[str]:
    return [
        _unknown(item["loc"], environment)
        if item["type"] == "extra_forbidden"
        else _sentence(item["loc"], item["type"], item["msg"], item["input"])
        for item in error.errors()
    ]


def _unknown(location: tuple[int | str, ...], environment: Mapping[str, str]) -> str:
    if variable := variable_at(location, environment):
        return f"unknown variable {variable}{_nearest_variable(variable)}"
    return f"unknown setting {'.'.join(map(str, location))!r}{_nearest(location)}"


def _sentence(location: tuple[int | str, ...], kind: str, message: str, value: Any) -> str:
    name = ".".join(str(part) for part in location)
    if kind == "missing":
        return f"setting {name!r} is missing: set it in the file, or as {variable_of(location)}"
    if kind == "model_type":
        member = next(known for known in known_settings() if known.startswith(f"{name}."))
        return f"setting {name!r} is a section: set what belongs into it, such as {member!r}"
    message = message.removeprefix("Value error, ")
    if kind == "value_error":
        return f"setting {name!r} {message}" if name else message
    is_secret = any(word in name for word in ("token", "secret"))
    shown = "" if is_secret or isinstance(value, dict) else f" (it is {str(value)[:80]!r})"
    return f"setting {name!r}: {message[0].lower()}{message[1:]}{shown}"


def _nearest(location: tuple[int | str, ...]) -> str:
    known = known_settings()
    same = [name for name in known if name.split(".")[-1] == location[-1]][:1]
    close = difflib.get_close_matches(".".join(str(part) for part in location), known, n=1, cutoff=0.5)
    # A name outside its section is compared as it is.
    found = (same or close) if len(location) == 1 else (close or same)
    return f": did you mean {found[0]!r}?" if found else _LISTED


def _nearest_variable(variable: str) -> str:
    # A secret's file has the variable of the secret, and this behind it.
    end = FILE_SUFFIX if is_file_variable(variable) else ""
    written = _plain(variable.removesuffix(end))
    known = {_plain(name): name for name in map(_variable, known_settings())}
    close = difflib.get_close_matches(written, known, n=1, cutoff=0.6)
    found = known[close[0]] if close else ""
    return f": did you mean {found.removesuffix(end)}{end}?" if found else _LISTED


def _variable(setting: str) -> str:
    return variable_of(tuple(setting.split(".")))


def _plain(variable: str) -> str:
    """A variable's name to compare: most mistakes are one underscore for two."""
    return variable.removeprefix(PREFIX).replace("__", "_")


def known_settings(model: type[BaseModel] = Settings, prefix: str = "") -> list[str]:
    """Dotted names of all settings, sections and their members."""
    names = []
    for name, info in model.model_fields.items():
        names.append(prefix + name)
        section = _section_of(info.annotation)
        if section is not None:
            names += known_settings(section, f"{prefix}{name}.")
    return names


def _section_of(annotation: Any) -> type[BaseModel] | None:
    candidates = (annotation, *get_args(annotation))
    return next((kind for kind in candidates if isinstance(kind, type) and issubclass(kind, Section)), None)
