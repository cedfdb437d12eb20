// Keys of `static` and `static-redistributed` as people write them: one member a line, with its per cent of the surplus, such as
// `home-03 12.5 %`. What the lines leave open stays with the producers.
import { parseDecimal } from '../units.ts';
import { type Key, WHOLE } from './allocation-keys.ts';

/** A millionth is this many decimals of a per cent. */
export const PERCENT_DIGITS = 4;

/** @throws RangeError naming the line */
export function parseKeys(text: string): Key[] {
  const keys: Key[] = [];
  let sum = 0;
  for (const [index, line] of text.split(/\r?\n/).entries()) {
    if (line.trim() === '') continue;
    const where = `line ${index + 1} of the keys`;
    const [, member, percent] = /^\s*([a-z0-9][a-z0-9-]{0,62})\s*[\s;=]\s*(\S+?)\s*%?\s*$/.exec(line) ?? [];
    if (member === undefined)
      throw new RangeError(`${where} must be a member and its per cent, such as "home-03 12.5"`);
    const millionths = parseDecimal(percent, PERCENT_DIGITS, where);
    if (millionths < 0) throw new RangeError(`${where} must be 0 or more`);
    if (keys.some((key) => key.member === member)) throw new RangeError(`${where} names ${member} again`);
    sum += millionths;
    if (sum > WHOLE) throw new RangeError(`the keys up to line ${index + 1} sum to more than 100 %`);
    keys.push({ member, millionths });
  }
  return keys;
}

/** Millionths as per cent, exact: 125000 -> "12.5". */
export function percentText(millionths: number, digits = PERCENT_DIGITS): string {
  const text = String(millionths).padStart(digits + 1, '0');
  const decimals = digits === 0 ? '' : text.slice(-digits).replace(/0+$/, '');
  return `${digits === 0 ? text : text.slice(0, -digits)}${decimals === '' ? '' : `.${decimals}`}`;
}
