// Roster and term at any height of a stored log, folded again from the few records that change them.
import type { LogStore, StoredLeaf } from '../log/store.ts';
import type { Body } from './kinds.ts';
import { Powers } from './powers.ts';
import { readBody, readNote } from './record.ts';
import { type Selectable, selectAll } from './recorded.ts';
import { applyChange, type Roster } from './roster.ts';
import { HEADER_KIND } from './views.ts';

/** Kinds that change who belongs and who operates. */
const KINDS = ['roster', 'approval', 'term'] as const;
type PowerKind = (typeof KINDS)[number];

/** The roster as of the header at an index, from a log that was verified before. */
export function rosterAfter(store: LogStore, header: number): Roster {
  const genesis = closingHeader(store, 0);
  const [first] = store.select({ kind: 'term', limit: 1 });
  let roster: Roster = new Map();
  for (const leaf of selectAll(store, { kind: 'roster' })) {
    if (leaf.index > genesis) break;
    roster = applyChange(roster, read(leaf).body as Body<'roster'>);
  }
  const powers = new Powers(read(first!).body as Body<'term'>, roster);
  powers.commit();
  foldPowers(powers, store, genesis, header);
  return powers.roster;
}

/**
 * Folds what stands after block 0, block by block, as it was made.
 * @param powers as of block 0 @param genesis index of the header of block 0 @param header index of the last header to be folded
 * @throws FormatError when a body is not that of its record, Error when it is missing
 */
export function foldPowers(powers: Powers, store: Selectable, genesis: number, header: number): void {
  const leaves = KINDS.flatMap((kind) => [...selectAll(store, { kind, from: genesis })]);
  let closing = genesis;
  for (const leaf of leaves.sort((a, b) => a.index - b.index)) {
    if (leaf.index > header) break;
    if (leaf.index > closing) {
      if (closing > genesis) powers.commit();
      closing = closingHeader(store, leaf.index);
    }
    const { id, member, kind, body } = read(leaf);
    powers.apply(id, member, kind, body);
  }
  if (closing > genesis) powers.commit();
}

/** Index of the header that closes the block of a leaf. */
export function closingHeader(store: Selectable, index: number): number {
  return store.select({ kind: HEADER_KIND, from: index, limit: 1 })[0]?.index ?? index;
}

function read({ index, note, body }: StoredLeaf): { id: string; member: string; kind: PowerKind; body: unknown } {
  const { id, head } = readNote(note);
  if (body === null) {
    throw new Error(`the body of leaf ${index} is missing, and without it nobody can be recognised; restore a copy`);
  }
  return { id, member: head.member, kind: head.kind as PowerKind, body: readBody(head, body) };
}
