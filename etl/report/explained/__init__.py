"""What a store knows about red runs, and the verdicts on them."""
