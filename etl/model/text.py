"""Long text, cut in the middle."""

_CUT = "\n[…]\n"
# Between the names of suites that stand around each other.
WITHIN = " \u203a "


def cut(text: str, limit: int) -> str:
    """The beginning and the end of a text that is longer than `limit`."""
    half = limit // 2
    return text if len(text) <= limit else f"{text[:half]}{_CUT}{text[-half:]}"
