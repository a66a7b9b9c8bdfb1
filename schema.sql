-- The store of countersign, whole, as it is made on the first open. Three groups that are never mixed:
-- what is true (primary), what follows from it (derived: forgotten and written again by `rebuild`), what is only here.

-- ── PRIMARY: the truth. Shared; changed only by numbered steps; events never change. ────────────────────────────

CREATE TABLE store (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    id  TEXT NOT NULL CHECK (length(id) = 32)
) STRICT;

-- One row per event: envelope, facts, and the commitment to the payload. docs/log-format.md has the hash.
CREATE TABLE log (
    seq       INTEGER PRIMARY KEY CHECK (seq > 0),
    aggregate TEXT    NOT NULL,
    version   INTEGER NOT NULL CHECK (version > 0),
    at        INTEGER NOT NULL,              -- milliseconds since the epoch, by the host's clock
    by        TEXT    NOT NULL,
    assurance TEXT    NOT NULL,
    name      TEXT    NOT NULL,
    facts     TEXT    NOT NULL,              -- canonical JSON
    payload   BLOB             CHECK (payload IS NULL OR length(payload) = 32),
    hash      BLOB    NOT NULL CHECK (length(hash) = 32),
    UNIQUE (aggregate, version)
) STRICT;
CREATE INDEX log_by_name ON log (name);      -- which names occur, without reading the log

-- The redactable part. A row that is gone leaves the chain valid: the log keeps only its salted hash.
CREATE TABLE payloads (
    seq  INTEGER PRIMARY KEY REFERENCES log (seq),
    salt BLOB NOT NULL CHECK (length(salt) = 32),
    body TEXT NOT NULL                       -- canonical JSON
) STRICT;

CREATE TRIGGER log_is_in_order BEFORE INSERT ON log
    WHEN new.seq <> (SELECT coalesce(max(seq), 0) + 1 FROM log)
    BEGIN SELECT raise(ABORT, 'the log has no gaps'); END;
CREATE TRIGGER log_is_not_changed BEFORE UPDATE ON log
    BEGIN SELECT raise(ABORT, 'the log is append-only'); END;
CREATE TRIGGER log_is_not_cut BEFORE DELETE ON log
    BEGIN SELECT raise(ABORT, 'the log is append-only'); END;
CREATE TRIGGER payloads_are_not_changed BEFORE UPDATE ON payloads
    BEGIN SELECT raise(ABORT, 'a payload is kept or redacted, never changed'); END;
CREATE TRIGGER store_is_not_changed BEFORE UPDATE ON store
    BEGIN SELECT raise(ABORT, 'a store keeps its id'); END;
CREATE TRIGGER store_is_not_cut BEFORE DELETE ON store
    BEGIN SELECT raise(ABORT, 'a store keeps its id'); END;

-- ── PRIMARY, ADDED LATER: as true as what stands above; made on opening where an older program did not. ───────────────

-- The bytes of evidence under their SHA-256. A row that is gone was redacted; the event that named it stays.
CREATE TABLE IF NOT EXISTS evidence (
    id     INTEGER PRIMARY KEY,
    sha256 BLOB NOT NULL UNIQUE CHECK (length(sha256) = 32),
    bytes  BLOB NOT NULL
) STRICT;
CREATE TRIGGER IF NOT EXISTS evidence_is_not_changed BEFORE UPDATE ON evidence
    BEGIN SELECT raise(ABORT, 'evidence is kept or redacted, never changed'); END;

-- What was measured of rollouts, in the order it came; never changed. A number in millionths, or none: then `number` says
-- whether nothing came (1, and why), or something that is no number (0).
CREATE TABLE IF NOT EXISTS readings (
    id      INTEGER PRIMARY KEY,
    rollout INTEGER NOT NULL,
    metric  TEXT    NOT NULL,
    value   INTEGER,
    number  INTEGER NOT NULL,
    why     TEXT,
    at      INTEGER NOT NULL,                -- when it was taken, as its source says
    source  TEXT    NOT NULL,
    heard   INTEGER NOT NULL,                -- when it came, by the host's clock
    by      TEXT    NOT NULL
) STRICT;
CREATE INDEX IF NOT EXISTS readings_by_rollout ON readings (rollout, heard);

-- ── DERIVED: written from the evolved state in the same transaction; `rebuild` writes it again. ─────────────────

