-- replica.db: the keyspace of one node at an applied index. See schema/README.md.
PRAGMA application_id = 0x4B567270; -- 'KVrp'
PRAGMA user_version = 2;

-- Exactly one row, changed in the transaction that changes kv.
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

-- One row a key. Keys and values have no declared type: TEXT if valid UTF-8 without NUL, else BLOB.
-- With rowids, so that a search by key reads keys alone: WITHOUT ROWID it would read its neighbours' values, whole.
CREATE TABLE kv (
  key PRIMARY KEY NOT NULL,
  value NOT NULL,
  version INTEGER NOT NULL,
  created_index INTEGER NOT NULL,
  modified_index INTEGER NOT NULL,
  expires_at INTEGER,
  checksum INTEGER NOT NULL
);
