// Somebody who alters a ledger's database: takes the triggers away, changes rows, and puts them back.
import { DatabaseSync } from 'node:sqlite';

/** Runs a statement on a database that nobody has open. No trace is left beside it. */
export function tamper(path: string, sql: string): void {
  const database = new DatabaseSync(path);
  try {
    const triggers = database.prepare("SELECT name, sql FROM sqlite_schema WHERE type = 'trigger'").all();
    for (const { name } of triggers) database.exec(`DROP TRIGGER ${String(name)}`);
    database.exec(sql);
    for (const trigger of triggers) database.exec(String(trigger['sql']));
  } finally {
    database.close();
  }
}
