// Checks a statement: alone, whether it agrees with itself and with its checkpoint; with its ledger, whether it is exactly the statement
// that follows from the records. For that the ledger is checked, and the statement made again from it.
import { exportSource } from '../../src/audit/sources.ts';
import { toBase64 } from '../../src/log/bytes.ts';
import type { FileStore } from '../../src/log/file-store.ts';
import { Pace } from '../../src/log/pace.ts';
import { rootAt } from '../../src/log/tree.ts';
import { type Statement, Statements } from '../../src/settlement/statement/document.ts';
import type { LedgerLeaf } from '../../src/settlement/statement/leaves.ts';
import { makeMonth } from '../../src/settlement/statement/make.ts';
import { MOST_CLOSING_DAYS, type Period, periodOf } from '../../src/settlement/statement/period.ts';
import { sequenceSource } from '../../src/settlement/statement/sequence-source.ts';
import { type CheckedLedger, ledgerAnswer, summaryOf } from './check-ledger.ts';
import { type Log, withNodes } from './log.ts';
import type { Answer, Step } from './protocol.ts';
import type { StatementForm } from './statement-form.ts';
import { checkpointStep, sumSteps } from './statement-sums.ts';
import { countText, intervalText, moneyText } from './words.ts';

/** Of a statement without its ledger. */
export function statementAnswer(statement: StatementForm, keys: readonly string[]): Answer {
  const steps = [...sumSteps(statement), checkpointStep(statement, keys), ledgerMissing(statement)];
  return answerOf(statement, steps, null);
}

/** Of a statement and the ledger that it follows from. */
export async function statementOfLedger(
  statement: StatementForm,
  files: FileStore,
  log: Log | null,
  checked: CheckedLedger,
  keys: readonly string[],
): Promise<Answer> {
  const { result } = checked;
  const whole = ledgerAnswer(checked, keys.length > 0);
  const ledger: Step = {
    name: 'Ledger',
    state: whole.state,
    text: `${whole.title} ${whole.text}`,
    detail: result.root,
  };
  const known = result.operator === null ? keys : [...keys, result.operator];
  const steps = [...sumSteps(statement), checkpointStep(statement, known), ledger];
  if (result.ok && log !== null) {
    steps.push(await rootStep(statement, log));
    if (steps.every(({ state }) => state !== 'bad')) steps.push(await sameStep(statement, files));
  }
  return { ...answerOf(statement, steps, result.trusted), faults: whole.faults, ledger: summaryOf(checked) };
}

function answerOf(statement: StatementForm, steps: readonly Step[], trusted: boolean | null): Answer {
  const of = `${statement.account.replace(/^member\//, '')}, ${statement.month}`;
  const total = moneyText(statement.balance.total.replace('-', ''), statement.currency);
  const pays = statement.balance.total.startsWith('-') ? `${total} to receive` : `${total} to pay`;
  const base = { steps, faults: [], ledger: null, wants: null };
  const bad = steps.find(({ state }) => state === 'bad');
  if (bad) return { ...base, state: 'bad', title: `This statement does not hold (${of}).`, text: bad.text };
  if (trusted === null) {
    const text = `${of}: ${pays}. Its sums are right. Whether its lines are those of the ledger, the ledger shows: drop its folder too.`;
    return { ...base, state: 'open', title: 'This statement adds up.', text, wants: statement.ledger };
  }
  const whose = trusted
    ? ''
    : ' Whether the operator\u2019s key is the right one, only a key that you know from elsewhere can say: enter it above.';
  const text = `${of}: ${pays}. Made again from the records of the ledger, it is the same in every line.${whose}`;
  return { ...base, state: 'good', title: 'This statement is right.', text };
}

function ledgerMissing({ ledger }: StatementForm): Step {
  const text =
    ledger === null
      ? 'This community keeps no ledger, so nothing shows where the lines come from.'
      : 'Not here yet: drop the exported folder of the ledger as well.';
  return { name: 'Ledger', state: 'open', text };
}

