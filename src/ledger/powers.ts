// Who belongs and who operates: roster, term, and what waits to change them. Every change counts from the header that closes its
// block, but for a takeover, which counts at once: it is the new operator who closes that block.
import { verifierOf } from '../log/note.ts';
import type { Body } from './kinds.ts';
import { quorumOf } from './quorum.ts';
import { applyChange, type Roster, type RosterEntry, rosterHash } from './roster.ts';

export type Term = Body<'term'>;
type Change = Body<'roster'>;

/** A new key for a member that lost its own: waits until enough of the others approve. */
export interface Recovery {
  /** Record id of the proposal. */
  readonly id: string;
  readonly member: string;
  readonly key: string;
  readonly witness: string | null;
  readonly approvedBy: Set<string>;
  /** Whether enough have approved, so that it counts from the next header on. */
  approved: boolean;
}

export class Powers {
  roster: Roster;
  #rosterHash: string;
  /** Every term so far, the newest last. */
  readonly terms: Term[];
  /** Proposals that wait, by the member whose key was lost. */
  readonly recoveries = new Map<string, Recovery>();
  /** The roster records of the open block, by member. */
  changes = new Map<string, Change>();
  /** Who gave its office to whom in the open block. */
  #takeover: { readonly from: string; readonly to: string } | null = null;
  /** False in block 0, whose roster is the one that it declares. */
  #begun = false;

  constructor(term: Term, roster: Roster) {
    this.terms = [term];
    this.roster = roster;
    this.#rosterHash = rosterHash(roster);
  }

  get term(): Term {
    return this.terms.at(-1)!;
  }

  /** Whether a record of the open block has changed the roster entry of a member already. */
  changed(member: string): boolean {
    return this.changes.has(member) || this.#takeover?.from === member || this.#takeover?.to === member;
  }

  /** Folds a `roster`, `approval` or `term` record that was found in order. @param id record id */
  apply(id: string, member: string, kind: 'roster' | 'approval' | 'term', body: unknown): void {
    if (kind === 'roster') this.#change(id, body as Change);
    else if (kind === 'approval') this.#approve(member, body as Body<'approval'>);
    else if (this.#begun) this.#takeOver(body as Term);
  }

  #change(id: string, change: Change): void {
    const { action, member, key, witness } = change;
    this.changes.set(member, change);
    if (action === 'recover')
      this.recoveries.set(member, { id, member, key, witness, approvedBy: new Set(), approved: false });
    // Who is gone needs no key, and whose old key signed has not lost it.
    else if (action === 'leave' || action === 'key') this.recoveries.delete(member);
  }

  #approve(member: string, { record }: Body<'approval'>): void {
    const recovery = this.proposal(record);
    if (!recovery) return;
    recovery.approvedBy.add(member);
    const voters = this.#votersOn(recovery);
    const agreed = voters.filter((voter) => recovery.approvedBy.has(voter)).length;
    if (agreed >= quorumOf(voters.length)) recovery.approved = true;
  }

  #takeOver(term: Term): void {
    this.#takeover = { from: this.term.operator, to: term.operator };
    this.terms.push(term);
    this.recoveries.delete(term.operator);
  }

  /** The waiting proposal with this record id. */
  proposal(id: string): Recovery | undefined {
    for (const recovery of this.recoveries.values()) if (recovery.id === id) return recovery;
    return undefined;
  }

  #votersOn({ member }: Recovery): string[] {
    return [...this.roster.values()].filter((entry) => entry.active && entry.member !== member).map((it) => it.member);
  }

  /** The roster as it will stand after the open block, and the SHA-256 of its text. */
  after(): { readonly roster: Roster; readonly hash: string } {
    const approved = [...this.recoveries.values()].filter((recovery) => recovery.approved);
    const moved = this.changes.size > 0 || approved.length > 0 || this.#takeover !== null;
    if (!this.#begun || !moved) return { roster: this.roster, hash: this.#rosterHash };
    let roster = this.roster;
    for (const change of this.changes.values()) if (change.action !== 'recover') roster = applyChange(roster, change);
    for (const { member, key, witness } of approved) roster = withEntry(roster, member, { key, witness });
    if (this.#takeover) {
      const { from, to } = this.#takeover;
      roster = withEntry(roster, from, { roles: swapped(roster.get(from), 'operator', 'standby') });
      roster = withEntry(roster, to, { roles: swapped(roster.get(to), 'standby', 'operator') });
    }
    return { roster, hash: rosterHash(roster) };
  }

  /** The open block is closed: what it changed counts now. */
  commit(): void {
    const { roster, hash } = this.after();
    this.roster = roster;
    this.#rosterHash = hash;
    for (const recovery of [...this.recoveries.values()])
      if (recovery.approved) this.recoveries.delete(recovery.member);
    this.changes = new Map();
    this.#takeover = null;
    this.#begun = true;
  }

  /**
   * What is wrong with taking over, judged by the roster of the header before.
   * @param member who signed it @param first whether it is the first record of its block
   * @returns null when it is in order, else one sentence
   */
  takeoverFault(origin: string, member: string, next: Term, first: boolean): string | null {
    const { term } = this.term;
    if (next.version !== 'term/1') return 'only the first term of a ledger speaks of the ledger before';
    if (!first) return 'a takeover is the first record of its block; seal the block before it';
    if (next.term !== term + 1) return `the term after ${term} is ${term + 1}, not ${next.term}`;
    if (next.operator !== member) return `a takeover names the one that signs it, ${member}, not ${next.operator}`;
    if (this.terms.some(({ key }) => key === next.key)) return 'every term has a log key of its own';
    return logKeyFault(origin, next.key);
  }

  /** What is wrong with an approval: a code and a sentence, or null. */
  approvalFault(
    member: string,
    { record }: Body<'approval'>,
  ): { readonly code: 'bad-change' | 'wrong-role' | 'already-recorded'; readonly text: string } | null {
    const recovery = this.proposal(record);
    if (!recovery) {
      return { code: 'bad-change', text: `no proposal ${record.slice(0, 16)} waits for approval in this ledger` };
    }
    if (recovery.member === member) {
      return { code: 'wrong-role', text: `the new key of ${member} is approved by the others, not by ${member}` };
    }
    if (!recovery.approvedBy.has(member)) return null;
    return { code: 'already-recorded', text: `${member} has approved the new key of ${recovery.member} before` };
  }
}

/** What is wrong with the key of a term: it is malformed or weak, or bears another name than the ledger. */
export function logKeyFault(origin: string, vkey: string): string | null {
  try {
    const { name } = verifierOf(vkey);
    return name === origin ? null : `the log key must be named ${origin}, not ${name}`;
  } catch (error) {
    return `the log key cannot be used: ${error instanceof Error ? error.message : vkey}`;
  }
}

function withEntry(roster: Roster, member: string, fields: Partial<RosterEntry>): Roster {
  const entry = roster.get(member);
  return entry ? new Map(roster).set(member, { ...entry, ...fields }) : roster;
}

type Role = RosterEntry['roles'][number];

function swapped(entry: RosterEntry | undefined, gone: Role, come: Role): RosterEntry['roles'] {
  const others = (entry?.roles ?? []).filter((role) => role !== gone && role !== come);
  return [...others, come].sort();
}
