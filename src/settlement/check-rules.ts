// What the prices and positions of a clearing must be, rule by rule (market.md), as far as they are given:
// - `uniform-price/1`: price, its bounds and a volume are there together or not at all; price = floor((low + high) / 2).
//   A member's own purchase and sale are set against each other; what is left of them is, to the Wh, what its pairs say.
// - `pay-as-bid/1`, `continuous/1`: every pair has its price and the clearing none. Orders meet one by one, so a member may
//   stand on both sides; what of its purchases is in no pair it bought from itself, and of its sales as much is in none.
// - `trade-reduction/1`: every pair has two prices, the same ones: what buyers pay is not below what sellers get. Positions
//   as in `uniform-price/1`.
// - `zonal/1`: every pair has two prices and a network fee, which lies between them. The clearing's price is that of the root,
//   which may have none. Positions as in `uniform-price/1`.
// - `allocation/1`: one price, no fills, and the pairs are the volume.
import { ALLOCATION } from '../market/rules/allocation.ts';
import { CONTINUOUS } from '../market/rules/continuous.ts';
import { PAY_AS_BID } from '../market/rules/pay-as-bid.ts';
import { TRADE_REDUCTION } from '../market/rules/trade-reduction.ts';
import { UNIFORM_PRICE } from '../market/rules/uniform-price.ts';
import { ZONAL } from '../market/rules/zonal.ts';
import { describe, quote, requireInteger } from '../units.ts';
import type { TradedEnergy } from './settlement.ts';

type Fills = NonNullable<TradedEnergy['fills']>;
type Pairs = TradedEnergy['pairs'];

export interface ClearingRule {
  /** Whether pairs have prices of their own: none, one, or two, where the seller gets less than the buyer pays. */
  readonly ownPrices: false | 'one' | 'two';
  /** Whether pairs name their network fee. */
  readonly ownFees?: true;
  /** @param volume Wh, or null where it is not known @param paired Wh of all pairs */
  prices(clearing: TradedEnergy, volume: number | null, paired: number, at: string): void;
  positions(fills: Fills, pairs: Pairs, at: string): void;
}

export const RULE_CHECKS: ReadonlyMap<string, ClearingRule> = new Map<string, ClearingRule>([
  [UNIFORM_PRICE, { ownPrices: false, prices: onePrice, positions: setOff }],
  [PAY_AS_BID, { ownPrices: 'one', prices: noPrice, positions: oneByOne }],
  [CONTINUOUS, { ownPrices: 'one', prices: noPrice, positions: oneByOne }],
  [TRADE_REDUCTION, { ownPrices: 'two', prices: twoPrices, positions: setOff }],
  [ZONAL, { ownPrices: 'two', ownFees: true, prices: areaPrices, positions: setOff }],
  [ALLOCATION, { ownPrices: false, prices: allocated, positions: setOff }],
]);

function onePrice(
  { price, priceLow, priceHigh, pairs }: TradedEnergy,
  volume: number | null,
  _paired: number,
  at: string,
): void {
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

function noPrice(
  { price, priceLow, priceHigh }: TradedEnergy,
  _volume: number | null,
  _paired: number,
  at: string,
): void {
  for (const [name, value] of Object.entries({ price, priceLow, priceHigh })) {
    if (value != null)
      throw new RangeError(`${at}.${name} is ${describe(value)}, but must be null: pairs have prices of their own`);
  }
}

function twoPrices(
  { price, priceLow, priceHigh, pairs }: TradedEnergy,
  volume: number | null,
  _paired: number,
  at: string,
): void {
  if (price !== null)
    throw new RangeError(`${at}.price is ${describe(price)}, but must be null: there are two, priceLow and priceHigh`);
  const [first] = pairs;
  const [pays, gets] = [priceHigh ?? first?.price, priceLow ?? first?.sellerPrice];
  for (const [name, value] of Object.entries({ priceLow, priceHigh })) {
    if (value != null) requireInteger(value, `${at}.${name}`);
    if (value === null && volume)
      throw new RangeError(`${at}.${name} is null, but ${volume} Wh were traded, and these have a price`);
    if (value != null && volume === 0)
      throw new RangeError(`${at}.${name} is ${value}, but must be null, because nothing was traded`);
  }
  for (const [index, pair] of pairs.entries()) {
    const where = `${at}.pairs[${index}]`;
    requireInteger(pair.sellerPrice, `${where}.sellerPrice`);
    if (pair.price !== pays) throw new RangeError(`${where}.price is ${pair.price}, but all buyers pay ${pays}`);
    if (pair.sellerPrice !== gets)
      throw new RangeError(`${where}.sellerPrice is ${pair.sellerPrice}, but all sellers get ${gets}`);
  }
  if (pays !== undefined && gets !== undefined && gets > pays) {
    throw new RangeError(`${at}: sellers get ${gets}, which is more than the ${pays} that buyers pay`);
  }
}

function areaPrices(clearing: TradedEnergy, volume: number | null, paired: number, at: string): void {
  // Without a price at the root there may still be trades below it.
  if (clearing.price === null) onePrice({ ...clearing, pairs: [] }, null, paired, at);
  else onePrice(clearing, volume, paired, at);
  for (const [index, { price, sellerPrice, networkFee }] of clearing.pairs.entries()) {
    const where = `${at}.pairs[${index}]`;
    requireInteger(sellerPrice, `${where}.sellerPrice`);
    requireInteger(networkFee, `${where}.networkFee`, 0);
    if (price! - sellerPrice! < networkFee!) {
      throw new RangeError(
        `${where}: the buyer pays ${price}, which is less than the seller's ${sellerPrice} and the network fee ${networkFee}`,
      );
    }
  }
}

function allocated(clearing: TradedEnergy, volume: number | null, paired: number, at: string): void {
  if (clearing.fills) throw new RangeError(`${at}.fills are given, but an allocation has no orders`);
  if (volume !== null && volume !== paired) {
    throw new RangeError(`${at}.volumeWh is ${volume}, but the pairs sum to ${paired} Wh`);
  }
  onePrice(clearing, volume, paired, at);
}

/** Orders meet one by one: of what a member bought and of what it sold, the same is in no pair. */
function oneByOne(fills: Fills, pairs: Pairs, at: string): void {
  const bought = new Map<string, number>();
  const sold = new Map<string, number>();
  for (const { member, side, wh } of fills) safeSum(side === 'buy' ? bought : sold, member, wh);
  for (const { buyer, seller, wh } of pairs) {
    safeSum(bought, buyer, -wh);
    safeSum(sold, seller, -wh);
  }
  for (const member of new Set([...bought.keys(), ...sold.keys()])) {
    const [own, same] = [bought.get(member) ?? 0, sold.get(member) ?? 0];
    if (own === same && own >= 0) continue;
    throw new RangeError(
      `${at}: of the fills of ${quote(member)} ${own} Wh bought and ${same} Wh sold are in no pair, but what a member trades with itself is as much bought as sold`,
    );
  }
}

/** Fills and pairs must give every member the same position, on the same side. */
function setOff(fills: Fills, pairs: Pairs, at: string): void {
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

/** Adds to a sum of Wh. @throws RangeError when it leaves 2^53-1 */
export function safeSum(sums: Map<string, number>, member: string, wh: number): void {
  const sum = (sums.get(member) ?? 0) + wh;
  if (!Number.isSafeInteger(sum)) throw new RangeError(`the energy of member ${quote(member)} does not fit 2^53-1 Wh`);
  sums.set(member, sum);
}
