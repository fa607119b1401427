"""Phrases that native engineers do not write: `python -m tools.prose` names where they stand and what to write.

CONTRIBUTING.md has the style. The list grows by what a review finds; every file that git tracks is read.
"""

import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

ROOT = Path(__file__).parent.parent
# A pattern, in any case → what to write.
PHRASES: Final[Mapping[str, str]] = {
    r"costs? (itself|themselves) alone": "is counted as an anomaly and skipped",
    r"defects? of ours": "a bug here",
    r"(is|was) told once": "is logged once",
    r"\btold once\b": "logged once",
    r"the whole job against": "an end-to-end run against",
    r"known holes": "known vulnerabilities",
    r"\bfor ever\b(?! new)": "forever",
    r"cannot be had\b": "cannot be downloaded, is not available",
    r"\bnot to be had\b": "not available",
    r"without a word\b": "silently",
    r"\bto who has\b": "to those who have",
    r"\b(work|works) as ever\b": "work as usual",
    r"\b(hither|thither|whence|wherein|thereof|whosoever|lest|ere)\b": "a modern word",
}
_READ = {".py", ".md", ".yaml", ".yml", ".toml", ".sh", ".j2", ".css"}
# These quote the phrases, or are other people's words.
_LEFT_OUT = ("tools/prose.py", "tests/docs/test_plain_english.py", "CONTRIBUTING.md", "etl/report/vendor/")
_PATTERNS = {re.compile(phrase, re.IGNORECASE): better for phrase, better in PHRASES.items()}


def found(text: str) -> Iterator[tuple[int, str, str]]:
    """The line, the phrase and what to write, in order of the lines."""
    for number, line in enumerate(text.splitlines(), 1):
        for pattern, better in _PATTERNS.items():
            for match in pattern.finditer(line):
                yield number, match[0], better


def pages() -> list[Path]:
    """The files that people read, below the root."""
    command = ["git", "ls-files", "-z"]
    listed = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True)  # noqa: S603
    names = [name for name in listed.stdout.split("\0") if name and not name.startswith(_LEFT_OUT)]
    return [Path(name) for name in names if Path(name).suffix in _READ or Path(name).name == "Makefile"]


def main() -> int:
    """Name every phrase; 1 where there is one."""
    sentences = [
        f"{page}:{number}: {phrase!r}: write {better!r}\n"
        for page in pages()
        if (ROOT / page).is_file()
        for number, phrase, better in found((ROOT / page).read_text("utf-8"))
    ]
    sys.stderr.write("".join(sentences))
    return 1 if sentences else 0


if __name__ == "__main__":
    sys.exit(main())
