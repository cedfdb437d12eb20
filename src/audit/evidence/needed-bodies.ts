// Which bodies a verdict needs. Evidence goes to strangers, so it holds no more than it must: what others metered and ordered stays
// out unless the clearing or the bill in question follows from it.

import { BODY_DECIDES, type RecordKind } from '../../ledger/kinds.ts';
import type { RecordHead } from '../../ledger/record.ts';
import { COMPARABLE_DAYS } from '../../settlement/estimate.ts';
import { INTERVALS_PER_DAY, intervalAfter } from '../../time/interval.ts';

/** What a leaf with a body is about; null for headers and what cannot be read. */
export type Heads = readonly (RecordHead | null)[];

const BOOK: ReadonlySet<RecordKind> = new Set(['order', 'cancel']);
const METERED: ReadonlySet<RecordKind> = new Set(['meter', 'correction']);
const BILLED: ReadonlySet<RecordKind> = new Set(['clearing', 'price', 'settlement', ...METERED]);

type Takes = (head: RecordHead, index: number) => boolean;

/**
 * Sets of leaves whose bodies may suffice for a fault, from the smallest to all: the faulty one alone, what it is computed from in
 * its interval, what that goes back to in others. Which of them does suffice, only an audit can tell.
 */
export function* neededBodies(heads: Heads, fault: number): Generator<ReadonlySet<number>> {
  let size = -1;
  const takes: Takes[] = [];
  for (const more of steps(heads, fault)) {
    takes.push(more);
    const needed = new Set<number>();
    for (const [index, head] of heads.entries()) {
      if (head && takes.some((take) => take(head, index))) needed.add(index);
    }
    if (needed.size > size) yield needed;
    size = needed.size;
  }
}

function* steps(heads: Heads, fault: number): Generator<Takes> {
  yield ({ kind }, index) => index === fault || BODY_DECIDES.has(kind);
  const faulty = heads[fault];
  const about = faulty?.interval;
  if (faulty && about != null) {
    const computedFrom = faulty.kind === 'settlement' ? BILLED : BOOK;
    yield ({ kind, interval }, index) => index < fault && interval === about && computedFrom.has(kind);
    if (faulty.kind === 'settlement') {
      const before = lastBillBefore(heads, fault, about);
      const comparable = new Set(COMPARABLE_DAYS.map((days) => intervalAfter(about, -days * INTERVALS_PER_DAY)));
      yield ({ kind, interval }, index) =>
        index === before || (index < fault && METERED.has(kind) && comparable.has(interval ?? ''));
    }
  }
  yield () => true;
}

/** The settlement that the highest quarter hours are taken from: the last one before the first of this interval. */
function lastBillBefore(heads: Heads, fault: number, about: string): number {
  const first = heads.findIndex((head) => head?.kind === 'settlement' && head.interval === about);
  return heads.findLastIndex((head, index) => index < Math.min(first, fault) && head?.kind === 'settlement');
}
