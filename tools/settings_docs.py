"""Settings, read from their model: documentation, JSON schema and example file. Pure functions."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any, Literal, get_args, get_origin

import yaml
from pydantic import BaseModel, SecretStr, TypeAdapter
from pydantic.fields import FieldInfo

from etl.settings import Settings
from etl.settings.environment import variable_of

# Values for what has no default, so that every line of the example can be switched on.
_EXAMPLES = {
    "repositories": ["your-organisation/your-repository"],
    "github.app.app_id": 12345,
    "github.app.installation_id": 67890,
    "github.app.private_key_file": "/run/secrets/github-app.pem",
    "gitea.url": "https://gitea.example",
    "influxdb.url": "http://localhost:8086",
    "influxdb.token": "better-in-CI_HEALTH_INFLUXDB__TOKEN",
}
_TYPES = {
    timedelta: "duration",
    Path: "path",
    SecretStr: "secret",
    str: "text",
    int: "whole number",
    float: "number",
    bool: "true or false",
}
_DURATION = {"type": ["string", "number"], "pattern": r"^(\d+(\.\d+)?|(\d+[smhdw])+)$"}
_ISO = TypeAdapter(timedelta)
_UNITS = (("d", 86400), ("h", 3600), ("m", 60), ("s", 1))


@dataclass(frozen=True, slots=True)
class Setting:
    """A setting, or with a `section` the heading of some."""

    path: tuple[str, ...]
    info: FieldInfo
    section: type[BaseModel] | None

    @property
    def name(self) -> str:
        """As it is written in prose: `github.token`."""
        return ".".join(self.path)

    @property
    def doc(self) -> str:
        """What it is for: the field's description, else its section's first line."""
        own = (self.section.__doc__ or "").strip().split("\n", 1)[0] if self.section else ""
        text = (self.info.description or own).rstrip(".")
        return text[:1].upper() + text[1:]

    @property
    def default(self) -> Any:
        """The default as JSON has it; None where there is none."""
        return (
            None
            if self.section or self.info.is_required()
            else _plain(self.info.get_default(call_default_factory=True))
        )


def settings(model: type[BaseModel] = Settings, above: tuple[str, ...] = ()) -> Iterator[Setting]:
    """Every setting in the model's order, a section before its members."""
    for name, info in model.model_fields.items():
        setting = Setting((*above, name), info, _section(info.annotation))
        yield setting
        if setting.section:
            yield from settings(setting.section, setting.path)


def table() -> str:
    """Markdown table of all settings."""
    lines = ["| setting | variable | type | default | what it is |", "|---|---|---|---|---|"]
    lines += [
        f"| `{setting.name}` | `{variable_of(setting.path)}` | {_type(setting.info)} "
        f"| {_default(setting)} | {setting.doc} |"
        for setting in settings()
        if not setting.section
    ]
    return "\n".join(lines)


def json_schema() -> str:
    """JSON schema of the settings file. What variables may give is not required of the file."""
    schema = Settings.model_json_schema()
    _rewrite(schema)
    for definition in (schema, *schema["$defs"].values()):
        for key, value in definition["properties"].items():
            definition["properties"][key] = _optional(value)
    for section in {setting.section.__name__ for setting in settings() if setting.section}:
        schema["$defs"][section].pop("required", None)
    return json.dumps(schema | {"title": "Settings of ci-health"}, indent=2, ensure_ascii=False) + "\n"


def example() -> str:
    """Settings file with every setting: all commented out but the repositories."""
    lines = [
        "# yaml-language-server: $schema=ci-health.schema.json",
        "#",
        "# Copy this file to config/ci-health.yaml. Every setting is here with its default: take away",
        "# the `#` right before a setting's name to change it. docs/configuration.md says more.",
        "# Secrets are better kept in environment variables, or in files that these name.",
    ]
    for setting in settings():
        indent = "  " * (len(setting.path) - 1)
        value = json.dumps(_EXAMPLES.get(setting.name, setting.default), ensure_ascii=False)
        shown = "" if setting.section or value == "null" else f" {value}"
        switch = "" if setting.section or setting.name == "repositories" else "#"
        lines += [] if len(setting.path) > 1 and not setting.section else [""]
        lines += [f"{indent}# {setting.doc}.", f"{indent}{switch}{_key(setting.path[-1])}:{shown}"]
    return "\n".join(lines) + "\n"


def _key(name: str) -> str:
    """The name as a YAML key: in quotes where YAML takes the bare word for something else."""
    return name if yaml.safe_load(name) == name else json.dumps(name)


def _section(annotation: Any) -> type[BaseModel] | None:
    """The model of a section, optional or not; lists of models are values."""
    candidates = (annotation,) if get_origin(annotation) is tuple else (annotation, *get_args(annotation))
    return next((kind for kind in candidates if isinstance(kind, type) and issubclass(kind, BaseModel)), None)


def _plain(value: Any) -> Any:
    if isinstance(value, timedelta):
        return _duration(int(value.total_seconds()))
    if isinstance(value, Path):
        return str(value)
    return list(value) if isinstance(value, tuple) else value


def _duration(seconds: int) -> str:
    """The largest unit that divides it: 3900 → `65m`."""
    unit, size = next((unit, size) for unit, size in _UNITS if seconds % size == 0)
    return f"{seconds // size}{unit}"


def _type(info: FieldInfo) -> str:
    annotation = info.annotation
    if get_origin(annotation) is Literal:
        return ", ".join(f"`{value}`" for value in get_args(annotation))
    for kind in (annotation, *get_args(annotation)):
        if get_origin(kind) is tuple:
            return "list of objects" if issubclass(get_args(kind)[0], BaseModel) else "list"
        if kind in _TYPES:
            return _TYPES[kind]
    raise TypeError(f"no word for the type {annotation}")


def _default(setting: Setting) -> str:
    if setting.info.is_required():
        return "required in its section"
    return f"`{json.dumps(setting.default, ensure_ascii=False)}`" if setting.default is not None else "none"


def _rewrite(node: Any) -> None:
    """Durations as people write them, in place of ISO 8601's, and no generated titles."""
    if isinstance(node, list):
        for child in node:
            _rewrite(child)
    if isinstance(node, dict):
        if isinstance(node.get("title"), str):
            del node["title"]
        if node.get("format") == "duration":
            _as_written(node)
        for child in node.values():
            _rewrite(child)


def _as_written(node: dict[str, Any]) -> None:
    kept = {key: node[key] for key in ("description", "default") if key in node}
    if "default" in kept:
        kept["default"] = _duration(int(_ISO.validate_python(kept["default"]).total_seconds()))
    node.clear()
    node.update(_DURATION | kept)


def _optional(value: dict[str, Any]) -> dict[str, Any]:
    """A section whose lines are all commented out is null, and counts as not set."""
    return {"anyOf": [value, {"type": "null"}]} if "$ref" in value else value
