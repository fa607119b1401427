"""What the report packs, as browsers unpack it."""

import base64
import gzip
import json
from typing import Any


def unpacked(text: str) -> Any:
    """What was packed."""
    return json.loads(gzip.decompress(base64.b64decode(text)))
