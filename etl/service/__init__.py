"""`ci-health run`: the service, its scheduler or worker, and startup and shutdown."""
