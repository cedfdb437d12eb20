// What the page remembers of a ledger while it is checked, so that it can be looked at afterwards: its blocks, and the keys that sign in it.
// Some hundred bytes per block; the records are read again when somebody opens a block.
import type { AuditError, AuditedLeaf } from '../../src/audit/auditor.ts';
import { HEADER_LINE, parseHeader } from '../../src/ledger/header.ts';
import { sha256Hex } from '../../src/log/bytes.ts';
import { FormatError } from '../../src/log/errors.ts';
import { parseNote, parseVkey } from '../../src/log/note.ts';
import type { BlockCard } from './protocol.ts';

type Card = { -readonly [Key in keyof BlockCard]: BlockCard[Key] };

const KIND = /^microgrid-record\/1\n.{0,200}"kind":"([a-z]{1,20})"/;

export class LedgerIndex {
  readonly blocks: Card[] = [];
  /** Leaves read. */
  size = 0;
  currency = '';
  signatures = 0;
  /** Of the records, and of these clearings and settlements. */
  readonly kinds = new Map<string, number>();
  readonly #vkeys = new Map<string, string>();
  #first = 0;
  #open = new Map<string, number>();

  readonly add = (leaf: AuditedLeaf): void => {
    this.size++;
    if (leaf.note.startsWith(HEADER_LINE)) this.#seal(leaf);
    else {
      const kind = KIND.exec(leaf.note)?.[1] ?? 'unreadable';
      this.#open.set(kind, (this.#open.get(kind) ?? 0) + 1);
      this.kinds.set(kind, (this.kinds.get(kind) ?? 0) + 1);
      if (kind === 'rules' || kind === 'roster' || kind === 'term') this.#learn(leaf.body);
    }
  };

  /** The key of a signature line, where a record of the ledger names it. */
  vkeyOf(name: string, keyId: string): string | null {
    return this.#vkeys.get(`${name}+${keyId}`) ?? null;
  }

  /** The block in which a leaf stands; leaves after the last header are in none. */
  blockOf(leaf: number): Card | null {
    let low = 0;
    let high = this.blocks.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      const { first, count } = this.blocks[middle]!;
      if (leaf > first + count) low = middle + 1;
      else high = middle;
    }
    return this.blocks[low] ?? null;
  }

  mark(errors: readonly AuditError[]): void {
    for (const { leaf } of errors) {
      const block = leaf === null ? null : this.blockOf(leaf);
      if (block) block.faults++;
    }
  }

  #seal({ index, note }: AuditedLeaf): void {
    const kinds = [...this.#open].sort(([a], [b]) => (a < b ? -1 : 1));
    const card = { height: this.blocks.length, first: this.#first, count: index - this.#first, kinds, faults: 0 };
    this.#first = index + 1;
    this.#open = new Map();
    try {
      const { text } = parseNote(note);
      const { interval, time, previous } = parseHeader(text);
      this.blocks.push({ ...card, interval, time, previous, hash: sha256Hex(text) });
    } catch (error) {
      if (!(error instanceof FormatError)) throw error;
      this.blocks.push({ ...card, interval: null, time: null, previous: null, hash: '' });
    }
  }

  #learn(body: string | null): void {
    let fields: { readonly key?: unknown; readonly witness?: unknown; readonly currency?: unknown };
    try {
      fields = JSON.parse(body ?? '{}') as typeof fields;
      for (const vkey of [fields.key, fields.witness]) {
        if (typeof vkey !== 'string') continue;
        const { name, keyId } = parseVkey(vkey);
        this.#vkeys.set(`${name}+${keyId}`, vkey);
      }
    } catch {
      // Whether it is as it should be, the audit says.
      return;
    }
    if (typeof fields.currency === 'string') this.currency = fields.currency;
  }
}
