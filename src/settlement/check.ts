// What a settlement refuses: energy that is not a whole number of Wh, rows that stand twice, a clearing that contradicts
// itself. Every message names the field.
//
// What of a clearing must hold follows from its rule (market.md; default `uniform-price/1`). Each is checked as far as the
// fields are given; what each rule's prices and positions must be is in check-rules.ts. Of every rule:
// - Bought and sold fills are each the volume. An order has one fill, and no fills at all means that nobody ordered.
// - What a member bought from itself makes no pair. So pairs may sum to less than the volume, and without fills no more
//   than that can be said.
// - Two members make at most one pair at a price, nobody one with itself.
// - What was traded by preference, before the rule, stands beside all this (preferred.ts).
import type { Pair } from '../market/order.ts';
import { UNIFORM_PRICE } from '../market/rules/uniform-price.ts';
import { describe, type Quality, quote, requireInteger } from '../units.ts';
import { type ClearingRule, RULE_CHECKS } from './check-rules.ts';
import { checkPreferred } from './preferred.ts';
import type { IntervalInput, MeteredEnergy, TradedEnergy } from './settlement.ts';
import { BALANCING_RULES, type Tariffs } from './tariffs.ts';

/** Rules whose clearings can be settled. */
export const SETTLED_RULES: readonly string[] = [...RULE_CHECKS.keys()];

/** @throws RangeError naming the field, such as `intervals[0].clearing.pairs[2].wh` */
export function checkClearing({ interval, clearing }: IntervalInput, where: string): void {
  const at = `${where}.clearing`;
  const { rule = UNIFORM_PRICE } = clearing;
  const checks = RULE_CHECKS.get(rule);
  if (!checks) {
    const known = SETTLED_RULES.join(', ');
    throw new RangeError(`${at}.rule is ${quote(String(rule))}, but only clearings of ${known} can be settled`);
  }
  if (clearing.interval !== undefined && clearing.interval !== interval) {
    throw new RangeError(`${at}.interval is ${describe(clearing.interval)}, but the interval is ${interval}`);
  }
  const paired = checkPairs(clearing, checks, at);
  const volume = checkVolume(clearing, paired, at);
  if (clearing.fills) checks.positions(clearing.fills, clearing.pairs, at);
  checks.prices(clearing, volume, paired, at);
  checkPreferred(clearing, at);
}

/** @returns Wh of all pairs */
function checkPairs({ price, pairs }: TradedEnergy, rule: ClearingRule, at: string): number {
  const seen = new Set<string>();
  let sum = 0;
  for (let i = 0; i < pairs.length; i++) {
    const pair = pairs[i]!;
    // Names of fields are made only where one is at fault: they cost more than the checks.
    if (!isPlain(pair) || rule.ownPrices) checkPair(pair, price, rule, `${at}.pairs[${i}]`);
    const { buyer, seller, wh } = pair;
    sum += wh;
    if (!Number.isSafeInteger(sum)) requireInteger(sum, `the energy of ${at}.pairs`);
    // The length says where one id ends and the other begins, whatever is in them.
    const key = `${rule.ownPrices ? pair.price : ''} ${buyer.length} ${buyer}${seller}`;
    if (seen.size === seen.add(key).size) {
      const again = rule.ownPrices ? ` at ${pair.price}` : '';
      throw new RangeError(`${at}.pairs[${i}] pairs ${quote(buyer)} with ${quote(seller)}${again} a second time`);
    }
  }
  return sum;
}

/** Two members and whole Wh, and nothing else that could be wrong. */
function isPlain({ buyer, seller, wh, price, sellerPrice, networkFee }: Pair): boolean {
  if (!isMember(buyer) || !isMember(seller) || buyer === seller || !Number.isSafeInteger(wh) || wh < 1) return false;
  return price === undefined && sellerPrice === undefined && networkFee === undefined;
}

