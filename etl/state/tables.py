"""The state's tables (SQLAlchemy Core; SQLite for one process, PostgreSQL for several workers)."""

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    Float,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
)

from etl.state.types import SafeText

metadata = MetaData()

_AUTOMATIC = BigInteger().with_variant(Integer, "sqlite")

# Facts about the state itself: its version, and the settings that shape tags.
facts = Table(
    "facts", metadata, Column("name", SafeText, primary_key=True), Column("value", JSON, nullable=False)
)

# A repository, by GitHub's id, or by a negative one where only other CIs tell of it; `name` is the one configured, `full_name` the one it has now. Everything
# created from `origin` up to `cursor` (Unix seconds) has been read and committed, and artifacts created
# from `artifacts_from` up to `artifacts_to` have been listed. Every session on it takes the next `turn`,
# and commits only while that is the last one; at `swept_at` one had looked at every window.
repositories = Table(
    "repositories",
    metadata,
    Column("id", BigInteger, primary_key=True, autoincrement=False),
    Column("name", SafeText, nullable=False, unique=True),
    Column("full_name", SafeText, nullable=False),
    Column("default_branch", SafeText, nullable=False),
    Column("private", Boolean, nullable=False),
    Column("workflows", JSON, nullable=False),
    Column("origin", BigInteger),
    Column("cursor", BigInteger),
    Column("artifacts_from", BigInteger),
    Column("artifacts_to", BigInteger),
    Column("turn", BigInteger, nullable=False, server_default="0"),
    Column("swept_at", BigInteger),
)

# A run as it was last read, and how far its attempts are stored. `workflow` and `branch` are the
# tags of its points, kept so that they never change; `executions` has 19 bytes of each job.
runs = Table(
    "runs",
    metadata,
    Column("repository_id", BigInteger, primary_key=True),
    Column("id", BigInteger, primary_key=True),
    Column("created_at", BigInteger, nullable=False),
    Column("attempt", Integer, nullable=False),
    Column("updated_at", SafeText, nullable=False),
    Column("status", SafeText, nullable=False),
    Column("stored_attempt", Integer, nullable=False),
    Column("workflow", SafeText, nullable=False),
    Column("branch", SafeText, nullable=False),
    Column("executions", LargeBinary, nullable=False),
    Index("runs_open", "repository_id", "status"),
    Index("runs_created", "repository_id", "created_at"),
)

