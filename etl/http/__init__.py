"""The HTTP server of `run`: health, metrics, report, badges and webhooks."""
