// A header closes a block: a leaf like any other, a C2SP signed note of the log key, whose text is the line
// `microgrid-header/1` and one line of RFC 8785 JSON. It links to the header before and commits to everything folded.
import * as v from 'valibot';
import { canonicalJson, parseStrictJson } from '../log/canonical-json.ts';
import { FormatError } from '../log/errors.ts';
import { hash, integer, interval, memberId, time } from './fields.ts';

export const HEADER_LINE = 'microgrid-header/1\n';

const schema = v.strictObject({
  /** Leaves in the block, without the header itself. */
  count: integer(0),
  /** Index of the block's first leaf; the header's own index is first + count. */
  first: integer(0),
  /** 0 for the first block. */
  height: integer(0),
  /** The interval whose clearing stands in this block, or null. */
  interval: v.nullable(interval),
  /** Name of the ledger. */
  ledger: v.string(),
  /** Member who operates the ledger. */
  operator: memberId,
  /** SHA-256 of the text of the previous header; null in block 0. */
  previous: v.nullable(hash),
  /** Root of the tree over all leaves before the header, hexadecimal. */
  root: hash,
  /** SHA-256 of the roster after this block. */
  roster: hash,
  /** Body hash of the rules in force after this block. */
  rules: hash,
  /** SHA-256 of the folded state after this block, which lies beside the log as the header's body. */
  state: hash,
  term: integer(1),
  /** Time of sealing; never earlier than that of the header before. */
  time,
});

export type Header = Readonly<v.InferOutput<typeof schema>>;

/** The text that the log key signs. */
export function headerText(header: Header): string {
  return `${HEADER_LINE}${canonicalJson(header)}\n`;
}

/** Reads the text of a header strictly. @throws FormatError */
export function parseHeader(text: string): Header {
  if (!text.startsWith(HEADER_LINE) || text.indexOf('\n', HEADER_LINE.length) !== text.length - 1) {
    throw new FormatError('header', 'a header is the line microgrid-header/1 and one line of canonical JSON');
  }
  const value = parseStrictJson(text.slice(HEADER_LINE.length, -1));
  const result = v.safeParse(schema, value, { abortEarly: true });
  if (!result.success) {
    const path = v.getDotPath(result.issues[0]);
    throw new FormatError('header', `the header does not fit${path ? `: ${path}` : ''} ${result.issues[0].message}`);
  }
  return result.output;
}
