// Statements out of a real ledger across the end of a month: the same from the running store, from the database and from the
// export; what was settled late stands in the next month; payments are notes of the operator and of nobody else.
import assert from 'node:assert/strict';
import { databaseFileSource, exportSource } from '../../../src/audit/sources.ts';
import type { Ledger } from '../../../src/ledger/ledger.ts';
import { openFileStore } from '../../../src/log/file-store.ts';
import { Pace } from '../../../src/log/pace.ts';
import { openAuditStore } from '../../../src/log/sqlite-audit-store.ts';
import { accountsOfMonth } from '../../../src/settlement/statement/accounts-of-month.ts';
import { type Statement, Statements } from '../../../src/settlement/statement/document.ts';
import { LedgerSource } from '../../../src/settlement/statement/ledger-source.ts';
import { makeMonth, type StatementSource, statementsOf } from '../../../src/settlement/statement/make.ts';
import { type Period, periodOf } from '../../../src/settlement/statement/period.ts';
import { sequenceSource, zoneOfLedger } from '../../../src/settlement/statement/sequence-source.ts';
import { intervalStart } from '../../../src/time/interval.ts';
import { accepted, ORIGIN, Street } from '../../ledger/street.ts';

const [NOVEMBER, DECEMBER] = ['2026-11', '2026-12'].map((month) => periodOf(month, 'Europe/Berlin')) as [
  Period,
  Period,
];
/** The last two quarter hours of November in Berlin, and the first of December. */
const INTERVALS = ['2026-11-30T22:30Z', '2026-11-30T22:45Z', '2026-11-30T23:00Z'];
const OPEN = '2026-11-30T21:00Z';
const PAID =
  'Payment sunny-20261201-1-001 of 0.17 EUR from home-2 to the community was made on 2026-12-01. Reference: thanks';
const METERS: [string, number, number][] = [
  ['home-1', 0, 1200],
  ['home-2', 650, 0],
  ['home-3', 900, 10],
];

async function month(source: StatementSource, period: Period): Promise<Map<string, Statement>> {
  const { book, context, accounts } = await makeMonth(
    { source, period, asOf: period.closes, pace: new Pace() },
    () => true,
  );
  const statements = new Statements(book, context);
  return new Map(accounts.map((account) => [account, statements.of(account)]));
}

