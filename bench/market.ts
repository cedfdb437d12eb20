// `uniform-price/1` from order objects to fills readable by index, against sorting the same limits in a Float64Array, what any
// engine that sorts has to do at least; and against itself written plainly with objects. Limits: whole micro-currency per kWh
// between two tariffs, evenly spread. Memory: what the process holds of a million orders, and what a clearing adds to it.
// `continuous/1` through its object interface, against npm `nodejs-order-book` on the same stream of orders and cancels.
// `zonal/1` as a whole, from the list of areas to fills, prices, flows and pairs: homes on feeders on substations on one
// community, with lines of which some fill up, and fees.
// Preferences as a whole clearing: every order has one, of each kind a third, over ten homes a feeder.

import { clear } from '../src/market/clear.ts';
import { ContinuousBook } from '../src/market/continuous-book.ts';
import type { Area, Auction, Order, Preference } from '../src/market/order.ts';
import { matchUniformPrice } from '../src/market/rules/uniform-price.ts';
import { clearZonal } from '../src/market/rules/zonal.ts';
import { type Aim, type Figure, measure } from './harness.ts';
import { heldBytes } from './support/held-bytes.ts';
import { loadPeerBook } from './support/order-book-peer.ts';
import { clearPlainly } from './support/plain-auction.ts';

const SIZES: readonly (readonly [orders: number, aim: Aim])[] = [
  [1_000, null],
  [10_000, null],
  [100_000, null],
  [1_000_000, { atMost: 1.5 }],
];
/** Orders and cancels. */
const STREAM = 200_000;
const ZONAL_SIZES: readonly (readonly [feeders: number, aim: Aim])[] = [
  [10, null],
  [100, null],
  [1_000, { atMost: 1_000 }],
];
const PREFERRED_SIZES: readonly (readonly [orders: number, aim: Aim])[] = [
  [1_000, null],
  [10_000, null],
  [100_000, { atMost: 1_000 }],
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
  yield* plainFigures();
  yield* continuousFigures();
  yield* zonalFigures();
  yield* preferredFigures();
}

/** The whole of it in plain objects; and the memory of both orders and result. */
async function* plainFigures(): AsyncGenerator<Figure> {
  const count = 1_000_000;
  const random = generator(count);
  const before = heldBytes();
  const orders = Array.from({ length: count }, (_, index) => randomOrder(index, count, random));
  const held = heldBytes() - before;
  const auction = { interval: INTERVAL, orders };
  yield await measure({
    name: 'clear 1,000,000 orders, against plain objects',
    unit: 'ms',
    aim: { atMost: 0.3 },
    runs: 7,
    ours: () => perTime(1, () => clearOnce(auction)),
    against: {
      name: 'the same auction in plain objects',
      run: () => perTime(1, () => clearPlainly(auction)[count >> 1]!),
    },
  });
  yield await measure({
    name: 'memory of 1,000,000 orders and their fills',
    unit: 'bytes an order',
    ours: () => {
      const empty = heldBytes();
      const result = matchUniformPrice(auction);
      const more = heldBytes() - empty;
      if (result.filledWh.length !== count) throw new Error('a run cleared nothing');
      return (held + more) / count;
    },
  });
}

async function* continuousFigures(): AsyncGenerator<Figure> {
  const PeerBook = loadPeerBook();
  const random = generator(STREAM);
  // Limits of a street: a tenth of a cent apart, both sides around the middle. Every fifth operation takes an order back.
  const stream = Array.from({ length: STREAM }, (_, index): Order | string =>
    index > 100 && random(5) === 0
      ? `o${index - 1 - random(100)}`
      : { ...randomOrder(index, STREAM, random), limit: 80_000 + 1_000 * random(221) },
  );
  yield await measure({
    name: `continuous/1: a stream of ${STREAM.toLocaleString('en')} orders and cancels`,
    unit: 'operations a second',
    aim: { atLeast: 5 },
    ours: () => {
      const book = new ContinuousBook();
      return perSecond(() => {
        for (const each of stream) {
          if (typeof each === 'string') book.cancel(each);
          else book.place(each);
        }
      });
    },
    against: {
      name: 'nodejs-order-book',
      run: () => {
        const book = new PeerBook();
        return perSecond(() => {
          for (const each of stream) {
            if (typeof each === 'string') book.cancel(each);
            else book.limit({ side: each.side, id: each.id, size: each.wh, price: each.limit });
          }
        });
      },
    },
  });
}

