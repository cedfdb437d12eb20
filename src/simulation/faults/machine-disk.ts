// The disk of one machine: its log, its small files and its outbox, which all fail together. A write is there or it is not (SQLite's journal,
// and a file that is written aside, synced and renamed, never show half of one); of a write that failed nobody knows which. So the
// power goes at any write, and between any two.
import { StoreError } from '../../log/errors.ts';
import { type DiskFault, MemoryDisk } from '../../log/memory-store.ts';
import type { OutboxEntry, OutboxStore } from '../../replica/outbox.ts';
import type { Saved } from '../../replica/seen.ts';

export class MachineDisk {
  log = new MemoryDisk();
  readonly #files = new Map<string, string>();
  readonly #outbox = new Map<string, { entry: OutboxEntry; gone: boolean }>();
  #fault: DiskFault | null = null;

  /** How the next write of this machine fails; null when it does not. */
  set fault(fault: DiskFault | null) {
    this.#fault = fault;
    this.log.fault = fault;
  }

  /** A person removes the copy of the ledger that this machine follows with, to follow anew. */
  removeCopy(): void {
    this.log = new MemoryDisk();
    this.#files.delete('seen');
  }

  read(name: string): string | null {
    return this.#files.get(name) ?? null;
  }

  write(name: string, text: string): void {
    this.#write(() => this.#files.set(name, text));
  }

  saved<State>(name: string): Saved<State> {
    return {
      read: () => {
        const text = this.read(name);
        return text === null ? null : (JSON.parse(text) as State);
      },
      write: (state) => this.write(name, JSON.stringify(state)),
    };
  }

  /** @param since Unix ms, when the outbox was begun */
  outbox(since: number): OutboxStore {
    const records = this.#outbox;
    const change = (id: string, fields: Partial<OutboxEntry>, gone = false) => {
      const record = records.get(id);
      if (record) this.#write(() => records.set(id, { entry: { ...record.entry, ...fields }, gone }));
    };
    const left = () => [...records.values()].filter(({ gone }) => !gone).map(({ entry }) => entry);
    return {
      since: new Date(since).toISOString(),
      add: (entry) => {
        if (records.has(entry.id)) return false;
        this.#write(() => records.set(entry.id, { entry, gone: false }));
        return true;
      },
      acknowledge: (id, index, receipt) => change(id, { index, ...(receipt ? { receipt } : {}) }),
      remove: (id) => change(id, {}, true),
      waiting: (acknowledged, limit) =>
        left()
          .filter(({ index }) => (index !== null) === acknowledged)
          .slice(0, limit),
      get: (id) => {
        const record = records.get(id);
        return record && !record.gone ? record.entry : null;
      },
      count: () => left().length,
      knows: (id) => records.has(id),
      close: () => {},
    };
  }

  #write(action: () => void): void {
    const fault = this.#fault;
    this.fault = null;
    if (fault !== 'lost') action();
    if (fault !== null) throw new StoreError('failed', 'the disk refused: input/output error');
  }
}
