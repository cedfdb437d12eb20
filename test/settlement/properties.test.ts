// What holds of every settlement, over random auctions, meters, places and tariffs with every charge and balancing rule: sums are
// 0, energy is conserved, money moves only between named accounts, the order of rows changes no byte, and corrections in any
// sequence come to what is settled at once.
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { clear } from '../../src/market/clear.ts';
import { PAY_AS_BID } from '../../src/market/rules/pay-as-bid.ts';
import { TRADE_REDUCTION } from '../../src/market/rules/trade-reduction.ts';
import { UNIFORM_PRICE } from '../../src/market/rules/uniform-price.ts';
import { chainFault, correct, standing } from '../../src/settlement/correct.ts';
import { withEstimates } from '../../src/settlement/estimate.ts';
import { tariffResolver } from '../../src/settlement/resolve.ts';
import { settle } from '../../src/settlement/settle.ts';
import type { IntervalInput, MeteredEnergy, SettlementInput } from '../../src/settlement/settlement.ts';
import { intervalAfter, intervalEnd } from '../../src/time/interval.ts';
import { MEMBERS, ordersOf } from '../support/books.ts';
import { resolvedTariffs, tariffs } from '../support/tariffs.ts';

const FIRST = '2026-11-22T08:15Z';
const ACCOUNT = /^(?:member\/.+|supplier|network|tax|fund)$/u;
const bigSum = (values: Iterable<string | number>) => [...values].reduce((sum, value) => sum + BigInt(value), 0n);

const energy = fc.integer({ min: 0, max: 20_000 });
const meterOf = (member: string): fc.Arbitrary<MeteredEnergy> =>
  fc
    .tuple(energy, energy, fc.constantFrom('measured' as const, 'estimated' as const, 'missing' as const))
    .map(([importWh, exportWh, quality]) => ({ member, importWh, exportWh, quality }));
const meters = fc.tuple(...MEMBERS.map(meterOf));
const book = ordersOf({ limit: fc.integer({ min: -50_000, max: 400_000 }), wh: fc.integer({ min: 1, max: 9000 }) });
const rules = fc.constantFrom(UNIFORM_PRICE, PAY_AS_BID, TRADE_REDUCTION);
const places = fc
  .array(fc.tuple(fc.constantFrom('f1', 'f2', 'f3'), fc.constantFrom('s1', 's2')), { maxLength: MEMBERS.length })
  .map((list) => new Map(list.map(([feeder, substation], index) => [MEMBERS[index]!, { feeder, substation }])));

const parts: fc.Arbitrary<IntervalInput[]> = fc
  .array(fc.tuple(rules, book, meters, fc.option(resolvedTariffs, { nil: undefined })), { minLength: 1, maxLength: 3 })
  .map((list) =>
    list.map(([rule, orders, rows, own], index) => {
      const interval = intervalAfter(FIRST, index);
      const clearing = clear(rule, { interval, members: MEMBERS, orders });
      return { interval, clearing, meters: rows, ...(own ? { tariffs: own } : {}) };
    }),
  );
const inputs: fc.Arbitrary<SettlementInput> = fc
  .tuple(resolvedTariffs, parts, places)
  .map(([common, intervals, tree]) => ({ tariffs: common, intervals, places: tree }));

