"""Health check for containers: `python -m etl.http.probe` exits 0 if the service on this machine is running.

It asks `/healthz`. If HTTP is turned off, it checks the lock of the data folder, which a running service holds.
"""

import fcntl
import sys
from http import HTTPStatus
from http.client import HTTPConnection, HTTPException

from etl.errors import CiHealthError
from etl.settings import HttpSettings, Settings, load

_PATIENCE_S = 4.0
# A server that listens on every address can be reached on loopback.
_EVERY = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104


def healthy(settings: Settings) -> bool:
    """Whether the service with these settings is running."""
    return _answers(settings.http) if settings.http.enabled and settings.http.port else _is_locked(settings)


def _answers(http: HttpSettings) -> bool:
    connection = HTTPConnection(_EVERY.get(http.host, http.host), http.port, timeout=_PATIENCE_S)
    try:
        connection.request("GET", "/healthz")
        return connection.getresponse().status == HTTPStatus.OK
    except (OSError, HTTPException):
        return False
    finally:
        connection.close()


def _is_locked(settings: Settings) -> bool:
    try:
        with (settings.data_dir / "lock").open() as lock:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except OSError:
        return False
    return False


def main() -> int:
    """The exit code: 0 healthy, 1 not, 2 wrong settings."""
    try:
        return 0 if healthy(load()) else 1
    except CiHealthError as error:
        sys.stderr.write(f"{error}\n")
        return 2


if __name__ == "__main__":
    sys.exit(main())
