"""Groups failure messages with the same meaning: a message becomes a template, its hash the signature.

What varies from one occurrence to the next (times, durations, addresses, ids, numbers) becomes a
named placeholder. The idea of replacing volatile tokens so that equality survives is that of
Kubernetes' triage (kubernetes/test-infra, `triage/summarize`): the same address twice is the same
placeholder twice. Placeholders have numbers only where a message holds several distinct values of
a kind: `dial <ip>`, but `<ip:1> cannot reach <ip:2>, <ip:1> gives up`.
"""

import re
from collections.abc import Iterable, Sequence
from functools import lru_cache, partial
from hashlib import sha256

from etl.memo import MAX_KEPT
from etl.transform.failures.template_rules import RULES, Rule

# Characters of a template, of a text that rules look at, and of a message; a placeholder that stands
# in the text counts as one. Rules are through before a template is cut, so that the length of
# what varies does not shift the cut. No template has more characters than the last.
_LONGEST, _MAX_SEEN, _MAX_RAW = 2_000, 8_000, 64_000
_CUT = " […] "

_ANSI = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)|[@-Z\\-_])|[\x00\x08\x1b]")
# Private characters stand for what was replaced until all rules are through, so that no rule
# takes a placeholder, or a number in it, for text.
_FIRST_MARK = 0xF0000
# An escaped line break or tab before a number, which would otherwise look like part of a word.
_ESCAPED = re.compile(r"\\[nrt](?=-?\d)")
_PRIVATE = re.compile("[\U000f0000-\U0010ffff]")
_UNFIT = re.compile("[\ud800-\udfff\U000f0000-\U0010ffff]")
_PLACEHOLDER = r"<[a-z-]{1,24}(?::\d{1,4})?>"
# Messages cached with their templates: in an outage thousands of tests have the same one, but caching long
# ones could fill the memory.
_MESSAGES_KEPT, _LONG_KEPT = 1_000, 32

# GitHub's message on every failed job, which is left out if there is any other.
_BOILERPLATE = re.compile(
    r"Process completed with exit code -?\d+\.?"
    r"|The operation was canceled\.?"
    r"|The job was canceled because .*"
    r"|The run was canceled by .*",
    re.DOTALL,
)


class Templates:
    """Turns messages into templates: the user's rules first, then the built-in ones.

    It is idempotent. `disabled` names built-in rules; `extra` are pairs of a pattern and its placeholder.
    A placeholder in angle brackets gets numbers if a message has several distinct values; any other stays as
    it is; an empty one removes the match. If a pattern has a group `value`, only that part is replaced.
    """

    def __init__(self, disabled: Iterable[str] = (), extra: Sequence[tuple[str, str]] = ()) -> None:
        off = set(disabled)
        own = [Rule(pattern, _folded(placeholder), _bracketed(placeholder)) for pattern, placeholder in extra]
        kept = [rule for name, rule in RULES.items() if name not in off]
        self._rules = [(re.compile(rule.pattern), rule) for rule in (*own, *kept)]
        known = (_spelling(rule.placeholder) for rule in own if rule.placeholder)
        self._placeholder = re.compile("|".join((_PLACEHOLDER, *known)))
        self._known = lru_cache(maxsize=_MESSAGES_KEPT)(self._template)
        self._long = lru_cache(maxsize=_LONG_KEPT)(self._template)

    def __call__(self, message: str) -> str:
        """The message with varying parts replaced by placeholders, without colours, white space collapsed."""
        return self._known(message) if len(message) <= MAX_KEPT else self._long(message)

    def _template(self, message: str) -> str:
        marks = _Marks()
        text = _folded(_ESCAPED.sub(" ", _UNFIT.sub("�", _ANSI.sub("", _cut(message, _MAX_RAW)))))
        text = self._placeholder.sub(lambda match: marks.of(match.group(), ""), text)
        before, text = "", _cut(text, _MAX_SEEN)
        # Repeated until nothing changes: text beside a match, or before a cut, may match now. Each round but
        # the last leaves less text that is not a mark, so it ends.
        while text != before:
            before = text
            for pattern, rule in self._rules:
                text = pattern.sub(partial(marks.replace, rule), text)
            text = _cut(text, _LONGEST)
        return _folded(marks.spelled(text))


class _Marks:
    """The private characters of one message, one for each distinct value of a placeholder."""

    def __init__(self) -> None:
        self._marks: dict[tuple[str, str], str] = {}

    def of(self, placeholder: str, value: str) -> str:
        return self._marks.setdefault((placeholder, value), chr(_FIRST_MARK + len(self._marks)))

    def replace(self, rule: Rule, match: re.Match[str]) -> str:
        """The match with its value as a mark."""
        part = "value" if match.groupdict().get("value") is not None else 0
        start, end = match.span(part)
        value = match.string[start:end]
        if not _PRIVATE.sub("", value):
            return match.group()
        mark = self.of(
            value if rule.placeholder is None else rule.placeholder, value if rule.identity else ""
        )
        return match.string[match.start() : start] + mark + match.string[end : match.end()]

    def spelled(self, text: str) -> str:
        """The text with placeholders for marks, with numbers by first appearance where needed."""
        pairs = {mark: pair for pair, mark in self._marks.items()}
        kinds: dict[str, list[str]] = {}
        for mark in dict.fromkeys(_PRIVATE.findall(text)):
            kinds.setdefault(pairs[mark][0], []).append(mark)
        names = {
            mark: f"{placeholder[:-1]}:{number}>" if len(marks) > 1 else placeholder
            for placeholder, marks in kinds.items()
            for number, mark in enumerate(marks, 1)
        }
        return _PRIVATE.sub(lambda match: names[match.group()], text)


def _bracketed(placeholder: str) -> bool:
    return re.fullmatch(r"<[^<>]+>", placeholder) is not None


def _spelling(placeholder: str) -> str:
    """A pattern that finds a user's placeholder in templates; one of letters only as a separate word."""
    if _bracketed(placeholder):
        return re.escape(placeholder[:-1]) + r"(?::\d{1,4})?>"
    return rf"(?<!\w){re.escape(placeholder)}(?!\w)"


def _folded(text: str) -> str:
    return " ".join(text.split())


def _cut(text: str, longest: int) -> str:
    """The beginning and the end of a long text, cut between words if possible."""
    if len(text) <= longest:
        return text
    # The end of a message is less informative than its beginning.
    tail = longest // 4 - len(_CUT)
    head, tail_text = text[: longest - longest // 4], text[-tail:]
    return (head.rpartition(" ")[0] or head) + _CUT + (tail_text.partition(" ")[2] or tail_text)


_default = Templates()


def template_of(message: str) -> str:
    """The message's template by the built-in rules."""
    return _default(message)


def signature_of(template: str) -> str:
    """First 12 hex digits of the template's SHA-256."""
    return sha256(template.encode("utf-8", "replace")).hexdigest()[:12]


def is_boilerplate(message: str) -> bool:
    """Whether the message is GitHub's boilerplate, which does not name the cause."""
    return _BOILERPLATE.fullmatch(message.strip()) is not None
