// What a settlement refuses: energy that is not a whole number of Wh, rows that stand twice, a clearing that contradicts
// itself. Every message names the field.
//
// What of a clearing must hold follows from `uniform-price/1` (market.md), the one rule whose clearings settle/1 knows. Each is
// checked as far as the fields are given:
// - Price, its bounds and a volume are there together or not at all; price = floor((low + high) / 2).
// - Bought and sold fills are each the volume. An order has one fill, and no fills at all means that nobody ordered.
// - A member's own purchase and sale are set against each other and make no pair; what is left of it is, to the Wh, what its
//   pairs say. So pairs may sum to less than the volume, and without fills no more than that can be said.
// - Two members make at most one pair, nobody one with itself, and all trade at the one price.
import { UNIFORM_PRICE } from '../market/rules/uniform-price.ts';
import { describe, quote, requireInteger } from '../units.ts';
import type { IntervalInput, MeteredEnergy, TradedEnergy } from './settlement.ts';

/** @throws RangeError naming the field, such as `intervals[0].clearing.pairs[2].wh` */
export function checkClearing({ interval, clearing }: IntervalInput, where: string): void {
  const at = `${where}.clearing`;
  const { rule = UNIFORM_PRICE } = clearing;
  if (rule !== UNIFORM_PRICE) {
    throw new RangeError(`${at}.rule is ${quote(String(rule))}, but only clearings of ${UNIFORM_PRICE} can be settled`);
  }
  if (clearing.interval !== undefined && clearing.interval !== interval) {
    throw new RangeError(`${at}.interval is ${describe(clearing.interval)}, but the interval is ${interval}`);
  }
  const paired = checkPairs(clearing.pairs, at);
  const volume = checkVolume(clearing, paired, at);
  if (clearing.fills) checkPositions(clearing.fills, clearing.pairs, at);
  checkPrice(clearing, volume, at);
}

/** @returns Wh of all pairs */
function checkPairs(pairs: TradedEnergy['pairs'], at: string): number {
  const seen = new Map<string, Set<string>>();
  let sum = 0;
  for (const [index, { buyer, seller, wh }] of pairs.entries()) {
    const pair = `${at}.pairs[${index}]`;
    requireMember(buyer, `${pair}.buyer`);
    requireMember(seller, `${pair}.seller`);
    sum = requireInteger(sum + requireInteger(wh, `${pair}.wh`, 1), `the energy of ${at}.pairs`);
    if (buyer === seller)
      throw new RangeError(`${pair} pairs ${quote(buyer)} with itself, but nobody trades with itself`);
    const sellers = seen.get(buyer) ?? new Set();
    if (sellers.has(seller)) throw new RangeError(`${pair} pairs ${quote(buyer)} with ${quote(seller)} a second time`);
    seen.set(buyer, sellers.add(seller));
  }
  return sum;
}

/** @returns Wh traded, or null where neither a volume nor fills tell it */
function checkVolume({ volumeWh, fills }: TradedEnergy, paired: number, at: string): number | null {
  if (volumeWh !== undefined) requireInteger(volumeWh, `${at}.volumeWh`, 0);
  if (!fills) {
    if (volumeWh !== undefined && paired > volumeWh) {
      throw new RangeError(`${at}.volumeWh is ${volumeWh}, but the pairs sum to ${paired} Wh`);
    }
    return volumeWh ?? null;
  }
  const sums = { buy: 0, sell: 0 };
  const ids = new Set<string>();
  for (const [index, { id, member, side, wh }] of fills.entries()) {
    const fill = `${at}.fills[${index}]`;
    requireMember(member, `${fill}.member`);
    if (ids.has(id)) throw new RangeError(`${fill}.id ${quote(id)} stands twice; an order has one fill`);
    ids.add(id);
    if (side !== 'buy' && side !== 'sell') {
      throw new RangeError(`${fill}.side must be "buy" or "sell", but is ${describe(side)}`);
    }
    const sum = sums[side] + requireInteger(wh, `${fill}.wh`, 0);
    sums[side] = requireInteger(sum, `the energy of ${at}.fills`);
  }
  if (sums.buy !== sums.sell) {
    throw new RangeError(`${at}.fills buy ${sums.buy} Wh, but sell ${sums.sell} Wh`);
  }
  if (volumeWh !== undefined && volumeWh !== sums.buy) {
    throw new RangeError(`${at}.volumeWh is ${volumeWh}, but the fills trade ${sums.buy} Wh`);
  }
  return sums.buy;
}

