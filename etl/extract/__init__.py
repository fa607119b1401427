"""Extract: what GitHub sends, fetched and parsed into records."""
