// Bills under rules of version 2, made by the operator from its ledger and made again by whoever reads the log: tariffs of a
// document, prices that are recorded, estimates, corrections, the highest quarter hour of a month.
import { strict as assert } from 'node:assert';
import { recordedInterval } from '../../nodes/shared/recorded-interval.ts';
import { needsCorrection, settlementFields } from '../../src/audit/settlement-body.ts';
import { verifyStore } from '../../src/audit/verify.ts';
import type { Body, BodyFields } from '../../src/ledger/kinds.ts';
import type { Ledger } from '../../src/ledger/ledger.ts';
import { intervalAfter } from '../../src/time/interval.ts';
import { accepted, FIRST, keysOf, Street } from '../ledger/street.ts';
import { openUnder, type Rules2, rulesOf } from './street-2.ts';

type Bill = Omit<Extract<Body<'settlement'>, { version: 'settlement/2' }>, 'nonce'>;

const TARIFF = {
  timeZone: 'Europe/Paris',
  periods: [
    {
      from: '2026-01-01',
      import: { kind: 'fixed', price: 300_000 },
      feedIn: { kind: 'fixed', price: 80_000 },
      networkFee: { feeder: 10_000, substation: 20_000, beyond: 50_000 },
      levies: 5_000,
      vatBasisPoints: 2000,
    },
  ],
};
const withTariff = (period: object): string =>
  JSON.stringify({ ...TARIFF, periods: [{ ...TARIFF.periods[0], ...period }] });

