"""Judgements: series of results and durations over commits → findings. Pure functions on plain types."""
