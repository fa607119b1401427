"""Categories of failures, by rules."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from etl.model.line_rules import RULES
from etl.transform.failures.categories import CATEGORIES, Categories

category_of = Categories()

MESSAGES = {
    "build": ["src/a.c:12:3: error: no member named 'x'", "a.ts(3,1): error TS2304: Cannot find name 'x'.", "/usr/bin/ld: undefined reference to `f'", "error[E0308]: mismatched types"],
    "lint": ["app.py:3:1: F401 'os' imported but unused", "would reformat a.py", "\u2716 3 problems (3 errors, 0 warnings)"],
    "dependency": ["ERROR: No matching distribution found for shop==9", "npm ERR! code ERESOLVE", "E: Unable to locate package libshop-dev", "manifest for shop:1 not found"],
    "network": ["curl: (6) Could not resolve host: example.com", "connect ECONNREFUSED 127.0.0.1:5432", "API rate limit exceeded for user ID 1.", "received 503 Service Unavailable"],
    "infrastructure": ["The runner has received a shutdown signal.", "The self-hosted runner lost communication with the server."],
    "timeout": ["The action 'Test' has timed out after 360 minutes.", "panic: test timed out after 10m0s", "context deadline exceeded"],
    "out_of_memory": ["java.lang.OutOfMemoryError: Java heap space", "FATAL ERROR: Reached heap limit Allocation failed - JavaScript heap out of memory"],
    "disk": ["write /x: no space left on device"],
    "credentials": ["Could not load credentials from any providers", "fatal: Authentication failed for 'https://x'", "denied: requested access to the resource is denied"],
    "configuration": ["bash: shopctl: command not found", 'Error from server (NotFound): deployments.apps "x" not found'],
    "no_runner": ["The job was not acquired by Runner of type hosted even after multiple attempts"],
    "unknown": ["the widget is out of balance", ""],
}  # fmt: skip


@pytest.mark.parametrize(
    ("category", "message"), [(name, text) for name, texts in MESSAGES.items() for text in texts]
)
def test_messages_have_their_category(category, message):
    assert category_of(message) == category


def test_every_category_is_known():
    assert {rule.category for rule in RULES if rule.category} <= set(CATEGORIES)
    assert set(MESSAGES) | {"test"} == set(CATEGORIES)


def test_a_failing_test_is_of_the_category_test():
    assert category_of("connect ECONNREFUSED", is_test=True) == "test"


def test_rules_can_be_added_and_left_out():
    assert (
        Categories(extra=[("balance", "infrastructure")])("the widget is out of balance") == "infrastructure"
    )
    assert Categories(disabled=["disk"])("no space left on device") == "unknown"


@given(st.text())
def test_any_message_has_a_category(message):
    assert category_of(message) in CATEGORIES
