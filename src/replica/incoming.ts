// Leaves on their way into a replica: kept in memory until the header that closes their block has come, with its checkpoint. Only
// what the log key has signed goes further, so nobody but the operator can make a replica look at anything.
import { HEADER_LINE, parseHeader } from '../ledger/header.ts';
import { BODY_DECIDES, type Body, type RecordKind } from '../ledger/kinds.ts';
import { readBody, readNote } from '../ledger/record.ts';
import type { Roster } from '../ledger/roster.ts';
import { equalBytes, sha256Hex, toBase64 } from '../log/bytes.ts';
import { openCheckpoint } from '../log/checkpoint.ts';
import { FormatError } from '../log/errors.ts';
import { openNote, parseNote, verifierOf } from '../log/note.ts';
import type { LeafInput } from '../log/store.ts';
import { type CompactTree, leafHash } from '../log/tree.ts';
import type { SentLeaf } from './messages.ts';

/** Characters of notes and bodies that wait for their header at most: a block of ten thousand records is a tenth of it. */
const MOST_CHARACTERS = 256 * 1024 * 1024;

export interface Block {
  readonly leaves: readonly LeafInput[];
  readonly checkpoint: string;
  readonly size: number;
  /** Base64. */
  readonly root: string;
}

/** Why leaves are not a block of this log; nobody is accused by it, since anybody may have sent them. */
export type NoBlock = 'unsigned' | 'other-root' | 'missing-body' | 'unknown-key';

export class Incoming {
  #leaves: SentLeaf[] = [];
  #characters = 0;

  get length(): number {
    return this.#leaves.length;
  }

  at(index: number): SentLeaf | undefined {
    return this.#leaves[index];
  }

  /** Leaves that follow those that wait. @returns false where there are too many without a header */
  add(leaves: readonly SentLeaf[]): boolean {
    for (const leaf of leaves) {
      this.#leaves.push(leaf);
      this.#characters += leaf.note.length + (leaf.body?.length ?? 0);
    }
    if (this.#characters <= MOST_CHARACTERS) return true;
    this.clear();
    return false;
  }

  /** Takes the leaves out, up to the first header that has a checkpoint. */
  take(): SentLeaf[] | null {
    const end = this.#leaves.findIndex(
      ({ note, checkpoint }) => checkpoint !== undefined && note.startsWith(HEADER_LINE),
    );
    if (end < 0) return null;
    const block = this.#leaves.splice(0, end + 1);
    for (const { note, body } of block) this.#characters -= note.length + (body?.length ?? 0);
    return block;
  }

  clear(): void {
    this.#leaves = [];
    this.#characters = 0;
  }
}

export interface Known {
  readonly origin: string;
  /** Over the leaves before; it is left as it is. */
  readonly tree: CompactTree;
  /** The log key so far; null before block 0. */
  readonly logKey: string | null;
  /** A key of the operator that was given: its log key or its record key. */
  readonly operatorKey: string | null;
  readonly roster: Roster;
}

/** The block that these leaves are, when the log key has signed them as that. */
export function readBlock(sent: readonly SentLeaf[], known: Known): Block | NoBlock {
  const checkpoint = sent.at(-1)?.checkpoint ?? '';
  const leaves = sent.map(({ note, body }) => leafOf(note, body));
  if (leaves.some(({ tags, body }) => BODY_DECIDES.has(tags.kind as RecordKind) && body === null))
    return 'missing-body';
  try {
    const key = keyOf(leaves, known);
    if (key === null) return 'unknown-key';
    const { origin, size, root } = openCheckpoint(checkpoint, [verifierOf(key)]);
    const tree = known.tree.clone();
    for (const { note } of leaves) tree.append(leafHash(note));
    if (origin !== known.origin || size !== tree.size || !equalBytes(root, tree.root())) return 'other-root';
    return { leaves, checkpoint, size, root: toBase64(root) };
  } catch (problem) {
    if (problem instanceof FormatError) return 'unsigned';
    throw problem;
  }
}

/** The key that signs the block: that of its `term` record where it has one, by whom may begin a term. */
function keyOf(leaves: readonly LeafInput[], { logKey, operatorKey, roster }: Known): string | null {
  const record = leaves.find(({ tags }) => tags.kind === 'term');
  if (!record) return logKey;
  const note = readNote(record.note);
  const { operator, key } = readBody(note.head, record.body ?? '') as Body<'term'>;
  if (logKey !== null) {
    // Only a standby may take over; whether it rightly did, the audit tells.
    const entry = roster.get(operator);
    if (!entry?.active || !entry.roles.includes('standby')) return logKey;
    openNote(record.note, [verifierOf(entry.key)]);
    return key;
  }
  if (operatorKey === null) return key;
  const joins = leaves.filter(({ tags }) => tags.kind === 'roster' && tags.member === operator);
  const keys = joins.map(({ note: text, body }) => (readBody(readNote(text).head, body ?? '') as Body<'roster'>).key);
  return [key, ...keys].includes(operatorKey) ? key : null;
}

/** A leaf as the store keeps it. A body that is not the leaf's counts as withheld; what is no leaf at all the audit will say. */
function leafOf(note: string, body: string | null): LeafInput {
  const kept = (hash: string) => (body !== null && sha256Hex(body) === hash ? body : null);
  try {
    if (note.startsWith(HEADER_LINE)) {
      const { text } = parseNote(note);
      const { state, interval } = parseHeader(text);
      const tags = { member: null, kind: 'header', interval };
      return { note, id: sha256Hex(text), body: kept(state), bodyHash: state, tags };
    }
    const { id, head } = readNote(note);
    const { member, kind, interval, bodyHash } = head;
    return { note, id, body: kept(bodyHash), bodyHash, tags: { member, kind, interval } };
  } catch (problem) {
    if (!(problem instanceof FormatError)) throw problem;
    const tags = { member: null, kind: 'unreadable', interval: null };
    return { note, id: sha256Hex(note), body: null, bodyHash: null, tags };
  }
}