describe('settlement, properties over all tariffs and balancing rules', () => {
  it('sums to 0, and money moves only between named accounts', () => {
    fc.assert(
      fc.property(inputs, (input) => {
        const { lines, accounts, sum, rows } = settle(input);
        assert.equal(sum, '0');
        assert.equal(bigSum(Object.values(accounts)), 0n);
        const owed = new Map<string, bigint>();
        for (const { account, counterAccount, wh, price, amount, code } of lines) {
          for (const name of [account, counterAccount]) assert.match(name, ACCOUNT);
          assert.notEqual(account, counterAccount);
          if (code !== 'vat') assert.equal(BigInt(amount), BigInt(wh) * BigInt(price));
          if (!['trade', 'pool', 'import', 'feed-in'].includes(code)) assert.notEqual(amount, 0);
          owed.set(account, (owed.get(account) ?? 0n) - BigInt(amount));
          owed.set(counterAccount, (owed.get(counterAccount) ?? 0n) + BigInt(amount));
        }
        assert.deepEqual(Object.fromEntries([...owed].map(([name, nano]) => [name, String(nano)])), accounts);
        for (const member of MEMBERS) {
          const bills = rows.filter((row) => row.member === member).map(({ amount }) => amount);
          assert.equal(bigSum(bills), -BigInt(accounts[`member/${member}`] ?? '0'));
        }
      }),
      { numRuns: 300 },
    );
  });

  it('conserves energy: what a member takes is what it bought, pooled, imported, less what it gave', () => {
    fc.assert(
      fc.property(inputs, (input) => {
        const { rows, lines } = settle(input);
        for (const row of rows) {
          const { importWh, exportWh, boughtWh, soldWh, supplierWh, feedInWh, poolBoughtWh = 0, poolSoldWh = 0 } = row;
          const lineWh = (code: string, side: 'account' | 'counterAccount') =>
            lines
              .filter((line) => line.interval === row.interval && line.code === code)
              .filter((line) => line[side] === `member/${row.member}`)
              .reduce((wh, line) => wh + line.wh, 0);
          assert.deepEqual(
            [lineWh('trade', 'account'), lineWh('trade', 'counterAccount'), lineWh('import', 'account')],
            [boughtWh, soldWh, supplierWh],
          );
          assert.deepEqual(
            [lineWh('pool', 'account'), lineWh('pool', 'counterAccount'), lineWh('feed-in', 'counterAccount')],
            [poolBoughtWh, poolSoldWh, feedInWh],
          );
          if (importWh === null || exportWh === null) continue;
          const taken = boughtWh - soldWh + poolBoughtWh - poolSoldWh + supplierWh - feedInWh;
          assert.equal(taken, importWh - exportWh);
        }
      }),
      { numRuns: 200 },
    );
  });

  it('pools all that can be: after it nobody buys from the supplier while another sells to it', () => {
    fc.assert(
      fc.property(inputs, (input) => {
        const pooled = {
          ...input,
          intervals: input.intervals.map((part) => ({
            ...part,
            tariffs: { import: 300_000, feedIn: 80_000, balancing: { rule: 'pooled/1' as const } },
          })),
        };
        const { rows } = settle(pooled);
        for (const { interval } of input.intervals) {
          const here = rows.filter((row) => row.interval === interval);
          assert.ok(here.every((row) => row.supplierWh === 0) || here.every((row) => row.feedInWh === 0));
        }
      }),
      { numRuns: 200 },
    );
  });

  it('the order of meters, intervals and places changes no byte', () => {
    const shuffled = <Item>(items: readonly Item[]) =>
      fc.shuffledSubarray([...items], { minLength: items.length, maxLength: items.length });
    fc.assert(
      fc.property(
        inputs.chain((input) =>
          fc.tuple(
            fc.constant(input),
            fc
              .tuple(...input.intervals.map((part) => shuffled(part.meters)))
              .chain((rows) => shuffled(input.intervals.map((part, index) => ({ ...part, meters: rows[index]! })))),
            shuffled([...input.places!]),
          ),
        ),
        ([input, intervals, tree]) => {
          const permuted = settle({ ...input, intervals, places: new Map(tree) });
          assert.equal(JSON.stringify(permuted), JSON.stringify(settle(input)));
        },
      ),
      { numRuns: 200 },
    );
  });

  it('absent charges count 0, to the byte', () => {
    fc.assert(
      fc.property(inputs, (input) => {
        const bare = { import: 300_000, feedIn: 80_000 };
        const zeros = {
          ...bare,
          networkFee: { feeder: 0, substation: 0, beyond: 0 },
          levies: 0,
          vatBasisPoints: 0,
          feedInVatBasisPoints: 0,
          balancing: { rule: 'penalty/1', penalty: 0 },
        } as const;
        const by = (given: typeof bare) => {
          const intervals = input.intervals.map((part) => ({ ...part, tariffs: given }));
          return JSON.stringify(settle({ ...input, intervals }));
        };
        assert.equal(by(zeros), by(bare));
      }),
      { numRuns: 100 },
    );
  });

  it('corrections in any sequence come to what is settled at once from the final values', () => {
    fc.assert(
      fc.property(
        inputs,
        fc.array(fc.tuple(fc.nat(), fc.nat(), energy, energy), { maxLength: 6 }),
        (input, changes) => {
          let now = input;
          let before = settle(input);
          const first = before;
          const chain: ReturnType<typeof correct>[] = [];
          for (const [which, whose, importWh, exportWh] of changes) {
            const place = which % now.intervals.length;
            const member = MEMBERS[whose % MEMBERS.length]!;
            const value = { member, importWh, exportWh, quality: 'measured' } as const;
            const intervals = now.intervals.map((part, index) =>
              index === place
                ? { ...part, meters: part.meters.map((row) => (row.member === member ? value : row)) }
                : part,
            );
            now = { ...now, intervals };
            const after = settle(now);
            const correction = correct(before, after);
            assert.equal(correction.sum, '0');
            assert.deepEqual(correct(before, before).lines, []);
            chain.push(correction);
            before = after;
          }
          const lines = chain.map((correction) => correction.lines);
          assert.equal(chainFault(first.lines, lines, before.lines), null);
          assert.equal(standing(first.lines, ...lines).length, before.lines.length);
          // The accounts add up without looking at lines at all.
          const total = new Map(Object.entries(first.accounts).map(([name, nano]) => [name, BigInt(nano)]));
          for (const { accounts } of chain) {
            for (const [name, nano] of Object.entries(accounts))
              total.set(name, (total.get(name) ?? 0n) + BigInt(nano));
          }
          for (const [name, nano] of total) assert.equal(String(nano), before.accounts[name] ?? '0');
          // The newest row of each interval and member is the final one.
          const rows = new Map(first.rows.map((row) => [`${row.interval} ${row.member}`, row]));
          for (const correction of chain)
            for (const row of correction.rows) rows.set(`${row.interval} ${row.member}`, row);
          for (const row of before.rows) assert.deepEqual(rows.get(`${row.interval} ${row.member}`), row);
        },
      ),
      { numRuns: 150 },
    );
  });

  it('after the estimate nothing is open, and the late values correct it', () => {
    fc.assert(
      fc.property(inputs, meters, (input, real) => {
        const last = input.intervals.at(-1)!.interval;
        const { input: filled } = withEstimates(input, { at: intervalEnd(last), afterHours: 0, history: [] });
        const estimated = settle(filled);
        assert.deepEqual(estimated.open, []);
        const final = settle({ ...input, intervals: input.intervals.map((part) => ({ ...part, meters: real })) });
        const corrections = [correct(settle(input), estimated).lines, correct(estimated, final).lines];
        assert.equal(chainFault(settle(input).lines, corrections, final.lines), null);
      }),
      { numRuns: 100 },
    );
  });

  it('a document settles as the tariffs that it is resolved to', () => {
    const prices = fc.array(fc.option(fc.integer({ min: -50_000, max: 300_000 }), { nil: undefined }), {
      minLength: 3,
      maxLength: 3,
    });
    fc.assert(
      fc.property(tariffs, inputs, prices, (document, input, known) => {
        const resolve = tariffResolver(document);
        const intervals = input.intervals.map((part, index) => {
          const resolved = resolve(part.interval, known[index]);
          return { ...part, tariffs: 'open' in resolved ? resolved : resolved.tariffs };
        });
        const { sum, open, lines } = settle({ ...input, intervals });
        assert.equal(sum, '0');
        for (const { interval, tariffs } of intervals) {
          if (!('open' in tariffs)) continue;
          assert.ok(open.some((each) => each.interval === interval && each.reason === tariffs.open));
          assert.ok(!lines.some((line) => line.interval === interval));
        }
      }),
      { numRuns: 150 },
    );
  });
});
