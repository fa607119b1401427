"""What looks like a secret is masked, what does not stays."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from etl.extract.logs.secrets import Secrets

mask = Secrets()
X = "a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8s9T0"

SECRETS = [
    "ghp_" + X[:36], "github_pat_" + X[:30], "glpat-" + X[:20], "AKIA" + "ABCDEFGH12345678", "xoxb-" + X[:30], "AIza" + X[:35],
    "npm_" + X[:36], "sk_live_" + X[:24], "SG." + X[:22] + "." + X[:40], "hf_" + "abcdEFGHijkl" * 3, "dckr_pat_" + X[:27], "hvs." + X[:24],
    "0123456789abcdef" * 2 + "-us12", "sq0csp-" + X[:40], "shpat_" + "0a1b2c3d" * 4, "ATATT3" + X * 2, "AKC" + X[:36] * 2,
    "glsa_" + X[:32] + "_0a1b2c3d", "sntrys_" + X[:36], "NRAK-" + "A1B2C3D4E" * 3, "dapi" + "0a1b2c3d" * 4, "AGE-SECRET-KEY-1" + "A2" * 29,
    "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0." + X[:30],
]  # fmt: skip


@pytest.mark.parametrize("secret", SECRETS)
def test_tokens_are_masked(secret):
    assert mask(f"error: cannot log in with {secret} at host") == "error: cannot log in with *** at host"


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("DB_PASSWORD=hunter22!", "DB_PASSWORD=***"),
        ('"client_secret": "s3cr3t-value"', '"client_secret": "***"'),
        ("curl --api-token 9f8e7d6c5b4a https://x", "curl --api-token *** https://x"),
        (
            "fatal: unable to access 'https://bot:pa55word@host/x.git'",
            "fatal: unable to access 'https://bot:***@host/x.git'",
        ),
        ("Authorization: Bearer abcdefgh12345678", "Authorization: Bearer ***"),
    ],
)
def test_what_stands_behind_a_telling_name_is_masked(text, masked):
    assert mask(text) == masked


@pytest.mark.parametrize(
    "text",
    [
        "SyntaxError: Unexpected token function", "unexpected token: '}' at 12:3", "password: required", "token=$TOKEN", "secret=${{ secrets.X }}",
        "expected 3 to equal 4", "https://github.com/acme/rocket.git", "commit 1f2e3d4c5b6a79880a1b2c3d4e5f60718293a4b5", "src/auth/token_test.go:12: no",
        "--- FAIL: TestToken/two_words (0.00s)", "http://localhost:8080/a@b", "***",
    ],
)  # fmt: skip
def test_what_is_no_secret_stays(text):
    assert mask(text) == text


def test_a_printed_key_is_masked_line_by_line():
    begin, *body = ("-----BEGIN OPENSSH PRIVATE KEY-----", (X + X)[:70], (X[7:] + X)[:70])
    assert [mask(line) for line in (begin, *body)] == [begin, "***", "***"]
    assert mask("f0" * 32) == "f0" * 32


@given(st.text())
def test_masking_twice_is_masking_once(text):
    assert mask(mask(text)) == mask(text)
