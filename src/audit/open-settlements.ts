// What a reader of a log keeps of each interval until its settlement stands there, and after it as long as it may be corrected:
// enough to make the settlement again and compare. Where a body is withheld from this reader nothing is claimed: it counts as
// unchecked.
import { CORRECTED_INTERVALS } from '../ledger/judge.ts';
import type { Body } from '../ledger/kinds.ts';
import type { Rules } from '../ledger/state.ts';
import type { Place } from '../market/order.ts';
import type { Peak } from '../settlement/settlement.ts';
import { INTERVAL_MS, intervalStart } from '../time/interval.ts';
import { membersFault } from './members-bill.ts';
import { type Energy, PastEnergy } from './past-energy.ts';
import { compare, tradedEnergy, type Verdict } from './recompute.ts';
import { SeenBits } from './seen.ts';
import { type Metered, peaksOf, type Settled, settledFrom, settlementFields } from './settlement-body.ts';

/** Intervals whose settlement is waited for: a year. The longest waiting is forgotten, and its late settlement counts as unchecked. */
const MOST_PENDING = 35_136;

interface Pending {
  /** Null until the clearing stands in the log, or where its body is withheld. */
  clearing: Body<'clearing'> | null;
  /** Those that judged the clearing; null until it stands in the log. */
  rules: Rules | null;
  places: ReadonlyMap<string, Place> | undefined;
  price: number | undefined;
  readonly meters: Map<string, Metered>;
  settled: Settled | null;
  /** Members of whom a meter or correction record is withheld from this reader. */
  readonly unknown: Set<string>;
  /** Whether something that concerns all of them is withheld. */
  withheld: boolean;
}

/** Intervals looked at in vain for one that is settled and old. */
const MOST_STAYING = 64;

/** Thrown where what is needed is withheld, or not kept any more. */
class Unknown extends RangeError {}

/** Meters, clearings and prices of the intervals that are not settled for good. */
export class OpenSettlements {
  readonly #pending = new Map<string, Pending>();
  readonly #has: (kind: 'clearing' | 'settlement', interval: string) => boolean;
  readonly #past = new PastEnergy();
  /** Of the settlement read last; null where it is withheld. */
  #peaks: readonly Peak[] | null = [];
  #cleared = '';
  /** Intervals with a settlement of version 1. */
  readonly #plain = new SeenBits();

  /** @param has whether the record of an interval stood in the log before */
  constructor(has: (kind: 'clearing' | 'settlement', interval: string) => boolean) {
    this.#has = has;
  }

  /** A meter record, or a correction, which stands in its place. */
  meter(interval: string, member: string, meter: Metered | null): void {
    const measured = meter?.quality === 'measured' ? (meter as Energy) : undefined;
    this.#past.add(member, interval, meter ? measured : null, this.#cleared);
    const pending = this.#has('settlement', interval) ? this.#pending.get(interval) : this.#of(interval);
    if (!pending) return;
    const { importWh, exportWh, quality } = meter ?? {};
    if (meter) pending.meters.set(member, { importWh: importWh!, exportWh: exportWh!, quality: quality! });
    else pending.unknown.add(member);
  }

  price(interval: string, price: number | null): void {
    const pending = this.#has('settlement', interval) ? this.#pending.get(interval) : this.#of(interval);
    if (!pending) return;
    if (price === null) pending.withheld = true;
    else pending.price = price;
  }

  clearing(
    interval: string,
    clearing: Body<'clearing'> | null,
    rules: Rules,
    places?: ReadonlyMap<string, Place>,
  ): void {
    const pending = this.#of(interval);
    pending.clearing = clearing;
    pending.rules = rules;
    pending.places = places;
    if (!clearing) pending.withheld = true;
    this.#cleared = interval;
    if (rules.version === 'rules/2') this.#forgetSettled();
  }

  /** Whether a settlement follows from what stands before it. */
  check(interval: string, body: Body<'settlement'> | null): Verdict {
    const pending = this.#pending.get(interval);
    const peaks = this.#peaks;
    if (body?.version !== 'settlement/1') this.#peaks = body ? peaksOf(body) : null;
    // That a clearing stands in the log is known to whoever may not read its body, too.
    if (!this.#has('clearing', interval)) {
      this.#pending.delete(interval);
      return { wrong: `${interval} was settled, but never cleared` };
    }
    if (body?.version === 'settlement/1') this.#plain.add('settlement', '', interval);
    else if (body && this.#plain.has('settlement', '', interval)) {
      return { wrong: `${interval} was settled under rules of version 1, which know no corrections` };
    }
    const verdict = this.#verdict(interval, pending, peaks, body);
    if (pending && body?.version === 'settlement/2') pending.settled = settledFrom(pending.settled, body, peaks);
    else if (pending && pending.rules?.version === 'rules/2') pending.withheld = true;
    else this.#pending.delete(interval);
    return verdict;
  }

