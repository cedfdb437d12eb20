// Ledgers under rules of version 2: every rule of the market, with a feeder tree, cancels and quotas, recomputed by whoever
// holds the log; and every number of a clearing altered and found.
import { strict as assert } from 'node:assert';
import { recordedInterval } from '../../nodes/shared/recorded-interval.ts';
import { settlementFields } from '../../src/audit/settlement-body.ts';
import { verifyStore } from '../../src/audit/verify.ts';
import type { Body, BodyFields } from '../../src/ledger/kinds.ts';
import type { Ledger } from '../../src/ledger/ledger.ts';
import { RULE_NAMES } from '../../src/market/clear.ts';
import { intervalAfter } from '../../src/time/interval.ts';
import { accepted, FIRST, HOMES, keysOf, RULES, Street } from '../ledger/street.ts';
import { AREAS, openUnder, type Rules2, rulesOf } from './street-2.ts';

type Clearing2 = Extract<Body<'clearing'>, { version: 'clearing/2' }>;

const asks = (street: Street, interval: string) => [
  street.order('home-1', interval, 'sell', 1000, 100_000),
  street.order('home-2', interval, 'buy', 800, 250_000),
  street.order('home-3', interval, 'buy', 501, 200_000),
  street.order('home-3', interval, 'sell', 100, 120_000),
  street.order('home-1', interval, 'sell', 400, 130_000),
];

/** Orders, a cancel, and the gate; what the operator would honestly write. */
async function book(street: Street, ledger: Ledger, interval: string): Promise<BodyFields<'clearing'>> {
  const orders = asks(street, interval);
  accepted(await ledger.append(orders));
  accepted(await ledger.append([street.record('home-3', 'cancel', interval, { order: orders[3]!.id })]));
  return street.clearing(ledger, interval, await ledger.closeGate(interval));
}

async function verdict(ledger: Ledger) {
  return (await verifyStore(ledger.store)).errors.map(({ code }) => code);
}

