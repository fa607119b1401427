"""Text of any content, as both databases can hold it."""

from typing import Any

from sqlalchemy import Text, TypeDecorator


class SafeText(TypeDecorator[str]):
    """Names as GitHub sends them; what PostgreSQL or UTF-8 cannot hold gets a visible substitute."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Any) -> str | None:
        """Replace NUL and what is half of a character."""
        del dialect
        return None if value is None else value.replace("\0", "␀").encode("utf-8", "replace").decode("utf-8")
