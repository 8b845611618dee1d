-- replica.db: the keyspace of one node at an applied index. See schema/README.md.
PRAGMA application_id = 0x4B567270; -- 'KVrp'
PRAGMA user_version = 3;

-- Exactly one row, changed in the transaction that changes kv and member.
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

-- One row a key. Keys and values have no declared type: TEXT if valid UTF-8 without NUL, else BLOB. The value of a key
-- that has members is their number.
-- With rowids, so that a search by key reads keys alone: WITHOUT ROWID it would read its neighbours' values, whole.
CREATE TABLE kv (
  key PRIMARY KEY NOT NULL,
  value NOT NULL,
  version INTEGER NOT NULL,
  created_index INTEGER NOT NULL,
  modified_index INTEGER NOT NULL,
  expires_at INTEGER,
  checksum INTEGER NOT NULL,
  type TEXT NOT NULL DEFAULT 'string'
);

-- When keys end.
CREATE INDEX kv_expiry ON kv (expires_at, key) WHERE expires_at IS NOT NULL;

-- One row a field of a hash, member of a set or of a sorted set, or element of a list. With rowids for the same reason.
CREATE TABLE member (
  key NOT NULL,
  member NOT NULL,
  value NOT NULL,
  checksum INTEGER NOT NULL,
  PRIMARY KEY (key, member)
);

-- The four types as people see them.
CREATE VIEW hash AS
SELECT member.key, member.member AS field, member.value
FROM kv JOIN member ON member.key = kv.key
WHERE kv.type = 'hash';

CREATE VIEW "set" AS
SELECT member.key, member.member
FROM kv JOIN member ON member.key = kv.key
WHERE kv.type = 'set';

CREATE VIEW zset AS
SELECT
  member.key,
  member.member,
  CASE member.value WHEN 'inf' THEN 9e999 WHEN '-inf' THEN -9e999 ELSE CAST(member.value AS REAL) END AS score
FROM kv JOIN member ON member.key = kv.key
WHERE kv.type = 'zset';

CREATE VIEW list AS
SELECT
  member.key,
  row_number() OVER (PARTITION BY member.key ORDER BY CAST(member.member AS BLOB)) - 1 AS position,
  member.value
FROM kv JOIN member ON member.key = kv.key
WHERE kv.type = 'list';
