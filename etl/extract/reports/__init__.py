"""Test reports of other formats than JUnit's, one file a format."""
