"""Verdicts on red runs: what failed and what is known of it → whose failure it is. Pure functions on plain types."""
