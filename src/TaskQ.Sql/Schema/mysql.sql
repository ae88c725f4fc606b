-- The tables of TaskQ in MariaDB 10.6 or MySQL 8.0 or newer, version 1. 'taskq_' is SqlOptions.TablePrefix.
-- Times are whole microseconds since 1970, ids the 16 bytes of UUIDs; their columns have room
-- for more, because drivers can be told to take those of 16 bytes for UUIDs. Names are bytes of UTF-8, which are
-- equal only if they are the same.
-- Each statement is atomic and may be run again, also by several at once.

CREATE TABLE IF NOT EXISTS taskq_queues (
  id bigint NOT NULL AUTO_INCREMENT PRIMARY KEY,
  name varbinary(255) NOT NULL,
  paused smallint NOT NULL DEFAULT 0,
  -- The theoretical arrival time of the next permit of the rate limit.
  permit_at bigint NOT NULL DEFAULT 0,
  UNIQUE KEY taskq_queues_name (name)
) ENGINE = InnoDB ROW_FORMAT = DYNAMIC;

CREATE TABLE IF NOT EXISTS taskq_messages (
  seq bigint NOT NULL AUTO_INCREMENT PRIMARY KEY,
  queue bigint NOT NULL,
  -- When it may start; when it died or finished.
  due bigint NOT NULL,
  enqueued bigint NOT NULL,
  -- The attempt that runs or comes next; for a dead or finished one how many there were.
  attempt int NOT NULL DEFAULT 1,
  crashes int NOT NULL DEFAULT 0,
  -- 0 waits, 1 waits and is suspected of killing its process, 2 is in flight, 3 is dead, 4 is finished
  state smallint NOT NULL,
  cancelled smallint NOT NULL DEFAULT 0,
  -- Whether the name is free as soon as the message ends.
  name_ends smallint NOT NULL DEFAULT 0,
  id varbinary(32) NOT NULL,
  lease varbinary(32),
  name varbinary(32),
  task varbinary(1000) NOT NULL,
  body longblob NOT NULL,
  reason text,
  error_type text,
  error mediumtext,
  -- How its attempts failed: a JSON array of [attempt, time, type, message].
  errors mediumtext,
  UNIQUE KEY taskq_messages_id (id),
  -- Beats look for cancelled ones among those in flight.
  KEY taskq_messages_due (queue, state, due, seq, cancelled)
) ENGINE = InnoDB ROW_FORMAT = DYNAMIC DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

CREATE TABLE IF NOT EXISTS taskq_leases (
  id varbinary(32) NOT NULL PRIMARY KEY,
  queue bigint NOT NULL,
  until bigint NOT NULL,
  KEY taskq_leases_until (queue, until)
) ENGINE = InnoDB ROW_FORMAT = DYNAMIC;

CREATE TABLE IF NOT EXISTS taskq_names (
  name varbinary(32) NOT NULL PRIMARY KEY,
  queue bigint NOT NULL,
  message varbinary(32) NOT NULL,
  until bigint NOT NULL,
  name_ends smallint NOT NULL,
  KEY taskq_names_until (queue, until)
) ENGINE = InnoDB ROW_FORMAT = DYNAMIC;

CREATE TABLE IF NOT EXISTS taskq_schema (version bigint NOT NULL PRIMARY KEY) ENGINE = InnoDB;

INSERT INTO taskq_schema (version) VALUES (1) ON DUPLICATE KEY UPDATE version = version;
