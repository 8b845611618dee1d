import ArgumentParser

/// How entries are printed.
enum DumpFormat: String, ExpressibleByArgument, CaseIterable {
  case text, json, sql, resp
}