/** Whether the ledger is one that the statement's checkpoint was signed for. */
async function rootStep({ proof, ledger }: StatementForm, log: Log): Promise<Step> {
  const name = 'Same ledger';
  if (proof === null || proof.checkpoint === null)
    return { name, state: 'open', text: 'Without a checkpoint nothing ties the statement to this ledger.' };
  const origin = log.checkpoint.split('\n', 1)[0];
  if (origin !== ledger)
    return { name, state: 'bad', text: `The statement is of ${ledger ?? 'no ledger'}, the folder of ${origin}.` };
  if (proof.size > log.size) {
    return {
      name,
      state: 'bad',
      text: `The statement goes by ${proof.size} leaves, but this copy of the ledger has ${log.size}; take a newer one.`,
    };
  }
  const root = toBase64(await withNodes(log, (readNode) => rootAt(proof.size, readNode)));
  return root === proof.root
    ? {
        name,
        state: 'good',
        text: `The first ${proof.size} leaves of this ledger give the root in the statement\u2019s checkpoint.`,
        detail: root,
      }
    : {
        name,
        state: 'bad',
        text: `The first ${proof.size} leaves of this ledger give another root than the one in the statement\u2019s checkpoint.`,
      };
}

async function sameStep(statement: StatementForm, files: FileStore): Promise<Step> {
  const name = 'Made again';
  const period = periodOfStatement(statement);
  if (period === null)
    return { name, state: 'bad', text: 'The month of the statement does not begin, end or close when it says.' };
  const made = await makeAgain(statement, period, files);
  const difference =
    made === null ? `the ledger has nothing of ${statement.account} in this month` : differenceOf(statement, made);
  return difference === null
    ? {
        name,
        state: 'good',
        text: 'The statement was made again from the ledger: every line, position, day and balance is the same.',
      }
    : { name, state: 'bad', text: `Made again from the ledger, the statement is another: ${difference}.` };
}

function periodOfStatement({ month, timeZone, from, until, closes }: StatementForm): Period | null {
  for (let days = 1; days <= MOST_CLOSING_DAYS; days++) {
    const period = periodOf(month, timeZone, days);
    if (period.closes !== Date.parse(closes)) continue;
    return period.start === Date.parse(from) && period.end === Date.parse(until) ? period : null;
  }
  return null;
}

async function makeAgain(
  { account, proof, closes }: StatementForm,
  period: Period,
  files: FileStore,
): Promise<Statement | null> {
  const pace = new Pace();
  const source = await exportSource(files, pace);
  const size = proof?.size ?? source.size;
  const leaves = async function* (): AsyncGenerator<LedgerLeaf> {
    for await (const leaf of source.leaves()) {
      if (leaf.index >= size) return;
      yield leaf;
    }
  };
  const records = await sequenceSource({ leaves, checkpoint: source.checkpoint(source.size) }, period, pace);
  const making = { source: records, period, asOf: Date.parse(closes), pace };
  const { book, context, accounts } = await makeMonth(making, (each) => each === account);
  return accounts.includes(account) ? new Statements(book, context).of(account) : null;
}

function differenceOf(statement: StatementForm, made: Statement): string | null {
  for (const [i, line] of made.lines.entries()) {
    const told = statement.lines[i];
    if (told && same(told, line)) continue;
    const where = `line ${i + 1} (${intervalText(line.interval)}, "${line.code}" with ${line.counterAccount})`;
    return told
      ? `${where} is ${moneyText(line.amount, made.currency)} there and ${moneyText(told.amount, made.currency)} here, or follows from other records`
      : `${where} is missing here`;
  }
  const more = statement.lines.length - made.lines.length;
  if (more > 0) return `${countText(more, 'line')} of it ${more === 1 ? 'is' : 'are'} not in the ledger`;
  const parts = ['community', 'currency', 'balance', 'positions', 'days', 'payments'] as const;
  const part = parts.find((name) => !same(statement[name], made[name]));
  return part === undefined ? null : `its ${part} differs`;
}

/** Whether a value that was read is that of the statement made again, in all that was read of it. */
function same(told: unknown, made: unknown): boolean {
  if (typeof told !== 'object' || told === null) return told === made;
  if (typeof made !== 'object' || made === null) return false;
  if (Array.isArray(told) && told.length !== (made as readonly unknown[]).length) return false;
  return Object.entries(told).every(([name, value]) => same(value, (made as Readonly<Record<string, unknown>>)[name]));
}
