"""Masks what looks like a secret, as GitHub masks the secrets that it knows."""

import re
from collections.abc import Mapping

from etl.extract.logs.secret_rules import SECRETS

MASK = "***"


class Secrets:
    """Masks text by rules; `***` stands for each match."""

    def __init__(self, rules: Mapping[str, str] = SECRETS) -> None:
        self._rules = [re.compile(pattern) for pattern in rules.values()]

    def __call__(self, text: str) -> str:
        """The text without secrets."""
        for rule in self._rules:
            text = rule.sub(_masked, text)
        return text


def _masked(match: re.Match[str]) -> str:
    secret = match.groupdict().get("secret")
    return MASK if secret is None else match.group().replace(secret, MASK)
