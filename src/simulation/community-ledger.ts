// Writes a simulated community into a ledger, as its members and its operator would: orders, clearing and block at the gate;
// meters, batteries and the settlement once the interval is over. All keys and nonces follow from the seed.
import { clearingFields } from '../audit/recompute.ts';
import { type Metered, settlementFields } from '../audit/settlement-body.ts';
import { type MemberKeys, memberKeys } from '../ledger/keys.ts';
import type { BodyFields, RecordKind } from '../ledger/kinds.ts';
import { type Ledger, openLedger, type SealOptions } from '../ledger/ledger.ts';
import { parseOrigin } from '../ledger/names.ts';
import { makeRecord, type SignedRecord } from '../ledger/record.ts';
import { UNIFORM_PRICE } from '../market/rules/uniform-price.ts';
import { INTERVAL_MS } from '../time/interval.ts';
import { MAX_ORDER_WH, MAX_ORDERS, type StreetInterval } from './community.ts';
import { type CommunityConfig, OPERATOR } from './community-config.ts';
import { deliveryBodies } from './record-bodies.ts';
import { seededKey, seededRandom } from './seeded.ts';
import { ruleOf } from './street-market.ts';

export interface CommunityLedgerOptions {
  /** Directory for `ledger.sqlite` and `export/`; must not hold a ledger yet. */
  readonly path: string;
  readonly seed: string;
}

/** What a finished ledger is. */
export interface LedgerSummary {
  /** Leaves, and the root over them (base64), as in the last checkpoint. */
  readonly size: number;
  readonly root: string;
  readonly blocks: number;
  /** Leaves that are no headers. */
  readonly records: number;
}

const GATE_LEAD_SECONDS = 60;
/** When, after the start of the interval before, orders are made; and, after the end of theirs, meters and bills. */
const ORDER_DELAY_MS = 30_000;
const METER_DELAY_MS = 1000;
const BILL_DELAY_MS = 2000;
/** Blocks that are being verified and written at a time, so that no thread waits for another. */
const BLOCKS_AHEAD = 4;
/** One export of everything when the ledger is closed: in between nobody looks. */
const EXPORT_EVERY = 0;

export class CommunityLedger {
  readonly #config: CommunityConfig;
  readonly #options: CommunityLedgerOptions;
  readonly #random: (count: number) => Uint8Array;
  readonly #operator: MemberKeys;
  readonly #keys: readonly MemberKeys[];
  /** Counters of the members' meters, in Wh. */
  readonly #counters: { importWh: number; exportWh: number }[];
  /** Intervals whose meters and bills are not written yet. */
  readonly #pending: StreetInterval[] = [];
  readonly #positions: ReadonlyMap<string, number>;
  #ledger: Ledger | null = null;
  /** When the next record is made. */
  #now = 0;
  /** The blocks that are being verified and written while the next intervals are simulated and signed, oldest first. */
  readonly #sealing: Promise<unknown>[] = [];
  /** Leaves in the ledger once those blocks are written. */
  #size = 0;

  /** Opens nothing yet: the ledger begins with the first interval. */
  constructor(config: CommunityConfig, options: CommunityLedgerOptions) {
    const { community } = parseOrigin(config.origin);
    const keysOf = (id: string) => memberKeys(community, id, seededKey(options.seed, `member ${id}`));
    this.#config = config;
    this.#options = options;
    this.#random = seededRandom(options.seed);
    this.#operator = keysOf(OPERATOR);
    this.#keys = config.members.map(({ id }) => keysOf(id));
    this.#positions = new Map(config.members.map(({ id }, index) => [id, index]));
    this.#counters = config.members.map(() => ({ importWh: 0, exportWh: 0 }));
  }

