// Checks an exported ledger with the audit of `microgrid verify`, and says in words what follows from what: the operator's key signs a
// checkpoint, which stands for a root, which stands for blocks and records, from which auctions and bills follow.
import { type VerifyResult, verifyFiles } from '../../src/audit/audit.ts';
import type { AuditError } from '../../src/audit/auditor.ts';
import { StoreError } from '../../src/log/errors.ts';
import type { FileStore } from '../../src/log/file-store.ts';
import { parseVkey } from '../../src/log/note.ts';
import { faultOf, type Link, linkOf } from './faults.ts';
import { LedgerIndex } from './ledger-index.ts';
import { Problem } from './problem.ts';
import type { Answer, LedgerSummary, State, Step } from './protocol.ts';
import { countText } from './words.ts';

export interface CheckedLedger {
  readonly result: VerifyResult;
  readonly index: LedgerIndex;
}

export type Progress = (done: number, size: number) => void;

/** @throws Problem where there is no ledger to be checked */
export async function checkLedger(
  files: FileStore,
  keys: readonly string[],
  progress: Progress,
): Promise<CheckedLedger> {
  const index = new LedgerIndex();
  try {
    const result = await verifyFiles(files, {
      keys,
      onLeaf: index.add,
      onProgress: ({ leaves, size }) => progress(leaves, size),
    });
    index.mark(result.errors);
    return { result, index };
  } catch (error) {
    if (error instanceof StoreError) throw new Problem(`The ledger cannot be read: ${error.message}.`);
    throw error;
  }
}

export function summaryOf({ result, index }: CheckedLedger): LedgerSummary {
  const origin = result.operator === null ? '' : parseVkey(result.operator).name;
  return { origin, size: result.size, root: result.root, blocks: index.blocks };
}

export function ledgerAnswer(checked: CheckedLedger, keysGiven: boolean): Answer {
  const { result, index } = checked;
  const faults = result.errors.map(faultOf);
  const base = { wants: null, faults, ledger: summaryOf(checked), steps: stepsOf(checked, keysGiven) };
  const [first] = faults;
  if (first) {
    const place =
      first.leaf === null ? '' : `, in leaf ${first.leaf}${first.block === null ? '' : ` of block ${first.block}`}`;
    const more = faults.length > 1 ? ` ${countText(faults.length - 1, 'more fault')} below.` : '';
    return {
      ...base,
      state: 'bad',
      title: `This ledger does not hold: ${lower(first.title)}${place}.`,
      text: `${sentence(first.text)}${more}`,
    };
  }
  const { records, blocks, trusted } = result;
  const again = againText(index, result.unchecked);
  const whose = trusted
    ? ' The operator\u2019s key is the one that you know.'
    : ' Whether the operator\u2019s key is the right one, only a key that you know from elsewhere can say: enter it above.';
  return {
    ...base,
    state: 'good',
    title: trusted ? 'This ledger holds, and it is your operator\u2019s.' : 'This ledger holds.',
    text: `${countText(records, 'record')} signed by their authors, in ${countText(blocks, 'linked block')}.${again}${whose}`,
  };
}

/** What was computed again, and what could not be. */
function againText(index: LedgerIndex, unchecked: number): string {
  const clearings = index.kinds.get('clearing') ?? 0;
  const settlements = index.kinds.get('settlement') ?? 0;
  const all = clearings + settlements;
  if (all === 0) return '';
  if (unchecked > 0) {
    const done = countText(all - unchecked, 'auction or bill', 'auctions and bills');
    return ` ${done} computed again, with the same result; for ${unchecked} more a record is withheld from this copy.`;
  }
  return ` ${countText(clearings, 'auction')} and ${countText(settlements, 'bill')} computed again, with the same result.`;
}

