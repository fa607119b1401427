"""Data packed for a page: compressed JSON as text, which browsers unpack by themselves. Pure functions."""

import base64
import json
import zlib
from typing import Any, Final

_GZIP: Final = 16 + zlib.MAX_WBITS


def packed(value: Any) -> str:
    """JSON as gzip in Base64: no character of it is special in HTML. The same value gives the same text."""
    text = json.dumps(value, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
    # Half a pair of UTF-16 cannot be encoded, and nothing of it could be shown.
    data = text.encode("utf-8", "replace")
    compressor = zlib.compressobj(9, wbits=_GZIP)
    return base64.b64encode(compressor.compress(data) + compressor.flush()).decode()
