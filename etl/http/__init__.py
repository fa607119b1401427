"""The HTTP server of `run`: health, metrics, report, badges, answers and webhooks."""
