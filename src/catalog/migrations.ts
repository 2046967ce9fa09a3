// The schema of the catalog as numbered steps. A step that has been released is never edited: a change is a new step at the end.
// `user_version` of the database says how many have been taken. Absent values are NULL; times are milliseconds, sizes bytes.

export const MIGRATIONS: readonly string[] = [
  // 1: hosts, runs, dumps, parts, volumes, link events
  `
  CREATE TABLE runs (
    id TEXT PRIMARY KEY, started_ms INTEGER NOT NULL, ended_ms INTEGER, status TEXT NOT NULL, reason TEXT NOT NULL
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE dumps (
    id TEXT PRIMARY KEY, run TEXT NOT NULL, host TEXT NOT NULL, disk TEXT NOT NULL, level INTEGER NOT NULL, base_run TEXT,
    status TEXT NOT NULL, outcome TEXT, fault_code TEXT, message TEXT, started_ms INTEGER NOT NULL, ended_ms INTEGER,
    native_bytes INTEGER NOT NULL, stored_bytes INTEGER NOT NULL, native_crc TEXT, client_crc TEXT, server_crc TEXT,
    holding_path TEXT, strange_lines TEXT, attempts INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX dumps_by_disk ON dumps (host, disk, run);
  CREATE INDEX dumps_by_run ON dumps (run);
  CREATE TABLE parts (
    dump TEXT NOT NULL REFERENCES dumps (id) ON DELETE CASCADE, part_number INTEGER NOT NULL, label TEXT NOT NULL,
    file_number INTEGER NOT NULL, bytes INTEGER NOT NULL, PRIMARY KEY (dump, part_number)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX parts_by_label ON parts (label, file_number);
  CREATE TABLE volumes (
    label TEXT PRIMARY KEY, storage TEXT NOT NULL, slot TEXT NOT NULL, run TEXT, bytes INTEGER NOT NULL, is_reusable INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE hosts (
    host TEXT PRIMARY KEY, key_fingerprints TEXT NOT NULL, last_seen_ms INTEGER
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE link_events (
    id INTEGER PRIMARY KEY, at_ms INTEGER NOT NULL, host TEXT NOT NULL, kind TEXT NOT NULL, code TEXT, milliseconds INTEGER, bytes_resent INTEGER
  ) STRICT;
  CREATE INDEX link_events_by_time ON link_events (at_ms);
  `,
  // 2: what a dump was expected to be, and when it was last read back and found whole
  `
  ALTER TABLE dumps ADD COLUMN estimated_bytes INTEGER;
  ALTER TABLE dumps ADD COLUMN verified_ms INTEGER;
  `,
  // 3: dumps in a vault: which manifest is theirs, and what their maker read and found unchanged
  `
  ALTER TABLE dumps ADD COLUMN manifest TEXT;
  ALTER TABLE dumps ADD COLUMN read_bytes INTEGER;
  ALTER TABLE dumps ADD COLUMN unchanged_bytes INTEGER;
  `,
]
