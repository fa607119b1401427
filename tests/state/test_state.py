import os
import stat

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis.strategies import characters, text
from sqlalchemy import update

from etl.errors import ConfigurationError, SupersededError
from etl.model.executed import Executed
from etl.model.pages import PageTag
from etl.model.records import Artifact, Workflow
from etl.model.writes import Rejected
from etl.pipeline.tag_settings import READING, SHAPES
from etl.settings import Settings
from etl.state import tables
from etl.state.database import open_database
from etl.state.metadata import Metadata, naming_of
from etl.state.repositories import KnownRepository
from etl.state.runs import AGED_OUT, COMPLETED, KnownRun
from etl.state.state import State

NOW = 1_770_000_000


@pytest.fixture
def state(state_url):
    state = State(state_url, lambda: NOW)
    yield state
    state.close()


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
        "executions": frozenset(
            {Executed(1, b"12345678", b"abcdefgh"), Executed(2, b"abcdefgh", b"", inherited=True)}
        ),
    }
    return KnownRun(**{**values, **changes})


def repository(state, name="acme/rocket", number=5, tags=()):
    found = KnownRepository(number, name, name, "main", (Workflow(1, "CI", "ci.yml"),))
    return state.commit_repository(found, tags)


def test_a_run_comes_back_as_it_was_committed(state):
    known = repository(state)
    state.commit_run(known, run(1), [])
    assert state.runs.get(known.id, 1) == run(1)
    assert state.runs.get(known.id, 2) is None


def test_points_and_the_progress_that_covers_them_are_committed_together(state):
    known = repository(state)
    with pytest.raises(ValueError, match="NUL"):
        state.commit_run(known, run(1), [b"fine", b"bad\x00line"])
    assert state.runs.get(known.id, 1) is None
    assert state.outbox.backlog().points == 0


def test_the_outbox_gives_the_oldest_first_and_forgets_what_is_settled(state):
    known = repository(state)
    for number in range(5):
        state.commit_run(known, run(number), [b"line %d a" % number, b"line %d b\nin two" % number])
    first = state.outbox.oldest(4)
    assert [entry.lines[0] for entry in first] == [b"line 0 a", b"line 1 a"]
    assert first[0].lines[1] == b"line 0 b\nin two"
    with state.outbox.claim(4) as claim:
        assert claim.entries == first
        claim.settle([Rejected(b"line 1 a", "type conflict")])
    assert state.outbox.oldest(1)[0].lines[0] == b"line 2 a"
    assert (state.outbox.backlog().points, state.outbox.backlog().dead_letters) == (6, 1)
    assert state.outbox.reasons(3) == ["type conflict"]


def test_an_entry_larger_than_the_batch_still_leaves(state):
    state.outbox.put("acme/rocket", [b"x"] * 50)
    assert len(state.outbox.oldest(10)) == 1


def test_the_cursor_moves_from_the_value_that_was_read_alone(state):
    known = repository(state)
    state.repositories.move_cursor(known, None, 100)
    state.repositories.move_cursor(known, 100, 300)
    for before in (None, 100, 200):
        with pytest.raises(SupersededError, match="acme/rocket"):
            state.repositories.move_cursor(known, before, 400)
    assert state.repositories.get("acme/rocket").cursor == 300


def test_only_the_session_whose_turn_it_is_commits(state):
    lost = state.repositories.begin_session(repository(state))
    state.commit_run(lost, run(1), [b"first"])
    holder = state.repositories.begin_session(lost)
    for commit in (
        lambda: state.commit_run(lost, run(2), [b"late"]),
        lambda: state.commit_tags(lost, []),
        lambda: state.commit_artifacts(lost, [], [], since=0, newest=1),
        lambda: state.forget_runs(lost, 0),
        lambda: state.prune(lost),
        lambda: state.repositories.move_cursor(lost, None, 100),
    ):
        with pytest.raises(SupersededError):
            commit()
    state.commit_run(holder, run(3), [b"second"])
    waiting = [line for entry in state.outbox.oldest(10) for line in entry.lines]
    assert waiting == [b"first", b"second"]
    known = state.repositories.get("acme/rocket")
    assert (known.cursor, known.turn, state.runs.get(known.id, 2)) == (None, 2, None)


def test_the_origin_is_set_once(state):
    known = repository(state)
    state.repositories.begin(known, 100)
    state.repositories.begin(known, 50)
    assert state.repositories.get("acme/rocket").origin == 100


def test_state_follows_the_id_when_the_name_passes_to_another_repository(state):
    old = repository(state)
    state.repositories.move_cursor(old, None, 100)
    new = repository(state, number=6)
    assert (new.id, new.cursor) == (6, None)
    assert repository(state, name="acme/old-rocket", number=5).cursor == 100


