"""Settings: what can be set, and where it is read from."""

from etl.settings.load import known_settings, load
from etl.settings.model import Settings, is_glob
from etl.settings.sections import (
    GITHUB_API,
    AppSettings,
    ArtifactRule,
    CategoryRule,
    CategorySettings,
    FailureSettings,
    FindingSettings,
    FlakeSettings,
    GitHubSettings,
    HttpSettings,
    InfluxSettings,
    IngestSettings,
    LogSettings,
    MaskRule,
    MaskSettings,
    StateSettings,
    TestSettings,
    WebhookSettings,
)
from etl.settings.values import parse_since, sendable

__all__ = [
    "GITHUB_API",
    "AppSettings",
    "ArtifactRule",
    "CategoryRule",
    "CategorySettings",
    "FailureSettings",
    "FindingSettings",
    "FlakeSettings",
    "GitHubSettings",
    "HttpSettings",
    "InfluxSettings",
    "IngestSettings",
    "LogSettings",
    "MaskRule",
    "MaskSettings",
    "Settings",
    "StateSettings",
    "TestSettings",
    "WebhookSettings",
    "is_glob",
    "known_settings",
    "load",
    "parse_since",
    "sendable",
]
