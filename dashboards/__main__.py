"""`python -m dashboards [--check]`: write what Grafana is provisioned with, or name what is stale."""

import sys
from pathlib import Path
from typing import Final

from dashboards import alert_file, levels, overview, topics

ROOT: Final = Path(__file__).parent.parent
FOLDER: Final = Path("grafana-provisioning")
PAGES: Final = (
    overview.page, levels.workflow, levels.job, levels.test, topics.flaky, topics.failures, topics.cost
)  # fmt: skip


def files() -> dict[Path, str]:
    """What is generated: its path in the project → its text."""
    made = {}
    for page in PAGES:
        dashboard = page()
        made[FOLDER / "dashboards" / f"{dashboard.name}.json"] = dashboard.text()
    made[FOLDER / "alerting" / "rules.yaml"] = alert_file.text()
    return made


def stale() -> list[Path]:
    """Files that differ from what the code says, and dashboards that it does not know."""
    made = files()
    present = {path.relative_to(ROOT) for path in (ROOT / FOLDER / "dashboards").glob("*.json")}
    changed = {path for path, text in made.items() if not _holds(ROOT / path, text)}
    return sorted(changed | (present - made.keys()))


def _holds(file: Path, text: str) -> bool:
    return file.exists() and file.read_text("utf-8") == text


def main(arguments: list[str]) -> int:
    """Write what is stale, or with `--check` name it and return 1."""
    changed = stale()
    if "--check" in arguments:
        for path in changed:
            sys.stderr.write(f"{path} is not what the code says: run `python -m dashboards`\n")
        return 1 if changed else 0
    made = files()
    for path in changed:
        if path in made:
            (ROOT / path).parent.mkdir(parents=True, exist_ok=True)
            (ROOT / path).write_text(made[path], "utf-8")
        else:
            (ROOT / path).unlink()
        sys.stdout.write(f"{path} {'written' if path in made else 'removed'}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
