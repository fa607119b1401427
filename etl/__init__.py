"""CI health as time series: extract from GitHub Actions, transform to points, load into a store."""
