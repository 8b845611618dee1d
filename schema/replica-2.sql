-- Brings a replica.db of format version 1 to version 2; the row of meta and the checksums are then to be written.
ALTER TABLE kv ADD COLUMN checksum INTEGER NOT NULL DEFAULT 0;
DROP TABLE meta;
CREATE TABLE meta (
  only INTEGER PRIMARY KEY CHECK (only = 1),
  node TEXT NOT NULL,
  cluster TEXT,
  applied_index INTEGER NOT NULL,
  epoch_round INTEGER NOT NULL,
  epoch_master INTEGER NOT NULL,
  time INTEGER NOT NULL,
  log_checksum INTEGER NOT NULL,
  configuration_index INTEGER NOT NULL,
  configuration,
  key_count INTEGER NOT NULL,
  content_checksum INTEGER NOT NULL,
  durable_index INTEGER NOT NULL
);
PRAGMA user_version = 2;
