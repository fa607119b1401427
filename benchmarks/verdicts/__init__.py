"""How often verdicts on red runs are right, on organisations of hidden truth."""
