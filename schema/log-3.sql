-- Brings a log.db of format version 2 to version 3: a mutation can be of a member of a key.
ALTER TABLE log ADD COLUMN member;
ALTER TABLE log_part ADD COLUMN member;
DROP VIEW changes;
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
PRAGMA user_version = 3;