@given(name=text(characters(exclude_categories=())))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=50)
@example(name="a\0b\ud800")
def test_names_of_any_content_can_be_kept(state, name):
    known = repository(state)
    state.commit_artifacts(known, [Artifact(1, name, 5, False, NOW, 7)], [], since=0, newest=1)
    (kept,) = state.artifacts.of_run(known.id, 7)
    assert len(kept.name) == len(name)
    assert "\0" in name or "?" in kept.name or kept.name == name


def test_page_tags_belong_to_a_token(state):
    tag = PageTag("/repos/x", "token-a", '"etag"', None, 3, 3)
    repository(state, tags=[tag])
    assert state.pages.get("acme/rocket", "/repos/x", "token-a") == tag
    assert state.pages.get("acme/rocket", "/repos/x", "token-b") is None
    assert state.pages.get("acme/other", "/repos/x", "token-a") is None


def test_open_runs_are_those_that_may_still_change(state):
    known = repository(state)
    for number, status in enumerate(("in_progress", COMPLETED, AGED_OUT, "settling", "queued")):
        state.commit_run(known, run(number, status=status), [])
    assert [item.id for item in state.runs.still_open(known.id)] == [0, 3, 4]


def test_pruning_keeps_open_runs_and_what_windows_reach(state):
    known = repository(state)
    old = NOW - 46 * 86_400
    state.commit_run(known, run(1, created_at=old), [])
    state.commit_run(known, run(2, created_at=old, status="waiting"), [])
    state.commit_run(known, run(3), [])
    state.prune(known)
    assert [state.runs.get(known.id, number) is not None for number in (1, 2, 3)] == [False, True, True]


def test_a_backfill_resumes_where_it_stood(state):
    known = repository(state)
    assert state.backfills.position(known.id, 0, 100) is None
    state.backfills.move(known.id, 0, 100, 10)
    state.backfills.move(known.id, 0, 100, 20)
    assert state.backfills.position(known.id, 0, 100) == 20
    assert state.backfills.position(known.id, 0, 200) is None
    state.backfills.finish(known.id, 0, 100)
    assert state.backfills.position(known.id, 0, 100) is None


def test_a_state_of_a_newer_version_is_refused(state_url):
    engine = open_database(state_url)
    with engine.begin() as connection:
        connection.execute(update(tables.facts).where(tables.facts.c.name == "version").values(value=99))
    engine.dispose()
    with pytest.raises(ConfigurationError, match="install the newer ci-health"):
        open_database(state_url)


def test_a_state_that_is_no_database_is_reported(tmp_path):
    (tmp_path / "state.sqlite").write_bytes(b"this is no database at all" * 100)
    with pytest.raises(ConfigurationError, match="cannot be used: file is not a database"):
        open_database(f"sqlite:///{tmp_path / 'state.sqlite'}")


@pytest.mark.parametrize("url", ["nonsense", "oracle://x/y"])
def test_a_wrong_url_is_reported(url):
    with pytest.raises(ConfigurationError, match=r"state\.url"):
        open_database(url)


def test_the_state_is_private(tmp_path):
    before = os.umask(0)
    try:
        engine = open_database(f"sqlite:///{tmp_path / 'state.sqlite'}")
    finally:
        os.umask(before)
    engine.dispose()
    assert stat.S_IMODE((tmp_path / "state.sqlite").stat().st_mode) == 0o600


def test_settings_that_shape_tags_are_remembered(state_url):
    engine = open_database(state_url)
    facts = Metadata(engine)
    changed = Settings(branches=("release-*",))
    assert facts.changed_naming(changed) == []
    facts.begin(Settings(), READING)
    assert facts.changed_naming(Settings()) == []
    facts.begin(changed, READING)
    assert facts.changed_naming(changed) == ["branches"]
    assert set(naming_of(changed)) == set(SHAPES)
    facts.accept_naming(changed)
    assert facts.changed_naming(changed) == []
    engine.dispose()


def test_rules_that_changed_since_points_were_stored_are_told_until_that_is_accepted(state_url):
    engine = open_database(state_url)
    facts = Metadata(engine)
    assert facts.changed_reading(READING) == []
    facts.begin(Settings(), READING)
    assert facts.changed_reading(READING) == []
    assert facts.changed_reading({**READING, "test reports": 99}) == ["test reports"]
    facts.accept_reading({**READING, "test reports": 99})
    assert facts.changed_reading({**READING, "test reports": 99}) == []
    engine.dispose()


def test_a_state_from_before_there_were_versions_of_rules(state_url):
    engine = open_database(state_url)
    facts = Metadata(engine)
    facts.accept_naming(Settings())
    assert facts.changed_reading(READING) == list(READING)
    engine.dispose()
