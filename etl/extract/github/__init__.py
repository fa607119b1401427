"""GitHub's REST API: client, limits, windows; sockets live in the client alone."""