describe('statements out of a ledger', () => {
  const street = new Street();
  let ledger: Ledger;

  const source = (more: object = {}) =>
    new LedgerSource({
      store: ledger.store,
      ledger: ORIGIN,
      currency: 'EUR',
      operator: 'operator',
      pace: new Pace(),
      ...more,
    });

  before(async () => {
    street.now = Date.parse('2026-11-30T20:45Z');
    ledger = await street.open();
    // Cleared, and settled only after November has closed.
    accepted(
      await ledger.append([
        street.order('home-1', OPEN, 'sell', 100, 90_000),
        street.order('home-2', OPEN, 'buy', 100, 250_000),
      ]),
    );
    const clearing = street.clearing(ledger, OPEN, await ledger.closeGate(OPEN));
    await ledger.seal({ interval: OPEN, records: [street.record('operator', 'clearing', OPEN, clearing)] });
    for (const interval of INTERVALS) {
      street.now = intervalStart(interval) - 900_000;
      await street.gate(ledger, interval);
    }
    street.now = Date.parse('2026-12-01T08:00Z');
    const note = (member: string) => street.record(member, 'note', null, { text: PAID });
    accepted(await ledger.append([note('operator'), note('home-2')]));
    await ledger.seal();
    street.now = DECEMBER.opens + 60_000;
    accepted(await ledger.append(METERS.map(([member, wh, out]) => street.meter(member, OPEN, wh, out))));
    const late = street.settlement(OPEN, clearing, METERS);
    accepted(await ledger.append([street.record('operator', 'settlement', OPEN, late)]));
    accepted(await ledger.append([street.record('operator', 'note', null, { text: PAID.replace('-001', '-002') })]));
    await ledger.seal();
    await ledger.close();
    ledger = await street.open();
  });

  after(async () => {
    await ledger.close();
    street.remove();
  });

  it('hold what was settled in time, with the leaves that it follows from', async () => {
    const november = await month(source(), NOVEMBER);
    const home = november.get('member/home-2')!;
    assert.deepEqual([home.state, home.intervals.settled, home.lines.length], ['final', 2, 4]);
    const [trade] = home.lines;
    for (const [kind, index] of Object.entries({ ...trade!.proof, orders: undefined })) {
      if (index !== undefined) assert.equal(ledger.leaf(index as number)?.tags.kind, kind);
    }
    const orders = trade!.proof.orders.map((index) => ledger.leaf(index)!.tags);
    assert.deepEqual(orders, [{ kind: 'order', member: 'home-2', interval: INTERVALS[0] }]);
    assert.equal(ledger.leaf(trade!.proof.meter!)?.tags.member, 'home-2');
    const sum = [...november.values()].reduce((all, { balance }) => all + BigInt(balance.total), 0n);
    assert.equal(sum, 0n);
  });

  it('have the first checkpoint that covers all of it, however the log grows', async () => {
    const { proof } = (await month(source(), NOVEMBER)).get('supplier')!;
    assert.ok(proof && proof.size < ledger.size);
    assert.match(proof.checkpoint!, new RegExp(`^${ORIGIN}\n${proof.size}\n`));
    const needed = Math.max(
      ...(await month(source(), NOVEMBER)).get('supplier')!.lines.map((line) => line.proof.settlement!),
    );
    assert.ok(needed < proof.size);
  });

  it('put what was settled late into the next month, which begins where the last ended', async () => {
    const [november, december] = [await month(source(), NOVEMBER), await month(source(), DECEMBER)];
    for (const [account, statement] of december) {
      assert.equal(statement.balance.opening, november.get(account)?.balance.closing ?? '0', account);
    }
    const home = december.get('member/home-2')!;
    const late = home.lines.filter(({ section }) => section === 'late');
    assert.deepEqual(
      late.map(({ interval, code }) => [interval, code]),
      [
        [OPEN, 'trade'],
        [OPEN, 'import'],
      ],
    );
    assert.ok(late.every(({ proof }) => proof.settlement !== null && proof.clearing !== null && proof.meter !== null));
    assert.equal(home.intervals.settled, 1);
  });

  it('book payments from notes of the operator, once, when they were recorded', async () => {
    const november = (await month(source(), NOVEMBER)).get('member/home-2')!;
    assert.deepEqual(
      november.payments.map(({ id, on, counterAccount, amount }) => [id, on, counterAccount, amount]),
      [['sunny-20261201-1-001', '2026-12-01', 'community', -170_000_000]],
    );
    const december = (await month(source(), DECEMBER)).get('community')!;
    assert.deepEqual(
      december.payments.map(({ id, amount }) => [id, amount]),
      [['sunny-20261201-1-002', 170_000_000]],
    );
    assert.equal(december.balance.opening, '170000000');
  });

  it('are the same from the store, the database and the export', async () => {
    const pace = new Pace();
    const files = await exportSource(openFileStore(street.exported), pace);
    for (const period of [NOVEMBER, DECEMBER]) {
      const fromStore = await month(source(), period);
      await ledger.close();
      const database = openAuditStore(street.database);
      try {
        for (const raw of [databaseFileSource(database), files]) {
          const checkpoint = raw.checkpoint(raw.sealedSize);
          const found = await month(
            await sequenceSource({ leaves: () => raw.leaves(), checkpoint }, period, pace),
            period,
          );
          assert.deepEqual([...found.keys()], [...fromStore.keys()]);
          for (const [account, statement] of found) {
            // Of an export only the newest checkpoint is at hand.
            assert.equal(statement.proof?.size, raw.sealedSize);
            assert.equal(
              JSON.stringify({ ...statement, proof: null }),
              JSON.stringify({ ...fromStore.get(account), proof: null }),
            );
          }
        }
      } finally {
        database.close();
        ledger = await street.open();
      }
    }
  });

  it('find the time zone of the tariff by which the ledger bills', async () => {
    const rules = (tariff: string | null) => ({ index: 0, note: '{"kind":"rules"}', body: JSON.stringify({ tariff }) });
    const zone = (...tariffs: (string | null)[]) => zoneOfLedger({ leaves: () => tariffs.map(rules) }, new Pace());
    assert.equal(await zone('{"timeZone":"Europe/Paris"}', '{"timeZone":"Europe/Lisbon"}'), 'Europe/Lisbon');
    assert.equal(await zone('{"timeZone":"Europe/Paris"}', null), null);
    assert.equal(await zone('{"timeZone":"Mars/Olympus"}'), null);
    const own = { leaves: () => ledger.store.leaves(0, ledger.size) };
    assert.equal(await zoneOfLedger(own, new Pace()), null);
  });

  it('take what roofs gave from elsewhere', async () => {
    const generation = () => [{ member: 'home-1', generationWh: 1500 }];
    const found = await month(source({ generation }), NOVEMBER);
    assert.deepEqual(
      [found.get('member/home-1')?.energy?.loadWh, found.get('member/home-1')?.energy?.pvWh],
      [600, 3000],
    );
    assert.equal((await month(source(), NOVEMBER)).get('member/home-1')?.energy?.loadWh, null);
  });

  it('give one account after the other in groups, the same', async () => {
    const making = { source: source(), period: NOVEMBER, asOf: NOVEMBER.closes, pace: new Pace() };
    const counted = await makeMonth(making, () => false);
    const whole = await month(source(), NOVEMBER);
    for await (const statement of statementsOf(making, counted, counted.accounts)) {
      assert.equal(JSON.stringify(statement), JSON.stringify(whole.get(statement.account)));
    }
    const { accounts, sum } = accountsOfMonth(counted.book, counted.context);
    assert.deepEqual([sum, accounts.map(({ account }) => account)], ['0', [...whole.keys()]]);
    assert.throws(() => new Statements(counted.book, counted.context).of('supplier'), /not asked for/);
  });

  it('leave a settlement whose body was erased out, and say that the quarter hour is not settled', async () => {
    const [settlement] = ledger.records({ kind: 'settlement', interval: INTERVALS[0]! });
    ledger.store.dropBody(settlement!.head.bodyHash, settlement!.index);
    const { intervals } = (await month(source(), NOVEMBER)).get('supplier')!;
    assert.equal(intervals.settled, 1);
    assert.ok(intervals.unsettled.some(({ first, last }) => first <= INTERVALS[0]! && last >= INTERVALS[0]!));
  });
});
