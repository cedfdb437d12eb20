// An operator that lies, for demonstrations and tests: from an honest ledger it makes a log that is the same up to a block and from
// there on another, all of it signed with the operator's own, valid keys. What each lie comes to: docs/how-to-cheat.md.
import { auctionOf } from '../audit/auction.ts';
import { clearingFields } from '../audit/recompute.ts';
import { type Context, fold } from '../ledger/judge.ts';
import type { MemberKeys } from '../ledger/keys.ts';
import type { Body, BodyFields } from '../ledger/kinds.ts';
import { resumeLedger } from '../ledger/open.ts';
import { makeRecord, type ReadRecord, readRecord, type SignedRecord } from '../ledger/record.ts';
import { leafOf, sealBlock } from '../ledger/seal.ts';
import { HEADER_KIND, headerOf } from '../ledger/views.ts';
import { MemoryDisk } from '../log/memory-store.ts';
import type { LeafInput, LogStore, StoredLeaf } from '../log/store.ts';
import { clear } from '../market/clear.ts';

/**
 * `change-fill`: a clearing gives an order less than the auction did. `drop-order`: an order that was acknowledged is left out, and
 * the auction cleared without it. `rewrite-block`: the same, but the block keeps its length, so that it can take the place of one
 * that members have seen.
 */
export const LIES = ['change-fill', 'drop-order', 'rewrite-block'] as const;
export type Lie = (typeof LIES)[number];

export interface CheatingOperator {
  readonly store: LogStore;
  readonly operator: MemberKeys;
  /** Name of the ledger. */
  readonly origin: string;
  readonly random: (bytes: number) => Uint8Array;
}

/**
 * The log in which the newest block that cleared traded energy is another one; what came after it is left out.
 * @throws Error when no block has traded energy yet
 */
export function forge({ store, operator, origin, random }: CheatingOperator, lie: Lie): LogStore {
  const { first, count, time } = newestTrade(store);
  const copy = copyOf(store, first);
  const context = resumeLedger(copy, origin, operator);
  const leaves: LeafInput[] = [];
  let dropped = false;
  for (const { note, body } of store.leaves(first, count)) {
    // The operator has every body of its newest block.
    const record = readRecord({ note, body: body! });
    const dropping: boolean = lie !== 'change-fill' && !dropped && record.head.kind === 'order';
    dropped ||= dropping;
    if (dropping && lie === 'drop-order') continue;
    const lied = dropping ? somethingElse(record) : record.head.kind === 'clearing' ? anotherClearing(record) : null;
    const signed = lied ?? { note, body: body! };
    const read = readRecord(signed);
    fold(context, first + leaves.length, read, read.body);
    leaves.push(leafOf(signed, read));
  }
  sealBlock(copy, context.state, operator.log(origin), Date.parse(time), leaves);
  return copy;

  function somethingElse({ head }: ReadRecord): SignedRecord {
    const own = { ledger: origin, member: operator.member, kind: 'note', interval: null, time: head.time } as const;
    return makeRecord(operator.record, own, { text: 'Nothing was ordered here.' }, random);
  }

  function anotherClearing({ head, body }: ReadRecord): SignedRecord {
    const fields = lie === 'change-fill' ? lessFilled(body as Body<'clearing'>) : clearedAnew(context, head.interval!);
    return makeRecord(operator.record, { ...head, kind: 'clearing' as const }, fields, random);
  }
}

/** The newest block with a clearing that filled an order. */
function newestTrade(store: LogStore): { readonly first: number; readonly count: number; readonly time: string } {
  for (const { index, body } of selectBack(store)) {
    const { fills } = JSON.parse(body ?? '{"fills":[]}') as Pick<Body<'clearing'>, 'fills'>;
    if (fills.length === 0) continue;
    const header = store.select({ kind: HEADER_KIND, from: index, limit: 1 })[0];
    if (header) return headerOf(header);
  }
  throw new Error('nothing has been traded yet, so there is nothing to lie about; wait for the next auction');
}

function* selectBack(store: LogStore): Generator<StoredLeaf> {
  for (let from = store.size - 1; from >= 0; ) {
    const leaf = store.select({ kind: 'clearing', newestFirst: true, from, limit: 1 })[0];
    if (!leaf) return;
    yield leaf;
    from = leaf.index - 1;
  }
}

/** The first leaves of a log, block by block, with the checkpoint of each. */
function copyOf(store: LogStore, size: number): LogStore {
  const copy = new MemoryDisk().open();
  while (copy.size < size) {
    const block = store.checkpoints(copy.size + 1, 1)[0]!;
    copy.append(store.leaves(copy.size, block.size - copy.size), block.note);
  }
  return copy;
}

/** A clearing in which the first order gets half of what the auction gave it. */
function lessFilled({ nonce: _, ...clearing }: Body<'clearing'>): BodyFields<'clearing'> {
  const [[index, wh], ...others] = clearing.fills as [[number, number], ...[number, number][]];
  return { ...clearing, fills: wh > 1 ? [[index, wh >> 1], ...others] : others };
}

/** What the auction gives with the orders that are left. */
function clearedAnew({ state, books }: Context, interval: string): BodyFields<'clearing'> {
  const auction = auctionOf(state, interval, books.of(interval));
  return clearingFields(state.rules, auction.orders, clear(state.rules.market, auction));
}
