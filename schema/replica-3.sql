-- Brings a replica.db of format version 2 to version 3: a key can have members. All keys so far are strings.
ALTER TABLE kv ADD COLUMN type TEXT NOT NULL DEFAULT 'string';

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

PRAGMA user_version = 3;