describe('a bill under rules of version 2', () => {
  let street: Street;
  let ledger: Ledger;
  let rules: Rules2;

  const start = async (changes: Partial<Rules2>) => {
    rules = rulesOf('uniform-price/1', changes);
    street = new Street();
    ledger = await openUnder(street, rules);
  };
  const restart = async () => {
    await ledger.close();
    ledger = await openUnder(street, rules);
  };
  afterEach(async () => {
    await ledger.close();
    street.remove();
  });

  /** Orders and the gate: home-1 sells 700 Wh to home-2 at 20 ct/kWh. */
  const gate = async (interval: string) => {
    accepted(
      await ledger.append([
        street.order('home-1', interval, 'sell', 700, 200_000),
        street.order('home-2', interval, 'buy', 900, 200_000),
      ]),
    );
    const clearing = street.clearing(ledger, interval, await ledger.closeGate(interval));
    await ledger.seal({ interval, records: [street.record('operator', 'clearing', interval, clearing)] });
  };
  /** Gates without orders, up to and with an interval. */
  const idle = async (after: string, until: string) => {
    for (let interval = intervalAfter(after); interval <= until; interval = intervalAfter(interval)) {
      const clearing = street.clearing(ledger, interval, await ledger.closeGate(interval));
      await ledger.seal({ interval, records: [street.record('operator', 'clearing', interval, clearing)] });
    }
  };
  const meters = async (interval: string, ...rows: [string, number, number][]) =>
    accepted(await ledger.append(rows.map(([member, got, gave]) => street.meter(member, interval, got, gave))));
  const correction = (member: string, interval: string, importWh: number | null, exportWh: number | null) =>
    street.record(member, 'correction', interval, {
      importWh,
      exportWh,
      importCounterWh: null,
      exportCounterWh: null,
      quality: importWh === null ? 'missing' : 'measured',
      reason: 'late',
    });
  const termsOf = (interval: string) => recordedInterval(ledger, interval)!.terms;
  const billOf = (interval: string) => settlementFields(termsOf(interval)) as Bill;
  const settle = async (interval: string): Promise<Bill> => {
    const bill = billOf(interval);
    accepted(await ledger.append([street.record('operator', 'settlement', interval, bill)]));
    return bill;
  };
  /** Every line that stands, and what each account then has to pay. */
  const dues = (...bills: Bill[]) => {
    const sums = new Map<string, number>();
    for (const { account, counterAccount, amount } of bills.flatMap(({ lines }) => lines)) {
      sums.set(account, (sums.get(account) ?? 0) + amount);
      sums.set(counterAccount, (sums.get(counterAccount) ?? 0) - amount);
    }
    assert.equal(
      [...sums.values()].reduce((sum, amount) => sum + amount, 0),
      0,
    );
    return Object.fromEntries([...sums].filter(([, amount]) => amount !== 0).sort());
  };
  const verified = async () => {
    await ledger.seal();
    const { errors, unchecked } = await verifyStore(ledger.store);
    assert.deepEqual([errors, unchecked], [[], 0]);
  };
  /** Whether a reader finds a bill that is not the right one. */
  const findsForged = async (interval: string, forged: Bill) => {
    accepted(
      await ledger.append([street.record('operator', 'settlement', interval, forged as BodyFields<'settlement'>)]),
    );
    await ledger.seal();
    const { errors } = await verifyStore(ledger.store);
    assert.deepEqual(
      errors.map(({ code }) => code),
      ['wrong-settlement'],
    );
  };

  it('has fees by distance, levies and VAT as the tariff document says, by hand', async () => {
    await start({ tariff: withTariff({}) });
    await gate(FIRST);
    await meters(FIRST, ['home-1', 0, 700], ['home-2', 900, 0], ['home-3', 0, 0]);
    const bill = await settle(FIRST);
    const bought = 700 * 200_000;
    // home-1 hangs on the street itself, home-2 on the east of it: the same substation.
    const [fee, levies] = [700 * 20_000, 700 * 5_000];
    const vat = ((bought + fee + levies) * 20) / 100;
    const rest = 200 * 300_000;
    const [restFee, restLevies] = [200 * 50_000, 200 * 5_000];
    const restVat = ((rest + restFee + restLevies) * 20) / 100;
    assert.deepEqual(dues(bill), {
      'member/home-1': -bought,
      'member/home-2': bought + fee + levies + vat + rest + restFee + restLevies + restVat,
      network: -fee - restFee,
      supplier: -rest,
      tax: -levies - vat - restLevies - restVat,
    });
    assert.deepEqual(bill.tariffs.networkFee, { feeder: 10_000, substation: 20_000, beyond: 50_000 });
    await verified();
  });

  it('takes the feeder tree as it stood at the clearing', async () => {
    await start({ tariff: withTariff({}) });
    await gate(FIRST);
    const { active: _active, ...entry } = ledger.state.roster.get('home-2')!;
    const moved = { ...entry, action: 'feeder' as const, feeder: null };
    accepted(await ledger.append([street.record('home-2', 'roster', null, moved, { keys: keysOf('operator') })]));
    await ledger.seal();
    assert.equal(ledger.state.roster.get('home-2')!.feeder, null);
    await meters(FIRST, ['home-1', 0, 700], ['home-2', 700, 0], ['home-3', 0, 0]);
    const bill = await settle(FIRST);
    assert.ok(bill.lines.some(({ code, price }) => code === 'network-fee' && price === 20_000));
    const next = intervalAfter(FIRST);
    await gate(next);
    await meters(next, ['home-1', 0, 700], ['home-2', 700, 0], ['home-3', 0, 0]);
    assert.ok((await settle(next)).lines.some(({ code, price }) => code === 'network-fee' && price === 10_000));
    await verified();
  });

  it('waits for a price that is not recorded, and goes by the first that is', async () => {
    await start({ tariff: withTariff({ import: { kind: 'dynamic', markup: 100_000 } }) });
    await gate(FIRST);
    await meters(FIRST, ['home-1', 0, 700], ['home-2', 900, 0], ['home-3', 0, 0]);
    assert.throws(() => billOf(FIRST), /there is no price for 2026-11-22T08:15Z/);
    const price = street.record('operator', 'price', FIRST, { price: -40_000 });
    accepted(await ledger.append([price]));
    const [again] = await ledger.append([street.record('operator', 'price', FIRST, { price: 0 })]);
    assert.equal(again?.ok === false && again.refusal.code, 'already-recorded');
    const [foreign] = await ledger.append([street.record('home-1', 'price', intervalAfter(FIRST), { price: 0 })]);
    assert.equal(foreign?.ok === false && foreign.refusal.code, 'wrong-role');
    await restart();
    assert.equal((await settle(FIRST)).tariffs.import, 60_000);
    await verified();
  });

  it('is wrong where the price was never recorded', async () => {
    await start({ tariff: withTariff({ import: { kind: 'dynamic', markup: 100_000 } }) });
    await gate(FIRST);
    accepted(await ledger.append([street.record('operator', 'price', FIRST, { price: 50_000 })]));
    await meters(FIRST, ['home-1', 0, 700], ['home-2', 900, 0], ['home-3', 0, 0]);
    const bill = billOf(FIRST);
    await gate(intervalAfter(FIRST));
    await meters(intervalAfter(FIRST), ['home-1', 0, 700], ['home-2', 900, 0], ['home-3', 0, 0]);
    await findsForged(intervalAfter(FIRST), bill);
  });

  describe('that is corrected', () => {
    const setUp = async () => {
      await start({ tariff: withTariff({ vatBasisPoints: 0, levies: 0, networkFee: {} }) });
      await gate(FIRST);
      await meters(FIRST, ['home-1', 0, 700], ['home-2', 900, 0]);
    };

    it('settles a late meter by what it changes', async () => {
      await setUp();
      const first = await settle(FIRST);
      assert.equal(needsCorrection(termsOf(FIRST)), false);
      await meters(FIRST, ['home-3', 40, 0]);
      assert.equal(needsCorrection(termsOf(FIRST)), true);
      await restart();
      const second = await settle(FIRST);
      assert.deepEqual([first.number, second.number], [0, 1]);
      assert.deepEqual(
        second.lines.map(({ code, wh, reverses }) => [code, wh, reverses]),
        [['import', 40, false]],
      );
      assert.deepEqual(
        second.statements.map(({ member, amount }) => [member, amount]),
        [['home-3', 40 * 300_000]],
      );
      await verified();
    });

    it('reverses what no longer holds, and can be corrected again; the chain comes to the final values', async () => {
      await setUp();
      const bills = [await settle(FIRST)];
      accepted(await ledger.append([correction('home-2', FIRST, 1000, 0)]));
      bills.push(await settle(FIRST));
      assert.deepEqual(
        bills[1]!.lines.map(({ code, wh, reverses }) => [code, wh, reverses]),
        [
          ['import', -200, true],
          ['import', 300, false],
        ],
      );
      accepted(await ledger.append([correction('home-2', FIRST, 500, 0), correction('home-1', FIRST, 0, 650)]));
      await restart();
      bills.push(await settle(FIRST));
      assert.equal(needsCorrection(termsOf(FIRST)), false);
      assert.deepEqual(dues(...bills), {
        'member/home-1': -700 * 200_000 + 50 * 300_000,
        'member/home-2': 700 * 200_000 - 200 * 80_000,
        supplier: -50 * 300_000 + 200 * 80_000,
      });
      await verified();
    });

    it('is recorded once, whoever sends it again, and only as the next one', async () => {
      await setUp();
      await settle(FIRST);
      accepted(await ledger.append([correction('home-2', FIRST, 1000, 0)]));
      const bill = billOf(FIRST);
      const record = street.record('operator', 'settlement', FIRST, bill);
      accepted(await ledger.append([record]));
      const [again] = await ledger.append([record]);
      assert.equal(again?.ok && again.duplicate, true);
      for (const number of [1, 3]) {
        const other = street.record('operator', 'settlement', FIRST, { ...bill, number });
        const [refused] = await ledger.append([other]);
        const code = number === 1 ? 'already-recorded' : 'too-early';
        assert.equal(refused?.ok === false && refused.refusal.code, code);
      }
      await restart();
      await verified();
    });

    it('may be erased: what follows still holds', async () => {
      await setUp();
      await settle(FIRST);
      accepted(await ledger.append([correction('home-2', FIRST, 1000, 0)]));
      await settle(FIRST);
      const [record] = ledger.records({ kind: 'settlement', newestFirst: true, limit: 1 });
      ledger.store.dropBody(record!.head.bodyHash, record!.index);
      await restart();
      await ledger.seal();
      const { errors, unchecked } = await verifyStore(ledger.store);
      assert.deepEqual([errors, unchecked], [[], 1]);
    });

    it('accuses nobody where the bill before, with the highest quarter hours of the month, is withheld', async () => {
      await start({
        tariff: withTariff({ vatBasisPoints: 0, levies: 0, networkFee: {}, capacity: { price: 1_000_000 } }),
      });
      await gate(FIRST);
      await meters(FIRST, ['home-1', 0, 700], ['home-2', 900, 0]);
      await settle(FIRST);
      const last = '2026-11-30T22:45Z';
      street.now = Date.parse(last) - 15 * 60_000;
      await gate(last);
      await meters(last, ['home-1', 0, 700], ['home-2', 300, 0]);
      const bill = await settle(last);
      assert.deepEqual(
        bill.lines.filter(({ code }) => code === 'capacity').map(({ wh }) => wh),
        [900],
      );
      accepted(await ledger.append([correction('home-2', last, 400, 0)]));
      await settle(last);
      const [record] = ledger.records({ kind: 'settlement', interval: FIRST, limit: 1 });
      ledger.store.dropBody(record!.head.bodyHash, record!.index);
      await ledger.seal();
      const { errors, unchecked } = await verifyStore(ledger.store);
      assert.deepEqual([errors, unchecked], [[], 3]);
    });

    it('is found out over a bill of version 1', async () => {
      street = new Street();
      ledger = await street.open();
      await street.gate(ledger, FIRST);
      const rows = { account: 'member/home-2', counterAccount: 'supplier', wh: 100, price: 300_000 };
      const line = { ...rows, amount: 30_000_000, code: 'import', reverses: false };
      const tariffs = {
        import: 300_000,
        feedIn: 80_000,
        networkFee: { feeder: 0, substation: 0, beyond: 0 },
        levies: 0,
        vatBasisPoints: 0,
        feedInVatBasisPoints: 0,
        balancing: 'supplier/1',
        penalty: 0,
        capacity: null,
      };
      await findsForged(FIRST, {
        version: 'settlement/2',
        number: 1,
        tariffs,
        lines: [line],
        statements: [],
        peaks: [],
      });
      rules = rulesOf('uniform-price/1');
    });

    for (const [what, forge] of [
      ['a line left out', (bill: Bill) => ({ ...bill, lines: bill.lines.slice(1) })],
      ['a row of another', (bill: Bill) => ({ ...bill, statements: [{ ...bill.statements[0]!, member: 'home-1' }] })],
      [
        'a reversal that is none',
        (bill: Bill) => ({ ...bill, lines: bill.lines.map((line) => ({ ...line, reverses: false })) }),
      ],
    ] as const) {
      it(`is found out: ${what}`, async () => {
        await setUp();
        await settle(FIRST);
        accepted(await ledger.append([correction('home-2', FIRST, 1000, 0)]));
        await findsForged(FIRST, forge(billOf(FIRST)));
      });
    }

    it('comes neither before the bill nor after forty days', async () => {
      await setUp();
      const [early] = await ledger.append([correction('home-1', intervalAfter(FIRST), 1, 0)]);
      assert.equal(early?.ok === false && early.refusal.code, 'too-early');
      const old = correction('home-1', intervalAfter(FIRST, -4001), 1, 0);
      const [late] = await ledger.append([old]);
      assert.match(late?.ok === false ? late.refusal.text : '', /at most 4000 intervals old/);
      const unsettled = { ...billOf(FIRST), number: 1 };
      const [refused] = await ledger.append([street.record('operator', 'settlement', FIRST, unsettled)]);
      assert.equal(refused?.ok === false && refused.refusal.code, 'too-early');
      const [foreign] = await ledger.append([
        street.record('home-1', 'correction', FIRST, correctionFields, { keys: keysOf('home-2') }),
      ]);
      assert.equal(foreign?.ok === false && foreign.refusal.code, 'unsigned');
    });
  });

  describe('that waits for a meter', () => {
    const DAYS = 7;

    it('is estimated once the rules say so, from the same quarter hour a week before, and corrected by the late value', async () => {
      await start({ estimateAfterHours: 2 });
      await gate(FIRST);
      await meters(FIRST, ['home-1', 0, 710], ['home-2', 950, 0], ['home-3', 123, 4]);
      await settle(FIRST);
      const week = intervalAfter(FIRST, 96 * DAYS);
      await gate(week);
      await meters(week, ['home-1', 0, 700], ['home-2', 900, 0]);
      accepted(await ledger.append([correction('home-3', week, null, null)]));
      // What is missing stays open until the log has gone on for two hours.
      assert.equal(billOf(week).statements.find(({ member }) => member === 'home-3')?.quality, 'missing');
      await idle(week, intervalAfter(week, 9));
      assert.deepEqual(
        billOf(week).statements.find(({ member }) => member === 'home-3'),
        {
          member: 'home-3',
          importWh: 123,
          exportWh: 4,
          quality: 'estimated',
          boughtWh: 0,
          soldWh: 0,
          supplierWh: 119,
          feedInWh: 0,
          poolBoughtWh: 0,
          poolSoldWh: 0,
          amount: 119 * 300_000,
        },
      );
      await settle(week);
      assert.equal(needsCorrection(termsOf(week)), false);
      accepted(await ledger.append([correction('home-3', week, 100, 0)]));
      const late = await settle(week);
      assert.deepEqual(
        late.lines.map(({ wh }) => wh),
        [-119, 100],
      );
      await verified();
    });

    it('is estimated from what was said last, whichever record said it', async () => {
      await start({ estimateAfterHours: 0 });
      await gate(FIRST);
      // What a member corrects before its meter record comes is what the meter record then says.
      accepted(await ledger.append([correction('home-2', FIRST, 5, 0)]));
      await meters(FIRST, ['home-1', 0, 700], ['home-2', 900, 0], ['home-3', 0, 0]);
      await settle(FIRST);
      const next = intervalAfter(FIRST, 96);
      await gate(next);
      await meters(next, ['home-1', 0, 700], ['home-3', 0, 0]);
      await idle(next, intervalAfter(next));
      assert.equal((await settle(next)).statements.find(({ member }) => member === 'home-2')?.importWh, 900);
      await verified();
    });

    it('is taken to have kept to what it traded, where it was never measured', async () => {
      await start({ estimateAfterHours: 0 });
      await gate(FIRST);
      await meters(FIRST, ['home-1', 0, 700], ['home-3', 0, 0]);
      await idle(FIRST, intervalAfter(FIRST));
      const bill = await settle(FIRST);
      const row = bill.statements.find(({ member }) => member === 'home-2')!;
      assert.deepEqual([row.importWh, row.exportWh, row.quality, row.supplierWh], [700, 0, 'estimated', 0]);
      await verified();
    });

    it('is wrong where the operator estimates before it is time, or otherwise', async () => {
      await start({ estimateAfterHours: 1 });
      await gate(FIRST);
      await meters(FIRST, ['home-1', 0, 700], ['home-3', 0, 0]);
      const early = settlementFields({ ...termsOf(FIRST), cleared: intervalAfter(FIRST, 8) }) as Bill;
      await findsForged(FIRST, early);
    });
  });

  describe('with a charge for the highest quarter hour of a month', () => {
    const LAST = '2026-11-30T22:45Z';

    it('bills it with the last quarter hour of the local month', async () => {
      await start({
        tariff: withTariff({ vatBasisPoints: 0, levies: 0, networkFee: {}, capacity: { price: 7_000_000 } }),
      });
      await gate(FIRST);
      await meters(FIRST, ['home-1', 0, 700], ['home-2', 900, 0], ['home-3', 250, 0]);
      const first = await settle(FIRST);
      assert.deepEqual(first.peaks, [
        ['2026-11', 'home-2', 900],
        ['2026-11', 'home-3', 250],
      ]);
      await restart();
      street.now = Date.parse(LAST) - 600_000;
      await gate(LAST);
      await meters(LAST, ['home-1', 0, 700], ['home-2', 700, 0], ['home-3', 300, 0]);
      const last = await settle(LAST);
      // 900 Wh in a quarter hour are 3.6 kW.
      assert.deepEqual(
        last.lines.filter(({ code }) => code === 'capacity').map(({ account, amount }) => [account, amount]),
        [
          ['member/home-2', 3_600 * 7_000_000],
          ['member/home-3', 1_200 * 7_000_000],
        ],
      );
      assert.deepEqual(last.peaks, []);
      await verified();
    });

    it('is wrong where a highest quarter hour is forgotten', async () => {
      await start({ tariff: withTariff({ capacity: { price: 7_000_000 } }) });
      await gate(FIRST);
      await meters(FIRST, ['home-1', 0, 700], ['home-2', 900, 0], ['home-3', 250, 0]);
      const bill = billOf(FIRST);
      await findsForged(FIRST, { ...bill, peaks: bill.peaks.slice(1) });
    });
  });
});

const correctionFields = {
  importWh: 1,
  exportWh: 0,
  importCounterWh: null,
  exportCounterWh: null,
  quality: 'measured' as const,
  reason: null,
};
