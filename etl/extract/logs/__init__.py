"""Logs of jobs: bytes → failing tests and the lines that tell what happened. Pure, and bounded in memory."""
