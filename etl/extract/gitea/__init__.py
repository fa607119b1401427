"""Gitea Actions as a source: what its API tells, as the records that GitHub's answers become."""
