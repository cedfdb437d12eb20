// Energy as a cell of a table has it, exactly: decimal comma or point, thousands apart or not, also with an exponent as
// spreadsheets write small numbers. In thousandths of a Wh, because utilities count fractions of a Wh; what is finer is rounded.

export type EnergyUnit = 'Wh' | 'kWh';

/** Decimals of a milliWh in the unit. */
const DIGITS: Readonly<Record<EnergyUnit, number>> = { Wh: 3, kWh: 6 };

/** @throws RangeError with the end of a sentence, for what is no amount of energy */
export function milliWhOf(text: string, unit: EnergyUnit): number {
  const match = /^([-+]?)(\d[\d.,\s'’]*)(?:[eE]([-+]?\d{1,2}))?$/u.exec(text.replace(/\u00a0/g, ' '));
  const [whole, decimals] = match ? splitDecimal(match[2]!.replace(/[\s'’]/gu, '')) : [null, ''];
  if (!match || whole === null) throw new RangeError(`is "${text.slice(0, 40)}", which is no number`);
  const exponent = DIGITS[unit] + Number(match[3] ?? 0) - decimals.length;
  const digits = BigInt(whole + decimals);
  const milliWh = exponent >= 0 ? digits * 10n ** BigInt(exponent) : rounded(digits, 10n ** BigInt(-exponent));
  if (milliWh > BigInt(Number.MAX_SAFE_INTEGER)) throw new RangeError(`is "${text.slice(0, 40)}", which is too much`);
  if (match[1] === '-' && milliWh !== 0n) throw new RangeError('is below 0, but energy taken or given never is');
  return Number(milliWh);
}

/** Where there are both signs the last is the decimal one; one sign that stands once is it, too. */
function splitDecimal(text: string): readonly [whole: string | null, decimals: string] {
  const last = Math.max(text.lastIndexOf(','), text.lastIndexOf('.'));
  if (last === -1) return [text, ''];
  const sign = text[last]!;
  const [before, after] = [text.slice(0, last), text.slice(last + 1)];
  const isDecimal = !before.includes(sign);
  const thousands = isDecimal ? before : text;
  const groups = thousands.split(/[.,]/);
  const even = new Set(thousands.replace(/\d/g, '')).size <= 1;
  if (!even || groups.slice(1).some((group) => group.length !== 3) || (groups.length > 1 && groups[0]!.length > 3)) {
    return [null, ''];
  }
  return isDecimal ? [groups.join(''), after] : [groups.join(''), ''];
}

/** Half and more goes up. */
function rounded(digits: bigint, divisor: bigint): bigint {
  return (2n * digits + divisor) / (2n * divisor);
}
