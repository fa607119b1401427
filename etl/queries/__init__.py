"""Questions: NAME.flux and NAME.sql answer the same with the same columns."""
