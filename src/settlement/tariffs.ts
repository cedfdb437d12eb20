// What energy costs beside the market, for settle/1 (market.md): supplier, network, levies, VAT. Micro-currency per kWh.
// What is absent counts 0, and what counts 0 makes no line, so later fields leave the bytes of earlier bills unchanged.
//
// Read from market.md and fixed here:
// - Who buys energy, from a neighbour or from the supplier, pays fee, levies and VAT on it: fee to `network`, levies and
//   VAT to `tax`. Energy sold to the supplier carries none of them but its own VAT, where the tariffs have one.
// - VAT is on energy, fee and levies of one line together, truncated once, toward zero.
// - The full network fee is the one for `beyond`. The supplier's energy pays it, and so does a pair where the feeder tree
//   does not say that the two are nearer.
import type { Place } from '../market/order.ts';
import { amountNano } from '../units.ts';

export interface Tariffs {
  /** Price of the supplier's energy. */
  readonly import: number;
  /** Price that the supplier pays. */
  readonly feedIn: number;
  /** By distance of buyer and seller. */
  readonly networkFee?: { readonly feeder?: number; readonly substation?: number; readonly beyond?: number };
  readonly levies?: number;
  /** Hundredths of a per cent, at least 0. */
  readonly vatBasisPoints?: number;
  /** VAT on what is sold to the supplier, who pays it to `tax` on top. */
  readonly feedInVatBasisPoints?: number;
  /** What becomes of deviations; left out: `supplier/1`. */
  readonly balancing?: Balancing;
  readonly capacity?: Capacity;
}

export const BALANCING_RULES = ['supplier/1', 'penalty/1', 'pooled/1'] as const;

/** Rules for deviations (balancing.ts). */
export interface Balancing {
  readonly rule: (typeof BALANCING_RULES)[number];
  /** Micro-currency for each kWh of deviation, either way, at least 0; of `penalty/1` alone. */
  readonly penalty?: number;
}

/** The charge for the highest quarter hour of a local month (capacity.ts). */
export interface Capacity {
  /** The month that the interval lies in, such as `2026-11`. */
  readonly month: string;
  /** Micro-currency per kW. */
  readonly price: number;
  /** W that cost nothing; a multiple of 4. */
  readonly freeW?: number;
  /** In the month's last quarter hour: the charge is billed with it. */
  readonly due?: true;
}

export type Distance = 'feeder' | 'substation' | 'beyond';

/** What a purchase costs on top of its energy, in nano-currency. */
export interface Surcharges {
  /** Network fee per kWh that applied. */
  readonly feePrice: number;
  readonly fee: number;
  readonly levies: number;
  readonly vat: number;
}

/** How far two members are apart in the feeder tree. */
export function distanceOf(places: ReadonlyMap<string, Place> | undefined, a: string, b: string): Distance {
  const one = places?.get(a);
  const other = places?.get(b);
  if (!one || !other || one.substation !== other.substation) return 'beyond';
  return one.feeder === other.feeder ? 'feeder' : 'substation';
}

/**
 * Surcharges on bought energy.
 * @param amount nano-currency of the energy itself
 * @param feePrice network fee per kWh, where it is not the tariff's
 * @throws RangeError when an amount leaves 2^53-1
 */
export function surchargesOn(
  tariffs: Tariffs,
  wh: number,
  amount: number,
  distance: Distance,
  feePrice = tariffs.networkFee?.[distance] ?? 0,
): Surcharges {
  const fee = amountNano(wh, feePrice);
  const levies = amountNano(wh, tariffs.levies ?? 0);
  const vat = vatOn(tariffs.vatBasisPoints ?? 0, amount, fee, levies);
  return { feePrice, fee, levies, vat };
}

/**
 * VAT on amounts together, truncated toward zero.
 * @throws RangeError when it leaves 2^53-1
 */
export function vatOn(basisPoints: number, amount: number, fee = 0, levies = 0): number {
  if (basisPoints === 0) return 0;
  // Doubles are exact, and several times faster, as long as the product fits; the remainder has the sign of the product.
  const product = (amount + fee + levies) * basisPoints;
  if (Number.isSafeInteger(product)) return (product - (product % 10_000)) / 10_000 + 0;
  const vat = Number(((BigInt(amount) + BigInt(fee) + BigInt(levies)) * BigInt(basisPoints)) / 10_000n);
  if (!Number.isSafeInteger(vat)) throw new RangeError(`the VAT on ${amount} nano-currency does not fit 2^53-1`);
  return vat;
}
