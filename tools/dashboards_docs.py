"""Dashboards and alert rules as the documentation lists them."""

from dashboards.__main__ import PAGES
from dashboards.alerts import rules


def pages() -> str:
    """What each dashboard shows, and when each rule fires."""
    shown = [
        f"| {page.title.partition(': ')[2].capitalize()} | {page.about} |"
        for page in (made() for made in PAGES)
    ]
    fires = [f"| {rule.title} | {rule.when} |" for rule in rules()]
    return "\n".join(
        (
            "| dashboard | what it answers |", "|---|---|", *shown, "",
            "| alert | when |", "|---|---|", *fires,
        )
    )  # fmt: skip
