import os
import sqlite3
import stat

import pytest

from etl.errors import ConfigurationError
from etl.extract.github.pages import PageTag
from etl.extract.records import Workflow
from etl.load.store import Rejected
from etl.pipeline.naming import SHAPES
from etl.settings import Settings
from etl.state.database import open_database
from etl.state.distinct import Distinct
from etl.state.evidence import Evidence
from etl.state.facts import Facts, naming_of
from etl.state.outbox import Outbox
from etl.state.progress import AGED_OUT, COMPLETED, KnownRepository, KnownRun, Progress

NOW = 1_770_000_000


@pytest.fixture
def url(tmp_path):
    return f"sqlite:///{tmp_path / 'state.sqlite'}"


@pytest.fixture
def state(url):
    engine = open_database(url)
    outbox = Outbox(engine, lambda: NOW)
    yield (
        Progress(engine, outbox, Evidence(engine, lambda: NOW), Distinct(engine, lambda: NOW), lambda: NOW),
        outbox,
    )
    engine.dispose()


def run(number: int, **changes) -> KnownRun:
    values = {
        "id": number,
        "created_at": NOW - 60,
        "attempt": 1,
        "updated_at": "u",
        "status": COMPLETED,
        "stored_attempt": 1,
        "workflow": "CI",
        "branch": "main",
        "executions": frozenset({b"12345678", b"abcdefgh"}),
    }
    return KnownRun(**{**values, **changes})


def repository(progress, name="acme/rocket", number=5, tags=()):
    found = KnownRepository(number, name, name, "main", (Workflow(1, "CI", "ci.yml"),))
    return progress.save_repository(found, tags)


def test_a_run_comes_back_as_it_was_committed(state):
    progress, _ = state
    known = repository(progress)
    progress.commit_run(known, run(1), [])
    assert progress.run(known.id, 1) == run(1)
    assert progress.run(known.id, 2) is None


def test_points_and_the_progress_that_covers_them_are_committed_together(state):
    progress, outbox = state
    known = repository(progress)
    with pytest.raises(ValueError, match="NUL"):
        progress.commit_run(known, run(1), [b"fine", b"bad\x00line"])
    assert progress.run(known.id, 1) is None
    assert outbox.backlog().points == 0


def test_the_outbox_gives_the_oldest_first_and_forgets_what_is_settled(state):
    progress, outbox = state
    known = repository(progress)
    for number in range(5):
        progress.commit_run(known, run(number), [b"line %d a" % number, b"line %d b\nin two" % number])
    first = outbox.oldest(4)
    assert [entry.lines[0] for entry in first] == [b"line 0 a", b"line 1 a"]
    assert first[0].lines[1] == b"line 0 b\nin two"
    outbox.settle(first, [Rejected(b"line 1 a", "type conflict")])
    assert outbox.oldest(1)[0].lines[0] == b"line 2 a"
    assert (outbox.backlog().points, outbox.backlog().dead_letters) == (6, 1)
    assert outbox.reasons(3) == ["type conflict"]


def test_an_entry_larger_than_the_batch_still_leaves(state):
    _, outbox = state
    outbox.put("acme/rocket", [b"x"] * 50)
    assert len(outbox.oldest(10)) == 1


def test_the_cursor_never_goes_back(state):
    progress, _ = state
    known = repository(progress)
    for cursor in (100, 300, 200):
        progress.move_cursor(known.id, cursor)
    assert progress.repository("acme/rocket").cursor == 300


def test_the_origin_is_set_once(state):
    progress, _ = state
    known = repository(progress)
    progress.begin(known.id, 100)
    progress.begin(known.id, 50)
    assert progress.repository("acme/rocket").origin == 100


def test_state_follows_the_id_when_the_name_passes_to_another_repository(state):
    progress, _ = state
    old = repository(progress)
    progress.move_cursor(old.id, 100)
    new = repository(progress, number=6)
    assert (new.id, new.cursor) == (6, None)
    assert repository(progress, name="acme/old-rocket", number=5).cursor == 100


def test_page_tags_belong_to_a_token(state):
    progress, _ = state
    tag = PageTag("/repos/x", "token-a", '"etag"', None, 3, 3)
    repository(progress, tags=[tag])
    assert progress.page_tag("acme/rocket", "/repos/x", "token-a") == tag
    assert progress.page_tag("acme/rocket", "/repos/x", "token-b") is None
    assert progress.page_tag("acme/other", "/repos/x", "token-a") is None


def test_open_runs_are_those_that_may_still_change(state):
    progress, _ = state
    known = repository(progress)
    for number, status in enumerate(("in_progress", COMPLETED, AGED_OUT, "settling", "queued")):
        progress.commit_run(known, run(number, status=status), [])
    assert [item.id for item in progress.open_runs(known.id)] == [0, 3, 4]


def test_pruning_keeps_open_runs_and_what_windows_reach(state):
    progress, _ = state
    known = repository(progress)
    old = NOW - 46 * 86_400
    progress.commit_run(known, run(1, created_at=old), [])
    progress.commit_run(known, run(2, created_at=old, status="waiting"), [])
    progress.commit_run(known, run(3), [])
    progress.prune(known.id)
    assert [progress.run(known.id, number) is not None for number in (1, 2, 3)] == [False, True, True]


def test_a_backfill_resumes_where_it_stood(state):
    progress, _ = state
    known = repository(progress)
    assert progress.backfill_position(known.id, 0, 100) is None
    progress.move_backfill(known.id, 0, 100, 10)
    progress.move_backfill(known.id, 0, 100, 20)
    assert progress.backfill_position(known.id, 0, 100) == 20
    assert progress.backfill_position(known.id, 0, 200) is None
    progress.finish_backfill(known.id, 0, 100)
    assert progress.backfill_position(known.id, 0, 100) is None


def test_a_state_of_a_newer_version_is_refused(url, tmp_path):
    open_database(url).dispose()
    with sqlite3.connect(tmp_path / "state.sqlite") as connection:
        connection.execute("UPDATE facts SET value = '99' WHERE name = 'version'")
    connection.close()
    with pytest.raises(ConfigurationError, match="install the newer ci-health"):
        open_database(url)


def test_a_state_that_is_no_database_is_told(tmp_path):
    (tmp_path / "state.sqlite").write_bytes(b"this is no database at all" * 100)
    with pytest.raises(ConfigurationError, match="cannot be opened"):
        open_database(f"sqlite:///{tmp_path / 'state.sqlite'}")


@pytest.mark.parametrize("url", ["nonsense", "oracle://x/y"])
def test_a_wrong_url_is_told(url):
    with pytest.raises(ConfigurationError, match=r"state\.url"):
        open_database(url)


def test_the_state_is_private(url, tmp_path):
    before = os.umask(0)
    try:
        engine = open_database(url)
    finally:
        os.umask(before)
    engine.dispose()
    assert stat.S_IMODE((tmp_path / "state.sqlite").stat().st_mode) == 0o600


def test_settings_that_shape_tags_are_remembered(url):
    engine = open_database(url)
    facts = Facts(engine)
    assert facts.changed_naming(Settings()) == []
    assert facts.changed_naming(Settings()) == []
    changed = Settings(branches=("release-*",))
    assert facts.changed_naming(changed) == ["branches"]
    assert set(naming_of(changed)) == set(SHAPES)
    facts.accept_naming(changed)
    assert facts.changed_naming(changed) == []
    engine.dispose()
