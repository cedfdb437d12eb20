// Who witnesses a ledger, and how many must: a checkpoint counts as witnessed once more than two thirds of the witnesses have cosigned
// it, so that any two such checkpoints share more than a third of them, and two histories cannot both get there unless these all lie.
import { readCheckpoint } from '../log/checkpoint.ts';
import { MAX_COSIGNED_LINES, readCosignatures } from '../log/cosignature.ts';
import { parseVkey } from '../log/note.ts';
import type { Roster } from './roster.ts';

/** Below this many, one that fails or lies decides: the community should enrol an outside witness (a member with the role auditor). */
export const ENOUGH_WITNESSES = 4;

export interface RosterWitness {
  readonly member: string;
  readonly vkey: string;
}

/** How far a checkpoint is witnessed. */
export interface WitnessState {
  /** leaves under the checkpoint */
  readonly size: number;
  /** witnesses whose cosignature it bears */
  readonly cosigned: number;
  /** witnesses that there are */
  readonly witnesses: number;
  /** as many as must cosign */
  readonly needed: number;
  readonly reached: boolean;
  /** members that cosigned, sorted */
  readonly by: readonly string[];
}

/**
 * The witnesses of a roster, sorted by member: active members with a witness key, the operator too. A public key counts once, for the
 * first of its members: else one who cosigns could be made to count twice.
 */
export function witnessesOf(roster: Roster): RosterWitness[] {
  const witnesses: RosterWitness[] = [];
  const seen = new Set<string>();
  const entries = [...roster.values()].sort((a, b) => (a.member < b.member ? -1 : 1));
  for (const { active, member, witness } of entries) {
    if (!active || witness === null) continue;
    const key = publicKeyOf(witness);
    if (!seen.has(key)) witnesses.push({ member, vkey: witness });
    seen.add(key);
  }
  return witnesses;
}

/** How many of n must cosign, or approve: more than two thirds. */
export function quorumOf(n: number): number {
  return Math.floor((2 * n) / 3) + 1;
}

/**
 * How far a cosigned checkpoint is witnessed.
 * @param roster of the header before the checkpoint's block; for block 0 its own
 * @throws FormatError when the note is not a checkpoint
 */
export function witnessState(note: string, roster: Roster): WitnessState {
  const witnesses = witnessesOf(roster);
  const { size } = readCheckpoint(note, MAX_COSIGNED_LINES);
  const vkeys = witnesses.map(({ vkey }) => vkey);
  return countWitnesses(size, witnesses, new Set(readCosignatures(note, vkeys).valid.map(({ vkey }) => vkey)));
}

/** The same, where it is known already which keys have cosigned. */
export function countWitnesses(
  size: number,
  witnesses: readonly RosterWitness[],
  cosigned: { has(vkey: string): boolean },
): WitnessState {
  const by = witnesses.filter(({ vkey }) => cosigned.has(vkey)).map(({ member }) => member);
  const needed = quorumOf(witnesses.length);
  return { size, cosigned: by.length, witnesses: witnesses.length, needed, reached: by.length >= needed, by };
}

function publicKeyOf(vkey: string): string {
  return Buffer.from(parseVkey(vkey).publicKey).toString('hex');
}
