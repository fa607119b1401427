"""Test results: identity, the job they belong to, points."""
