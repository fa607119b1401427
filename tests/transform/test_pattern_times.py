"""Names are made to take long: no pattern that sees them takes a time that grows faster than they do."""

import re

import pytest

from etl.settings import FlakeSettings
from etl.transform.names import MASKS
from etl.transform.results.mask_hints import _CANDIDATES
from tests.waiting import assert_linear

PIECES = (
    "C:\\", "C:\\a", "\\Temp\\", "/tmp/", "/a", "a.", "0.", "a@", "@a.", "é", "_a", "a_", "[", "[a", "]", "'", '"',  # noqa: S108
    "0a", "a0-", "A0", "0x", "0:", "1/", "1 of ", "1 /", "shard", "shard-", "a", "0", " ", "-", "1.1.1.1:",
)  # fmt: skip
PATTERNS = {
    **{f"mask {name}": pattern for name, (pattern, _) in MASKS.items()},
    **{f"hint {hint.placeholder} {number}": hint.pattern for number, hint in enumerate(_CANDIDATES)},
    "shard": FlakeSettings().shard,
}


@pytest.mark.parametrize("name", PATTERNS)
def test_no_pattern_is_quadratic(name: str) -> None:
    pattern = re.compile(PATTERNS[name])
    for piece in PIECES:
        assert_linear(
            lambda text: pattern.sub("_", text),
            lambda size, piece=piece: piece * (size // len(piece)) + "!",  # type: ignore[misc]
            64_000,
        )
