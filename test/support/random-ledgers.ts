// Honest ledgers by chance, the same for the same seed: rules of both versions, every market rule, preferences, feeder trees,
// tariff documents, cancels, estimates, corrections, changes of the roster and of the rules, bodies that are withheld.
import { recordedInterval } from '../../nodes/shared/recorded-interval.ts';
import { needsCorrection, settlementFields } from '../../src/audit/settlement-body.ts';
import { type MemberKeys, memberKeys } from '../../src/ledger/keys.ts';
import type { BodyFields } from '../../src/ledger/kinds.ts';
import type { Ledger } from '../../src/ledger/ledger.ts';
import { makeRecord } from '../../src/ledger/record.ts';
import type { StoredLeaf } from '../../src/log/store.ts';
import { RULE_NAMES } from '../../src/market/clear.ts';
import { intervalAfter } from '../../src/time/interval.ts';
import { rulesOf } from '../audit/street-2.ts';
import { COMMUNITY, keysOf, ORIGIN, RULES, Street, seedOf } from '../ledger/street.ts';

export type Dice = (below: number) => number;

/** Whole numbers from 0 up to a limit, the same in every run. */
export function dice(seed: number): Dice {
  let state = seed >>> 0;
  // mulberry32: neighbouring seeds have nothing in common.
  return (below) => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32) * below);
  };
}

export const pick = <Item>(roll: Dice, items: readonly Item[]): Item => items[roll(items.length)]!;

/** The keys that a member takes when it changes them. */
export const secondKeysOf = (member: string): MemberKeys =>
  memberKeys(COMMUNITY, member, seedOf(`second seed of ${member}`));

const HOMES = ['home-1', 'home-2', 'home-3', 'home-4', 'home-5', 'home-6'];
const AREA_LISTS = [
  [],
  [
    { id: 'a', parent: 'root', importWh: 300, exportWh: 40, fee: 10_000 },
    { id: 'a1', parent: 'a', importWh: null, exportWh: 25, fee: 3_000 },
    { id: 'b', parent: 'root', importWh: 0, exportWh: 0, fee: 5_000 },
    { id: 'c', parent: 'root', importWh: 30, exportWh: null, fee: 0 },
    { id: 'root', parent: null, importWh: null, exportWh: null, fee: 0 },
  ],
  [
    { id: 'east', parent: 'street', importWh: 20, exportWh: 30, fee: 10_001 },
    { id: 'street', parent: null, importWh: null, exportWh: null, fee: 0 },
    { id: 'west', parent: 'street', importWh: null, exportWh: null, fee: 0 },
  ],
];

function energyPrice(roll: Dice): object {
  const price = () => roll(400_000) - 50_000;
  switch (roll(3)) {
    case 0:
      return { kind: 'fixed', price: price() };
    case 1:
      return {
        kind: 'dynamic',
        ...(roll(2) ? { factorPpm: roll(2_000_000) } : {}),
        ...(roll(2) ? { markup: price() } : {}),
        ...(roll(2) ? { floor: price() } : {}),
      };
    default:
      return {
        kind: 'time-of-use',
        rates: [
          { name: 'night', price: price(), windows: [{ from: '22:00', to: '06:00' }] },
          {
            price: price(),
            windows: [
              { days: ['weekdays', 'holidays'], from: '08:30', to: '09:15', season: { from: '11-01', to: '03-31' } },
              { days: ['sun', 'sat'], from: '08:45', to: '22:00' },
            ],
          },
          { price: price() },
        ],
      };
  }
}

function tariff(roll: Dice): string {
  const price = () => roll(60_000) - 5_000;
  const periods = (roll(3) ? ['2026-01-01'] : ['2025-12-31', '2026-11-22']).map((from) => ({
    from,
    import: energyPrice(roll),
    feedIn: energyPrice(roll),
    ...(roll(2)
      ? { networkFee: { feeder: price(), ...(roll(2) ? { substation: price() } : {}), beyond: price() } }
      : {}),
    ...(roll(2) ? { levies: price() } : {}),
    ...(roll(2) ? { vatBasisPoints: roll(3000) } : {}),
    ...(roll(2) ? { feedInVatBasisPoints: roll(3000) } : {}),
    ...(roll(2) ? { capacity: { price: roll(5_000_000), ...(roll(2) ? { freeW: 4 * roll(50) } : {}) } } : {}),
    balancing: pick(roll, [{ rule: 'pooled/1' }, { rule: 'penalty/1', penalty: roll(90_000) }, { rule: 'supplier/1' }]),
  }));
  const holidays = roll(3) ? {} : { holidays: ['2026-11-22'] };
  // A quarter hour off makes 08:15Z of the 30th the last of the month somewhere.
  return JSON.stringify({
    timeZone: pick(roll, ['Europe/Paris', 'UTC', 'Asia/Kathmandu', 'America/St_Johns']),
    ...holidays,
    periods,
  });
}

