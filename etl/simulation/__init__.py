"""Demo: a simulated GitHub API and the histories it serves."""
