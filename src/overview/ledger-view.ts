// Blocks as linked cards, the result of a verification, and the path of one record to the root (RFC 6962 audit path,
// recomputed here, so that what is shown was checked).
import { fromHex, toBase64 } from '../log/bytes.ts';
import { climb, leafHash } from '../log/tree.ts';
import type { BlockMessage, ProofMessage, VerificationMessage } from './messages.ts';

export interface BlockView {
  readonly height: number;
  readonly first: number;
  readonly count: number;
  readonly interval: string | null;
  readonly root: string;
  readonly previous: string | null;
  readonly kinds: Readonly<Record<string, number>>;
  readonly state: string;
  readonly witnessed: number;
  readonly witnesses: number;
  readonly records: readonly string[];
}

/** One join on the way up: the sibling's hash, on which side it stands, and the node above both. */
export interface PathStep {
  readonly sibling: string;
  readonly side: 'left' | 'right';
  readonly node: string;
}

export interface ProofView {
  readonly leaf: number;
  readonly size: number;
  readonly head: Readonly<Record<string, string>>;
  readonly body: string | null;
  readonly leafHash: string;
  readonly path: readonly PathStep[];
  readonly root: string;
  /** Whether the path ends at the root that the operator signed. */
  readonly ok: boolean;
}

export interface LedgerView {
  readonly size: number;
  readonly blocks: readonly BlockView[];
  readonly verification: VerificationMessage | null;
  readonly proof: ProofView | null;
}

const ERRORS_SHOWN = 5;
const BODY_SHOWN = 4000;

export function ledgerView(
  blocks: readonly BlockMessage[],
  verification: VerificationMessage | null,
  proof: ProofMessage | null,
): LedgerView {
  const cards = blocks.map(({ type: _type, time: _time, size: _size, ...card }) => card);
  const newest = blocks[0];
  return {
    size: newest?.size ?? 0,
    blocks: cards,
    verification: verification && { ...verification, errors: verification.errors.slice(0, ERRORS_SHOWN) },
    proof: proof && proofView(proof, newest),
  };
}

function proofView(proof: ProofMessage, newest: BlockMessage | undefined): ProofView {
  const size = proof.size ?? newest?.size ?? proof.leaf + 1;
  const root = proof.root ?? newest?.root ?? '';
  const leaf = leafHash(proof.record.note);
  const siblings = proof.path.map(hashBytes);
  const known = siblings.filter((sibling) => sibling !== null);
  const { steps, complete } = climb(leaf, proof.leaf, size, known);
  const path = steps.map(({ sibling, side, node }) => ({ sibling: toBase64(sibling), side, node: toBase64(node) }));
  return {
    leaf: proof.leaf,
    size,
    head: headOf(proof.record.note),
    body: proof.record.body?.slice(0, BODY_SHOWN) ?? null,
    leafHash: toBase64(leaf),
    path,
    root,
    ok: complete && known.length === siblings.length && sameHash(path.at(-1)?.node ?? toBase64(leaf), root),
  };
}

/** A hash as nodes write it, base64 or hexadecimal; null when it is neither. */
function hashBytes(text: string): Uint8Array | null {
  if (/^[0-9a-f]{64}$/.test(text)) return fromHex(text);
  return /^[A-Za-z0-9+/]{43}=$/.test(text) ? Buffer.from(text, 'base64') : null;
}

function sameHash(a: string, b: string): boolean {
  const [left, right] = [hashBytes(a), hashBytes(b)];
  return left !== null && right !== null && Buffer.compare(left, right) === 0;
}

/** The head fields of a record or header for display: second line of the note's text, strings and numbers only. */
function headOf(note: string): Record<string, string> {
  const [format = '', json = ''] = note.split('\n', 2);
  const head: Record<string, string> = { format };
  try {
    const parsed: unknown = JSON.parse(json);
    for (const [key, value] of Object.entries(typeof parsed === 'object' && parsed !== null ? parsed : {})) {
      if (typeof value === 'string' || typeof value === 'number') head[key] = String(value).slice(0, 200);
    }
  } catch {
    // A leaf that holds no JSON is shown by its format line alone; verify judges it.
  }
  return head;
}
