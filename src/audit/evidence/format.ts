// Evidence files: what convinces a stranger that the key of a ledger has signed what no honest operator signs. JSON, read
// strictly, bounded; nothing in it is believed before check.ts has looked at it. Written down in docs/ledger-format.md.
import * as v from 'valibot';
import { parseJson } from '../../input/json.ts';
import { code, hash, integer, leafIndex, vkey } from '../../ledger/fields.ts';
import { MAX_BODY_BYTES, MAX_NOTE_BYTES } from '../../ledger/record.ts';
import { FormatError } from '../../log/errors.ts';

export const EVIDENCE_VERSION = 'microgrid-evidence/1';
/** Longest text of an evidence file, unpacked: some hundred thousand leaves. */
export const MOST_EVIDENCE_BYTES = 256 * 1024 * 1024;
/** Levels of a tree of 2^53 leaves, and as many again for the two sides of a consistency proof. */
const MOST_HASHES = 128;

const text = (longest: number, what: string) =>
  v.custom<string>(
    (value) => typeof value === 'string' && value.length <= longest,
    `must be ${what} of at most ${longest} characters`,
  );
const note = text(MAX_NOTE_BYTES, 'a signed note');
const sibling = v.custom<string>(
  (value) => typeof value === 'string' && /^[A-Za-z0-9+/]{43}=$/.test(value),
  'must be a hash of 32 bytes in base64',
);
const hashes = v.pipe(v.array(sibling, 'must be a list of hashes'), v.maxLength(MOST_HASHES, 'must be a shorter list'));

const common = {
  version: v.literal(EVIDENCE_VERSION),
  /** Name of the ledger. */
  ledger: text(300, 'the name of a ledger'),
  /** The log key that the proof is against. */
  operator: vkey,
};

const head = v.strictObject({ checkpoint: note });
const withLeaf = v.strictObject({ checkpoint: note, leaf: hash, path: hashes });

/** Two checkpoints over as many leaves, with different roots. */
const sameSize = v.strictObject({ ...common, kind: v.literal('equivocation'), a: head, b: head });
/** Two checkpoints, and for one index inclusion proofs of two different leaves. */
const sameLeaf = v.strictObject({
  ...common,
  kind: v.literal('equivocation'),
  a: withLeaf,
  b: withLeaf,
  index: leafIndex,
});
/** Two checkpoints, and a consistency proof that what the longer one begins with has another root than the shorter one. */
const otherPrefix = v.strictObject({
  ...common,
  kind: v.literal('equivocation'),
  a: head,
  b: head,
  root: hash,
  proof: hashes,
});
const omission = v.strictObject({
  ...common,
  kind: v.literal('omission'),
  receipt: v.strictObject({ note, index: leafIndex, leaf: hash, path: hashes }),
  checkpoint: note,
  leaf: hash,
  path: hashes,
});
const history = v.strictObject({
  ...common,
  kind: v.literal('history'),
  checkpoint: note,
  /** Each leaf from the first, with its body where the verdict needs it. */
  leaves: v.array(v.strictTuple([note, v.nullable(text(MAX_BODY_BYTES, 'a body'))])),
  fault: v.strictObject({ leaf: integer(0), code }),
});

export type SameSize = Readonly<v.InferOutput<typeof sameSize>>;
export type SameLeaf = Readonly<v.InferOutput<typeof sameLeaf>>;
export type OtherPrefix = Readonly<v.InferOutput<typeof otherPrefix>>;
export type Equivocation = SameSize | SameLeaf | OtherPrefix;
export type Omission = Readonly<v.InferOutput<typeof omission>>;
export type History = Readonly<v.InferOutput<typeof history>>;
export type Evidence = Equivocation | Omission | History;
export type EvidenceKind = Evidence['kind'];

/** Whether a text says of itself that it is evidence, of whatever version; whether it is, `parseEvidence` tells. */
export const claimsEvidence = (text: string): boolean => text.includes('"microgrid-evidence/');

/** @throws FormatError `evidence` with what is wrong with the file */
export function parseEvidence(text: string): Evidence {
  if (text.length > MOST_EVIDENCE_BYTES) {
    throw new FormatError('evidence', `evidence has at most ${MOST_EVIDENCE_BYTES / 1024 / 1024} MiB`);
  }
  let value: unknown;
  try {
    value = parseJson(text);
  } catch (error) {
    throw new FormatError('evidence', `the file ${error instanceof Error ? error.message : 'is not JSON'}`);
  }
  return readEvidence(value);
}

/** The same from a value, such as the payload of a message. @throws FormatError `evidence` */
export function readEvidence(value: unknown): Evidence {
  const result = v.safeParse(schemaOf(value), value, { abortEarly: true });
  if (result.success) return result.output;
  const [issue] = result.issues;
  const path = v.getDotPath(issue);
  throw new FormatError('evidence', `the evidence does not fit${path ? `: ${path}` : ''} ${issue.message}`);
}

/** The text of an evidence file: JSON that begins with what it is, and a newline. */
export function evidenceText(evidence: Evidence): string {
  const { version, kind, ledger, operator, ...proof } = evidence;
  return `${JSON.stringify({ version, kind, ledger, operator, ...proof })}\n`;
}

/** The one schema that a file can be meant for, so that what is wrong with it can be said. */
function schemaOf(value: unknown): v.GenericSchema<unknown, Evidence> {
  const fields = (typeof value === 'object' && value !== null ? value : {}) as Readonly<Record<string, unknown>>;
  if (fields['version'] !== EVIDENCE_VERSION) {
    throw new FormatError('evidence', `the version of evidence that this program knows is ${EVIDENCE_VERSION}`);
  }
  const { kind } = fields;
  if (kind === 'omission') return omission;
  if (kind === 'history') return history;
  if (kind !== 'equivocation') {
    throw new FormatError('evidence', 'the kind of evidence must be equivocation, omission or history');
  }
  if ('index' in fields) return sameLeaf;
  return 'proof' in fields ? otherPrefix : sameSize;
}
