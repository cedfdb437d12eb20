// `uniform-price/1` from order objects to fills readable by index, against sorting the same limits in a Float64Array:
// what any engine that sorts has to do at least. Limits: whole micro-currency per kWh between two tariffs, evenly spread.

import type { Auction, Order } from '../src/market/order.ts';
import { matchUniformPrice } from '../src/market/rules/uniform-price.ts';
import { type Aim, type Figure, measure } from './harness.ts';

const SIZES: readonly (readonly [orders: number, aim: Aim])[] = [
  [1_000, null],
  [10_000, null],
  [100_000, null],
  [1_000_000, { atMost: 3 }],
];
const INTERVAL = '2026-11-22T08:15Z';

export async function* figures(): AsyncGenerator<Figure> {
  for (const [count, aim] of SIZES) {
    const random = generator(count);
    const orders = Array.from({ length: count }, (_, index) => randomOrder(index, count, random));
    const limits = Float64Array.from(orders, (order) => order.limit);
    // Small books take less than the clock's grain: several in one run.
    const times = Math.max(1, Math.floor(200_000 / count));
    yield await measure({
      name: `clear ${count.toLocaleString('en')} orders`,
      unit: 'ms',
      aim,
      runs: 11,
      ours: () => perTime(times, () => clearOnce({ interval: INTERVAL, orders })),
      against: {
        name: 'sort their limits in a Float64Array',
        run: () => perTime(times, () => limits.slice().sort()[0]!),
      },
    });
  }
}

function perTime(times: number, once: () => number): number {
  let kept = 0;
  const start = performance.now();
  for (let i = 0; i < times; i++) kept += once();
  const each = (performance.now() - start) / times;
  if (Number.isNaN(kept)) throw new Error('a run gave no number');
  return each;
}

/** Reads one fill, so that the work cannot be left out. */
function clearOnce(auction: Auction): number {
  const { filledWh } = matchUniformPrice(auction);
  return filledWh[filledWh.length >> 1]!;
}

function randomOrder(index: number, count: number, random: (below: number) => number): Order {
  return {
    id: `o${index}`,
    member: `m${random(Math.max(10, count / 10))}`,
    side: random(2) === 0 ? 'buy' : 'sell',
    wh: 1 + random(3000),
    limit: 80_000 + random(220_001),
  };
}

/** Deterministic numbers (xorshift32), so that every run clears the same book. */
function generator(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % below;
  };
}
