"""The pipeline: extract → transform → load, for one repository after another."""
