// What must hold of an outbox after a power cut: a record that it took is there, whole, until it was proven; what was acknowledged
// stays so; that it made a record, and since when it makes them, is never forgotten.
import { strict as assert } from 'node:assert';
import { join } from 'node:path';
import type { OutboxStore } from '../../src/replica/outbox.ts';
import { openOutbox } from '../../src/replica/outbox-store.ts';
import { Street } from '../ledger/street.ts';
import type { CrashState } from './disk.ts';

export const START = Date.parse('2026-11-22T08:00:00Z');

/** The records of the writer: always the same. */
export function records(count: number) {
  const street = new Street();
  street.remove();
  return Array.from({ length: count }, (_, i) =>
    street.record('home-1', 'note', null, { text: `record ${i} ${'.'.repeat((i * 397) % 900)}` }),
  );
}

export function open(directory: string, now = START): OutboxStore {
  return openOutbox(join(directory, 'microgrid/outbox/home-1.sqlite'), now);
}

const made = new Map(records(60).map((record) => [record.id, record]));

export function check({ said }: CrashState, _root: string, directory: string): void {
  const outbox = open(directory, START + 86_400_000);
  try {
    const proven = new Set(said.filter((line) => line.startsWith('proven ')).map((line) => line.slice(7)));
    const indices = new Map<string, number>();
    for (const line of said) {
      const [what, id = '', index] = line.split(' ');
      if (what === 'since') assert.equal(outbox.since, id);
      if (what === 'acknowledged') indices.set(id, Number(index));
      if (what !== 'kept') continue;
      assert.ok(outbox.knows(id), `it forgot that it made ${id}`);
      const { note, body } = made.get(id)!;
      const entry = outbox.get(id);
      if (entry) assert.deepEqual([entry.note, entry.body], [note, body]);
      else assert.ok(proven.has(id), `it lost ${id}`);
    }
    for (const [id, index] of indices) {
      const entry = outbox.get(id);
      if (entry) assert.equal(entry.index, index, `it forgot that ${id} was acknowledged`);
    }
    const next = records(61)[60]!;
    assert.ok(outbox.add({ ...next, index: null, receipt: null }));
  } finally {
    outbox.close();
  }
}
