import Replication

/// Mutations as SQL statements that do the same to tables like those of a replica.
enum MutationSQL {
  /// Makes the tables. A key that goes, or holds something else, takes its members with it.
  static let tables = """
    CREATE TABLE IF NOT EXISTS kv (key PRIMARY KEY NOT NULL, value NOT NULL, version INTEGER NOT NULL,
      created_index INTEGER NOT NULL, modified_index INTEGER NOT NULL, expires_at INTEGER,
      type TEXT NOT NULL DEFAULT 'string');
    CREATE TABLE IF NOT EXISTS member (key NOT NULL, member NOT NULL, value NOT NULL, PRIMARY KEY (key, member));
    CREATE TRIGGER IF NOT EXISTS kv_delete AFTER DELETE ON kv WHEN old.type <> 'string' BEGIN
      DELETE FROM member WHERE key = old.key;
    END;
    CREATE TRIGGER IF NOT EXISTS kv_type AFTER UPDATE OF type ON kv WHEN old.type NOT IN ('string', new.type) BEGIN
      DELETE FROM member WHERE key = old.key;
    END;

    """
}

extension Mutation {
  /// The statements that do what the mutation of an entry does.
  func sql(at index: LogIndex) -> SQLText {
    let write = "version = version + 1, modified_index = \(index)"
    let end = expiresAt.map(String.init) ?? "NULL"
    switch operation {
    case .put:
      return """
        INSERT INTO kv VALUES (\(key), \(value), 1, \(index), \(index), \(end), 'string') ON CONFLICT (key) DO UPDATE \
        SET value = excluded.value, \(write), expires_at = excluded.expires_at, type = 'string';

        """
    case .delete: return "DELETE FROM kv WHERE key = \(key);\n"
    case .clear: return "DELETE FROM kv;\n"
    case .expire: return "UPDATE kv SET expires_at = \(end), \(write) WHERE key = \(key);\n"
    case let operation:
      let type = operation.container?.rawValue ?? ""
      return operation.isRemoval ? removal(type, write) : setting(type, write, index)
    }
  }

  private func setting(_ type: String, _ write: String, _ index: LogIndex) -> SQLText {
    """
    INSERT INTO kv VALUES (\(key), 1, 1, \(index), \(index), NULL, '\(type)') ON CONFLICT (key) DO UPDATE SET value = \
    CASE type WHEN '\(type)' THEN value + NOT EXISTS (SELECT 1 FROM member WHERE key = \(key) AND member = \(member)) \
    ELSE 1 END, expires_at = CASE type WHEN '\(type)' THEN expires_at END, type = '\(type)', \(write);
    INSERT INTO member VALUES (\(key), \(member), \(value)) ON CONFLICT (key, member) DO UPDATE SET value = excluded.value;

    """
  }

  private func removal(_ type: String, _ write: String) -> SQLText {
    """
    UPDATE kv SET value = value - 1, \(write) WHERE key = \(key) AND type = '\(type)' AND EXISTS \
    (SELECT 1 FROM member WHERE key = \(key) AND member = \(member));
    DELETE FROM member WHERE key = \(key) AND member = \(member) AND EXISTS \
    (SELECT 1 FROM kv WHERE key = \(key) AND type = '\(type)');
    DELETE FROM kv WHERE key = \(key) AND type = '\(type)' AND value = 0;

    """
  }
}
