"""Who owns what failed, by the files that its messages name. Pure functions."""

from collections import Counter
from collections.abc import Iterable

from etl.model.writes import Row
from etl.report.owners import Owners


def owners_of(rows: Iterable[Row], owners: Owners) -> str | None:
    """The owners of most of the files that rows of `latest_messages` name; None if nobody owns any."""
    found = Counter(owner for row in rows if row["path"] and (owner := owners.of_path(row["path"])))
    return min(found, key=lambda owner: (-found[owner], owner)) if found else None
