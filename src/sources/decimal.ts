// Decimal figures of foreign messages as whole numbers of a smaller unit, exactly: no figure passes through a product of
// floats on its way to a counter.
import { describe } from '../units.ts';

const DECIMAL = /^([+-]?)(\d+)(?:\.(\d*))?(?:[eE]([+-]?\d{1,2}))?$/;
/** Longer figures are no measurement. */
const LONGEST = 40;

/**
 * A decimal figure times 10^power, toward minus infinity: ("1581.123", 6) -> 1581123000. Counters are rounded down, so that
 * they never show more than the meter does.
 * @throws RangeError for anything that is no plain figure, or too large to be held exactly
 */
export function scaleDecimal(figure: unknown, power: number, name: string): number {
  const text = typeof figure === 'number' ? String(figure) : typeof figure === 'string' ? figure.trim() : '';
  const match = text.length <= LONGEST ? DECIMAL.exec(text) : null;
  if (!match) throw new RangeError(`${name} must be a number, but is ${describe(figure)}`);
  const [, sign, whole = '', decimals = '', exponent = '0'] = match;
  const magnitude = BigInt(whole + decimals);
  return scaleInteger(sign === '-' ? -magnitude : magnitude, power + Number(exponent) - decimals.length, name);
}

/** A whole number times 10^power, toward minus infinity. @throws RangeError where the result is not held exactly */
export function scaleInteger(value: bigint, power: number, name: string): number {
  if (Math.abs(power) > 120) throw new RangeError(`${name} has an exponent that no meter has`);
  const scaled = power >= 0 ? value * 10n ** BigInt(power) : floorDivide(value, 10n ** BigInt(-power));
  const result = Number(scaled);
  if (!Number.isSafeInteger(result)) throw new RangeError(`${name} is too large`);
  return result;
}

function floorDivide(value: bigint, by: bigint): bigint {
  const quotient = value / by;
  return value < 0n && quotient * by !== value ? quotient - 1n : quotient;
}
