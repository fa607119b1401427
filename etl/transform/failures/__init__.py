"""Failure messages: templates, signatures and points."""
