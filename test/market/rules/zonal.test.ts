// One auction over a feeder tree: the example of docs/market-zonal.md by hand, corners, and the invariants of market.md as
// properties; the optimum is found again by a linear program and by trying every way.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import type { Area, Auction, Order } from '../../../src/market/order.ts';
import { clearUniformPrice } from '../../../src/market/rules/uniform-price.ts';
import { type AreaClearing, clearZonal, matchZonal, type ZonalClearing } from '../../../src/market/rules/zonal.ts';
import { auctionsOf, INTERVAL, MEMBERS } from '../../support/books.ts';
import { treesOf, zonalAuctionsOf } from '../../support/feeder-trees.ts';
import { projectRoot } from '../../support/source.ts';
import { everyWay, flowsOf, linearProgram, type Solve, worthOf } from '../../support/zonal-optimum.ts';

type Row = readonly [id: string, member: string, side: 'buy' | 'sell', wh: number, limit: number];

const book = (...rows: Row[]): Order[] =>
  rows.map(([id, member, side, wh, limit]) => ({ id, member, side, wh, limit }));
const areaOf = (clearing: Pick<ZonalClearing, 'areas'>, id: string): AreaClearing =>
  clearing.areas.find((area) => area.id === id)!;
const fillsOf = (clearing: ZonalClearing) => Object.fromEntries(clearing.fills.map(({ id, wh }) => [id, wh]));

/** Two feeders under one street; `a`, `b` on the first, `c`, `d` on the second. */
const twoFeeders = (f1: Partial<Area> = {}, f2: Partial<Area> = {}): Area[] => [
  { id: 'street' },
  { id: 'f1', parent: 'street', members: ['a', 'b'], ...f1 },
  { id: 'f2', parent: 'street', members: ['c', 'd'], ...f2 },
];

