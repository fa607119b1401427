"""Writes the quarantine file; the same quarantine always gives the same bytes."""

import json

from etl.quarantine.entry import VERSION, Entry, Quarantine

_HEAD = """\
# Tests whose failure `ci-health gate` lets pass until they expire: review a change like one of code.
# Written by `ci-health quarantine propose`, which keeps no comments. After a change by hand:
# `ci-health quarantine seal`.
"""


def written(quarantine: Quarantine) -> str:
    """The file's text, with entries sorted by name."""
    top = [f"version: {VERSION}", f"min_tests: {quarantine.min_tests}", f"seal: {_text(quarantine.seal)}"]
    if not quarantine.entries:
        return _HEAD + "\n".join([*top, "entries: []", ""])
    entries = [line for entry in sorted(quarantine.entries) for line in _lines(entry)]
    return _HEAD + "\n".join([*top, "entries:", *entries, ""])


def _lines(entry: Entry) -> list[str]:
    texts = {
        "suite": entry.suite,
        "test": entry.test,
        "reason": entry.reason,
        "evidence": entry.evidence,
        **({"owner": entry.owner} if entry.owner else {}),
    }
    lines = [f"{name}: {_text(value)}" for name, value in texts.items()]
    lines += [f"since: {entry.since}", f"expires: {entry.expires}", f"seal: {_text(entry.seal)}"]
    return [("  - " if at == 0 else "    ") + line for at, line in enumerate(lines)]


def _text(value: str) -> str:
    """A string as in JSON, which is valid YAML; characters beyond the basic plane are not escaped."""
    return json.dumps(value, ensure_ascii=False)
