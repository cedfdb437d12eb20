// Tables of the embedded store. Strict types, append-only by trigger; a body may be deleted (erasure), nothing may be altered.
// The text below is compared with the schema found in a database, so a doctored trigger, view or index is noticed.

/** "mgrd": marks the file as ours in the header of SQLite, so that another program's database is never taken for a log. */
export const APPLICATION_ID = 0x6d677264;
export const SCHEMA_VERSION = 1;

const frozen = (table: string, change: 'UPDATE' | 'DELETE') =>
  `CREATE TRIGGER ${table}_no_${change.toLowerCase()} BEFORE ${change} ON ${table} ` +
  `BEGIN SELECT raise(ABORT, 'the log is append-only'); END`;

export const SCHEMA: readonly string[] = [
  // note: the exact text; leaf_hash = SHA-256(0x00 || note); the position in the log is the row id.
  `CREATE TABLE leaf (idx INTEGER PRIMARY KEY, id BLOB NOT NULL, leaf_hash BLOB NOT NULL, body_hash BLOB, member TEXT, ` +
    `kind TEXT NOT NULL, interval TEXT, note TEXT NOT NULL) STRICT`,
  // Half of the id is enough to find a leaf, and the smaller index is what keeps appends cheap: ids fall anywhere in it.
  'CREATE UNIQUE INDEX leaf_id ON leaf (substr(id, 1, 16))',
  'CREATE INDEX leaf_member ON leaf (member) WHERE member IS NOT NULL',
  'CREATE INDEX leaf_kind ON leaf (kind)',
  'CREATE INDEX leaf_interval ON leaf (interval) WHERE interval IS NOT NULL',
  'CREATE TABLE body (idx INTEGER PRIMARY KEY, hash BLOB NOT NULL, body TEXT NOT NULL) STRICT',
  // Roots of complete subtrees at levels 8, 16, 24, ...: what C2SP tiles hold. Levels between are hashed when needed.
  'CREATE TABLE node (level INTEGER NOT NULL, idx INTEGER NOT NULL, hash BLOB NOT NULL, PRIMARY KEY (level, idx)) STRICT, WITHOUT ROWID',
  'CREATE TABLE checkpoint (size INTEGER PRIMARY KEY, note TEXT NOT NULL) STRICT',
  'CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID',
  frozen('leaf', 'UPDATE'),
  frozen('leaf', 'DELETE'),
  frozen('body', 'UPDATE'),
  frozen('node', 'UPDATE'),
  frozen('node', 'DELETE'),
  frozen('checkpoint', 'UPDATE'),
  frozen('checkpoint', 'DELETE'),
];

/** What tells one kind of our databases from another, and from everybody else's. */
export interface Layout {
  readonly applicationId: number;
  readonly version: number;
  readonly schema: readonly string[];
}

export const LOG_LAYOUT: Layout = { applicationId: APPLICATION_ID, version: SCHEMA_VERSION, schema: SCHEMA };