describe('zonal/1', () => {
  const trade = book(['b', 'a', 'buy', 10, 30], ['s', 'c', 'sell', 10, 10]);
  const corners: readonly {
    readonly name: string;
    readonly areas: Area[];
    readonly orders: Order[];
    /** Wh by order, flows and prices by area (street, f1, f2). */
    readonly fills: readonly number[];
    readonly flows: readonly number[];
    readonly prices: readonly (number | null)[];
  }[] = [
    { name: 'an empty book', areas: twoFeeders(), orders: [], fills: [], flows: [0, 0, 0], prices: [null, null, null] },
    {
      name: 'wide edges, no fees',
      areas: twoFeeders(),
      orders: trade,
      fills: [10, 10],
      flows: [0, 10, -10],
      prices: [20, 20, 20],
    },
    {
      name: 'fees on both edges lie between the prices',
      areas: twoFeeders({ fee: 3 }, { fee: 2 }),
      orders: trade,
      fills: [10, 10],
      // The street supports 12 to 27.
      flows: [0, 10, -10],
      prices: [19, 22, 17],
    },
    {
      name: 'fees that eat the whole gain: what just breaks even trades',
      areas: twoFeeders({ fee: 12 }, { fee: 8 }),
      orders: trade,
      fills: [10, 10],
      flows: [0, 10, -10],
      prices: [18, 30, 10],
    },
    {
      name: 'fees one too high: nothing trades, no price',
      areas: twoFeeders({ fee: 12 }, { fee: 9 }),
      orders: trade,
      fills: [0, 0],
      flows: [0, 0, 0],
      prices: [null, null, null],
    },
    {
      name: "a narrow edge into f1: its price goes to the buyer's limit, the street's stays at the seller's",
      areas: twoFeeders({ importWh: 4 }),
      orders: trade,
      fills: [4, 4],
      flows: [0, 4, -4],
      prices: [10, 30, 10],
    },
    {
      name: 'a narrow edge out of f2',
      areas: twoFeeders({}, { exportWh: 4 }),
      orders: trade,
      fills: [4, 4],
      flows: [0, 4, -4],
      prices: [30, 30, 10],
    },
    {
      name: 'a shut edge: each feeder for itself, and a street without a price',
      areas: twoFeeders({ importWh: 0, exportWh: 0 }, { importWh: 0, exportWh: 0 }),
      orders: [...trade, ...book(['b2', 'd', 'buy', 10, 15])],
      fills: [0, 10, 10],
      flows: [0, 0, 0],
      prices: [null, null, 12],
    },
    {
      name: 'negative prices: who must get rid of energy pays, and the fee too',
      areas: twoFeeders({ fee: 2 }),
      orders: book(['b', 'a', 'buy', 10, -10], ['s', 'c', 'sell', 10, -30]),
      fills: [10, 10],
      flows: [0, 10, -10],
      // The street supports -30 to -12.
      prices: [-21, -19, -21],
    },
  ];
  for (const { name, areas, orders, fills, flows, prices } of corners) {
    it(name, () => {
      const clearing = clearZonal({ interval: INTERVAL, orders, areas });
      assert.deepEqual(
        clearing.fills.map(({ wh }) => wh),
        fills,
      );
      const shown = ['street', 'f1', 'f2'].map((id) => areaOf(clearing, id));
      assert.deepEqual([shown.map(({ flowWh }) => flowWh), shown.map(({ price }) => price)], [flows, prices]);
      checkClearing({ interval: INTERVAL, orders, areas }, clearing);
    });
  }

  it('the example of docs/market-zonal.md comes out as it was worked by hand', () => {
    const page = readFileSync(join(projectRoot, 'docs/market-zonal.md'), 'utf8');
    const auction = JSON.parse(/```json\n(.*?)```/s.exec(page)![1]!) as Auction;
    const clearing = clearZonal(auction);
    assert.deepEqual(fillsOf(clearing), { b1: 3000, b2: 500, s1: 1000, s2: 3500, b3: 1000 });
    assert.deepEqual(
      clearing.areas.map(({ id, price, flowWh, rent }) => [id, price, flowWh, rent]),
      [
        ['street', 100_000, 0, 0],
        ['f1', 220_000, 2500, 110_000],
        ['f2', 90_000, -2500, 0],
      ],
    );
    const sums = { paid: 0, received: 0, network: 0 };
    for (const { wh, price, sellerPrice, networkFee } of clearing.pairs) {
      sums.paid += wh * price;
      sums.received += wh * sellerPrice;
      sums.network += wh * networkFee;
    }
    // ben's own 500 Wh are set off: 11 of the 86 ct paid and of the 53.5 ct received are his on both sides.
    assert.deepEqual(sums, { paid: 750_000_000, received: 425_000_000, network: 50_000_000 });
    checkClearing(auction, clearing);
  });

  it('a pair says what the buyer pays, the seller gets and the network takes; the rest is rent', () => {
    const areas = twoFeeders({ importWh: 4, fee: 3 }, { fee: 2 });
    const clearing = clearZonal({ interval: INTERVAL, orders: trade, areas });
    // c sells at 10; the street's price is 12; a pays its limit.
    assert.deepEqual(clearing.pairs, [{ buyer: 'a', seller: 'c', wh: 4, price: 30, sellerPrice: 10, networkFee: 5 }]);
    const { price, fee, rent, flowWh } = areaOf(clearing, 'f1');
    assert.deepEqual([price, fee, rent, flowWh], [30, 3, 15, 4]);
    assert.equal(areaOf(clearing, 'f2').rent, 0);
  });

  it('pairs are made in the deepest areas first', () => {
    const areas = twoFeeders({ fee: 1 }, { fee: 1 });
    const orders = book(
      ['1', 'a', 'buy', 5, 30],
      ['2', 'd', 'buy', 5, 30],
      ['3', 'b', 'sell', 5, 10],
      ['4', 'c', 'sell', 5, 10],
    );
    const pairs = clearZonal({ interval: INTERVAL, orders, areas }).pairs.map(({ buyer, seller }) => buyer + seller);
    assert.deepEqual(pairs.sort(), ['ab', 'dc']);
  });

  it('an area counts as one at the merge: it shares by what stands at the limit, then its members do', () => {
    const orders = book(
      ['1', 'a', 'buy', 30, 20],
      ['2', 'b', 'buy', 10, 20],
      ['3', 'c', 'buy', 40, 20],
      ['4', 'd', 'sell', 20, 5],
    );
    const clearing = clearZonal({ interval: INTERVAL, orders, areas: twoFeeders() });
    // 40 Wh stand at this limit in each feeder, so each gets 10; a and b then share theirs 3 to 1: 7.5 and 2.5, odd Wh to a.
    assert.deepEqual(fillsOf(clearing), { '1': 8, '2': 2, '3': 10, '4': 20 });
  });

  it('the odd Wh goes to the area whose first member has its turn', () => {
    const orders = book(['1', 'a', 'buy', 1, 20], ['2', 'c', 'buy', 1, 20], ['3', 'e', 'sell', 1, 5]);
    const areas: Area[] = twoFeeders().map((area) => (area.id === 'street' ? { ...area, members: ['e'] } : area));
    const winners = ['08:15', '08:30', '08:45', '09:00', '09:15'].map((time) => {
      const fills = fillsOf(
        clearZonal({ interval: `2026-11-22T${time}Z`, members: ['a', 'b', 'c', 'd', 'e'], orders, areas }),
      );
      return fills['1'] === 1 ? 'f1' : 'f2';
    });
    // 2015596 mod 5 = 1: b, c, d, e, a are first in turn; after e comes a.
    assert.deepEqual(winners, ['f1', 'f2', 'f2', 'f1', 'f1']);
  });

  it('a home is an area of its own, with what its connection can carry', () => {
    const areas: Area[] = [
      { id: 'street' },
      { id: 'f1', parent: 'street' },
      { id: 'home a', parent: 'f1', importWh: 3, members: ['a'] },
      { id: 'home c', parent: 'f1', members: ['c'] },
    ];
    assert.deepEqual(fillsOf(clearZonal({ interval: INTERVAL, orders: trade, areas })), { b: 3, s: 3 });
  });

  const MAX = 2 ** 53 - 1;
  const refused: readonly (readonly [name: string, orders: Order[], areas: Area[], message: RegExp])[] = [
    ['a member outside the tree', book(['1', 'z', 'buy', 1, 1]), twoFeeders(), /^orders\[0\]\.member "z" stands in no/],
    ['buys beyond 2^53-1', book(['1', 'a', 'buy', MAX, 1], ['2', 'b', 'buy', 1, 1]), twoFeeders(), /orders to buy sum/],
    ['a limit beyond 2^52', book(['1', 'a', 'buy', 1, 2 ** 52]), twoFeeders(), /^orders\[0\]\.limit and the fees/],
    ['a fraction of a Wh', book(['1', 'a', 'buy', 1.5, 1]), twoFeeders(), /^orders\[0\]\.wh must be/],
    ['no tree', [], [{ id: 'a' }, { id: 'b' }], /exactly one area must have no parent/],
  ];
  for (const [name, orders, areas, message] of refused) {
    it(`refuses ${name}`, () => {
      assert.throws(() => clearZonal({ interval: INTERVAL, orders, areas }), { name: 'RangeError', message });
    });
  }
});

