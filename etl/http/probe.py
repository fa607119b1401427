"""Health check for containers: `python -m etl.http.probe` exits 0 if the service on this machine is running.

Requests `/healthz`, or, if HTTP is off, checks whether a running service holds the data folder's lock.
"""

import fcntl
import sys
from http import HTTPStatus
from http.client import HTTPConnection, HTTPException

from etl.errors import CiHealthError
from etl.settings import HttpSettings, Settings, load

_TIMEOUT_S = 4.0
# A server that listens on all addresses is reachable on loopback.
_LOOPBACK_FOR = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104


def healthy(settings: Settings) -> bool:
    """Whether the service with these settings is running."""
    return _answers(settings.http) if settings.http.enabled and settings.http.port else _is_locked(settings)


def _answers(http: HttpSettings) -> bool:
    connection = HTTPConnection(_LOOPBACK_FOR.get(http.host, http.host), http.port, timeout=_TIMEOUT_S)
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
    """The exit code: 0 if healthy, 1 if not, 2 for invalid settings."""
    try:
        return 0 if healthy(load()) else 1
    except CiHealthError as error:
        sys.stderr.write(f"{error}\n")
        return 2


if __name__ == "__main__":
    sys.exit(main())
