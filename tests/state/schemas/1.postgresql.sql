CREATE TABLE artifacts (
    repository_id BIGINT NOT NULL,
    id BIGINT NOT NULL,
    run_id BIGINT NOT NULL,
    name TEXT NOT NULL,
    size BIGINT NOT NULL,
    expired BOOLEAN NOT NULL,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (repository_id, id)
);

CREATE INDEX artifacts_run ON artifacts (repository_id, run_id);

CREATE TABLE backfills (
    repository_id BIGINT NOT NULL,
    start BIGINT NOT NULL,
    stop BIGINT NOT NULL,
    position BIGINT NOT NULL,
    PRIMARY KEY (repository_id, start, stop)
);

CREATE TABLE budgets (
    identity TEXT NOT NULL,
    "limit" BIGINT,
    remaining BIGINT,
    reset FLOAT,
    held_until FLOAT NOT NULL,
    held_by TEXT NOT NULL,
    PRIMARY KEY (identity)
);

CREATE TABLE comments (
    repository TEXT NOT NULL,
    head TEXT NOT NULL,
    sha TEXT NOT NULL,
    run_created_at BIGINT NOT NULL,
    number BIGINT NOT NULL,
    since BIGINT NOT NULL,
    noted BIGINT NOT NULL,
    tries BIGINT NOT NULL,
    next_at BIGINT NOT NULL,
    PRIMARY KEY (repository, head)
);

CREATE INDEX comments_due ON comments (next_at);

CREATE TABLE commits (
    repository_id BIGINT NOT NULL,
    sha TEXT NOT NULL,
    branch TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    seen_at BIGINT NOT NULL,
    is_read BOOLEAN NOT NULL,
    is_open BOOLEAN NOT NULL,
    PRIMARY KEY (repository_id, sha)
);

CREATE TABLE dead_letters (
    id BIGSERIAL NOT NULL,
    repository TEXT NOT NULL,
    line BYTEA NOT NULL,
    reason TEXT NOT NULL,
    added_at BIGINT NOT NULL,
    PRIMARY KEY (id)
);

CREATE TABLE deliveries (
    id BIGSERIAL NOT NULL,
    delivery TEXT NOT NULL,
    repository TEXT NOT NULL,
    run_id BIGINT NOT NULL,
    received_at BIGINT NOT NULL,
    read_at BIGINT,
    PRIMARY KEY (id),
    UNIQUE (delivery)
);

CREATE INDEX deliveries_repository ON deliveries (repository, received_at);

CREATE INDEX deliveries_waiting ON deliveries (read_at, id);

CREATE TABLE distinct_values (
    repository_id BIGINT NOT NULL,
    tag TEXT NOT NULL,
    workflow TEXT NOT NULL,
    job TEXT NOT NULL,
    day INTEGER NOT NULL,
    sketch BYTEA NOT NULL,
    names TEXT NOT NULL,
    PRIMARY KEY (repository_id, tag, workflow, job, day)
);

CREATE TABLE executions (
    repository_id BIGINT NOT NULL,
    job_id BIGINT NOT NULL,
    run_id BIGINT NOT NULL,
    attempt INTEGER NOT NULL,
    workflow_id BIGINT NOT NULL,
    job TEXT NOT NULL,
    shards TEXT NOT NULL,
    event TEXT NOT NULL,
    head_sha TEXT NOT NULL,
    ended_at BIGINT NOT NULL,
    green BOOLEAN NOT NULL,
    outage BOOLEAN NOT NULL,
    duration_s FLOAT,
    message TEXT NOT NULL,
    tags JSON NOT NULL,
    failures TEXT,
    passed BYTEA,
    added_at BIGINT NOT NULL,
    PRIMARY KEY (repository_id, job_id)
);

CREATE INDEX executions_added ON executions (repository_id, added_at);

CREATE INDEX executions_commit ON executions (repository_id, head_sha);

CREATE INDEX executions_run ON executions (repository_id, run_id);

CREATE TABLE facts (
    name TEXT NOT NULL,
    value JSON NOT NULL,
    PRIMARY KEY (name)
);

