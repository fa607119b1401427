"""Failing tests by name, from the output of the tools that run them: one module a tool."""
