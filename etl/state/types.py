"""A text type for arbitrary text that both databases can store."""

from typing import Any

from sqlalchemy import Text, TypeDecorator


class SafeText(TypeDecorator[str]):
    """Names as GitHub sends them; characters that PostgreSQL or UTF-8 cannot store get a visible substitute."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Any) -> str | None:
        """Replace NUL and lone surrogates."""
        del dialect
        return None if value is None else value.replace("\0", "␀").encode("utf-8", "replace").decode("utf-8")
