"""linkerd's annotations of May 2020 as clusters of failures, held against a list that one can read."""

import os
from collections import defaultdict
from pathlib import Path

from etl.transform.failures.templates import signature_of, template_of
from tests import linkerd

GOLDEN = Path(__file__).with_name("linkerd_clusters.txt")
HEAD = "count  jobs  signature     template"


def listed() -> str:
    """A line per cluster, the most frequent first."""
    jobs = defaultdict(list)
    for note in linkerd.annotations():
        jobs[template_of(note["Message"])].append((note["Workflow"], note["Job"]))
    ranked = sorted(jobs.items(), key=lambda item: (-len(item[1]), item[0]))
    lines = [
        f"{len(touched):5}  {len(set(touched)):4}  {signature_of(template)}  {template}"
        for template, touched in ranked
    ]
    return "\n".join([HEAD, *lines, ""])


def test_the_clusters_are_those_of_the_list():
    """After a change of rules: `CI_HEALTH_GOLDEN=write pytest THIS_FILE`, and read the difference."""
    found = listed()
    if os.environ.get("CI_HEALTH_GOLDEN") == "write":
        GOLDEN.write_text(found, "utf-8")
    assert found == GOLDEN.read_text("utf-8")


def test_every_annotation_is_in_one_cluster():
    counts = [int(line.split()[0]) for line in GOLDEN.read_text("utf-8").splitlines()[1:]]
    assert sum(counts) == len(linkerd.annotations()) == 398
