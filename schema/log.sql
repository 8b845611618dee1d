-- log.db: the write-ahead log of one node, its identity and its promises. See schema/README.md.
PRAGMA application_id = 0x4B566C67; -- 'KVlg'
PRAGMA user_version = 3;

-- Exactly one row: who this node is and what it must never forget.
CREATE TABLE node (
  only INTEGER PRIMARY KEY CHECK (only = 1),
  id TEXT NOT NULL,
  name TEXT NOT NULL,
  role TEXT NOT NULL,
  listen_address TEXT,
  created_at INTEGER NOT NULL,
  cluster TEXT,
  promised_round INTEGER NOT NULL DEFAULT 0,
  promised_master INTEGER NOT NULL DEFAULT 0,
  highest_round INTEGER NOT NULL DEFAULT 0,
  commit_index INTEGER NOT NULL DEFAULT 0
);

-- Exactly one row: the entry after which this log begins, and what the entries up to it left behind. All zero for a
-- log that begins at entry 1. While the replica takes a snapshot, the last two columns say where that stands.
CREATE TABLE base (
  only INTEGER PRIMARY KEY CHECK (only = 1),
  "index" INTEGER NOT NULL,
  epoch_round INTEGER NOT NULL,
  epoch_master INTEGER NOT NULL,
  time INTEGER NOT NULL,
  checksum INTEGER NOT NULL,
  configuration_index INTEGER NOT NULL,
  configuration,
  installing_index INTEGER,
  installing_checksum INTEGER
);

-- One row an entry. Keys, members and values have no declared type: TEXT if valid UTF-8 without NUL, else BLOB.
CREATE TABLE log (
  "index" INTEGER PRIMARY KEY,
  epoch_round INTEGER NOT NULL,
  epoch_master INTEGER NOT NULL,
  time INTEGER NOT NULL,
  op TEXT NOT NULL,
  key,
  value,
  expires_at INTEGER,
  checksum INTEGER NOT NULL,
  member
);

-- Finds the few configurations without reading the log.
CREATE INDEX log_configurations ON log ("index") WHERE op = 'config';

-- The mutations of the entries with op 'txn', which have more than one; part counts from 0.
CREATE TABLE log_part (
  "index" INTEGER NOT NULL,
  part INTEGER NOT NULL,
  op TEXT NOT NULL,
  key NOT NULL,
  value,
  expires_at INTEGER,
  member,
  PRIMARY KEY ("index", part)
);

-- The log's runs of one epoch: each run lasts until the next one's first index.
CREATE TABLE reigns (
  first INTEGER PRIMARY KEY,
  epoch_round INTEGER NOT NULL,
  epoch_master INTEGER NOT NULL
);

-- Every mutation of every entry, one a row, with its time readable.
CREATE VIEW changes AS
SELECT
  "index",
  0 AS part,
  epoch_round,
  printf('%016x', epoch_master) AS epoch_master,
  strftime('%Y-%m-%d %H:%M:%f', time / 1000.0, 'unixepoch') AS time,
  op,
  key,
  member,
  value,
  expires_at
FROM log
WHERE op NOT IN ('txn', 'config', 'noop')
UNION ALL
SELECT
  log_part."index",
  log_part.part,
  log.epoch_round,
  printf('%016x', log.epoch_master),
  strftime('%Y-%m-%d %H:%M:%f', log.time / 1000.0, 'unixepoch'),
  log_part.op,
  log_part.key,
  log_part.member,
  log_part.value,
  log_part.expires_at
FROM log_part JOIN log ON log."index" = log_part."index";
