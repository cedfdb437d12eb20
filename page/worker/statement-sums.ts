// Whether a statement agrees with itself: its lines with its totals, positions and days, and its proof with its checkpoint.
import { toBase64 } from '../../src/log/bytes.ts';
import { type Checkpoint, openCheckpoint, readCheckpoint } from '../../src/log/checkpoint.ts';
import { FormatError } from '../../src/log/errors.ts';
import { parseVkey, verifierOf } from '../../src/log/note.ts';
import type { Step } from './protocol.ts';
import type { StatementForm } from './statement-form.ts';
import { countText, intervalText, moneyText } from './words.ts';

/** Codes whose amount is energy times price; fees and taxes are on other things too. */
const BY_ENERGY: readonly string[] = ['trade', 'import', 'feed-in'];

export function sumSteps(statement: StatementForm): Step[] {
  const { lines, balance, currency } = statement;
  const total = moneyText(balance.total, currency);
  return [
    step(
      'Lines',
      lineFault(statement),
      `${countText(lines.length, 'line')}; where a line is energy at a price, its amount is their product.`,
    ),
    step(
      'Totals',
      totalFault(statement),
      `Lines and payments sum to ${total}; with the opening balance they give the closing balance.`,
    ),
    step('Positions and days', partsFault(statement), 'The sums by kind and by day are those of the lines.'),
  ];
}

const step = (name: string, fault: string | null, good: string): Step =>
  fault === null ? { name, state: 'good', text: good } : { name, state: 'bad', text: fault };

function lineFault({ lines, currency }: StatementForm): string | null {
  for (const { interval, code, wh, price, amount } of lines) {
    if (!BY_ENERGY.includes(code)) continue;
    const product = BigInt(wh) * BigInt(price);
    if (product === BigInt(amount) || product === -BigInt(amount)) continue;
    return `The line "${code}" of ${intervalText(interval)} says ${moneyText(amount, currency)}, but energy times price is ${moneyText(product, currency)}.`;
  }
  return null;
}

function totalFault({ lines, payments, balance, currency }: StatementForm): string | null {
  const sum = [...lines, ...payments].reduce((all, { amount }) => all + BigInt(amount), 0n);
  if (sum !== BigInt(balance.total)) {
    return `The statement says ${moneyText(balance.total, currency)} in all, but its lines and payments sum to ${moneyText(sum, currency)}.`;
  }
  if (BigInt(balance.opening) + sum === BigInt(balance.closing)) return null;
  return `The closing balance is not the opening balance and the total.`;
}

function partsFault(statement: StatementForm): string | null {
  const { lines, positions, days, currency } = statement;
  const keyOf = (part: { section: string; code: string; counterAccount: string }) =>
    `${part.section} ${part.code} ${part.counterAccount}`;
  const expected = sums(lines.map((line) => [keyOf(line), BigInt(line.amount), line.wh, 1]));
  const found = sums(positions.map((each) => [keyOf(each), BigInt(each.amount), each.wh, each.lines]));
  for (const [key, sum] of new Map([...expected, ...found])) {
    if (String(expected.get(key)) === String(sum) && String(found.get(key)) === String(sum)) continue;
    return `The position "${key}" is not the sum of its lines, which is ${moneyText(expected.get(key)?.[0] ?? 0n, currency)}.`;
  }
  const { from, until } = statement;
  const within = lines.filter(
    ({ interval }) => Date.parse(interval) >= Date.parse(from) && Date.parse(interval) < Date.parse(until),
  );
  const byDay = sums(within.map((line) => [line.local.slice(0, 10), BigInt(line.amount), 0, 0]));
  const wrong = days.find(({ date, amount }) => (byDay.get(date)?.[0] ?? 0n) !== BigInt(amount));
  return wrong ? `The sum of ${wrong.date} is not that of its lines.` : null;
}

type Sum = readonly [amount: bigint, wh: number, lines: number];

function sums(parts: readonly (readonly [key: string, ...Sum])[]): Map<string, Sum> {
  const all = new Map<string, Sum>();
  for (const [key, amount, wh, lines] of parts) {
    const [a, w, l] = all.get(key) ?? [0n, 0, 0];
    all.set(key, [a + amount, w + wh, l + lines]);
  }
  return all;
}

/** Whether the checkpoint of a statement is what its proof says, covers its lines, and is signed by a key that is known. */
export function checkpointStep(statement: StatementForm, keys: readonly string[]): Step {
  const name = 'Checkpoint';
  const { proof, ledger, lines } = statement;
  if (proof === null || proof.checkpoint === null || ledger === null) {
    return {
      name,
      state: 'open',
      text: 'This statement has no checkpoint: nobody has signed for the records that it follows from.',
    };
  }
  let checkpoint: Checkpoint;
  try {
    checkpoint = readCheckpoint(proof.checkpoint);
    const known = keys.filter((vkey) => parseVkey(vkey).name === ledger);
    const detail = proof.root;
    if (checkpoint.origin !== ledger)
      return { name, state: 'bad', text: `The checkpoint is of ${checkpoint.origin}, not of ${ledger}.` };
    if (checkpoint.size !== proof.size || toBase64(checkpoint.root) !== proof.root) {
      return {
        name,
        state: 'bad',
        text: 'The checkpoint is over another root, or another number of leaves, than the statement says.',
      };
    }
    const beyond = lines.find(({ proof: { settlement, clearing, meter, orders } }) =>
      [settlement, clearing, meter, ...orders].some((leaf) => leaf !== null && leaf >= checkpoint.size),
    );
    if (beyond)
      return {
        name,
        state: 'bad',
        text: `A line of ${intervalText(beyond.interval)} names a leaf that the checkpoint does not cover.`,
      };
    const over = `over ${countText(checkpoint.size, 'leaf', 'leaves')}, which cover all lines`;
    if (known.length === 0) {
      return {
        name,
        state: 'open',
        text: `It is ${over}. Whether the operator has signed it, its key tells: enter it above, or drop the ledger too.`,
        detail,
      };
    }
    openCheckpoint(proof.checkpoint, known.map(verifierOf));
    return { name, state: 'good', text: `Signed by the operator\u2019s key that you know, ${over}.`, detail };
  } catch (error) {
    if (!(error instanceof FormatError)) throw error;
    return { name, state: 'bad', text: `The checkpoint is not signed as it should be: ${error.message}.` };
  }
}