CREATE TABLE requests (
    id           INTEGER PRIMARY KEY,
    kind         TEXT    NOT NULL,
    state        TEXT    NOT NULL,
    level        INTEGER NOT NULL,
    title        TEXT    NOT NULL,
    requester    TEXT    NOT NULL,
    risk         TEXT    NOT NULL,
    priority     TEXT    NOT NULL,
    sensitive    INTEGER NOT NULL,
    environment  TEXT,
    service      TEXT,
    tenant       TEXT,
    revision     INTEGER NOT NULL,
    digest       TEXT    NOT NULL,           -- the decision digest
    due_at       INTEGER NOT NULL,
    expires_at   INTEGER,
    next_due_at  INTEGER,                    -- when time does the next thing to it
    claim_by     TEXT,
    claim_until  INTEGER,
    closed_by    TEXT,
    closed_at    INTEGER,
    execution    TEXT,
    created_at   INTEGER NOT NULL,
    updated_at   INTEGER NOT NULL,
    version      INTEGER NOT NULL,
    flagged      INTEGER NOT NULL,           -- it is no decision, and waits for nobody
    assignee     TEXT                        -- whom it is given to while it is open: `name:carol`, `role:lead`
) STRICT;
CREATE INDEX requests_by_assignee ON requests (assignee, id) WHERE assignee IS NOT NULL;
CREATE INDEX requests_by_next_due ON requests (next_due_at, id) WHERE next_due_at IS NOT NULL;
CREATE INDEX requests_by_closing  ON requests (closed_at, id) WHERE closed_at IS NOT NULL;
CREATE INDEX requests_to_roll_out ON requests (id) WHERE kind = 'deployment' AND execution = 'not_started';

-- One row per rollout that somebody asked to start; its number is its deployment's.
CREATE TABLE rollouts (
    id      INTEGER PRIMARY KEY,
    phase   TEXT    NOT NULL,
    tier    INTEGER NOT NULL,
    live    INTEGER NOT NULL,                -- whoever keeps time has something to do with it
    since   INTEGER NOT NULL,
    version INTEGER NOT NULL
) STRICT;
CREATE INDEX rollouts_live ON rollouts (id) WHERE live = 1;
CREATE INDEX rollouts_over ON rollouts (since) WHERE live = 0;

-- One row per (open slot, request) in reading order, and one per open request under the slot '*'. Slots that begin with
-- a star are queues of everybody: '*unclaimed', '*claimed', '*escalated', '*promotions', '*debts', '*questions'.
CREATE TABLE inbox (
    slot    TEXT    NOT NULL,                -- the slot as canonical JSON, or '*' for everything open
    rank    INTEGER NOT NULL,                -- escalation level, risk, priority; smaller is read first
    due_at  INTEGER NOT NULL,
    request INTEGER NOT NULL,
    asker   TEXT    NOT NULL,                -- whose request it is: nobody's own requests wait for them
    PRIMARY KEY (slot, rank, due_at, request)
) STRICT, WITHOUT ROWID;
CREATE INDEX inbox_by_request ON inbox (slot, request);          -- newest first
CREATE INDEX inbox_by_due     ON inbox (slot, due_at, request);  -- due first

-- Whose requests there are: what somebody reads who sees only their own. What is open was closed at the end of time.
CREATE TABLE own (
    requester TEXT    NOT NULL,
    closed_at INTEGER NOT NULL,
    request   INTEGER NOT NULL,
    PRIMARY KEY (requester, closed_at, request)
) STRICT, WITHOUT ROWID;

-- Who put which open request out of their own sight. When the time is up it holds no longer: the reader's clock says so,
-- and the row goes with the request's next event.
CREATE TABLE snoozed (
    name    TEXT    NOT NULL,
    request INTEGER NOT NULL,
    until   INTEGER NOT NULL,
    PRIMARY KEY (name, request)
) STRICT, WITHOUT ROWID;

-- The words by which an open request is found.
CREATE TABLE words (
    word    TEXT    NOT NULL,
    request INTEGER NOT NULL,
    PRIMARY KEY (word, request)
) STRICT, WITHOUT ROWID;
CREATE INDEX words_by_request ON words (request, word);

-- What a request can be called by: its reference, and its labels `lease` and `intent`.
CREATE TABLE names (
    name    TEXT    NOT NULL,
    request INTEGER NOT NULL,
    PRIMARY KEY (name, request)
) STRICT, WITHOUT ROWID;

-- The idempotency key: a producer's own name for a request.
CREATE TABLE refs (
    requester TEXT    NOT NULL,
    reference TEXT    NOT NULL,
    request   INTEGER NOT NULL,
    PRIMARY KEY (requester, reference, request)
) STRICT, WITHOUT ROWID;

-- Who owes which open review: while there is one, that person overrides nothing. As an asker is written.
CREATE TABLE debts (
    person  TEXT    NOT NULL,
    request INTEGER NOT NULL,
    PRIMARY KEY (person, request)
) STRICT, WITHOUT ROWID;

-- The reasons that overrides were given, by a digest of their letters: nobody gives the same one twice.
CREATE TABLE reasons (
    person  TEXT    NOT NULL,
    reason  TEXT    NOT NULL,
    request INTEGER NOT NULL,
    PRIMARY KEY (person, reason, request)
) STRICT, WITHOUT ROWID;

