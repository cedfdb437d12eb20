// Receipts: the operator's signed word that records are in the log, at which index and with which leaf hash. One signature covers all
// records of a commit: it is over the root of the tree of their leaf hashes alone, and each receipt carries its path in that tree.
import * as v from 'valibot';
import { fromBase64, fromHex, toBase64, toHex } from '../log/bytes.ts';
import { canonicalJson, parseStrictJson } from '../log/canonical-json.ts';
import { FormatError } from '../log/errors.ts';
import { type NoteSigner, openNote, signNote, verifierOf } from '../log/note.ts';
import { CompactTree, inclusionProof, verifyInclusion } from '../log/tree.ts';
import { hash, integer, time } from './fields.ts';

export const RECEIPT_LINE = 'microgrid-receipt/1\n';

export interface Receipt {
  /** signed by the log key, for all records of the commit */
  readonly note: string;
  /** of the record's leaf in the log */
  readonly index: number;
  /** its leaf hash, hexadecimal */
  readonly leaf: string;
  /** from the leaf up to the root that is signed, base64 */
  readonly path: readonly string[];
}

/** What a receipt says. */
export interface Received {
  /** name of the ledger */
  readonly origin: string;
  readonly index: number;
  readonly leaf: string;
  readonly term: number;
}

export interface Commit {
  readonly origin: string;
  readonly term: number;
  /** of the commit: `2026-11-22T08:15:00.000Z` */
  readonly time: string;
  /** index of its first leaf */
  readonly first: number;
  readonly leafHashes: readonly Uint8Array[];
}

const schema = v.strictObject({
  /** Leaves in the commit. */
  count: integer(1),
  first: integer(0),
  ledger: v.string(),
  /** Over the leaf hashes of these leaves alone. */
  root: hash,
  term: integer(1),
  time,
});

/** One receipt per leaf of a commit, in their order. @param logKey signs once */
export function receiptsOf({ origin, term, time: at, first, leafHashes }: Commit, logKey: NoteSigner): Receipt[] {
  const levels: Uint8Array[][] = [[...leafHashes]];
  const tree = new CompactTree();
  for (const leaf of leafHashes) {
    tree.append(leaf, (level, index, node) => {
      levels[level] ??= [];
      levels[level][index] = node;
    });
  }
  const count = leafHashes.length;
  const json = canonicalJson({ count, first, ledger: origin, root: toHex(tree.root()), term, time: at });
  const note = signNote(`${RECEIPT_LINE}${json}\n`, logKey);
  return leafHashes.map((leaf, i) => ({
    note,
    index: first + i,
    leaf: toHex(leaf),
    path: inclusionProof(i, count, (level, index) => levels[level]![index]!).map(toBase64),
  }));
}

/** The receipts of a commit by the index of their leaf: signed, all at once, when the first is asked for. */
export function receiptsWhenAsked(commit: () => Commit, logKey: NoteSigner): (index: number) => Receipt {
  let receipts: Receipt[] | null = null;
  return (index) => {
    receipts ??= receiptsOf(commit(), logKey);
    return receipts[index - receipts[0]!.index]!;
  };
}

/**
 * What a receipt says, once it is found to be signed by the log key.
 * @throws FormatError (NoteError) when it is malformed, not signed by the key, or its record not one of those it covers
 */
export function checkReceipt({ note, index, leaf, path }: Receipt, logVkey: string): Received {
  const { text } = openNote(note, [verifierOf(logVkey)]);
  if (!text.startsWith(RECEIPT_LINE) || text.indexOf('\n', RECEIPT_LINE.length) !== text.length - 1) {
    throw new FormatError('receipt', 'a receipt is the line microgrid-receipt/1 and one line of canonical JSON');
  }
  const result = v.safeParse(schema, parseStrictJson(text.slice(RECEIPT_LINE.length, -1)), { abortEarly: true });
  if (!result.success) throw new FormatError('receipt', 'the receipt does not have the fields of microgrid-receipt/1');
  const { count, first, ledger, root, term } = result.output;
  if (ledger !== verifierOf(logVkey).name) {
    throw new FormatError('receipt', `the receipt is for ${ledger}, but the key that signed it is of another ledger`);
  }
  if (!verifyInclusion(fromHex(leaf), index - first, count, path.map(fromBase64), fromHex(root))) {
    throw new FormatError('receipt', `the receipt does not cover leaf ${index} with this hash`);
  }
  return { origin: ledger, index, leaf, term };
}
