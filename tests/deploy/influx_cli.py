"""`influx auth create --json` as far as the compose file's script needs it: what it asks, what it prints.

The server is `$URL`, the operator's token `$ADMIN`.
"""

import json
import os
import sys
from typing import Any
from urllib.request import Request, urlopen


def call(path: str, body: object = None) -> Any:
    data = None if body is None else json.dumps(body).encode()
    request = Request(os.environ["URL"] + path, data, {"Authorization": f"Token {os.environ['ADMIN']}"})  # noqa: S310
    with urlopen(request, timeout=600) as answer:  # noqa: S310
        return json.load(answer)


def create(options: dict[str, str]) -> dict[str, Any]:
    """A token that may do with buckets what `--read-bucket ID` and `--write-bucket ID` say."""
    (org,) = call(f"/api/v2/orgs?org={options['--org']}")["orgs"]
    permissions = [
        {
            "action": name.removeprefix("--").removesuffix("-bucket"),
            "resource": {"type": "buckets", "id": bucket, "orgID": org["id"]},
        }
        for name, bucket in options.items()
        if name.endswith("-bucket")
    ]
    wish = {"orgID": org["id"], "description": options["--description"], "permissions": permissions}
    made = call("/api/v2/authorizations", wish)
    return {name: made[name] for name in ("id", "description", "token", "status")}


if __name__ == "__main__":
    assert sys.argv[1:3] == ["auth", "create"]
    words = [word for word in sys.argv[3:] if word != "--json"]
    made = create(dict(zip(words[::2], words[1::2], strict=True)))
    sys.stdout.write(json.dumps(made, indent="\t") + "\n")