/** Books in which single Wh are left for many with the same claim. */
const MANY_TIES = { limit: fc.integer({ min: 0, max: 1 }), wh: fc.integer({ min: 1, max: 2 }) };

describe('zonal/1, properties', () => {
  it('conserves energy on every edge and money over all; limits hold, prices support what happens', () => {
    fc.assert(
      fc.property(zonalAuctionsOf(), (auction) => checkClearing(auction, clearZonal(auction))),
      { numRuns: 2000 },
    );
  });

  it('has the welfare of the linear program, and of all such optima the most energy', async () => {
    const solve = await linearProgram();
    const small = { limit: fc.integer({ min: -9, max: 9 }), wh: fc.integer({ min: 1, max: 30 }) };
    const same = sameOptimum(solve);
    fc.assert(fc.property(zonalAuctionsOf(small, { fee: fc.integer({ min: 0, max: 3 }) }), same), { numRuns: 400 });
    const wide = { limit: fc.integer({ min: -90, max: 400 }), wh: fc.integer({ min: 1, max: 3000 }), maxOrders: 60 };
    const edges = { fee: fc.integer({ min: 0, max: 20 }), capacity: fc.nat({ max: 4000 }), maxAreas: 11 };
    fc.assert(fc.property(zonalAuctionsOf(wide, edges), same), { numRuns: 200 });
  });

  it('has the welfare and the energy of the best of all ways to fill a tiny book', () => {
    const tiny = { limit: fc.integer({ min: -2, max: 3 }), wh: fc.integer({ min: 1, max: 3 }), maxOrders: 6 };
    const edges = { fee: fc.integer({ min: 0, max: 2 }), capacity: fc.nat({ max: 4 }), maxAreas: 4 };
    fc.assert(fc.property(zonalAuctionsOf(tiny, edges), sameOptimum(everyWay)), { numRuns: 300 });
  });

  it('in one area it is uniform-price/1: every fill, price and pair', () => {
    fc.assert(
      fc.property(fc.oneof(auctionsOf(), auctionsOf(MANY_TIES)), fc.boolean(), (auction, rootOnly) => {
        const small = auction.orders.every(({ limit }) => Math.abs(limit) < 2 ** 52);
        const areas = rootOnly && small ? [{ id: 'street', members: MEMBERS }] : undefined;
        const { areas: _, pairs, ...zonal } = clearZonal({ ...auction, ...(areas ? { areas } : {}) });
        const { pairs: uniformPairs, ...uniform } = clearUniformPrice(auction);
        assert.deepEqual(zonal, { ...uniform, rule: 'zonal/1' });
        assert.deepEqual(
          pairs,
          uniformPairs.map((pair) => ({ ...pair, price: uniform.price, sellerPrice: uniform.price, networkFee: 0 })),
        );
      }),
      { numRuns: 1000 },
    );
  });

  it('with wide edges and no fees it is uniform-price/1, but for the odd Wh of sharing in steps', () => {
    const free = { fee: fc.constant(0), capacity: fc.constant(undefined) };
    fc.assert(
      fc.property(zonalAuctionsOf({}, free), (auction) => {
        const zonal = clearZonal(auction);
        const uniform = clearUniformPrice(auction);
        assert.deepEqual(
          [zonal.volumeWh, zonal.price, zonal.priceLow, zonal.priceHigh],
          [uniform.volumeWh, uniform.price, uniform.priceLow, uniform.priceHigh],
        );
        assert.ok(zonal.areas.every(({ price, rent }) => price === uniform.price && rent === 0));
        const byMember = (fills: ZonalClearing['fills']) =>
          Map.groupBy(fills, ({ member, side }) => `${side} ${member}`);
        const others = byMember(uniform.fills);
        for (const [key, own] of byMember(zonal.fills)) {
          const sum = (list: ZonalClearing['fills']) => list.reduce((all, { wh }) => all + wh, 0);
          // Each of at most 7 merges rounds by less than 1 Wh.
          assert.ok(Math.abs(sum(own) - sum(others.get(key)!)) < 8, key);
        }
        if (zonal.priceLow === null) return;
        // Away from the margin nothing is shared, and nothing differs.
        for (const [i, { limit }] of auction.orders.entries()) {
          if (limit < zonal.priceLow || limit > zonal.priceHigh!) assert.deepEqual(zonal.fills[i], uniform.fills[i]);
        }
      }),
      { numRuns: 1000 },
    );
  });

  it('permuting orders, members and areas changes no byte', () => {
    const sorted = (auction: Auction) => {
      const clearing = clearZonal(auction);
      return JSON.stringify({ ...clearing, fills: [...clearing.fills].sort((a, b) => (a.id < b.id ? -1 : 1)) });
    };
    const shuffled = <T>(list: readonly T[]) => fc.shuffledSubarray([...list], { minLength: list.length });
    fc.assert(
      fc.property(
        fc
          .oneof(zonalAuctionsOf(), zonalAuctionsOf(MANY_TIES))
          .chain((auction) =>
            fc.tuple(
              fc.constant(auction),
              shuffled(auction.orders),
              shuffled(auction.members ?? []),
              shuffled(auction.areas!),
            ),
          ),
        ([auction, orders, members, areas]) => {
          const turned = areas.map((area) => ({ ...area, members: area.members!.toReversed() }));
          const permuted = { ...auction, orders, areas: turned, ...(auction.members ? { members } : {}) };
          assert.equal(sorted(permuted), sorted(auction));
        },
      ),
      { numRuns: 500 },
    );
  });

  it('splitting an order changes no total of any member, no price, no flow and no pair', () => {
    fc.assert(
      fc.property(zonalAuctionsOf(), fc.nat(), fc.double({ min: 0, max: 1, noNaN: true }), (auction, pick, at) => {
        const { orders } = auction;
        const order = orders[pick % Math.max(1, orders.length)];
        fc.pre(order !== undefined && order.wh > 1);
        const first = 1 + Math.floor(at * (order!.wh - 2));
        const parts = [
          { ...order!, id: `${order!.id}.1`, wh: first },
          { ...order!, id: `${order!.id}.2`, wh: order!.wh - first },
        ];
        const { fills: before, ...same } = clearZonal(auction);
        const split = orders.flatMap((other) => (other === order ? parts : [other]));
        const { fills: after, ...still } = clearZonal({ ...auction, orders: split });
        assert.deepEqual(still, same);
        assert.deepEqual(totals(after), totals(before));
      }),
      { numRuns: 500 },
    );
  });

  it("a buy under its area's supporting interval, or a sell over it, changes nothing", () => {
    fc.assert(
      fc.property(
        zonalAuctionsOf(),
        fc.nat(),
        fc.integer({ min: 1, max: 20 }),
        fc.boolean(),
        (auction, pick, off, buy) => {
          const given = { ...auction, members: MEMBERS };
          const before = clearZonal(given);
          const member = MEMBERS[pick % MEMBERS.length]!;
          const area = areaOf(before, auction.areas!.find(({ members }) => members!.includes(member))!.id);
          const bound = buy ? area.priceLow : area.priceHigh;
          fc.pre(bound !== null);
          const idle: Order = {
            id: 'idle',
            member,
            side: buy ? 'buy' : 'sell',
            wh: 7,
            limit: buy ? bound! - off : bound! + off,
          };
          const after = clearZonal({ ...given, orders: [...given.orders, idle] });
          assert.equal(after.fills.at(-1)!.wh, 0);
          assert.deepEqual({ ...after, fills: after.fills.slice(0, -1) }, before);
        },
      ),
      { numRuns: 1000 },
    );
  });

  it('takes the largest quantities that are exact', () => {
    const huge = { wh: fc.integer({ min: 2 ** 47, max: 2 ** 48 }) };
    const wide = { capacity: fc.oneof(fc.constant(undefined), fc.integer({ min: 2 ** 46, max: 2 ** 49 })) };
    fc.assert(
      fc.property(zonalAuctionsOf(huge, wide), (auction) => checkClearing(auction, clearZonal(auction))),
      { numRuns: 200 },
    );
  });

  it('any tree of any shape: each area is cleared once, the root without a flow', () => {
    fc.assert(
      fc.property(treesOf({ maxAreas: 11 }), (areas) => {
        const cleared = matchZonal({ interval: INTERVAL, orders: [], areas }).areas;
        assert.deepEqual(cleared.map(({ id }) => id).sort(), areas.map(({ id }) => id).sort());
      }),
    );
  });
});