-- Steps that ended badly, by what they have in common with their like. The digest is over action, program and place.
CREATE TABLE failures (
    shape   TEXT    NOT NULL,
    at      INTEGER NOT NULL,
    request INTEGER NOT NULL,
    PRIMARY KEY (shape, at, request)
) STRICT, WITHOUT ROWID;

-- Kept, never counted.
CREATE TABLE counters (
    name  TEXT    PRIMARY KEY,
    value INTEGER NOT NULL CHECK (value >= 0)
) STRICT, WITHOUT ROWID;

-- ── LOCAL: of this place only; in no export, and forgotten without loss. ─────────────────────────────────────────

CREATE TABLE IF NOT EXISTS drafts (
    author  TEXT    NOT NULL,
    request INTEGER NOT NULL,
    verb    TEXT    NOT NULL,
    body    TEXT    NOT NULL,
    at      INTEGER NOT NULL,
    PRIMARY KEY (author, request, verb)
) STRICT, WITHOUT ROWID;

-- Which revision of a request somebody last opened on the screen, for hiding what they know already.
CREATE TABLE IF NOT EXISTS seen (
    author   TEXT    NOT NULL,
    request  INTEGER NOT NULL,
    revision INTEGER NOT NULL,
    at       INTEGER NOT NULL,
    PRIMARY KEY (author, request)
) STRICT, WITHOUT ROWID;

-- How far a step that runs has come, as its runner last said.
CREATE TABLE IF NOT EXISTS progress (
    request INTEGER NOT NULL,
    step    TEXT    NOT NULL,
    percent INTEGER NOT NULL CHECK (percent BETWEEN 0 AND 100),
    at      INTEGER NOT NULL,
    PRIMARY KEY (request, step)
) STRICT, WITHOUT ROWID;

-- Which comments have come to whom: taken by a face of theirs, or drawn whole on their screen.
CREATE TABLE IF NOT EXISTS heard (
    author       TEXT    NOT NULL,
    request      INTEGER NOT NULL,
    comment      INTEGER NOT NULL,
    delivered_at INTEGER NOT NULL,
    read_at      INTEGER,
    PRIMARY KEY (request, author, comment)
) STRICT, WITHOUT ROWID;

-- Which files of a request somebody has looked into.
CREATE TABLE IF NOT EXISTS opened (
    author  TEXT    NOT NULL,
    request INTEGER NOT NULL,
    sha256  BLOB    NOT NULL,
    at      INTEGER NOT NULL,
    PRIMARY KEY (author, request, sha256)
) STRICT, WITHOUT ROWID;

-- When somebody's screen was last open.
CREATE TABLE IF NOT EXISTS visits (
    author TEXT    PRIMARY KEY,
    at     INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
-- What somebody is to be told: written with the event that calls for it, kept by `rebuild`, forgotten after a month. The key
-- holds the request, the version of it, the kind and the assignment: one occasion is one notice. Request 0 is this place.
CREATE TABLE IF NOT EXISTS notices (
    id         INTEGER PRIMARY KEY,
    key        TEXT    NOT NULL UNIQUE,
    kind       TEXT    NOT NULL,
    request    INTEGER NOT NULL,
    version    INTEGER NOT NULL,
    assignment INTEGER NOT NULL,
    whom       TEXT,
    by         TEXT,
    person     TEXT,
    at         INTEGER NOT NULL,
    handed_out INTEGER NOT NULL
) STRICT;
CREATE INDEX IF NOT EXISTS notices_to_hand_out ON notices (id) WHERE handed_out = 0;
CREATE INDEX IF NOT EXISTS notices_that_mention ON notices (whom, id) WHERE kind = 'mention';

-- What became of a notice on each of its channels: due, done, stopped (nobody needs it any more) or given_up. '@thread' is
-- no channel of the settings (no name has that sign): whom a comment calls has had the thread printed.
CREATE TABLE IF NOT EXISTS deliveries (
    notice   INTEGER NOT NULL,
    channel  TEXT    NOT NULL,
    state    TEXT    NOT NULL,
    attempts INTEGER NOT NULL,
    next_at  INTEGER,
    ended_at INTEGER,
    why      TEXT,
    PRIMARY KEY (notice, channel)
) STRICT, WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS deliveries_by_next     ON deliveries (next_at, notice) WHERE next_at IS NOT NULL;
CREATE INDEX IF NOT EXISTS deliveries_that_failed ON deliveries (channel) WHERE why IS NOT NULL;

-- Statements that were handed out to be signed, until a while after their end; `cosign` looks here for what was signed.
CREATE TABLE IF NOT EXISTS challenges (
    principal TEXT    NOT NULL,
    statement TEXT    NOT NULL,
    request   INTEGER NOT NULL,
    head      INTEGER NOT NULL,              -- the event whose hash the statement names
    expires   INTEGER NOT NULL,
    PRIMARY KEY (principal, statement)
) STRICT, WITHOUT ROWID;
