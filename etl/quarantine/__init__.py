"""The quarantine: a file in the repository with tests that may fail, and the gate's verdict based on it."""
