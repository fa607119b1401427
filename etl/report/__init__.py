"""Report: answers as terminal tables and as one HTML file."""
