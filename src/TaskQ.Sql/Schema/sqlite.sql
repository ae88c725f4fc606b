-- The tables of TaskQ in SQLite 3.35 or newer, version 1. 'taskq_' is SqlOptions.TablePrefix.
-- Times are whole microseconds since 1970, ids the 16 bytes of UUIDs.

CREATE TABLE IF NOT EXISTS taskq_queues (
  id INTEGER PRIMARY KEY,
  name TEXT NOT NULL UNIQUE,
  paused INTEGER NOT NULL DEFAULT 0,
  -- The theoretical arrival time of the next permit of the rate limit.
  permit_at INTEGER NOT NULL DEFAULT 0
);

CREATE TABLE IF NOT EXISTS taskq_messages (
  seq INTEGER PRIMARY KEY AUTOINCREMENT,
  id BLOB NOT NULL UNIQUE,
  queue INTEGER NOT NULL,
  -- 0 waits, 1 waits and is suspected of killing its process, 2 is in flight, 3 is dead, 4 is finished
  state INTEGER NOT NULL,
  -- When it may start; when it died or finished.
  due INTEGER NOT NULL,
  -- The attempt that runs or comes next; for a dead or finished one how many there were.
  attempt INTEGER NOT NULL DEFAULT 1,
  crashes INTEGER NOT NULL DEFAULT 0,
  cancelled INTEGER NOT NULL DEFAULT 0,
  lease BLOB,
  name BLOB,
  -- Whether the name is free as soon as the message ends.
  name_ends INTEGER NOT NULL DEFAULT 0,
  enqueued INTEGER NOT NULL,
  task TEXT NOT NULL,
  body BLOB NOT NULL,
  reason TEXT,
  error_type TEXT,
  error TEXT,
  -- How its attempts failed: a JSON array of [attempt, time, type, message].
  errors TEXT
);

CREATE INDEX IF NOT EXISTS taskq_messages_due ON taskq_messages (queue, state, due, seq);

-- Beats ask for these, of which there are few.
CREATE INDEX IF NOT EXISTS taskq_messages_cancelled ON taskq_messages (queue) WHERE cancelled = 1;

CREATE TABLE IF NOT EXISTS taskq_leases (
  id BLOB PRIMARY KEY,
  queue INTEGER NOT NULL,
  until INTEGER NOT NULL
) WITHOUT ROWID;

CREATE INDEX IF NOT EXISTS taskq_leases_until ON taskq_leases (queue, until);

CREATE TABLE IF NOT EXISTS taskq_names (
  name BLOB PRIMARY KEY,
  queue INTEGER NOT NULL,
  message BLOB NOT NULL,
  until INTEGER NOT NULL,
  name_ends INTEGER NOT NULL
) WITHOUT ROWID;

CREATE INDEX IF NOT EXISTS taskq_names_until ON taskq_names (queue, until);

CREATE TABLE IF NOT EXISTS taskq_schema (version INTEGER PRIMARY KEY);

INSERT OR IGNORE INTO taskq_schema (version) VALUES (1);
