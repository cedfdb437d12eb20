// Exact figures as people read them: cents and hundredths of a kWh. Rounded so that what is printed adds up: of a column whose
// sum is given, each part is rounded down, and what is missing goes to the parts that lost most. So every part is less than one
// unit from its exact value, and a part that is 0 stays 0.

/** Nano-currency of a cent, and Wh of what energies are shown in. */
export const CENT = 10_000_000n;
export const TEN_WH = 10n;

/** Rounded half away from zero, in units. */
export function rounded(value: bigint, unit: bigint): bigint {
  const doubled = 2n * (value < 0n ? -value : value);
  const units = (doubled + unit) / (2n * unit);
  return value < 0n ? -units : units;
}

/**
 * Parts in whole units that add up to a sum.
 * @param sum in units; that of the parts, rounded, unless told
 */
export function apportioned(
  parts: readonly bigint[],
  unit: bigint,
  sum: bigint = rounded(
    parts.reduce((all, part) => all + part, 0n),
    unit,
  ),
): bigint[] {
  const floors = parts.map((part) => (part - remainderOf(part, unit)) / unit);
  let missing = sum - floors.reduce((all, floor) => all + floor, 0n);
  const order = Array.from(parts.keys())
    .filter((i) => parts[i] !== 0n)
    .sort((a, b) => compare(remainderOf(parts[b]!, unit), remainderOf(parts[a]!, unit)) || a - b);
  for (const i of order) {
    if (missing <= 0n) break;
    floors[i]! += 1n;
    missing -= 1n;
  }
  // A sum that is given may be less than all parts rounded down: who lost least gives.
  for (const i of order.toReversed()) {
    if (missing >= 0n) break;
    floors[i]! -= 1n;
    missing += 1n;
  }
  return floors;
}

/** 0 to unit - 1, also below 0. */
function remainderOf(value: bigint, unit: bigint): bigint {
  return ((value % unit) + unit) % unit;
}

function compare(a: bigint, b: bigint): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** Hundredths as a decimal number: -123456n -> "−1 234.56", with a narrow space that does not break and a real minus. */
export function hundredths(units: bigint): string {
  const digits = String(units < 0n ? -units : units).padStart(3, '0');
  return `${units < 0n ? '−' : ''}${grouped(digits.slice(0, -2))}.${digits.slice(-2)}`;
}

export function grouped(digits: string): string {
  return digits.replace(/\B(?=(?:\d{3})+$)/g, '\u202f');
}

/** Money to the cent. */
export function moneyCents(nano: bigint): string {
  return hundredths(rounded(nano, CENT));
}

/** Energy in kWh to 10 Wh. */
export function kWh(wh: number): string {
  return hundredths(rounded(BigInt(wh), TEN_WH));
}

/** Per mille as per cent: 432 -> "43.2 %". */
export function percent(perMille: number): string {
  const digits = String(Math.abs(perMille)).padStart(2, '0');
  return `${perMille < 0 ? '−' : ''}${digits.slice(0, -1)}.${digits.slice(-1)} %`;
}
