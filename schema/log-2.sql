-- Brings a log.db of format version 1 to version 2: its log begins at entry 1.
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
PRAGMA user_version = 2;