# A commit that runs were seen of, the last one created at `seen_at`, with the tag of its first: where check runs
# and statuses of other systems are read. `is_open`: something of it had not ended.
commits = Table(
    "commits",
    metadata,
    Column("repository_id", BigInteger, primary_key=True),
    Column("sha", SafeText, primary_key=True),
    Column("branch", SafeText, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("seen_at", BigInteger, nullable=False),
    Column("is_read", Boolean, nullable=False),
    Column("is_open", Boolean, nullable=False),
)

# What could not be read yet of a run (run 0: of a window), and when it is asked for again.
open_pieces = Table(
    "open_pieces",
    metadata,
    Column("repository_id", BigInteger, primary_key=True),
    Column("run_id", BigInteger, primary_key=True),
    Column("attempt", Integer, primary_key=True),
    Column("kind", SafeText, primary_key=True),
    Column("subject", BigInteger, primary_key=True),
    Column("reason", SafeText, nullable=False),
    Column("since", BigInteger, nullable=False),
    Column("next_at", BigInteger, nullable=False),
    Column("asked", Integer, nullable=False),
    Column("same_since", BigInteger, nullable=False),
    Column("same", Integer, nullable=False),
)

# What GitHub answered last, for conditional requests; saved with what the answer led to.
page_tags = Table(
    "page_tags",
    metadata,
    Column("repository_id", BigInteger, primary_key=True),
    Column("url", SafeText, primary_key=True),
    Column("identity", SafeText, nullable=False),
    Column("etag", SafeText, nullable=False),
    Column("next_url", SafeText),
    Column("total_count", BigInteger),
    Column("items", Integer, nullable=False),
    Column("saved_at", BigInteger, nullable=False),
)

# A backfill under way: everything created from `start` up to `position` has been read.
backfills = Table(
    "backfills",
    metadata,
    Column("repository_id", BigInteger, primary_key=True),
    Column("start", BigInteger, primary_key=True),
    Column("stop", BigInteger, primary_key=True),
    Column("position", BigInteger, nullable=False),
)

# An execution of a job that may be flake evidence: its failing results as JSON, the 8-byte hashes of
# the tests that passed in it.
executions = Table(
    "executions",
    metadata,
    Column("repository_id", BigInteger, primary_key=True),
    Column("job_id", BigInteger, primary_key=True),
    Column("run_id", BigInteger, nullable=False),
    Column("attempt", Integer, nullable=False),
    Column("workflow_id", BigInteger, nullable=False),
    Column("job", SafeText, nullable=False),
    Column("shards", SafeText, nullable=False),
    Column("event", SafeText, nullable=False),
    Column("head_sha", SafeText, nullable=False),
    Column("ended_at", BigInteger, nullable=False),
    Column("green", Boolean, nullable=False),
    Column("outage", Boolean, nullable=False),
    Column("duration_s", Float),
    Column("message", SafeText, nullable=False),
    Column("tags", JSON, nullable=False),
    Column("failures", SafeText),
    Column("passed", LargeBinary),
    Column("added_at", BigInteger, nullable=False),
    Index("executions_run", "repository_id", "run_id"),
    Index("executions_commit", "repository_id", "head_sha"),
    Index("executions_added", "repository_id", "added_at"),
)

# An execution of a job that another CI told of, by its id, with what its points and those of its run are made of:
# `workflow` and `branch` are tags, `digest` a hash of everything that was told.
ingested_jobs = Table(
    "ingested_jobs",
    metadata,
    Column("repository_id", BigInteger, primary_key=True),
    Column("id", BigInteger, primary_key=True),
    Column("run_id", BigInteger, nullable=False),
    Column("run", SafeText, nullable=False),
    Column("attempt", Integer, nullable=False),
    Column("workflow_id", BigInteger, nullable=False),
    Column("workflow", SafeText, nullable=False),
    Column("branch", SafeText, nullable=False),
    Column("head_branch", SafeText, nullable=False),
    Column("name", SafeText, nullable=False),
    Column("event", SafeText, nullable=False),
    Column("head_sha", SafeText, nullable=False),
    Column("conclusion", SafeText, nullable=False),
    Column("started_at", BigInteger, nullable=False),
    Column("completed_at", BigInteger, nullable=False),
    Column("url", SafeText, nullable=False),
    Column("digest", LargeBinary, nullable=False),
    Column("added_at", BigInteger, nullable=False),
    Index("ingested_jobs_run", "repository_id", "run_id"),
    Index("ingested_jobs_added", "repository_id", "added_at"),
)

# Artifacts that were listed and match the names of reports.
artifacts = Table(
    "artifacts",
    metadata,
    Column("repository_id", BigInteger, primary_key=True),
    Column("id", BigInteger, primary_key=True),
    Column("run_id", BigInteger, nullable=False),
    Column("name", SafeText, nullable=False),
    Column("size", BigInteger, nullable=False),
    Column("expired", Boolean, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Index("artifacts_run", "repository_id", "run_id"),
)

# Distinct tests of a job on a day (since 1970), or values of another tag in a repository, without workflow and
# job: the sketch of all, and the names of some, as JSON.
distinct_values = Table(
    "distinct_values",
    metadata,
    Column("repository_id", BigInteger, primary_key=True),
    Column("tag", SafeText, primary_key=True),
    Column("workflow", SafeText, primary_key=True),
    Column("job", SafeText, primary_key=True),
    Column("day", Integer, primary_key=True),
    Column("sketch", LargeBinary, nullable=False),
    Column("names", SafeText, nullable=False),
)

# What was found of a repository, and what was computed of each series, both as `etl.judge.codec` writes them;
# `unread` counts the commits of points since the look that did.
judgements = Table(
    "judgements",
    metadata,
    Column("repository_id", BigInteger, primary_key=True),
    Column("findings", LargeBinary, nullable=False),
    Column("memory", LargeBinary, nullable=False),
    Column("unread", BigInteger, nullable=False),
)

# The last known rate limit of an identity, and until when (Unix seconds) GitHub asked to wait.
budgets = Table(
    "budgets",
    metadata,
    Column("identity", SafeText, primary_key=True),
    Column("limit", BigInteger),
    Column("remaining", BigInteger),
    Column("reset", Float),
    Column("held_until", Float, nullable=False),
    Column("held_by", SafeText, nullable=False),
)

# Points on their way to the store: lines of line protocol, separated by NUL.
outbox = Table(
    "outbox",
    metadata,
    Column("id", _AUTOMATIC, primary_key=True, autoincrement=True),
    Column("repository", SafeText, nullable=False),
    Column("points", Integer, nullable=False),
    Column("lines", LargeBinary, nullable=False),
    Column("added_at", BigInteger, nullable=False),
    sqlite_autoincrement=True,
)

# Points that the store rejected, with its reason.
dead_letters = Table(
    "dead_letters",
    metadata,
    Column("id", _AUTOMATIC, primary_key=True, autoincrement=True),
    Column("repository", SafeText, nullable=False),
    Column("line", LargeBinary, nullable=False),
    Column("reason", SafeText, nullable=False),
    Column("added_at", BigInteger, nullable=False),
    sqlite_autoincrement=True,
)

# Pull requests whose comment is to be written or updated, by their head (`owner:branch`): its newest commit, of which
# a run created at `run_created_at` was read. `number` is 0 where it has to be asked for. `noted` counts those
# readings, those of this commit since `since`; `tries` the tries, of which the next may begin at `next_at`.
comments = Table(
    "comments",
    metadata,
    Column("repository", SafeText, primary_key=True),
    Column("head", SafeText, primary_key=True),
    Column("sha", SafeText, nullable=False),
    Column("run_created_at", BigInteger, nullable=False),
    Column("number", BigInteger, nullable=False),
    Column("since", BigInteger, nullable=False),
    Column("noted", BigInteger, nullable=False),
    Column("tries", BigInteger, nullable=False),
    Column("next_at", BigInteger, nullable=False),
    Index("comments_due", "next_at"),
)

# Webhook deliveries for a run, by GitHub's id of the delivery; `repository` is the configured
# name, and `read_at` is null until the run has been read.
deliveries = Table(
    "deliveries",
    metadata,
    Column("id", _AUTOMATIC, primary_key=True, autoincrement=True),
    Column("delivery", SafeText, nullable=False, unique=True),
    Column("repository", SafeText, nullable=False),
    Column("run_id", BigInteger, nullable=False),
    Column("received_at", BigInteger, nullable=False),
    Column("read_at", BigInteger),
    Index("deliveries_waiting", "read_at", "id"),
    Index("deliveries_repository", "repository", "received_at"),
    sqlite_autoincrement=True,
)

# What deliveries hold of a run (`job_id` 0) and its jobs, as compressed JSON, until the run is read and
# confirmed; `repository` is the configured name.
payloads = Table(
    "payloads",
    metadata,
    Column("repository", SafeText, primary_key=True),
    Column("run_id", BigInteger, primary_key=True),
    Column("attempt", Integer, primary_key=True),
    Column("job_id", BigInteger, primary_key=True),
    Column("content", LargeBinary, nullable=False),
    Column("received_at", BigInteger, nullable=False),
    Index("payloads_received", "received_at"),
)
