"""Verdicts on red runs: whose failure is it, given what failed and what is known of it? Pure functions."""
