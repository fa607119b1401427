"""Speed and cost, each against a reference in the same run: `make bench`."""
