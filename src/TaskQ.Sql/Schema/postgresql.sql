-- The tables of TaskQ in PostgreSQL 12 or newer, version 1. 'taskq_' is SqlOptions.TablePrefix.
-- Times are whole microseconds since 1970, ids the 16 bytes of UUIDs.

BEGIN;

-- One at a time, until the transaction ends: CREATE ... IF NOT EXISTS alone fails when two run at once.
SELECT pg_advisory_xact_lock(hashtext('taskq_schema'));

CREATE TABLE IF NOT EXISTS taskq_queues (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  name text NOT NULL UNIQUE,
  paused smallint NOT NULL DEFAULT 0,
  -- The theoretical arrival time of the next permit of the rate limit.
  permit_at bigint NOT NULL DEFAULT 0
) WITH (fillfactor = 50, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 1000);

CREATE TABLE IF NOT EXISTS taskq_messages (
  seq bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  queue bigint NOT NULL,
  -- When it may start; when it died or finished.
  due bigint NOT NULL,
  enqueued bigint NOT NULL,
  -- The attempt that runs or comes next; for a dead or finished one how many there were.
  attempt integer NOT NULL DEFAULT 1,
  crashes integer NOT NULL DEFAULT 0,
  -- 0 waits, 1 waits and is suspected of killing its process, 2 is in flight, 3 is dead, 4 is finished
  state smallint NOT NULL,
  cancelled smallint NOT NULL DEFAULT 0,
  -- Whether the name is free as soon as the message ends.
  name_ends smallint NOT NULL DEFAULT 0,
  id bytea NOT NULL UNIQUE,
  lease bytea,
  name bytea,
  task text NOT NULL,
  body bytea NOT NULL,
  reason text,
  error_type text,
  error text,
  -- How its attempts failed: a JSON array of [attempt, time, type, message].
  errors text
) WITH (
  -- Rows live for seconds: what is dead goes by count, not by share, and without pauses.
  autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 10000, autovacuum_vacuum_cost_delay = 0,
  autovacuum_vacuum_insert_scale_factor = 0, autovacuum_vacuum_insert_threshold = 100000,
  autovacuum_analyze_scale_factor = 0, autovacuum_analyze_threshold = 5000
);

CREATE INDEX IF NOT EXISTS taskq_messages_due ON taskq_messages (queue, state, due, seq);

CREATE INDEX IF NOT EXISTS taskq_messages_cancelled ON taskq_messages (queue) WHERE cancelled = 1;

CREATE TABLE IF NOT EXISTS taskq_leases (
  id bytea PRIMARY KEY,
  queue bigint NOT NULL,
  until bigint NOT NULL
) WITH (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 2000, autovacuum_vacuum_cost_delay = 0);

CREATE INDEX IF NOT EXISTS taskq_leases_until ON taskq_leases (queue, until);

CREATE TABLE IF NOT EXISTS taskq_names (
  name bytea PRIMARY KEY,
  queue bigint NOT NULL,
  message bytea NOT NULL,
  until bigint NOT NULL,
  name_ends smallint NOT NULL
) WITH (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 10000, autovacuum_vacuum_cost_delay = 0);

CREATE INDEX IF NOT EXISTS taskq_names_until ON taskq_names (queue, until);

CREATE TABLE IF NOT EXISTS taskq_schema (version bigint PRIMARY KEY);

INSERT INTO taskq_schema (version) VALUES (1) ON CONFLICT DO NOTHING;

COMMIT;