function checkPair(pair: Pair, price: number | null, { ownPrices, ownFees }: ClearingRule, where: string): void {
  const { buyer, seller, wh } = pair;
  requireMember(buyer, `${where}.buyer`);
  requireMember(seller, `${where}.seller`);
  requireInteger(wh, `${where}.wh`, 1);
  if (buyer === seller)
    throw new RangeError(`${where} pairs ${quote(buyer)} with itself, but nobody trades with itself`);
  if (ownPrices) requireInteger(pair.price, `${where}.price`);
  else if (pair.price !== undefined && pair.price !== price) {
    throw new RangeError(`${where}.price is ${pair.price}, but all pairs trade at the clearing price ${price}`);
  }
  if (pair.sellerPrice !== undefined && ownPrices !== 'two') {
    throw new RangeError(
      `${where}.sellerPrice is ${describe(pair.sellerPrice)}, but the seller gets what the buyer pays`,
    );
  }
  if (pair.networkFee !== undefined && !ownFees) {
    throw new RangeError(`${where}.networkFee is ${describe(pair.networkFee)}, but the tariffs set the network fee`);
  }
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

/** @throws RangeError naming the field, such as `intervals[0].tariffs.levies` */
export function checkTariffs(tariffs: Tariffs, where: string): void {
  const { networkFee = {}, levies, vatBasisPoints, feedInVatBasisPoints, balancing, capacity } = tariffs;
  const check = (value: number | undefined, name: string, minimum?: number) => {
    if (value !== undefined) requireInteger(value, `${where}.${name}`, minimum);
  };
  requireInteger(tariffs.import, `${where}.import`);
  requireInteger(tariffs.feedIn, `${where}.feedIn`);
  for (const [distance, price] of Object.entries(networkFee)) check(price, `networkFee.${distance}`);
  check(levies, 'levies');
  check(vatBasisPoints, 'vatBasisPoints', 0);
  check(feedInVatBasisPoints, 'feedInVatBasisPoints', 0);
  check(balancing?.penalty, 'balancing.penalty', 0);
  if (balancing && !BALANCING_RULES.includes(balancing.rule)) {
    const known = BALANCING_RULES.join(', ');
    throw new RangeError(`${where}.balancing.rule is ${describe(balancing.rule)}, but known are ${known}`);
  }
  check(capacity?.price, 'capacity.price', 0);
  check(capacity?.freeW, 'capacity.freeW', 0);
  if ((capacity?.freeW ?? 0) % 4 !== 0) {
    throw new RangeError(`${where}.capacity.freeW must be a multiple of 4, because 1 Wh in a quarter hour is 4 W`);
  }
}

/** @throws RangeError naming the field, such as `intervals[0].meters[2].importWh` */
export function checkMeters(meters: readonly MeteredEnergy[], where: string): void {
  const seen = new Set<string>();
  for (let i = 0; i < meters.length; i++) {
    const meter = meters[i]!;
    const { member, importWh, exportWh, quality } = meter;
    if (!isMember(member) || !isEnergy(importWh, quality) || !isEnergy(exportWh, quality)) {
      checkMeter(meter, `${where}[${i}]`);
    }
    if (seen.size === seen.add(member).size) {
      throw new RangeError(`${where}[${i}].member ${quote(member)} stands twice in this interval`);
    }
  }
}

function isEnergy(wh: number | null, quality: Quality): boolean {
  return wh === null ? quality === 'missing' : Number.isSafeInteger(wh) && (wh > 0 || Object.is(wh, 0));
}

function checkMeter({ member, importWh, exportWh, quality }: MeteredEnergy, at: string): void {
  requireMember(member, `${at}.member`);
  for (const [name, wh] of Object.entries({ importWh, exportWh })) {
    if (wh !== null) requireInteger(wh, `${at}.${name}`, 0);
    else if (quality !== 'missing') throw new RangeError(`${at}.${name} is null, so quality must be "missing"`);
  }
}

function isMember(value: unknown): value is string {
  return typeof value === 'string' && value.length > 0 && value.isWellFormed();
}

function requireMember(value: unknown, name: string): void {
  if (!isMember(value)) throw new RangeError(`${name} must be well-formed text, but is ${describe(value)}`);
}
