"""How far apart two results may be and still be evidence of a flake."""

from dataclasses import dataclass

DAY_S = 86_400


@dataclass(frozen=True, slots=True)
class Limits:
    """How far apart, in seconds, a failing and a passing result may be."""

    rerun_s: int = 7 * DAY_S
    same_sha_s: int = 3 * DAY_S
