"""Reports read so that nothing is guessed or repaired: complete by their own totals, or refused."""
