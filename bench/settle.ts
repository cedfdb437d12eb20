// `settle/1` from the inputs of intervals (clearing, meters, tariffs) to lines of money, in lines a second. The limit in the same
// run: the bare amounts of as many lines, Wh x price over typed arrays, summed in a BigInt: what has to be computed at least, and
// nothing of it written down. A home every second of which buys from the one before it, and no meter that agrees with its trades.
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { correct } from '../src/settlement/correct.ts';
import { readTariff } from '../src/settlement/read-tariff.ts';
import { tariffResolver } from '../src/settlement/resolve.ts';
import { settle } from '../src/settlement/settle.ts';
import type { IntervalInput, MeteredEnergy, Settlement, SettlementInput } from '../src/settlement/settlement.ts';
import type { Tariffs } from '../src/settlement/tariffs.ts';
import { intervalAfter } from '../src/time/interval.ts';
import { type Figure, measure } from './harness.ts';

const PLAIN: Tariffs = { import: 300_000, feedIn: 80_000 };
const FULL: Tariffs = {
  ...PLAIN,
  networkFee: { feeder: 10_000, substation: 30_000, beyond: 70_000 },
  levies: 20_500,
  vatBasisPoints: 1_900,
};
const NIGHT = readTariff({
  timeZone: 'Europe/Paris',
  periods: [
    {
      from: '2020-01-01',
      import: {
        kind: 'time-of-use',
        rates: [{ price: 200_000, windows: [{ from: '22:00', to: '06:00' }] }, { price: 300_000 }],
      },
      feedIn: { kind: 'fixed', price: 80_000 },
      capacity: { price: 4_000_000 },
      networkFee: { feeder: 10_000, substation: 30_000, beyond: 70_000 },
      levies: 20_500,
      vatBasisPoints: 1_900,
    },
  ],
});

export async function* figures(): AsyncGenerator<Figure> {
  for (const lines of [1_000, 10_000, 100_000, 1_000_000]) {
    const input = street(FULL, 100, lines);
    yield await speed(`${lines.toLocaleString('en')} lines, with fees, levies and VAT`, () => settle(input), lines);
  }
  for (const [what, tariffs] of [
    ['energy alone', PLAIN],
    ['deviations pooled', { ...FULL, balancing: { rule: 'pooled/1' } }],
  ] as const) {
    const input = street(tariffs, 100, 1_000_000);
    yield await speed(`1,000,000 lines, ${what}`, () => settle(input));
  }
  yield await byDocument();
  // Each in a scope of its own: what another keeps alive would be collected over and over in this one's time.
  yield await crowd();
  yield await bareAmounts(street(FULL, 100, 1_000_000));
  yield await lateValues();
  yield await memory(street(FULL, 100, 1_000_000));
}

function byDocument(): Promise<Figure> {
  const input = street(FULL, 100, 1_000_000);
  return speed('1,000,000 lines, by a document with hours of a place and a capacity charge', () => {
    const resolve = tariffResolver(NIGHT);
    const intervals = input.intervals.map((part) => {
      const resolved = resolve(part.interval);
      return { ...part, tariffs: 'open' in resolved ? resolved : resolved.tariffs };
    });
    return settle({ intervals });
  });
}

function crowd(): Promise<Figure> {
  const input = street(FULL, 100_000, 1);
  const lines = settle(input).lines.length.toLocaleString('en');
  return measure({
    name: `one interval of 100,000 members, ${lines} lines`,
    unit: 'ms',
    ours: () => {
      settle(input);
      return undefined;
    },
  });
}

/** @param about how many lines: small settlements take less than the clock's grain, so several count as one */
function speed(name: string, once: () => Settlement, about = 1_000_000): Promise<Figure> {
  const times = Math.max(1, Math.floor(200_000 / about));
  return measure({
    name,
    unit: 'lines/s',
    aim: { atLeast: 500_000 },
    ours: () => {
      let lines = 0;
      const start = performance.now();
      for (let i = 0; i < times; i++) lines += once().lines.length;
      return (lines * 1000) / (performance.now() - start);
    },
  });
}

function bareAmounts(input: SettlementInput): Promise<Figure> {
  const { lines, accounts } = settle(input);
  const wh = Float64Array.from(lines, (line) => line.wh);
  const price = Float64Array.from(lines, (line) => line.price);
  const amounts = new Float64Array(lines.length);
  return measure({
    name: `${lines.length.toLocaleString('en')} lines of ${Object.keys(accounts).length} accounts, against their bare amounts`,
    unit: 'ms',
    ours: () => {
      settle(input);
      return undefined;
    },
    against: {
      name: 'Wh x price over typed arrays, summed in a BigInt',
      run: () => {
        let sum = 0n;
        for (let i = 0; i < amounts.length; i++) {
          const amount = wh[i]! * price[i]!;
          amounts[i] = amount;
          sum += BigInt(amount);
        }
        if (sum === 0n) throw new Error('the amounts of energy are not 0');
        return undefined;
      },
    },
  });
}

/** Every hundredth meter value comes late, and is another: the correction of a month that was estimated. */
function lateValues(): Promise<Figure> {
  const input = street(FULL, 100, 100_000);
  const late = (meter: MeteredEnergy, index: number): MeteredEnergy =>
    index % 100 === 7 ? { ...meter, importWh: (meter.importWh ?? 0) + 13 } : meter;
  const before = settle(input);
  const after = settle({
    ...input,
    intervals: input.intervals.map((part) => ({ ...part, meters: part.meters.map(late) })),
  });
  return measure({
    name: `correction of ${before.lines.length.toLocaleString('en')} lines, every hundredth value another`,
    unit: 'ms',
    ours: () => {
      if (correct(before, after).lines.length === 0) throw new Error('nothing was corrected');
      return undefined;
    },
  });
}

/** What the heap holds for a settlement that is kept, after a forced collection. */
function memory(input: SettlementInput): Promise<Figure> {
  setFlagsFromString('--expose-gc');
  const collect: () => void = runInNewContext('gc');
  const held = () => {
    collect();
    return process.memoryUsage().heapUsed;
  };
  return measure({
    name: 'JavaScript heap of a settlement of 1,000,000 lines',
    unit: 'bytes per line',
    runs: 5,
    warmUp: 1,
    ours: () => {
      const before = held();
      const settlement = settle(input);
      const after = held();
      return (after - before) / settlement.lines.length;
    },
  });
}

/** As many intervals of so many homes as make about so many lines. */
function street(tariffs: Tariffs, homes: number, lines: number): SettlementInput {
  const random = generator(homes);
  const of = (index: number) => interval(intervalAfter('2026-01-01T00:00Z', index), homes, random);
  const each = settle({ tariffs, intervals: [of(0)] }).lines.length;
  return { tariffs, intervals: Array.from({ length: Math.ceil(lines / each) }, (_, index) => of(index)) };
}

function interval(name: string, homes: number, random: (below: number) => number): IntervalInput {
  const sells = (home: number) => home % 2 === 0;
  const meters = Array.from({ length: homes }, (_, home): MeteredEnergy => {
    const wh = 400 + random(300);
    return {
      member: `home-${home}`,
      importWh: sells(home) ? 0 : wh,
      exportWh: sells(home) ? wh : 0,
      quality: 'measured',
    };
  });
  const pairs = meters
    .filter((_, home) => !sells(home))
    .map(({ member }, index) => ({ buyer: member, seller: `home-${2 * index}`, wh: 300 + random(200) }));
  return { interval: name, clearing: { price: 190_500, pairs }, meters };
}

/** Deterministic numbers (xorshift32), so that every run settles the same. */
function generator(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % below;
  };
}
