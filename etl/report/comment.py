"""The comment on a pull request: what `explain` says of its newest commit, in Markdown of limited length."""

from typing import Final

from etl.report.explained.explain import Explained
from etl.report.owners import NOBODY, Owners
from etl.report.verdicts import markdown_of_run, sentence

# GitHub refuses a comment of more than 65,536 characters.
_MAX_CHARACTERS: Final = 60_000
_MAX_RUNS: Final = 10


def comment_of(explained: Explained, sha: str, owners: Owners = NOBODY) -> str:
    """The comment on a commit: a table for each red run, or one line if nothing is red."""
    if not explained.verdicts:
        return f"### {sentence(explained)}\n\n<sub>ci-health, commit {sha[:8]}</sub>\n"
    parts: list[str] = []
    for found in explained.verdicts[:_MAX_RUNS]:
        part = markdown_of_run(found, owners)
        if sum(map(len, parts)) + len(part) > _MAX_CHARACTERS:
            break
        parts.append(part)
    left = len(explained.verdicts) - len(parts) + explained.unexplained
    if left:
        parts.append(f"{left} more red {'run is' if left == 1 else 'runs are'} not listed.\n")
    return "\n".join(parts)
