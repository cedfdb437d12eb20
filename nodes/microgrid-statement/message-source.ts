// The records of a community without a ledger, for its statements: the messages that a statement node was given, from its journal.
import type { ProofFigures } from '../../src/settlement/statement/document.ts';
import type { StatementSource } from '../../src/settlement/statement/make.ts';
import { type IntervalParts, noParts, type OpenParts, type PaymentMade } from '../../src/settlement/statement/parts.ts';
import { intervalsOf, type Period } from '../../src/settlement/statement/period.ts';
import { intervalStart } from '../../src/time/interval.ts';
import type { Journal } from './journal.ts';

export function messageSource(
  journal: Journal,
  { community, currency }: { readonly community: string; readonly currency: string },
  before: (period: Period) => Promise<ReadonlyMap<string, bigint>>,
): StatementSource {
  return {
    community,
    ledger: null,
    currency,
    *parts(period) {
      yield* lateParts(journal, period);
      for (const interval of intervalsOf(period)) yield journal.parts(interval);
    },
    *payments({ opens, closes }): Generator<PaymentMade> {
      const told = new Set<string>();
      for (const entry of journal.late(opens, closes)) {
        if (entry[0] !== 'paid' || told.has(entry[1].id)) continue;
        told.add(entry[1].id);
        yield entry[1];
      }
    },
    before,
    proof: (): ProofFigures | null => null,
  };
}

/** Earlier intervals that were settled or corrected while the month was open. */
function lateParts(journal: Journal, { start, opens, closes }: Period): Iterable<IntervalParts> {
  const late = new Map<string, OpenParts>();
  for (const entry of journal.late(opens, closes)) {
    if (entry[0] !== 'settled' || intervalStart(entry[1]) >= start) continue;
    const parts = late.get(entry[1]) ?? noParts(entry[1]);
    parts.settled.push(entry[2]);
    late.set(entry[1], parts);
  }
  return late.values();
}