function stepsOf({ result, index }: CheckedLedger, keysGiven: boolean): Step[] {
  const { operator, trusted, size, root, blocks, records, withheld, unchecked, errors } = result;
  const broken = new Set<Link>(errors.map(({ code }) => linkOf(code)));
  // After some faults nothing more is judged: what was not reached is neither good nor bad.
  const reached = index.size >= size && size > 0 && operator !== null;
  const step = (link: Link, name: string, good: string, detail?: string, open = false): Step => {
    const first = errors.find(({ code }) => linkOf(code) === link);
    const state: State = broken.has(link) ? 'bad' : !reached || open ? 'open' : 'good';
    const text = first
      ? badText(first, errors)
      : reached
        ? good
        : 'Not reached: the fault above, or below, ended the check.';
    return { name, state, text, ...(detail === undefined ? {} : { detail }) };
  };
  const clearings = index.kinds.get('clearing') ?? 0;
  const settlements = index.kinds.get('settlement') ?? 0;
  const left =
    unchecked > 0
      ? ` ${countText(unchecked, 'auction or bill', 'auctions and bills')} could not be computed again, because a record is withheld or does not hold.`
      : '';
  const asFar = unchecked > 0 ? ', as far as they are here' : '';
  const hidden =
    withheld > 0
      ? ` The content of ${countText(withheld, 'record')} is withheld from you or erased; signature and place hold all the same.`
      : '';
  return [
    step('key', 'Operator\u2019s key', keyText(trusted, keysGiven), operator ?? undefined, !trusted),
    step('checkpoint', 'Checkpoint', `This key signed a checkpoint over ${countText(size, 'leaf', 'leaves')}.`),
    witnessStep(result, reached),
    step(
      'root',
      'Root',
      'The root in it was computed again from all leaves, and is the same. If one bit of one record changed, so would the root.',
      root,
    ),
    step('blocks', 'Blocks', `${countText(blocks, 'block')}, each linked to the one before by its hash.`),
    step(
      'records',
      'Records',
      `${countText(records, 'record')}, each signed by its author and allowed by the rules.${hidden}`,
    ),
    step(
      'clearings',
      'Auctions',
      clearings === 0 ? 'None yet.' : `${countText(clearings, 'auction')} run again from the orders${asFar}.${left}`,
      undefined,
      unchecked > 0,
    ),
    step(
      'bills',
      'Bills',
      settlements === 0
        ? 'None yet.'
        : `${countText(settlements, 'bill')} computed again from auctions, meters and tariffs${asFar}.`,
      undefined,
      unchecked > 0,
    ),
    step(
      'files',
      'Files',
      'Every file of this copy was compared with the leaves, byte for byte; none is one too many.',
    ),
  ];
}

function witnessStep({ witnessed, size }: VerifyResult, reached: boolean): Step {
  const name = 'Witnesses';
  if (!reached || witnessed === null) {
    const text =
      'No checkpoint here is cosigned by enough members. Whether everybody is shown this same history, this copy alone cannot tell.';
    return { name, state: 'open', text };
  }
  const { cosigned, witnesses, needed } = witnessed;
  const upTo = witnessed.size === size ? 'all of it' : `its first ${countText(witnessed.size, 'leaf', 'leaves')}`;
  const text = `${cosigned} of ${countText(witnesses, 'witness', 'witnesses')} have cosigned ${upTo} (${needed} needed), so nobody is shown another one while most of them are honest.`;
  return { name, state: 'good', text };
}

function keyText(trusted: boolean, keysGiven: boolean): string {
  if (trusted) return 'It is the key that you know from elsewhere.';
  return keysGiven
    ? 'None of the keys that you gave is the operator\u2019s.'
    : 'Compare it with the one that you know: on a letter, at the door, from a neighbour.';
}

function badText(first: AuditError, errors: readonly AuditError[]): string {
  const same = errors.filter(({ code }) => linkOf(code) === linkOf(first.code)).length;
  const { title, leaf, text } = faultOf(first);
  const more = same > 1 ? ` And ${same - 1} more.` : '';
  return `${title}${leaf === null ? '' : ` (leaf ${leaf})`}. ${sentence(text)}${more}`;
}

const lower = (text: string) => text.charAt(0).toLowerCase() + text.slice(1);

/** What an audit says of a fault, as a sentence of its own. */
function sentence(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}${/[.!?]$/.test(text) ? '' : '.'}`;
}
