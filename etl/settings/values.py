"""Values as people write them: durations, dates, lists."""

import json
import re
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any
from urllib.parse import urlsplit

from pydantic import AfterValidator, BeforeValidator, Field, SecretStr
from pydantic_settings import NoDecode

LOCAL_HOSTS = ("localhost", "127.0.0.1", "::1")
_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400, "w": 7 * 86400}


def _duration(value: Any) -> Any:
    """`90s`, `5m`, `1h30m`, `30d` → timedelta; bare numbers are seconds."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        return timedelta(seconds=value)
    if isinstance(value, str):
        if re.fullmatch(r"\d+(\.\d+)?", value):
            return timedelta(seconds=float(value))
        if re.fullmatch(r"(\d+[smhdw])+", value):
            return timedelta(seconds=sum(int(n) * _UNITS[u] for n, u in re.findall(r"(\d+)([smhdw])", value)))
        raise ValueError("is no duration: write for example 90s, 5m, 1h30m or 30d")
    return value


def _listed(value: Any) -> Any:
    """A JSON list, or values separated by commas, as environment variables carry them."""
    if not isinstance(value, str):
        return value
    if value.lstrip().startswith("["):
        try:
            return json.loads(value)
        except json.JSONDecodeError as error:
            raise ValueError(f"is no valid JSON list ({error})") from error
    return [item.strip() for item in value.split(",") if item.strip()]


def _web_address(value: str) -> str:
    """An http or https URL; errors do not quote it, because people put passwords into URLs."""
    try:
        parts = urlsplit(value)
        host = parts.hostname
    except ValueError:
        host = None
    if host is None or parts.scheme not in ("http", "https"):
        raise ValueError("is no URL: write for example https://host")
    if "@" in parts.netloc:
        raise ValueError(
            "holds a user or a password, which are not sent: write https://host, and set the token"
        )
    return value.rstrip("/")


def webhook_address(value: str) -> str:
    """The URL of a chat's webhook, which is a secret: errors do not quote it."""
    address = _web_address(value.strip())
    parts = urlsplit(address)
    if parts.scheme == "http" and parts.hostname not in LOCAL_HOSTS:
        raise ValueError("is plain http, which would send the secret URL unprotected: use https")
    return address


def sendable(token: str, *, blanks: bool) -> str:
    """A token that fits into a header; raises ValueError, without quoting the token, if it cannot.

    Secrets often end with a newline, which is removed; any other odd character is a mistake. `blanks` says
    whether this kind of token may contain blanks.
    """
    token = token.strip()
    if not (token.isascii() and token.isprintable()) or (" " in token and not blanks):
        raise ValueError("holds characters that no token has: copy it anew")
    return token


def _sendable_secret(value: SecretStr) -> SecretStr:
    # `user:password` of InfluxDB 1 is a token, too.
    return SecretStr(sendable(value.get_secret_value(), blanks=True))


def _webhook_secret(value: SecretStr | None) -> SecretStr | None:
    return None if value is None else SecretStr(webhook_address(value.get_secret_value()))


WebAddress = Annotated[str, AfterValidator(_web_address)]
WebhookAddress = Annotated[SecretStr | None, AfterValidator(_webhook_secret)]
Token = Annotated[SecretStr, AfterValidator(_sendable_secret)]
Duration = Annotated[timedelta, BeforeValidator(_duration), Field(gt=timedelta(0))]
Names = Annotated[tuple[str, ...], NoDecode, BeforeValidator(_listed)]


def parse_since(text: str, now: datetime) -> datetime:
    """A date (`2026-01-31`, midnight UTC) or a duration before `now` (`30d`)."""
    try:
        return datetime.fromisoformat(text).replace(tzinfo=UTC)
    except ValueError:
        pass
    try:
        back = _duration(text)
    except ValueError:
        back = None
    if not isinstance(back, timedelta):
        # pydantic reports only ValueErrors.
        raise ValueError(  # noqa: TRY004
            f"is neither a date nor a duration: {text!r}; write 2026-01-31 or 30d"
        )
    return now - back