  #verdict(
    interval: string,
    pending: Pending | undefined,
    peaks: readonly Peak[] | null,
    body: Body<'settlement'> | null,
  ): Verdict {
    if (!body) return 'unchecked';
    if (!pending?.rules || !pending.clearing || pending.withheld) return ownFault(body);
    const { clearing, rules, places, price, meters, settled, unknown } = pending;
    const measuredIn = (member: string, earlier: string): Energy | undefined => {
      const energy = this.#past.get(member, earlier);
      if (energy === null) throw new Unknown(`what ${member} measured in ${earlier}`);
      return energy;
    };
    const cleared = this.#cleared;
    const terms = { interval, rules, places, price, meters, settled, peaks: peaks ?? [], cleared, measuredIn };
    try {
      if (unknown.size > 0) {
        const fault = ownFault(body);
        if (fault !== 'unchecked') return fault;
        return membersFault(body, { ...terms, clearing: tradedEnergy(clearing) }, unknown, peaks !== null);
      }
      return compare(body, () => {
        const right = settlementFields({ ...terms, clearing: tradedEnergy(clearing) });
        if (right.version !== 'settlement/2') return right;
        // The highest quarter hours so far are withheld: they matter where there is a charge for them.
        const known = peaks !== null && settled?.peaks !== null;
        if (!known && right.tariffs.capacity !== null) throw new Unknown('the highest quarter hours so far');
        if (peaks !== null) return right;
        const { peaks: _unknown, ...rest } = right;
        return rest;
      });
    } catch (problem) {
      if (problem instanceof Unknown) return ownFault(body);
      throw problem;
    }
  }

  #of(interval: string): Pending {
    let pending = this.#pending.get(interval);
    if (!pending) {
      const empty = { clearing: null, rules: null, places: undefined, price: undefined, settled: null };
      pending = { ...empty, meters: new Map(), unknown: new Set(), withheld: false };
      this.#pending.set(interval, pending);
      if (this.#pending.size > MOST_PENDING) this.#pending.delete(this.#leastNeeded());
    }
    return pending;
  }

  /** What is far ahead of all auctions goes before what waits for its bill. */
  #leastNeeded(): string {
    for (const [interval, { rules }] of this.#pending) if (rules === null && interval > this.#cleared) return interval;
    return this.#pending.keys().next().value!;
  }

  /** What is settled and too old to be corrected; in the order in which records came, so the first that stays ends it. */
  #forgetSettled(): void {
    const oldest = intervalStart(this.#cleared) - CORRECTED_INTERVALS * INTERVAL_MS;
    let stays = 0;
    for (const [interval, { settled }] of this.#pending) {
      if (settled && intervalStart(interval) < oldest) this.#pending.delete(interval);
      // A few may stay before one that goes: those that nobody settles.
      else if (++stays > MOST_STAYING) return;
    }
  }
}

/** What every reader can check: the amount of each line but VAT, and that the statements add up to the lines. */
function ownFault(body: Body<'settlement'>): Verdict {
  const due = new Map<string, bigint>();
  for (const { account, counterAccount, wh, price, amount, code } of body.lines) {
    const counted = body.version === 'settlement/2' ? code !== 'vat' : ENERGY_LINES.has(code);
    if (counted && BigInt(wh) * BigInt(price) !== BigInt(amount))
      return { wrong: `a line (${code}) of ${wh} Wh at ${price} says ${amount}` };
    due.set(account, (due.get(account) ?? 0n) + BigInt(amount));
    due.set(counterAccount, (due.get(counterAccount) ?? 0n) - BigInt(amount));
  }
  // Those of a correction say what stands now, not what has changed.
  if (body.version === 'settlement/2' && body.number > 0) return 'unchecked';
  for (const { member, amount } of body.statements) {
    if ((due.get(`member/${member}`) ?? 0n) !== BigInt(amount))
      return { wrong: `the statement of ${member} is not the sum of its lines` };
  }
  return 'unchecked';
}

/** Lines of energy under version 1, whose amount is Wh x price by section 10. */
const ENERGY_LINES: ReadonlySet<string> = new Set(['trade', 'import', 'feed-in']);
