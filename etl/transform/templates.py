"""Failure messages that mean the same: a message becomes a template, its hash the signature.

What varies from one occurrence to the next (times, durations, addresses, ids, numbers) becomes a
named placeholder; the idea of replacing volatile tokens is that of Kubernetes' triage.
"""

import re
from hashlib import sha256

# In this order: what is more specific first, bare numbers last.
_RULES: tuple[tuple[str, str], ...] = (
    ("<time>", r"\b\d{4}-\d\d-\d\d[T ]\d\d:\d\d(?::\d\d(?:[.,]\d+)?)?(?:Z|[+-]\d\d:?\d\d)?"),
    ("<uuid>", r"\b[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}\b"),
    ("<temporary-path>", r"(?:/private)?/(?:tmp|var/tmp|var/folders)/[^\s,;:()'\"]+"),
    ("<address>", r"\b0x[0-9a-fA-F]+\b"),
    ("<ip>", r"\b(?:\d{1,3}\.){3}\d{1,3}(?::\d{1,5})?\b"),
    ("<port>", r"(?<=localhost:)\d{2,5}\b"),
    ("<hash>", r"\b(?:[0-9a-f]{40}|[0-9a-f]{64}|(?=[0-9a-f]*\d)(?=[0-9a-f]*[a-f])[0-9a-f]{7,39})\b"),
    (
        "<duration>",
        (
            r"\b(?:\d+(?:\.\d+)?(?:ms|µs|us|ns|h|m|s))+(?![A-Za-z])"
            r"|\b\d+(?:\.\d+)? ?(?:milliseconds?|seconds?|secs?|minutes?|mins?|hours?)\b"
            r"|\b\d\d:\d\d:\d\d(?:\.\d+)?\b"
        ),
    ),
    ("<n>", r"(?<!\w)(?<!\w\.)\d+(?:[.,]\d+)*(?!\w)"),
)
_ANY = re.compile("|".join(f"(?P<r{index}>{pattern})" for index, (_, pattern) in enumerate(_RULES)))
_PLACEHOLDERS = {f"r{index}": placeholder for index, (placeholder, _) in enumerate(_RULES)}

# What GitHub says of every failed job; it explains nothing where another message stands beside it.
_BOILERPLATE = re.compile(
    r"Process completed with exit code \d+\.?"
    r"|The operation was canceled\.?"
    r"|The job was canceled because .*"
    r"|The run was canceled by .*",
    re.DOTALL,
)


def template_of(message: str) -> str:
    """The message with what varies replaced by named placeholders, white space folded."""
    replaced = _ANY.sub(lambda match: _PLACEHOLDERS[match.lastgroup or ""], message)
    return " ".join(replaced.split())


def signature_of(template: str) -> str:
    """First 12 hex digits of the template's SHA-256."""
    return sha256(template.encode("utf-8", "replace")).hexdigest()[:12]


def is_boilerplate(message: str) -> bool:
    """Whether the message is GitHub's own and says nothing of the cause."""
    return _BOILERPLATE.fullmatch(message.strip()) is not None
