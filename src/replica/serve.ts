// What a machine that holds the ledger answers to the others: its newest checkpoint with the proof that it continues theirs,
// leaves with the bodies that the asker may read, inclusion proofs. The operator answers, and any replica that is asked: so a
// member refills another. Work per message is bounded.
import type { Roster } from '../ledger/roster.ts';
import { rosterText } from '../ledger/roster.ts';
import { headerOf } from '../ledger/views.ts';
import { toBase64, toHex } from '../log/bytes.ts';
import { readCheckpoint } from '../log/checkpoint.ts';
import type { LogStore, StoredLeaf } from '../log/store.ts';
import { consistencyProof, inclusionProof } from '../log/tree.ts';
import type {
  CheckpointMessage,
  LeavesMessage,
  Message,
  ProofMessage,
  RosterMessage,
  SentLeaf,
  Wanted,
} from './messages.ts';
import { askerOf } from './signed.ts';
import { type Community, mayRead } from './visible.ts';

/** Leaves and proofs per message, and characters of notes and bodies after which a message ends. */
export const MOST_LEAVES = 256;
export const MOST_PROOFS = 64;
const MOST_CHARACTERS = 1_000_000;
/** A checkpoint bears one line per witness. */
const MOST_LINES = 1024;

export interface ServedLog {
  readonly origin: string;
  readonly store: LogStore;
  /** As of the newest header. */
  readonly community: Community;
  /** A checkpoint with the cosignatures that were collected for it, and whether they are enough. */
  collected(checkpoint: string): { readonly note: string; readonly reached: boolean };
  /** The newest checkpoint that is witnessed, or null. */
  witnessed(): string | null;
  /** The roster of the header before a leaf; null where it is not known any more. */
  rosterAt(index: number): Roster | null;
}

/** The answers to a question; none where there is nothing to say. @param now Unix ms */
export function answer(log: ServedLog, wanted: Wanted, now: number): Message[] {
  if (wanted.origin !== log.origin || log.store.checkpoint() === null) return [];
  switch (wanted.type) {
    case 'checkpoint-wanted':
      return [newestCheckpoint(log, wanted.from, wanted.member)];
    case 'leaves-wanted':
      return leavesFrom(log, wanted, now);
    case 'proof-wanted':
      return wanted.ids.slice(0, MOST_PROOFS).flatMap((id) => proofOf(log, id));
    case 'roster-wanted':
      return rosterOf(log, wanted.size, wanted.member);
  }
}

/** @param from leaves that the asker has; 0: no proof @param to the asker; left out: everybody */
export function newestCheckpoint(log: ServedLog, from = 0, to?: string): CheckpointMessage {
  const { origin, store } = log;
  const { note, reached } = log.collected(store.checkpoint()!);
  const { size, root } = readCheckpoint(note, MOST_LINES);
  const proof = from > 0 && from <= size ? consistencyProof(from, size, (level, i) => store.node(level, i)) : null;
  return {
    type: 'checkpoint',
    origin,
    size,
    root: toBase64(root),
    note,
    from: proof && { size: from, proof: proof.map(toBase64) },
    state: reached ? 'witnessed' : 'sealed',
    ...(to === undefined ? {} : { to }),
  };
}

function leavesFrom(
  { origin, store, community }: ServedLog,
  { from, limit, member, signed }: Extract<Wanted, { type: 'leaves-wanted' }>,
  now: number,
): LeavesMessage[] {
  const checkpoint = store.checkpoint()!;
  const { size } = readCheckpoint(checkpoint);
  if (from >= size) return [];
  const reader = askerOf(signed, origin, from, community.roster, now);
  const leaves: SentLeaf[] = [];
  let characters = 0;
  for (const leaf of store.leaves(from, Math.min(limit, MOST_LEAVES, size - from))) {
    const sent = sentLeaf(store, leaf, mayRead(leaf.tags, reader, community));
    characters += sent.note.length + (sent.body?.length ?? 0);
    // One always goes, however long.
    if (leaves.length > 0 && characters > MOST_CHARACTERS) break;
    leaves.push(sent);
  }
  return [{ type: 'leaves', origin, from, leaves, size, checkpoint, to: member }];
}

function sentLeaf(store: LogStore, { index, note, body, tags }: StoredLeaf, readable: boolean): SentLeaf {
  const checkpoint = tags.kind === 'header' ? store.checkpoints(index + 1, 1)[0] : undefined;
  return { note, body: readable ? body : null, ...(checkpoint ? { checkpoint: checkpoint.note } : {}) };
}

/** Under the newest witnessed checkpoint; under the newest where the leaf is not witnessed yet. */
function proofOf(log: ServedLog, id: string): ProofMessage[] {
  const { origin, store } = log;
  const index = store.indexOf(id);
  if (index === undefined) return [];
  const candidates = [log.witnessed(), log.collected(store.checkpoint()!).note];
  const checkpoint = candidates.find((note) => note !== null && readCheckpoint(note, MOST_LINES).size > index);
  const leaf = store.leaf(index);
  if (!checkpoint || !leaf) return [];
  const { size } = readCheckpoint(checkpoint, MOST_LINES);
  const path = inclusionProof(index, size, (level, i) => store.node(level, i)).map(toBase64);
  return [{ type: 'proof', origin, id, index, leaf: toHex(leaf.leafHash), path, checkpoint }];
}

function rosterOf(log: ServedLog, size: number, to: string): RosterMessage[] {
  const { origin, store } = log;
  const leaf = store.leaf(size - 1);
  const roster = log.rosterAt(size - 1);
  if (leaf?.tags.kind !== 'header' || !roster || store.checkpoints(size, 1)[0]?.size !== size) return [];
  const { first } = headerOf(leaf);
  const before = first === 0 ? null : (store.leaf(first - 1)?.note ?? null);
  const path = inclusionProof(size - 1, size, (level, i) => store.node(level, i)).map(toBase64);
  return [{ type: 'roster', origin, size, header: leaf.note, path, before, roster: rosterText(roster), to }];
}
