// The codes of `microgrid verify` (docs/ledger-format.md, section 14) in words, and on which link of the chain each bears.
import type { AuditError } from '../../src/audit/auditor.ts';
import type { Fault } from './protocol.ts';

export type Link = 'key' | 'checkpoint' | 'root' | 'blocks' | 'records' | 'clearings' | 'bills' | 'files';

const CODES: Readonly<Record<string, readonly [link: Link, title: string]>> = {
  'leaf-missing': ['root', 'A leaf is missing'],
  'leaf-altered': ['root', 'A leaf was changed after it was signed'],
  'leaf-malformed': ['root', 'A leaf cannot be read'],
  'body-altered': ['records', 'The content of a record was changed after it was signed'],
  'file-altered': ['files', 'A file of the export was changed'],
  'file-unknown': ['files', 'A file lies in the export that does not belong there'],
  damaged: ['root', 'The ledger contradicts itself'],
  'checkpoint-invalid': ['checkpoint', 'The checkpoint is not signed as it should be'],
  'checkpoint-missing': ['checkpoint', 'A checkpoint is missing'],
  'root-mismatch': ['root', 'The records are not those that the checkpoint was signed for'],
  'size-mismatch': ['checkpoint', 'The checkpoint is over another number of leaves'],
  'unwitnessed-term': ['checkpoint', 'Another operator took over, and not enough members witnessed it'],
  genesis: ['blocks', 'The ledger does not begin as one must'],
  malformed: ['records', 'A record is not written as the format says'],
  unsigned: ['records', 'A record lacks a signature'],
  'bad-signature': ['records', 'A signature is forged'],
  'wrong-key': ['records', 'A record is signed by a key that must not sign it'],
  'unknown-member': ['records', 'A record is from somebody who is no member'],
  'wrong-role': ['records', 'A record is from somebody who must not write such a one'],
  'wrong-ledger': ['records', 'A record was written for another ledger'],
  'bad-change': ['records', 'Members, roles or keys were changed against the rules'],
  late: ['records', 'A record came after its auction'],
  'too-early': ['records', 'A record came before its time'],
  'already-recorded': ['records', 'A record stands in the ledger twice'],
  'out-of-bounds': ['records', 'A record goes beyond what the rules allow'],
  'over-quota': ['records', 'A member has more orders than the rules allow'],
  'unknown-order': ['records', 'A record speaks of an order that is not there'],
  'missing-body': ['records', 'The content of a record is missing without which nothing after it can be judged'],
  'wrong-clearing': ['clearings', 'An auction was not cleared by the rules'],
  'wrong-settlement': ['bills', 'A bill was not computed by the rules'],
  'broken-link': ['blocks', 'A block does not follow from the one before'],
  'wrong-header': ['blocks', 'A block says something about itself that is not so'],
  'unknown-key': ['key', 'A key is not the one that you know'],
};

export function linkOf(code: string): Link {
  return CODES[code]?.[0] ?? 'records';
}

export function faultOf({ leaf, block, code, text }: AuditError): Fault {
  return { leaf, block, code, title: CODES[code]?.[1] ?? 'Something does not hold', text };
}
