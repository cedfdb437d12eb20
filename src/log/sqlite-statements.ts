// Prepared statements of the embedded store, each compiled once; errors of SQLite come out as StoreError.
import type { DatabaseSync, SQLInputValue, SQLOutputValue, StatementSync } from 'node:sqlite';
import type { StoreError } from './errors.ts';
import { storeError } from './sqlite-open.ts';

export class SqliteStatements {
  readonly #path: string;
  readonly #database: DatabaseSync;
  readonly #statements = new Map<string, StatementSync>();
  #refusal: StoreError | null = null;

  constructor(database: DatabaseSync, path: string) {
    this.#database = database;
    this.#path = path;
  }

  /** Why nothing runs any more, or null. */
  get refusal(): StoreError | null {
    return this.#refusal;
  }

  /** From now on every statement throws this. */
  refuse(refusal: StoreError): void {
    this.#refusal = refusal;
    this.#statements.clear();
  }

  /** Errors of a write come as SQLite throws them: the store has to roll back first. */
  run(sql: string, ...values: SQLInputValue[]): { changes: number | bigint } {
    return this.#statement(sql).run(...values);
  }

  get(sql: string, ...values: SQLInputValue[]): Record<string, SQLOutputValue> | undefined {
    return this.#read(() => this.#statement(sql).get(...values));
  }

  all(sql: string, ...values: SQLInputValue[]): Record<string, SQLOutputValue>[] {
    return this.#read(() => this.#statement(sql).all(...values));
  }

  #statement(sql: string): StatementSync {
    if (this.#refusal) throw this.#refusal;
    let statement = this.#statements.get(sql);
    if (statement === undefined) {
      statement = this.#database.prepare(sql);
      this.#statements.set(sql, statement);
    }
    return statement;
  }

  #read<T>(action: () => T): T {
    try {
      return action();
    } catch (error) {
      throw storeError(error, this.#path);
    }
  }
}