describe('a ledger under rules of version 2', () => {
  let street: Street;
  let ledger: Ledger;

  beforeEach(() => {
    street = new Street();
  });
  afterEach(async () => {
    await ledger.close();
    street.remove();
  });

  for (const market of RULE_NAMES) {
    it(`clears, settles and verifies by ${market}, also after a restart`, async () => {
      ledger = await openUnder(street, rulesOf(market));
      for (let i = 0; i < 3; i++) {
        const interval = intervalAfter(FIRST, i);
        const clearing = await book(street, ledger, interval);
        assert.equal(clearing.version, 'clearing/2');
        // One that trades before the gate has traded with what was taken back later.
        assert.equal(clearing.orders, market === 'continuous/1' ? 5 : 4);
        assert.ok(clearing.pairs.length > 0);
        await ledger.seal({ interval, records: [street.record('operator', 'clearing', interval, clearing)] });
        street.now += 15 * 60_000;
        const meters = HOMES.map((home, n) => [home, 900 * n, 500] as [string, number, number]);
        accepted(await ledger.append(meters.map((row) => street.meter(row[0], interval, row[1], row[2]))));
        const bill = settlementFields(recordedInterval(ledger, interval)!.terms);
        accepted(await ledger.append([street.record('operator', 'settlement', interval, bill)]));
        await ledger.close();
        ledger = await openUnder(street, rulesOf(market));
      }
      await ledger.seal();
      const { errors, unchecked } = await verifyStore(ledger.store);
      assert.deepEqual([errors, unchecked], [[], 0]);
    });

    it(`finds every altered number of a clearing by ${market}`, async () => {
      ledger = await openUnder(street, rulesOf(market));
      let interval = FIRST;
      const honest = (await book(street, ledger, interval)) as Omit<Clearing2, 'nonce'>;
      for (const [what, forged] of forgeries(honest)) {
        await ledger.seal({
          interval,
          records: [street.record('operator', 'clearing', interval, forged as BodyFields<'clearing'>)],
        });
        const found = await verdict(ledger);
        assert.equal(found.length, 1, `${what} is not found: ${found}`);
        assert.equal(found[0], 'wrong-clearing', what);
        await ledger.close();
        street.remove();
        street = new Street();
        ledger = await openUnder(street, rulesOf(market));
        interval = FIRST;
        await book(street, ledger, interval);
      }
    });
  }

  it('takes no clearing of version 1, and under version 1 none of version 2', async () => {
    ledger = await openUnder(street, rulesOf('uniform-price/1', { areas: [] }));
    const {
      version: _version,
      areas: _areas,
      preferred: _preferred,
      ...fields
    } = (await book(street, ledger, FIRST)) as Clearing2;
    const pairs = fields.pairs.map(([buyer, seller, wh]) => [buyer, seller, wh] as const);
    const old = street.record('operator', 'clearing', FIRST, { ...fields, version: 'clearing/1', pairs });
    await assert.rejects(ledger.seal({ interval: FIRST, records: [old] }), /version clearing\/1/);
    await ledger.close();
    street.remove();
    street = new Street();
    ledger = await openUnder(street, RULES);
    const newer = { ...fields, version: 'clearing/2', areas: [], preferred: [] } as BodyFields<'clearing'>;
    const record = street.record('operator', 'clearing', FIRST, { ...newer, orders: 0, fills: [], pairs: [] });
    await assert.rejects(ledger.seal({ interval: FIRST, records: [record] }), /version clearing\/2/);
    const [order] = await ledger.append([
      street.record('home-1', 'order', FIRST, {
        version: 'order/2',
        side: 'buy',
        wh: 5,
        limit: 100_000,
        renewable: false,
        preference: null,
      }),
    ]);
    assert.match(order?.ok === false ? order.refusal.text : '', /rules of version 1/);
  });

  it('counts the energy of a member, and gives back what it cancels', async () => {
    ledger = await openUnder(street, rulesOf('uniform-price/1', { maxMemberWh: 1000 }));
    const first = street.order('home-1', FIRST, 'buy', 600, 100_000);
    accepted(await ledger.append([first, street.order('home-1', FIRST, 'sell', 1000, 200_000)]));
    const more = () => ledger.append([street.order('home-1', FIRST, 'buy', 401, 100_000)]);
    const [refused] = await more();
    assert.equal(refused?.ok === false && refused.refusal.code, 'over-quota');
    assert.match(refused?.ok === false ? refused.refusal.text : '', /1001 Wh.*may buy 1000 Wh/);
    accepted(await ledger.append([street.order('home-1', FIRST, 'buy', 400, 100_000)]));
    accepted(await ledger.append([street.record('home-1', 'cancel', FIRST, { order: first.id })]));
    accepted(await more());
  });

  it('refuses a member on an area that is none', async () => {
    await assert.rejects(openUnder(street, rulesOf('zonal/1', { areas: AREAS.slice(1, 2) })), /hang on east.*no area/);
    street.remove();
    street = new Street();
    ledger = await openUnder(street, rulesOf('zonal/1'));
    const { active: _active, ...entry } = ledger.state.roster.get('home-1')!;
    const move = (feeder: string) =>
      ledger.append([
        street.record('home-1', 'roster', null, { ...entry, action: 'feeder', feeder }, { keys: keysOf('operator') }),
      ]);
    const [refused] = await move('north');
    assert.equal(refused?.ok === false && refused.refusal.code, 'bad-change');
    accepted(await move('west'));
  });

  it('refuses a feeder tree that is none', () => {
    const wrong: readonly [RegExp, Rules2['areas']][] = [
      [/sorted by id, each id once/, [AREAS[1]!, AREAS[0]!]],
      [/sorted by id, each id once/, [AREAS[1]!, AREAS[1]!]],
      [/exactly one must have no parent, but 0/, [{ ...AREAS[0]!, parent: 'east' }]],
      [/exactly one must have no parent, but 2/, [{ ...AREAS[1]!, id: 'a' }, AREAS[1]!]],
      [/the root has no edge/, [{ ...AREAS[1]!, fee: 1 }]],
      [/the parent street, which is not among them/, [{ ...AREAS[1]!, id: 'city' }, AREAS[2]!]],
      [
        /does not reach the root/,
        [AREAS[1]!, { ...AREAS[2]!, id: 'w', parent: 'x' }, { ...AREAS[2]!, id: 'x', parent: 'w' }],
      ],
    ];
    for (const [message, areas] of wrong) {
      assert.throws(() => street.record('operator', 'rules', null, rulesOf('zonal/1', { areas })), message);
    }
  });
});

/** Every number of a clearing by one more, and every list by one fewer. */
function* forgeries(honest: Omit<Clearing2, 'nonce'>): Generator<[string, unknown]> {
  for (const [name, value] of Object.entries(honest)) {
    if (typeof value === 'number' && name !== 'orders') yield [name, { ...honest, [name]: value + 1 }];
    if (!Array.isArray(value) || value.length === 0) continue;
    yield [`${name} shorter`, { ...honest, [name]: value.slice(1) }];
    for (const [i, cell] of (value[0] as unknown[]).entries()) {
      // A fill of another leaf, or of more than was ordered, is refused on the way in.
      if (typeof cell !== 'number' || name === 'fills') continue;
      const row = (value[0] as unknown[]).with(i, cell + 1);
      yield [`${name}[0][${i}]`, { ...honest, [name]: [row, ...value.slice(1)] }];
    }
  }
}
