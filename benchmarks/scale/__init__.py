"""What a large organisation would cost: unit costs that are measured, and a forecast from them."""