  /**
   * Writes one interval as one block: what has been delivered by the time its orders are made, then orders and clearing.
   * All at once, for nobody else writes into this ledger: so the place of every order is known beforehand. Resolves when all but the
   * newest few blocks are written; those are being verified and written while the caller goes on.
   * @throws Error when a record of a block before is refused or the disk fails
   */
  async interval(street: StreetInterval): Promise<void> {
    const { interval, start, orders, clearing } = street;
    if (!('fills' in clearing)) throw new Error(`${clearing.rule} has no orders, so there is nothing for a ledger`);
    const biddingStart = start - INTERVAL_MS;
    const ledger = await this.#open(biddingStart);
    const records = this.#delivered(ledger, biddingStart);
    const firstOrder = this.#size + records.length;
    this.#now = biddingStart + ORDER_DELAY_MS;
    for (const { member, side, wh, limit } of orders) {
      const keys = this.#keys[this.#positions.get(member)!]!;
      records.push(this.#record(keys, 'order', interval, { side, wh, limit }));
    }
    this.#now = start - GATE_LEAD_SECONDS * 1000;
    const book = orders.map((_, position) => ({ index: firstOrder + position }));
    const result = clearingFields(ledger.state.rules, book, clearing);
    records.push(this.#record(this.#operator, 'clearing', interval, result));
    this.#pending.push(street);
    await this.#seal(ledger, { interval, records });
  }

  async #seal(ledger: Ledger, block: SealOptions): Promise<void> {
    const records = block.records?.length ?? 0;
    const sealing = ledger.seal({ ...block, time: this.#now });
    // A failure is told to whoever waits for this block next.
    sealing.catch(() => {});
    this.#sealing.push(sealing);
    this.#size += records + 1;
    if (this.#sealing.length > BLOCKS_AHEAD) await this.#sealing.shift();
  }

  /** Writes what is still open, seals it in a last block without a clearing, and closes the ledger. */
  async close(): Promise<LedgerSummary> {
    const ledger = this.#ledger;
    if (!ledger) throw new Error('nothing was simulated, so there is no ledger to close');
    const records = this.#delivered(ledger, Number.POSITIVE_INFINITY);
    await Promise.all(this.#sealing);
    const { height, size, root } = await ledger.seal({ records, time: this.#now });
    await ledger.close();
    if (ledger.exportFault !== null) throw new Error(`the export could not be written: ${ledger.exportFault}`);
    return { size, root, blocks: height + 1, records: size - (height + 1) };
  }

  /** Lets go of the database after a failure; keeps what is in it. */
  async abandon(): Promise<void> {
    await this.#ledger?.close();
  }

  async #open(time: number): Promise<Ledger> {
    if (this.#ledger) return this.#ledger;
    const { origin, members } = this.#config;
    this.#now = time;
    const ledger = await openLedger({
      path: this.#options.path,
      origin,
      operator: this.#operator,
      genesis: {
        rules: rulesOf(this.#config),
        members: [
          { id: OPERATOR, kind: 'operator', roles: [], keys: this.#operator },
          ...members.map(({ id, kind, feeder = null }, index) => ({ id, kind, feeder, keys: this.#keys[index]! })),
        ],
      },
      now: () => this.#now,
      random: this.#random,
      exportEvery: EXPORT_EVERY,
      durability: 'when-closed',
    });
    this.#ledger = ledger;
    this.#size = ledger.size;
    if (ledger.state.cleared !== null) {
      throw new Error(`${this.#options.path} already holds a ledger with blocks; simulate into an empty directory`);
    }
    return ledger;
  }

  /** Records of all intervals that were over by then, in their order. */
  #delivered(ledger: Ledger, until: number): SignedRecord[] {
    const records: SignedRecord[] = [];
    while (this.#pending[0] && this.#pending[0].start + INTERVAL_MS <= until) {
      const street = this.#pending.shift() as StreetInterval;
      const end = street.start + INTERVAL_MS;
      this.#now = end + METER_DELAY_MS;
      street.members.forEach((member, index) => {
        const counters = this.#counters[index]!;
        const keys = this.#keys[index]!;
        const { meter, battery } = deliveryBodies(this.#config.members[index]!, member, counters);
        records.push(this.#record(keys, 'meter', street.interval, meter));
        if (battery) records.push(this.#record(keys, 'battery', street.interval, battery));
      });
      this.#now = end + BILL_DELAY_MS;
      records.push(this.#record(this.#operator, 'settlement', street.interval, this.#bill(ledger, street)));
    }
    return records;
  }

  /** As whoever verifies it makes it: every meter has told its energy in time, and no price of an exchange counts. */
  #bill(ledger: Ledger, { interval, clearing, members }: StreetInterval): BodyFields<'settlement'> {
    const meters = this.#config.members.map(({ id }, index): [string, Metered] => {
      const { importWh, exportWh } = members[index]!;
      return [id, { importWh, exportWh, quality: 'measured' }];
    });
    return settlementFields({
      interval,
      rules: ledger.state.rules,
      clearing,
      places: undefined,
      price: undefined,
      meters: new Map(meters),
      settled: null,
      peaks: [],
      cleared: interval,
      measuredIn: () => undefined,
    });
  }

  #record<Kind extends RecordKind>(
    keys: MemberKeys,
    kind: Kind,
    interval: string,
    fields: BodyFields<Kind>,
  ): SignedRecord {
    const head = {
      ledger: this.#config.origin,
      member: keys.member,
      kind,
      interval,
      time: new Date(this.#now).toISOString(),
    };
    return makeRecord(keys.record, head, fields, this.#random);
  }
}

/** Version 1 where it has a place for them. */
function rulesOf(config: CommunityConfig): BodyFields<'rules'> {
  const { currency, tariffs, areas } = config;
  const market = ruleOf(config);
  const rules = {
    currency,
    intervalMinutes: 15 as const,
    market,
    settlement: 'settle/1',
    tariffs,
    limits: { min: Math.min(tariffs.feedIn, tariffs.import), max: Math.max(tariffs.feedIn, tariffs.import) },
    maxOrderWh: MAX_ORDER_WH,
    maxOrdersPerMember: MAX_ORDERS,
    gateLeadSeconds: GATE_LEAD_SECONDS,
    simulated: true,
  };
  if (market === UNIFORM_PRICE && !areas) return rules;
  return {
    version: 'rules/2',
    ...rules,
    maxMemberWh: null,
    areas: areas ?? [],
    tariff: null,
    estimateAfterHours: null,
  };
}
