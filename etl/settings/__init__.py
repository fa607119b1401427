"""Settings: what can be set, and where it is read from."""

from etl.settings.load import known_settings, load
from etl.settings.model import (
    GITHUB_API,
    AppSettings,
    GitHubSettings,
    InfluxSettings,
    LogSettings,
    MaskRule,
    MaskSettings,
    Settings,
    StateSettings,
    parse_since,
)

__all__ = [
    "GITHUB_API",
    "AppSettings",
    "GitHubSettings",
    "InfluxSettings",
    "LogSettings",
    "MaskRule",
    "MaskSettings",
    "Settings",
    "StateSettings",
    "known_settings",
    "load",
    "parse_since",
]
