"""How often judgements are right, on worlds of known truth and on real data."""