CREATE TABLE ingested_jobs (
    repository_id BIGINT NOT NULL,
    id BIGINT NOT NULL,
    run_id BIGINT NOT NULL,
    run TEXT NOT NULL,
    attempt INTEGER NOT NULL,
    workflow_id BIGINT NOT NULL,
    workflow TEXT NOT NULL,
    branch TEXT NOT NULL,
    head_branch TEXT NOT NULL,
    name TEXT NOT NULL,
    event TEXT NOT NULL,
    head_sha TEXT NOT NULL,
    conclusion TEXT NOT NULL,
    started_at BIGINT NOT NULL,
    completed_at BIGINT NOT NULL,
    url TEXT NOT NULL,
    digest BYTEA NOT NULL,
    added_at BIGINT NOT NULL,
    PRIMARY KEY (repository_id, id)
);

CREATE INDEX ingested_jobs_added ON ingested_jobs (repository_id, added_at);

CREATE INDEX ingested_jobs_run ON ingested_jobs (repository_id, run_id);

CREATE TABLE judgements (
    repository_id BIGSERIAL NOT NULL,
    findings BYTEA NOT NULL,
    memory BYTEA NOT NULL,
    unread BIGINT NOT NULL,
    PRIMARY KEY (repository_id)
);

CREATE TABLE open_pieces (
    repository_id BIGINT NOT NULL,
    run_id BIGINT NOT NULL,
    attempt INTEGER NOT NULL,
    kind TEXT NOT NULL,
    subject BIGINT NOT NULL,
    reason TEXT NOT NULL,
    since BIGINT NOT NULL,
    next_at BIGINT NOT NULL,
    asked INTEGER NOT NULL,
    same_since BIGINT NOT NULL,
    same INTEGER NOT NULL,
    PRIMARY KEY (repository_id, run_id, attempt, kind, subject)
);

CREATE TABLE outbox (
    id BIGSERIAL NOT NULL,
    repository TEXT NOT NULL,
    points INTEGER NOT NULL,
    lines BYTEA NOT NULL,
    added_at BIGINT NOT NULL,
    PRIMARY KEY (id)
);

CREATE TABLE page_tags (
    repository_id BIGINT NOT NULL,
    url TEXT NOT NULL,
    identity TEXT NOT NULL,
    etag TEXT NOT NULL,
    next_url TEXT,
    total_count BIGINT,
    items INTEGER NOT NULL,
    saved_at BIGINT NOT NULL,
    PRIMARY KEY (repository_id, url)
);

CREATE TABLE payloads (
    repository TEXT NOT NULL,
    run_id BIGINT NOT NULL,
    attempt INTEGER NOT NULL,
    job_id BIGINT NOT NULL,
    content BYTEA NOT NULL,
    received_at BIGINT NOT NULL,
    PRIMARY KEY (repository, run_id, attempt, job_id)
);

CREATE INDEX payloads_received ON payloads (received_at);

CREATE TABLE repositories (
    id BIGINT NOT NULL,
    name TEXT NOT NULL,
    full_name TEXT NOT NULL,
    default_branch TEXT NOT NULL,
    private BOOLEAN NOT NULL,
    workflows JSON NOT NULL,
    origin BIGINT,
    cursor BIGINT,
    artifacts_from BIGINT,
    artifacts_to BIGINT,
    turn BIGINT DEFAULT '0' NOT NULL,
    swept_at BIGINT,
    PRIMARY KEY (id),
    UNIQUE (name)
);

CREATE TABLE runs (
    repository_id BIGINT NOT NULL,
    id BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    attempt INTEGER NOT NULL,
    updated_at TEXT NOT NULL,
    status TEXT NOT NULL,
    stored_attempt INTEGER NOT NULL,
    workflow TEXT NOT NULL,
    branch TEXT NOT NULL,
    executions BYTEA NOT NULL,
    PRIMARY KEY (repository_id, id)
);

CREATE INDEX runs_created ON runs (repository_id, created_at);

CREATE INDEX runs_open ON runs (repository_id, status);
