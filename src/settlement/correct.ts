// Corrections: what a settlement says otherwise than the one before, as lines of their own. Nothing that was booked is changed:
// a line that no longer holds is reversed, a line that holds now is booked anew, and lines that stay are left alone.
//
// Fixed here:
// - Lines are compared whole and counted, so two equal lines are two lines. A reversal is the line with its Wh and amount
//   negated, marked `reverses`; Wh x price is its amount too. Every line moves money between two accounts, so a correction
//   sums to 0 like a settlement.
// - Reversals come first, in the order of the settlement before; then the new lines, in the order of the one after.
// - What stands after a settlement and any corrections of it, in their order, is what the newest settlement says. So a
//   correction of a correction is the difference to what the correction made, and the same correction a second time finds
//   nothing to reverse and is refused. Where nothing changed a correction has no lines.
import { describe } from '../units.ts';
import { Accounts } from './accounts.ts';
import type { Line, MemberRow, Settlement } from './settlement.ts';

export interface CorrectionLine extends Line {
  /** The line takes back an earlier one, whose Wh and amount it has with the other sign. */
  readonly reverses?: true;
}

export interface Correction {
  readonly lines: readonly CorrectionLine[];
  /** What the lines change in each account, nano-currency as decimal text, sorted by name (bytes). */
  readonly accounts: Readonly<Record<string, string>>;
  /** Always "0". */
  readonly sum: string;
  /** Rows that are new or other than before; each takes the place of the one for its interval and member. */
  readonly rows: readonly MemberRow[];
}

/** Of a settlement that is known by its lines alone, all rows are new. */
type Settled = Pick<Settlement, 'lines'> & Partial<Pick<Settlement, 'rows'>>;

/** What has to be booked so that `after` stands where `before` stood. */
export function correct(before: Settled, after: Settled): Correction {
  const gone = without(before.lines, after.lines);
  const added = without(after.lines, before.lines);
  const lines: CorrectionLine[] = [...gone.map(reversal), ...added];
  const accounts = new Accounts();
  for (const line of lines) accounts.book(line);
  const known = new Set(before.rows?.map(keyOfRow));
  const rows = after.rows?.filter((row) => !known.has(keyOfRow(row))) ?? [];
  return { lines, accounts: accounts.balances(), sum: String(accounts.sum()), rows };
}

/**
 * The lines that stand after a settlement and its corrections; equal ones together, else in the order in which they were booked.
 * @throws RangeError where a correction takes back a line that does not stand
 */
export function standing(lines: readonly Line[], ...corrections: readonly (readonly CorrectionLine[])[]): Line[] {
  const left = new Counted(lines);
  for (const [index, correction] of corrections.entries()) {
    for (const { reverses, ...line } of correction) {
      if (!reverses) {
        left.add(line);
      } else if (!left.remove(reversal(line))) {
        const { interval, code, account, counterAccount, amount } = line;
        throw new RangeError(
          `corrections[${index}] takes back a line that does not stand: ${code} of ${-amount} from ${account} to ${counterAccount} in ${interval}`,
        );
      }
    }
  }
  return left.lines();
}

/**
 * Whether a settlement and its corrections come to what is settled at once from the final values: null, or a sentence that says
 * where not.
 */
export function chainFault(
  first: readonly Line[],
  corrections: readonly (readonly CorrectionLine[])[],
  final: readonly Line[],
): string | null {
  const stands = standing(first, ...corrections);
  const [extra] = without(stands, final);
  const [absent] = without(final, stands);
  const fault = extra ?? absent;
  if (!fault) return null;
  const what = extra ? 'leave a line that the final values do not give' : 'lack a line that the final values give';
  return `the corrections ${what}: ${fault.code} of ${describe(fault.amount)} from ${fault.account} in ${fault.interval}`;
}

function reversal({ wh, amount, ...line }: Line): CorrectionLine & { readonly reverses: true } {
  // 0 - x, because -x makes -0 of 0, and that is another byte.
  return { ...line, wh: 0 - wh, amount: 0 - amount, reverses: true };
}

/** Of lines that are counted, those beyond what the others take away, in order. */
function without(lines: readonly Line[], taken: readonly Line[]): Line[] {
  const left = new Counted(taken);
  return lines.filter((line) => !left.remove(line));
}

/** Lines of which each may be there several times. */
class Counted {
  readonly #lines = new Map<string, Line[]>();

  constructor(lines: readonly Line[]) {
    for (const line of lines) this.add(line);
  }

  add(line: Line): void {
    const key = keyOf(line);
    const same = this.#lines.get(key);
    if (same) same.push(line);
    else this.#lines.set(key, [line]);
  }

  /** Whether there was one. */
  remove(line: Line): boolean {
    const key = keyOf(line);
    const same = this.#lines.get(key);
    if (!same) return false;
    same.pop();
    if (same.length === 0) this.#lines.delete(key);
    return true;
  }

  lines(): Line[] {
    return [...this.#lines.values()].flat();
  }
}

function keyOf({ interval, account, counterAccount, wh, price, amount, code }: Line): string {
  return JSON.stringify([interval, account, counterAccount, wh, price, amount, code]);
}

/** The fields in one order, whoever made the row. */
function keyOfRow(row: MemberRow): string {
  return JSON.stringify(Object.entries(row).sort(([a], [b]) => (a < b ? -1 : 1)));
}
