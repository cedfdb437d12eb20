// The orders of the auction that was cleared last, for a light member: from the block that cleared it, each shown to be in the log by
// its own proof. At most as many as one message of proofs holds; with the next block they are forgotten.
import type { Header } from '../ledger/header.ts';
import type { Body } from '../ledger/kinds.ts';
import { readBody, readNote } from '../ledger/record.ts';
import { toHex } from '../log/bytes.ts';
import { FormatError } from '../log/errors.ts';
import { leafHash } from '../log/tree.ts';
import type { LeavesMessage } from './messages.ts';
import { MOST_LEAVES, MOST_PROOFS } from './serve.ts';

export interface ProvenOrder {
  readonly id: string;
  readonly index: number;
  readonly member: string;
  readonly side: 'buy' | 'sell';
  readonly wh: number;
  readonly limit: number;
}

export class IntervalOrders {
  #header: Pick<Header, 'first' | 'count' | 'interval'> | null = null;
  #here = false;
  readonly #unproven = new Map<string, ProvenOrder & { readonly leaf: string }>();
  readonly #proven = new Map<string, ProvenOrder>();

  /** A new block: what it cleared is the current auction. */
  begin(header: Pick<Header, 'first' | 'count' | 'interval'>): void {
    this.#header = header;
    this.#here = header.interval === null || header.count === 0;
    this.#unproven.clear();
    this.#proven.clear();
  }

  /** In log order. */
  get proven(): ProvenOrder[] {
    return [...this.#proven.values()].sort((a, b) => a.index - b.index);
  }

  /** Leaves that are needed, or null. */
  get wanted(): { readonly from: number; readonly limit: number } | null {
    if (!this.#header || this.#here) return null;
    return { from: this.#header.first, limit: Math.min(this.#header.count, MOST_LEAVES) };
  }

  /** Orders that are not proven yet. */
  get ids(): string[] {
    return [...this.#unproven.keys()];
  }

  take({ from, leaves }: Pick<LeavesMessage, 'from' | 'leaves'>): void {
    if (!this.#header || this.#here || from !== this.#header.first) return;
    this.#here = true;
    for (const [i, { note, body }] of leaves.entries()) {
      if (body === null || i >= this.#header.count || this.#unproven.size >= MOST_PROOFS) continue;
      const order = orderIn(note, body, this.#header.interval);
      if (order) this.#unproven.set(order.id, { ...order, index: from + i, leaf: toHex(leafHash(note)) });
    }
  }

  /** An order whose proof holds: this leaf stands at this index under a checkpoint that is believed. */
  prove(id: string, index: number, leaf: string): void {
    const order = this.#unproven.get(id);
    if (order?.index !== index || order.leaf !== leaf) return;
    const { leaf: _leaf, ...proven } = order;
    this.#unproven.delete(id);
    this.#proven.set(id, proven);
  }
}

function orderIn(text: string, bytes: string, interval: string | null): Omit<ProvenOrder, 'index'> | null {
  try {
    const { id, head } = readNote(text);
    if (head.kind !== 'order' || head.interval !== interval) return null;
    const { side, wh, limit } = readBody(head, bytes) as Body<'order'>;
    return { id, member: head.member, side, wh, limit };
  } catch (problem) {
    if (problem instanceof FormatError) return null;
    throw problem;
  }
}