/** @param volume Wh, or null where it is not known */
function checkPrice({ price, priceLow, priceHigh, pairs }: TradedEnergy, volume: number | null, at: string): void {
  const named = Object.entries({ price, priceLow, priceHigh });
  for (const [name, value] of named) {
    if (value === undefined) continue;
    if (value !== null) requireInteger(value, `${at}.${name}`);
    if ((value === null) !== (price === null)) {
      throw new RangeError(`${at}.${name} is ${describe(value)}, but the price is ${describe(price)}`);
    }
  }
  if (price === null) {
    if (pairs.length > 0) throw new RangeError(`${at}.price is null, but there are pairs, and these trade at a price`);
    if (volume) throw new RangeError(`${at}.price is null, but ${volume} Wh were traded, and these have a price`);
    return;
  }
  if (volume === 0) throw new RangeError(`${at}.price is ${price}, but must be null, because nothing was traded`);
  if (priceLow != null && priceLow > price) {
    throw new RangeError(`${at}.priceLow is ${priceLow}, which is above the price ${price}`);
  }
  if (priceHigh != null && priceHigh < price) {
    throw new RangeError(`${at}.priceHigh is ${priceHigh}, which is below the price ${price}`);
  }
  if (priceLow == null || priceHigh == null) return;
  const middle = (BigInt(priceLow) + BigInt(priceHigh)) >> 1n;
  if (BigInt(price) !== middle) {
    throw new RangeError(`${at}.price is ${price}, but midway between priceLow and priceHigh is ${middle}`);
  }
}

/** Fills and pairs must give every member the same position, on the same side. */
function checkPositions(fills: NonNullable<TradedEnergy['fills']>, pairs: TradedEnergy['pairs'], at: string): void {
  const net = new Map<string, number>();
  for (const { member, side, wh } of fills) safeSum(net, member, side === 'buy' ? wh : -wh);
  const bought = new Map<string, number>();
  const sold = new Map<string, number>();
  for (const { buyer, seller, wh } of pairs) {
    safeSum(bought, buyer, wh);
    safeSum(sold, seller, wh);
  }
  for (const member of new Set([...net.keys(), ...bought.keys(), ...sold.keys()])) {
    const position = net.get(member) ?? 0;
    for (const [verb, paired, filled] of [
      ['buys', bought.get(member) ?? 0, Math.max(0, position)],
      ['sells', sold.get(member) ?? 0, Math.max(0, -position)],
    ] as const) {
      if (paired === filled) continue;
      throw new RangeError(
        `${at}: in the pairs ${quote(member)} ${verb} ${paired} Wh, but its fills come to ${filled} Wh`,
      );
    }
  }
}

/** @throws RangeError naming the field, such as `intervals[0].meters[2].importWh` */
export function checkMeters(meters: readonly MeteredEnergy[], where: string): void {
  const seen = new Set<string>();
  for (const [index, { member, importWh, exportWh, quality }] of meters.entries()) {
    const at = `${where}[${index}]`;
    requireMember(member, `${at}.member`);
    if (seen.has(member)) throw new RangeError(`${at}.member ${quote(member)} stands twice in this interval`);
    seen.add(member);
    for (const [name, wh] of Object.entries({ importWh, exportWh })) {
      if (wh !== null) requireInteger(wh, `${at}.${name}`, 0);
      else if (quality !== 'missing') throw new RangeError(`${at}.${name} is null, so quality must be "missing"`);
    }
  }
}

/** Adds to a sum of Wh. @throws RangeError when it leaves 2^53-1 */
export function safeSum(sums: Map<string, number>, member: string, wh: number): void {
  const sum = (sums.get(member) ?? 0) + wh;
  if (!Number.isSafeInteger(sum)) throw new RangeError(`the energy of member ${quote(member)} does not fit 2^53-1 Wh`);
  sums.set(member, sum);
}

function requireMember(value: unknown, name: string): void {
  if (typeof value !== 'string' || value.length === 0 || !value.isWellFormed()) {
    throw new RangeError(`${name} must be well-formed text, but is ${describe(value)}`);
  }
}
