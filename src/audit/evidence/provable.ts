// Which faults of a history prove something against the key that signed it. A fault is proved when it follows from the leaves
// alone, and from bodies whose hashes stand in them: what is missing or altered in a copy accuses nobody.
import { REFUSAL_CODES } from '../../ledger/judge.ts';
import { bodySchemas, type RecordKind } from '../../ledger/kinds.ts';
import { type ReadNote, readNote } from '../../ledger/record.ts';
import { FormatError } from '../../log/errors.ts';
import { RULE_NAMES } from '../../market/clear.ts';
import type { History } from './format.ts';

/** Codes of what the operator let into the log, or made of it; those of a copy are not among them. */
const PROVABLE: ReadonlySet<string> = new Set([
  ...REFUSAL_CODES.filter((code) => code !== 'too-large' && code !== 'body-mismatch'),
  'genesis',
  'broken-link',
  'wrong-header',
]);

export const isProvable = (code: string): boolean => PROVABLE.has(code);

const FORMAT_LINE = /^microgrid-(?:record|header)\/1\n/;
const SOME_FORMAT_LINE = /^microgrid-(?:record|header)\/[1-9]\d*\n/;
const KIND = /"kind":"([a-z]{1,20})"/;
const VERSION = /"version":"([a-z]{1,20}\/[1-9]\d{0,3})"/;

/**
 * Why this program cannot judge a fault: what a later version of the format allows looks wrong to an earlier program, and an
 * operator is not to be accused of being newer.
 */
export function unknownFormat({ leaves, fault }: History): string | null {
  if (fault.code === 'wrong-clearing' || fault.code === 'wrong-settlement') return unknownRule(leaves, fault.leaf);
  const [note = '', body = null] = leaves[fault.leaf] ?? [];
  if (SOME_FORMAT_LINE.test(note) && !FORMAT_LINE.test(note)) return `the format ${note.slice(0, note.indexOf('\n'))}`;
  if (!note.startsWith('microgrid-record/1\n')) return null;
  const kind = KIND.exec(note)?.[1];
  if (kind !== undefined && !Object.hasOwn(bodySchemas, kind)) return `the kind of record ${kind}`;
  const version = body === null ? undefined : VERSION.exec(body)?.[1];
  if (kind === undefined || version === undefined || Object.hasOwn(bodySchemas[kind as RecordKind], version))
    return null;
  return `the record ${version}`;
}

function unknownRule(leaves: History['leaves'], until: number): string | null {
  for (const [note, body] of leaves.slice(0, until)) {
    if (body === null || headOf(note)?.kind !== 'rules') continue;
    const { market, settlement } = JSON.parse(body) as { readonly market: string; readonly settlement: string };
    if (!RULE_NAMES.includes(market)) return `the rule ${market}`;
    if (settlement !== 'settle/1') return `the rule ${settlement}`;
  }
  return null;
}

/** The head of a leaf that is a record; null for headers and what cannot be read. */
export function headOf(note: string): ReadNote['head'] | null {
  if (!FORMAT_LINE.test(note) || note.startsWith('microgrid-header')) return null;
  try {
    return readNote(note).head;
  } catch (error) {
    if (error instanceof FormatError) return null;
    throw error;
  }
}