function perSecond(run: () => void): number {
  const start = performance.now();
  run();
  return (STREAM * 1000) / (performance.now() - start);
}

async function* zonalFigures(): AsyncGenerator<Figure> {
  for (const [feeders, aim] of ZONAL_SIZES) {
    const count = feeders * 100;
    const random = generator(count);
    const orders = Array.from({ length: count }, (_, index) => randomOrder(index, count, random));
    const areas = streetsAndHomes(feeders, count / 10, random);
    const times = Math.max(1, Math.floor(20_000 / count));
    yield await measure({
      name: `zonal/1: ${count.toLocaleString('en')} orders on ${feeders.toLocaleString('en')} feeders`,
      unit: 'ms',
      aim,
      ours: () => perTime(times, () => clearZonal({ interval: INTERVAL, orders, areas }).fills[count >> 1]!.wh),
    });
  }
}

async function* preferredFigures(): AsyncGenerator<Figure> {
  for (const [count, aim] of PREFERRED_SIZES) {
    const random = generator(count);
    const members = count / 10;
    const places = new Map(
      Array.from({ length: members }, (_, index) => [
        `m${index}`,
        { feeder: `f${index % (members / 10)}`, substation: 's' },
      ]),
    );
    const orders = Array.from({ length: count }, (_, index) =>
      preferring(randomOrder(index, count, random), members, random),
    );
    const times = Math.max(1, Math.floor(10_000 / count));
    yield await measure({
      name: `uniform-price/1: ${count.toLocaleString('en')} orders with preferences`,
      unit: 'ms',
      aim,
      ours: () => perTime(times, () => clear('uniform-price/1', { interval: INTERVAL, orders, places }).volumeWh),
    });
  }
}

/** A third each: three partners, the feeder, renewable surplus; every other sell is renewable. */
function preferring(order: Order, members: number, random: (below: number) => number): Order {
  const { side, member } = order;
  const mode = random(2) === 0 ? 'only' : 'first';
  const kind = random(3);
  const named = Array.from({ length: 3 }, () => `m${random(members)}`).filter((name) => name !== member);
  const partners = [...new Set(named)].sort();
  const preference: Preference =
    kind === 0 && partners.length > 0
      ? { mode, from: 'partners', partners }
      : { mode, from: kind === 1 || side === 'sell' ? 'feeder' : 'renewable' };
  return { ...order, preference, ...(side === 'sell' && random(2) === 0 ? { renewable: true } : {}) };
}

/** Ten homes a feeder, about thirty feeders a substation. */
function streetsAndHomes(feeders: number, homes: number, random: (below: number) => number): Area[] {
  const substations = Math.ceil(feeders / 30);
  const edge = (wh: number, fee: number) => ({ importWh: random(2 * wh), exportWh: random(2 * wh), fee });
  const named = (kind: string, count: number, make: (index: number) => Omit<Area, 'id'>): Area[] =>
    Array.from({ length: count }, (_, index) => ({ id: `${kind}${index}`, ...make(index) }));
  return [
    { id: 'community' },
    ...named('s', substations, () => ({ parent: 'community', ...edge(200_000, 3_000) })),
    ...named('f', feeders, (index) => ({ parent: `s${index % substations}`, ...edge(15_000, 2_000) })),
    ...named('h', homes, (index) => ({ parent: `f${index % feeders}`, ...edge(8_000, 1_000), members: [`m${index}`] })),
  ];
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
