"""`ci-health run`: the service, the scheduler or worker in it, and how it starts and stops."""
