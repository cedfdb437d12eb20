// The operator's machine in the simulation: the real ledger with its end of the conversation, gates and bills, on a disk that fails. After a
// crash it opens what its disk holds; from a copy that may be old it first asks what others have seen, and fetches what it lacks. And it
// can lie: show some members another log than the others.
import { auctionOf } from '../../audit/auction.ts';
import { clearingFields, tradedEnergy } from '../../audit/recompute.ts';
import { type Metered, settlementFields } from '../../audit/settlement-body.ts';
import type { Body } from '../../ledger/kinds.ts';
import { type Ledger, openLedger } from '../../ledger/ledger.ts';
import { makeRecord, type SignedRecord } from '../../ledger/record.ts';
import { selectAll } from '../../ledger/recorded.ts';
import type { SeenCheckpoint } from '../../ledger/seen-checkpoint.ts';
import type { LogStore } from '../../log/store.ts';
import { clear } from '../../market/clear.ts';
import type { Message } from '../../replica/messages.ts';
import { OperatorEnd } from '../../replica/operate.ts';
import type { ServedLog } from '../../replica/serve.ts';
import { INTERVAL_MS, intervalStart } from '../../time/interval.ts';
import { GENESIS_RULES, type Membership } from './community.ts';
import type { Site } from './follower.ts';
import type { Sent } from './network.ts';

export interface OperatorOptions {
  readonly site: Site;
  readonly member: string;
  readonly members: readonly Membership[];
  /** By the machine's own clock, Unix ms. */
  readonly now: () => number;
}

/** Opens the ledger in a store, or begins it. @throws Error when what others have seen forbids it, StoreError when the disk refuses */
export function openOperated(
  { site, member, members, now }: OperatorOptions,
  store: LogStore,
  seen: readonly SeenCheckpoint[] = [],
): Promise<Ledger> {
  const { origin } = site;
  return openLedger({
    path: '',
    store,
    origin,
    operator: site.keysOf(member),
    genesis: {
      rules: GENESIS_RULES,
      members: members.map(({ id, kind, roles }) => ({ id, kind, roles, keys: site.keysOf(id) })),
    },
    now,
    random: site.random,
    seen,
  });
}

export class Operator {
  readonly ledger: Ledger;
  readonly #options: OperatorOptions;
  readonly #end: OperatorEnd;

  constructor(options: OperatorOptions, ledger: Ledger) {
    const { site, member } = options;
    this.#options = options;
    this.ledger = ledger;
    this.#end = new OperatorEnd(ledger, site.keysOf(member).log(site.origin, ledger.state.term.term));
  }

  get served(): ServedLog {
    return this.#end.served;
  }

  async receive(message: Message): Promise<Sent[]> {
    const { send } = await this.#end.receive(message, this.#options.now());
    return send.map((each) => ({ message: each }));
  }

  /** What is to be told to all. */
  news(): Sent[] {
    return this.#end.news().map((message) => ({ message }));
  }

  /** Clears an interval: bills that are due, the auction, one block. */
  async gate(interval: string): Promise<void> {
    const { ledger } = this;
    const { cleared, rules } = ledger.state;
    if (cleared !== null && interval <= cleared) return;
    const book = await ledger.closeGate(interval);
    const auction = auctionOf(ledger.state, interval, book);
    const clearing = this.#record(
      'clearing',
      interval,
      clearingFields(rules, auction.orders, clear(rules.market, auction)),
    );
    await ledger.seal({ interval, records: [...this.#bills(interval), clearing] });
  }

  /** Intervals that are over, with a meter value of every member, and no bill yet. */
  #bills(upTo: string): SignedRecord[] {
    const { store, state } = this.ledger;
    const billed = new Set([...newest(store, 'settlement')].map(({ tags }) => tags.interval));
    const bills: SignedRecord[] = [];
    for (const { tags, body } of newest(store, 'clearing')) {
      const { interval } = tags;
      if (interval === null || body === null || billed.has(interval)) continue;
      if (intervalStart(interval) + INTERVAL_MS > intervalStart(upTo)) continue;
      const meters = new Map<string, Metered>();
      for (const leaf of selectAll(store, { kind: 'meter', interval })) {
        if (leaf.body !== null) meters.set(leaf.tags.member!, JSON.parse(leaf.body) as Body<'meter'>);
      }
      if (this.#options.members.some(({ metered, id }) => metered && !meters.has(id))) continue;
      const rows = [...meters].sort(([a], [b]) => (a < b ? -1 : 1));
      const fields = settlementFields({
        interval,
        rules: state.rules,
        clearing: tradedEnergy(JSON.parse(body) as Body<'clearing'>),
        places: undefined,
        price: undefined,
        meters: new Map(rows),
        settled: null,
        peaks: [],
        cleared: interval,
        measuredIn: () => undefined,
      });
      bills.push(this.#record('settlement', interval, fields));
    }
    return bills;
  }

  #record(kind: 'clearing' | 'settlement', interval: string, fields: Parameters<typeof makeRecord>[2]): SignedRecord {
    const { site, member, now } = this.#options;
    const head = { ledger: site.origin, member, kind, interval, time: new Date(now()).toISOString() };
    return makeRecord(site.keysOf(member).record, head, fields as never, site.random);
  }
}

/** Intervals looked back upon for bills: a day. */
const LOOK_BACK = 96;

function newest(store: LogStore, kind: string) {
  return store.select({ kind, newestFirst: true, limit: LOOK_BACK });
}
