// Reads a month out of a ledger that can only be read from its first leaf to its last, such as an export: once for what stood
// before, and once for the month. Leaves without the body that is needed are passed over, as if they were not there.
import { parseOrigin } from '../../ledger/names.ts';
import type { Pace } from '../../log/pace.ts';
import type { ProofFigures } from './document.ts';
import { GatheredParts } from './gathered.ts';
import { addLeaf, headOf, type LeafHead, type LedgerLeaf, SETTLING } from './leaves.ts';
import { proofOf } from './ledger-source.ts';
import { Balances, type StatementSource } from './make.ts';
import { type IntervalParts, noParts, type PaymentMade } from './parts.ts';
import { readPaymentNote } from './payment-note.ts';
import { contains, type Period, zoneOfTariff } from './period.ts';

export interface LedgerSequence {
  /** All leaves in order; asked twice. */
  leaves(): Iterable<LedgerLeaf> | AsyncIterable<LedgerLeaf>;
  /** The newest checkpoint, or null. */
  readonly checkpoint: string | null;
}

/** What a ledger says about itself. */
interface About {
  ledger: string;
  currency: string;
  operator: string;
}

/**
 * @param month whose statements are asked for: the source knows this one alone
 * @throws Error where the ledger does not begin as one does
 */
export async function sequenceSource(sequence: LedgerSequence, month: Period, pace: Pace): Promise<StatementSource> {
  const { about, before, late } = await readBefore(sequence, month, pace);
  const { gathered, payments } = await readMonth(sequence, month, late, about, pace);
  return {
    community: parseOrigin(about.ledger).community,
    ledger: about.ledger,
    currency: about.currency,
    parts: () => gathered,
    payments: () => payments,
    before: async () => before,
    proof: (newestLeaf): ProofFigures | null => {
      const proof = sequence.checkpoint === null ? null : proofOf(sequence.checkpoint);
      return proof && newestLeaf >= 0 && newestLeaf < proof.size ? proof : null;
    },
  };
}

/** The time zone of the tariff by which a ledger bills now; null where it has none. */
export async function zoneOfLedger({ leaves }: Pick<LedgerSequence, 'leaves'>, pace: Pace): Promise<string | null> {
  let zone: string | null = null;
  for await (const leaf of leaves()) {
    if (pace.due) await pace.turn();
    // Rules are few, and reading every note costs more than all else.
    if (leaf.body === null || !leaf.note.includes('"kind":"rules"')) continue;
    zone = zoneOfTariff((JSON.parse(leaf.body) as { readonly tariff?: unknown }).tariff);
  }
  return zone;
}

async function readBefore(sequence: LedgerSequence, { start, opens, closes }: Period, pace: Pace) {
  const about: About = { ledger: '', currency: '', operator: '' };
  const balances = new Balances();
  const late = new Set<string>();
  for await (const [leaf, head] of recordsOf(sequence, pace)) {
    const { kind, interval, time } = head;
    tell(about, leaf, head);
    if (kind === 'note' && time < opens) {
      const payment = paymentOf(leaf, head, about);
      if (payment) balances.paid(payment);
    }
    if (!SETTLING.includes(kind) || interval === null || Date.parse(interval) >= start) continue;
    if (time >= opens && time < closes) late.add(interval);
    if (time >= opens) continue;
    const parts = noParts(interval);
    addLeaf(parts, leaf, { kind, member: '', time: () => time });
    balances.settled(parts);
  }
  if (about.ledger === '' || about.currency === '') {
    throw new Error('this ledger has no rules at its beginning; check it with microgrid verify');
  }
  return { about, before: balances.all, late };
}

async function readMonth(
  sequence: LedgerSequence,
  month: Period,
  late: ReadonlySet<string>,
  about: About,
  pace: Pace,
): Promise<{ gathered: Iterable<IntervalParts>; payments: PaymentMade[] }> {
  const gathered = new GatheredParts();
  const payments: PaymentMade[] = [];
  for await (const [leaf, head] of recordsOf(sequence, pace)) {
    const { kind, interval } = head;
    // Who operated when it was written: after a takeover that is somebody else.
    tell(about, leaf, head);
    if (kind === 'note') {
      const payment = paymentOf(leaf, head, about);
      if (payment) payments.push(payment);
    }
    if (interval !== null && (contains(month, interval) || late.has(interval))) gathered.leaf(leaf, head);
  }
  return { gathered, payments };
}

async function* recordsOf(sequence: LedgerSequence, pace: Pace): AsyncGenerator<[LedgerLeaf, LeafHead]> {
  for await (const leaf of sequence.leaves()) {
    if (pace.due) await pace.turn();
    const head = headOf(leaf);
    if (head) yield [leaf, head];
  }
}

function tell(about: About, { body }: LedgerLeaf, { kind, ledger }: LeafHead): void {
  if (about.ledger === '') about.ledger = ledger;
  if (body === null || (kind !== 'rules' && kind !== 'term')) return;
  const { currency, operator } = JSON.parse(body) as { readonly currency?: unknown; readonly operator?: unknown };
  if (kind === 'rules' && typeof currency === 'string') about.currency = currency;
  if (kind === 'term' && typeof operator === 'string') about.operator = operator;
}

function paymentOf({ index, body }: LedgerLeaf, { member, time }: LeafHead, about: About): PaymentMade | null {
  if (body === null || member !== about.operator) return null;
  const { text } = JSON.parse(body) as { readonly text?: unknown };
  return readPaymentNote(text, about.currency, time, index);
}
