// Units and signs, stated once and used everywhere.
//
// Power in W:   grid + = import, PV + = generation, battery + = discharge, load + = consumption,
//               so that grid + pv + battery = load.
// Energy:       integer Wh. Interval energy is a difference of counters, never power times time.
// Price, limit: integer micro-currency per kWh (0.25 EUR/kWh = 250 000); may be negative.
// Money:        integer nano-currency. Amount = Wh x price, exactly: Wh x micro/kWh = nano.
// Time:         UTC; as a number always Unix milliseconds.
// State of charge: per mille inside, per cent for people.

/** How far a value can be trusted. It travels with the value as far as the bill. */
export type Quality = 'measured' | 'estimated' | 'missing';

/** Why something was decided: a stable code, the numbers behind it, one sentence a person understands. */
export interface Reason {
  readonly code: string;
  readonly text: string;
  readonly numbers?: Readonly<Record<string, number | string>>;
}

/**
 * The value itself if it is an integer that a double holds exactly (|n| <= 2^53-1).
 * @throws RangeError with the name of the quantity otherwise.
 */
export function requireInteger(value: unknown, name: string, minimum = -Number.MAX_SAFE_INTEGER): number {
  if (typeof value !== 'number' || !Number.isSafeInteger(value) || Object.is(value, -0)) {
    throw new RangeError(`${name} must be a whole number between -(2^53-1) and 2^53-1, but is ${describe(value)}`);
  }
  if (value < minimum) throw new RangeError(`${name} must be at least ${minimum}, but is ${value}`);
  return value;
}

/**
 * Money for an amount of energy, exact.
 * @param wh energy in Wh
 * @param price micro-currency per kWh
 * @returns nano-currency
 * @throws RangeError when the product does not fit 2^53-1; sums of amounts belong in BigInt
 */
export function amountNano(wh: number, price: number): number {
  const amount = wh * price;
  if (!Number.isSafeInteger(amount)) {
    throw new RangeError(`the amount of ${wh} Wh at ${price} micro-currency per kWh does not fit 2^53-1`);
  }
  return amount === 0 ? 0 : amount;
}

/** A name from outside as it can stand in a sentence: in quotes, short, on one line. */
export function quote(text: string): string {
  // Control characters would break the line of a log.
  const shown = text.slice(0, 40).replace(/\p{Cc}/gu, '\ufffd');
  return `"${text.length > 40 ? `${shown}...` : shown}"`;
}

/** What a value is, for the end of a sentence ("must be ..., but is null"): short, and never `[object Object]`. */
export function describe(value: unknown): string {
  if (typeof value === 'string') return `the text ${quote(value)}`;
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'object') return 'an object';
  if (Object.is(value, -0)) return '-0';
  return String(value);
}

/**
 * A decimal number as a person types it, as an integer of 10^-digits, exactly: ("8.25", 4) -> 82500.
 * Ct/kWh with 4 digits is micro-currency per kWh; kWh with 3 digits is Wh.
 * @throws RangeError for anything that is not a plain decimal with at most `digits` decimals
 */
export function parseDecimal(text: unknown, digits: number, name: string): number {
  const match = /^\s*(-?)(\d{1,12})(?:[.,](\d*))?\s*$/.exec(String(text));
  const decimals = match?.[3] ?? '';
  if (!match || decimals.length > digits) {
    throw new RangeError(`${name} must be a number with at most ${digits} decimals, but is ${describe(text)}`);
  }
  const value = Number(`${match[2]}${decimals.padEnd(digits, '0')}`);
  return requireInteger(match[1] && value !== 0 ? -value : value, name);
}

/** Price for people: micro-currency per kWh as hundredths of the currency per kWh, "18.4 ct". */
export function formatPrice(microPerKWh: number): string {
  return `${(microPerKWh / 10_000).toFixed(1)} ct`;
}

/** Power for people, "-1.8 kW". */
export function formatPower(watts: number): string {
  return Math.abs(watts) < 950 ? `${Math.round(watts)} W` : `${(watts / 1000).toFixed(1)} kW`;
}

/** Energy for people, "0.42 kWh". */
export function formatEnergy(wh: number): string {
  return Math.abs(wh) < 1000 ? `${wh} Wh` : `${(wh / 1000).toFixed(1)} kWh`;
}
