"""Tests whose failure may pass, as a file in the repository's git, and the judgement by it."""