export function randomRules(roll: Dice): BodyFields<'rules'> {
  const limits = { min: -100_000, max: 300_000 };
  if (roll(4) === 0) return { ...RULES, limits, tariffs: { import: roll(400_000), feedIn: roll(100_000) } };
  return rulesOf(
    pick(
      roll,
      RULE_NAMES.filter((name) => name !== 'allocation/1'),
    ),
    {
      limits,
      areas: pick(roll, AREA_LISTS),
      maxMemberWh: roll(3) ? null : 60,
      tariff: roll(4) ? tariff(roll) : null,
      estimateAfterHours: roll(2) ? null : roll(2),
    },
  );
}

/** A street that lives by chance. */
export class RandomStreet extends Street {
  readonly roll: Dice;
  /** The first interval: some day, the end of a month, days on which clocks change. */
  readonly first: string;
  readonly #members: { readonly id: string; readonly feeder: string | null }[];
  readonly #keys = new Map<string, MemberKeys>();
  rules: BodyFields<'rules'>;

  constructor(seed: number) {
    super();
    this.roll = dice(seed);
    const firsts = [
      '2026-11-22T08:15Z',
      '2026-11-30T22:15Z',
      '2026-11-30T17:30Z',
      '2026-10-25T00:00Z',
      '2026-03-29T00:30Z',
    ];
    this.first = pick(this.roll, firsts);
    this.now = Date.parse(this.first) - 15 * 60_000;
    this.rules = randomRules(this.roll);
    const areas = 'areas' in this.rules ? this.rules.areas : [];
    this.#members = HOMES.slice(0, 2 + this.roll(5)).map((id) => ({
      id,
      feeder: areas.length && this.roll(4) ? pick(this.roll, areas).id : null,
    }));
  }

  start(): Promise<Ledger> {
    const members = this.#members.map(({ id, feeder }) => ({ id, feeder, kind: 'home' as const, keys: keysOf(id) }));
    return this.open({
      exportEvery: 1 + this.roll(4),
      durability: 'when-closed',
      genesis: {
        rules: this.rules,
        members: [{ id: 'operator', kind: 'operator', roles: ['operator'], keys: keysOf('operator') }, ...members],
      },
    });
  }

  keys(member: string): MemberKeys {
    return this.#keys.get(member) ?? keysOf(member);
  }

  #say<Kind extends Parameters<Street['record']>[1]>(
    member: string,
    kind: Kind,
    interval: string | null,
    fields: BodyFields<Kind>,
  ) {
    return this.record(member, kind, interval, fields, { keys: this.keys(member) });
  }

  /** What the ledger refuses is refused; it is judged by others. */
  async #try(ledger: Ledger, records: Parameters<Ledger['append']>[0]): Promise<boolean[]> {
    return (await ledger.append(records)).map(({ ok }) => ok);
  }

  randomOrder(member: string, interval: string) {
    const { roll } = this;
    const side = roll(2) ? ('buy' as const) : ('sell' as const);
    const fields = { side, wh: 1 + roll(40), limit: (roll(8) - 1) * 40_001 };
    if (!('areas' in this.rules) || roll(2)) return this.#say(member, 'order', interval, fields);
    const partners = HOMES.filter((home) => home !== member && roll(2));
    const from = pick(roll, (['partners', 'feeder', 'renewable'] as const).slice(0, side === 'buy' ? 3 : 2));
    const wished = from !== 'partners' || partners.length > 0;
    return this.#say(member, 'order', interval, {
      ...fields,
      version: 'order/2',
      renewable: side === 'sell' && roll(2) === 1,
      preference:
        wished && roll(4)
          ? { mode: pick(roll, ['first', 'only'] as const), from, partners: from === 'partners' ? partners : [] }
          : null,
    });
  }

  async #changes(ledger: Ledger): Promise<void> {
    const { roll } = this;
    const member = pick(roll, this.#members).id;
    const { active, ...entry } = ledger.state.roster.get(member)!;
    const areas = 'areas' in this.rules ? this.rules.areas : [];
    const operator = keysOf('operator').record;
    const head = {
      ledger: ORIGIN,
      member,
      kind: 'roster' as const,
      interval: null,
      time: new Date(this.now).toISOString(),
    };
    const change = (fields: object, ...signers: MemberKeys['record'][]) =>
      makeRecord([operator, ...signers], head, { ...entry, ...fields } as BodyFields<'roster'>, this.random);
    switch (roll(6)) {
      case 0:
        await this.#try(ledger, [
          change({ action: 'feeder', feeder: areas.length ? pick(roll, areas).id : `f-${roll(9)}` }),
        ]);
        break;
      case 1: {
        const keys = secondKeysOf(member);
        const { record, witness } = keys;
        const records = [change({ action: 'key', key: record.vkey, witness }, this.keys(member).record, record)];
        if ((await this.#try(ledger, records))[0]) {
          await ledger.seal();
          this.#keys.set(member, keys);
        }
        break;
      }
      case 2:
        if (active) await this.#try(ledger, [change({ action: 'leave' })]);
        else await this.#try(ledger, [change({ action: 'join' }, this.keys(member).record)]);
        break;
      case 3:
        await this.#try(ledger, [change({ action: 'role', roles: roll(2) ? ['auditor', 'member'] : ['member'] })]);
        break;
      case 4: {
        const rules = {
          ...this.rules,
          maxOrderWh: 20 + roll(50),
          tariffs: { import: 200_000 + roll(9), feedIn: 70_000 },
        };
        if ((await this.#try(ledger, [this.#say('operator', 'rules', null, rules)]))[0]) this.rules = rules;
        break;
      }
      default:
        await this.#try(ledger, [this.#say(member, 'note', null, { text: 'Grüße \u2600 "quoted" \\ <b>' })]);
    }
  }

  #metered(member: string, interval: string, kind: 'meter' | 'correction') {
    const { roll } = this;
    const quality = pick(roll, ['measured', 'measured', 'measured', 'estimated', 'missing'] as const);
    const [importWh, exportWh] = quality === 'missing' ? [null, roll(2) ? null : 5] : [roll(60), roll(60)];
    const fields = { importWh, exportWh, importCounterWh: null, exportCounterWh: 70, quality, reason: null };
    return this.#say(member, kind, interval, fields);
  }

  /** Some intervals, and the export of all. Returns the leaves. */
  async live(gates: number): Promise<StoredLeaf[]> {
    const ledger = await this.start();
    for (let i = 0; i < gates; i++) await this.randomGate(ledger, intervalAfter(this.first, i));
    await ledger.seal();
    const leaves = ledger.store.leaves(0, ledger.store.size);
    await ledger.close();
    return leaves;
  }

  /** A whole interval. */
  async randomGate(ledger: Ledger, interval: string): Promise<void> {
    const { roll } = this;
    if (roll(3) === 0) await this.#changes(ledger);
    const placed = [];
    for (let left = roll(14); left > 0; left--) {
      const { id: member } = pick(roll, this.#members);
      const order = this.randomOrder(member, interval);
      if ((await this.#try(ledger, [order]))[0]) placed.push({ member, order });
      if (roll(7) === 0 && placed.length) {
        const taken = pick(roll, placed);
        await this.#try(ledger, [this.#say(taken.member, 'cancel', interval, { order: taken.order.id })]);
      }
    }
    if (roll(5) === 0 && this.#members.length > 2) {
      const [buyer, seller] = ['home-1', 'home-2'];
      const head = {
        ledger: ORIGIN,
        member: buyer,
        kind: 'trade' as const,
        interval,
        time: new Date(this.now).toISOString(),
      };
      const signers = [this.keys(buyer).record, this.keys(seller).record];
      const trade = { buyer, seller, wh: 5, price: 100_000 };
      await this.#try(ledger, [makeRecord(signers, head, trade, this.random)]);
    }
    const clearing = this.clearing(ledger, interval, await ledger.closeGate(interval));
    this.now += 60_000;
    await ledger.seal({ interval, records: [this.record('operator', 'clearing', interval, clearing)] });
    if (roll(4)) await this.#try(ledger, [this.#say('operator', 'price', interval, { price: roll(300_000) - 50_000 })]);
    const members = this.#members.filter(() => roll(6) > 0);
    await this.#try(
      ledger,
      members.map(({ id }) => this.#metered(id, interval, 'meter')),
    );
    if (roll(5) === 0) {
      const battery = {
        chargeWh: 5,
        dischargeWh: 0,
        socPerMille: null,
        setpoints: [],
        reasons: [{ code: 'surplus', cycles: 3 }],
      };
      await this.#try(ledger, [this.#say('home-1', 'battery', interval, battery)]);
    }
    if (roll(4) === 0) {
      const { id } = pick(roll, this.#members);
      const past = intervalAfter(interval, -96 * pick(roll, [1, 2, 7, 14]));
      await this.#try(ledger, [this.#metered(id, past, roll(3) ? 'meter' : 'correction')]);
    }
    if (roll(6)) await this.#settle(ledger, interval);
    const earlier = intervalAfter(interval, -roll(4));
    if (roll(2)) await this.#try(ledger, [this.#metered(pick(roll, this.#members).id, earlier, 'correction')]);
    if (roll(2)) await this.#settle(ledger, earlier);
    this.now += 14 * 60_000;
    if (roll(3) === 0) await ledger.seal();
  }

  async #settle(ledger: Ledger, interval: string): Promise<void> {
    const recorded = recordedInterval(ledger, interval);
    if (!recorded || (recorded.settled && !needsCorrection(recorded.terms))) return;
    let bill: BodyFields<'settlement'>;
    try {
      bill = settlementFields(recorded.terms);
    } catch {
      return; // there is no price for it
    }
    await this.#try(ledger, [this.#say('operator', 'settlement', interval, bill)]);
  }
}