function sameOptimum(solve: Solve): (auction: Auction) => void {
  return (auction) => {
    const { filledWh, volumeWh, areas } = matchZonal(auction);
    const fees = areas.reduce((sum, { fee, flowWh }) => sum + fee * Math.abs(flowWh), 0);
    const welfare = auction.orders.reduce((sum, order, i) => sum + worthOf(order) * filledWh[i]!, 0 - fees);
    assert.deepEqual({ welfare, volumeWh }, solve(auction));
  };
}

/** Everything that must hold of one clearing. */
function checkClearing(auction: Auction, clearing: ZonalClearing): void {
  const { orders, areas = [] } = auction;
  const filled = clearing.fills.map(({ wh }) => wh);
  const flows = flowsOf(auction, filled);
  assert.ok(flows, 'an edge carries more than it can, or the root does not balance');
  const homeOf = new Map(
    areas.flatMap(({ id, members = [] }) => members.map((member) => [member, areaOf(clearing, id)])),
  );
  const bought = orders.reduce((sum, { side }, i) => sum + (side === 'buy' ? filled[i]! : 0), 0);
  assert.equal(bought, clearing.volumeWh);

  const money = { members: 0n, network: 0n, fund: 0n };
  for (const [i, { member, side, wh, limit }] of orders.entries()) {
    const { price } = homeOf.get(member)!;
    assert.ok(filled[i]! >= 0 && filled[i]! <= wh);
    if (filled[i]! > 0) {
      assert.ok(side === 'buy' ? price! <= limit : price! >= limit, 'a limit is broken');
      money.members += BigInt(filled[i]!) * BigInt(price!) * (side === 'buy' ? 1n : -1n);
    }
    // Nobody who would gladly trade at the price of its area is left out.
    if (filled[i]! < wh && price !== null) assert.ok(side === 'buy' ? limit <= price : limit >= price);
  }
  for (const { id, parent, importWh, exportWh, fee = 0 } of areas) {
    const area = areaOf(clearing, id);
    assert.equal(area.flowWh, flows.get(id));
    assert.equal(area.fee, fee);
    assert.ok(!Object.is(area.flowWh, -0) && !Object.is(area.price, -0));
    if (parent !== undefined) checkEdge(area, areaOf(clearing, parent), importWh, exportWh);
    money.network += BigInt(fee) * BigInt(Math.abs(area.flowWh));
    money.fund += BigInt(area.rent) * BigInt(Math.abs(area.flowWh));
  }
  assert.equal(money.members, money.network + money.fund, 'money is lost or made');
  checkPairs(orders, clearing, homeOf, money);
}

