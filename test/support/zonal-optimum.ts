// The optimum of `zonal/1` found by others: a linear program solved by HiGHS, and every way there is to fill a tiny book.
import { createRequire } from 'node:module';
import type { Auction, Order } from '../../src/market/order.ts';

// Its types describe the CommonJS half only.
const loadHighs = createRequire(import.meta.url)('highs') as typeof import('highs').default;

export interface Optimum {
  readonly welfare: number;
  /** The most energy bought, among the ways to reach this welfare. */
  readonly volumeWh: number;
}

export type Solve = (auction: Auction) => Optimum;

/** Two stages: most welfare, then, at that welfare, most energy. Numbers in the book must be small. */
export async function linearProgram(): Promise<Solve> {
  const highs = await loadHighs();
  const solve = (text: string): number => {
    const { Status, ObjectiveValue } = highs.solve(text, { output_flag: false });
    if (Status !== 'Optimal') throw new Error(`the linear program is ${Status}`);
    // Limits, fees and capacities are whole, so the optimum is.
    return Math.round(ObjectiveValue);
  };
  return (auction) => {
    const { worth, energy, rows, bounds } = program(auction);
    const text = (objective: string, more: string) =>
      `Maximize\n obj: ${objective}\nSubject To\n${rows}${more}Bounds\n${bounds}End\n`;
    const welfare = solve(text(worth, ''));
    return { welfare, volumeWh: solve(text(energy, ` best: ${worth} >= ${welfare}\n`)) };
  };
}

function program({ orders, areas = [] }: Auction) {
  const indexOf = new Map(areas.map(({ id }, index) => [id, index]));
  const homeOf = new Map(areas.flatMap(({ members = [] }, index) => members.map((member) => [member, index])));
  const worth = ['0 none'];
  const energy = ['0 none'];
  // What an area takes in equals what its members take and what it hands on to the areas below.
  const balance = areas.map((_, index) =>
    areas[index]!.parent === undefined ? ['0 none'] : [`in${index} - out${index}`],
  );
  const bounds = ['none = 0'];
  for (const [i, { member, side, wh, limit }] of orders.entries()) {
    const buy = side === 'buy';
    worth.push(term(buy ? limit : -limit, `x${i}`));
    if (buy) energy.push(`x${i}`);
    balance[homeOf.get(member)!]!.push(term(buy ? -1 : 1, `x${i}`));
    bounds.push(`0 <= x${i} <= ${wh}`);
  }
  for (const [index, { parent, importWh, exportWh, fee = 0 }] of areas.entries()) {
    if (parent === undefined) continue;
    worth.push(term(-fee, `in${index}`), term(-fee, `out${index}`));
    balance[indexOf.get(parent)!]!.push(`- in${index} + out${index}`);
    bounds.push(bound(`in${index}`, importWh), bound(`out${index}`, exportWh));
  }
  return {
    worth: sum(worth),
    energy: sum(energy),
    rows: balance.map((terms, index) => ` area${index}: ${sum(terms)} = 0\n`).join(''),
    bounds: bounds.map((line) => ` ${line}\n`).join(''),
  };
}

const term = (factor: number, name: string) => `${factor < 0 ? '-' : ''} ${Math.abs(factor)} ${name}`.trim();
const sum = (terms: readonly string[]) => terms.map((each) => (/^[+-]/.test(each) ? each : `+ ${each}`)).join(' ');
const bound = (name: string, most: number | undefined) =>
  most === undefined ? `${name} >= 0` : `0 <= ${name} <= ${most}`;

/** Tries every way to fill every order with whole Wh. */
export function everyWay({ orders, areas = [] }: Auction): Optimum {
  let best: Optimum = { welfare: 0, volumeWh: 0 };
  const filled: number[] = [];
  const tryFrom = (index: number): void => {
    const order = orders[index];
    if (order) {
      for (let wh = 0; wh <= order.wh; wh++) {
        filled[index] = wh;
        tryFrom(index + 1);
      }
      return;
    }
    const flows = flowsOf({ orders, areas }, filled);
    if (!flows) return;
    const fees = areas.reduce((all, { id, fee = 0 }) => all + fee * Math.abs(flows.get(id)!), 0);
    const welfare = orders.reduce((all, each, i) => all + worthOf(each) * filled[i]!, 0 - fees);
    const volumeWh = orders.reduce((all, { side }, i) => all + (side === 'buy' ? filled[i]! : 0), 0);
    if (welfare > best.welfare || (welfare === best.welfare && volumeWh > best.volumeWh)) best = { welfare, volumeWh };
  };
  tryFrom(0);
  return best;
}

/** Net import of every area, below 0 where it exports; null where an edge cannot carry it, or the root would need more. */
export function flowsOf(
  { orders, areas = [] }: Pick<Auction, 'orders' | 'areas'>,
  filled: ArrayLike<number>,
): ReadonlyMap<string, number> | null {
  const byId = new Map(areas.map((area) => [area.id, area]));
  const homeOf = new Map(areas.flatMap((area) => (area.members ?? []).map((member) => [member, area])));
  const flows = new Map(areas.map(({ id }) => [id, 0]));
  for (const [i, { member, side }] of orders.entries()) {
    for (let area = homeOf.get(member); area; area = byId.get(area.parent ?? '')) {
      flows.set(area.id, flows.get(area.id)! + (side === 'buy' ? filled[i]! : -filled[i]!));
    }
  }
  for (const { id, parent, importWh = Number.POSITIVE_INFINITY, exportWh = Number.POSITIVE_INFINITY } of areas) {
    const flow = flows.get(id)!;
    if (parent === undefined ? flow !== 0 : flow > importWh || -flow > exportWh) return null;
  }
  return flows;
}

export function worthOf({ side, limit }: Order): number {
  return side === 'buy' ? limit : -limit;
}
