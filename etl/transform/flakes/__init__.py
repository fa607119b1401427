"""Flake evidence from executions of jobs."""