/** Prices on the two ends of an edge: apart by the fee where it is used, by more only where it is full. */
function checkEdge(
  area: AreaClearing,
  above: AreaClearing,
  importWh = Number.POSITIVE_INFINITY,
  exportWh = Number.POSITIVE_INFINITY,
) {
  const { price, priceLow, priceHigh, flowWh, fee, rent } = area;
  if (above.price === null) return assert.equal(flowWh, 0);
  assert.ok(price !== null);
  const apart = price - above.price;
  const full = flowWh === importWh || flowWh === -exportWh;
  if (flowWh !== 0) assert.equal(Math.abs(apart), fee + rent);
  assert.ok(rent >= 0 && (rent === 0 || full));
  if (flowWh > 0) assert.ok(apart >= fee);
  if (flowWh < 0) assert.ok(-apart >= fee);
  if (flowWh === 0 && importWh > 0 && exportWh > 0) assert.ok(Math.abs(apart) <= fee);
  // Nearest: a price not the target itself lies on the end of the interval that faces it.
  const target = above.price + Math.sign(flowWh) * fee;
  if (price > target) assert.equal(price, priceLow);
  if (price < target) assert.equal(price, priceHigh);
}

function checkPairs(
  orders: readonly Order[],
  { pairs, fills }: ZonalClearing,
  homeOf: ReadonlyMap<string, AreaClearing>,
  money: { readonly network: bigint; readonly fund: bigint },
): void {
  const net = new Map<string, number>();
  for (const [i, { member, side }] of orders.entries()) {
    net.set(member, (net.get(member) ?? 0) + (side === 'buy' ? fills[i]!.wh : -fills[i]!.wh));
  }
  let [network, fund] = [0n, 0n];
  for (const { buyer, seller, wh, price, sellerPrice, networkFee } of pairs) {
    assert.ok(wh > 0 && buyer !== seller);
    assert.deepEqual([price, sellerPrice], [homeOf.get(buyer)!.price, homeOf.get(seller)!.price]);
    assert.ok(networkFee >= 0 && price - sellerPrice >= networkFee);
    network += BigInt(wh) * BigInt(networkFee);
    fund += BigInt(wh) * BigInt(price - sellerPrice - networkFee);
    net.set(buyer, net.get(buyer)! - wh);
    net.set(seller, net.get(seller)! + wh);
  }
  assert.ok([...net.values()].every((left) => left === 0));
  assert.deepEqual([network, fund], [money.network, money.fund]);
}

function totals(fills: ZonalClearing['fills']): Record<string, number> {
  const sums: Record<string, number> = {};
  for (const { member, side, wh } of fills) sums[`${side} ${member}`] = (sums[`${side} ${member}`] ?? 0) + wh;
  return sums;
}
