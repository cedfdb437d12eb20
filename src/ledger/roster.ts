// The roster: who belongs to the community, with which key and roles. Folded from `roster` records; each carries the whole
// new entry of its member, and its action says which fields may differ from the entry before.
import { sha256Hex, toHex } from '../log/bytes.ts';
import { canonicalJson } from '../log/canonical-json.ts';
import { requireStrongPublicKey } from '../log/ed25519.ts';
import { parseVkey, verifierOf } from '../log/note.ts';
import { WITNESS_KEY_TYPE } from './keys.ts';
import type { Body } from './kinds.ts';
import { recordKeyName, witnessKeyName } from './names.ts';

export interface RosterEntry extends Pick<Body<'roster'>, 'member' | 'kind' | 'roles' | 'key' | 'witness' | 'feeder'> {
  /** False after `leave`; the entry stays, so that an id is never given to somebody else unseen. */
  readonly active: boolean;
}

export type Roster = ReadonlyMap<string, RosterEntry>;

type Change = Body<'roster'>;

/** The roster after a change other than `recover`, which waits for others. The change must have been found in order before. */
export function applyChange(roster: Roster, change: Change): Roster {
  const { member, kind, roles, key, witness, feeder } = change;
  const next = new Map(roster);
  next.set(member, { member, kind, roles, key, witness, feeder, active: change.action !== 'leave' });
  return next;
}

/**
 * What is wrong with a change, its keys aside, judged against the roster of the previous header.
 * @param operator id of the member who operates the ledger
 * @returns null when it is in order, else one sentence
 */
export function changeFault(roster: Roster, change: Change, operator: string): string | null {
  const { action, member } = change;
  const before = roster.get(member);
  const active = before?.active === true;
  if (action === 'join' && active) return `${member} is already a member`;
  if (action !== 'join' && !active) return `${member} is not an active member`;
  if (member === operator && !change.roles.includes('operator')) return 'the operator keeps the role operator';
  if (member === operator && action === 'recover') {
    return 'without its key the operator signs nothing; let a standby take over first';
  }
  if (member === operator && action === 'leave') return 'the operator cannot leave its own ledger';
  if (member !== operator && change.roles.includes('operator')) return 'only one member operates a ledger';
  if (before && action !== 'join') {
    const fault = unchangedFault(before, change);
    if (fault) return fault;
  }
  return null;
}

const MAY_CHANGE: Readonly<Record<Change['action'], readonly string[]>> = {
  join: ['kind', 'roles', 'key', 'witness', 'feeder'],
  leave: [],
  key: ['key', 'witness'],
  recover: ['key', 'witness'],
  role: ['roles', 'kind'],
  feeder: ['feeder'],
};

function unchangedFault(before: RosterEntry, change: Change): string | null {
  const changed = (['kind', 'roles', 'key', 'witness', 'feeder'] as const).filter(
    (field) => canonicalJson(before[field]) !== canonicalJson(change[field]),
  );
  const foreign = changed.find((field) => !MAY_CHANGE[change.action].includes(field));
  if (foreign) return `the action ${change.action} must leave ${foreign} as it is`;
  if (change.action === 'recover' && !changed.includes('key')) return 'the action recover brings another key';
  if (changed.length === 0 && change.action !== 'leave') return `the action ${change.action} changes nothing`;
  return null;
}

/**
 * What is wrong with the keys that a change brings: their names, a weak point, somebody else's key. To be asked before any
 * signature is verified with them.
 */
export function keyFault(
  others: Iterable<Pick<RosterEntry, 'member' | 'key'>>,
  change: Change,
  community: string,
): string | null {
  if (!BRINGS_KEYS.has(change.action)) return null;
  const name = recordKeyName(community, change.member);
  try {
    if (verifierOf(change.key).name !== name) return `the key of ${change.member} must be named ${name}`;
    if (change.witness !== null) {
      const witness = parseVkey(change.witness);
      if (witness.type !== WITNESS_KEY_TYPE || witness.name !== witnessKeyName(community, change.member)) {
        return `the witness key of ${change.member} must be a key of type 4 named ${witnessKeyName(community, change.member)}`;
      }
      requireStrongPublicKey(witness.publicKey);
    }
  } catch (error) {
    return error instanceof Error ? error.message : 'the key is malformed';
  }
  const publicKey = publicKeyOf(change.key);
  for (const other of others) {
    if (other.member !== change.member && publicKeyOf(other.key) === publicKey) {
      return `${other.member} has the same key; every member needs a key of its own`;
    }
  }
  return null;
}

/** Public keys by vkey: each new key is compared with those of all members. */
const publicKeys = new Map<string, string>();
const MOST_PUBLIC_KEYS = 200_000;

function publicKeyOf(vkey: string): string {
  let key = publicKeys.get(vkey);
  if (key === undefined) {
    key = toHex(parseVkey(vkey).publicKey);
    if (publicKeys.size >= MOST_PUBLIC_KEYS) publicKeys.clear();
    publicKeys.set(vkey, key);
  }
  return key;
}

const BRINGS_KEYS: ReadonlySet<Change['action']> = new Set(['join', 'key', 'recover']);

/** The keys that must have signed a change: the operator's; every new key too; where it was not lost, the old one as well. */
export function changeSigners(roster: Roster, change: Change, operatorKey: string): string[] {
  const keys = [operatorKey];
  if (BRINGS_KEYS.has(change.action)) keys.push(change.key);
  const before = roster.get(change.member);
  if (change.action === 'key' && before) keys.push(before.key);
  return [...new Set(keys)];
}

/** Active members who may trade, sorted by id. */
export function tradingMembers(roster: Roster): string[] {
  const ids: string[] = [];
  for (const entry of roster.values()) if (entry.active && entry.roles.includes('member')) ids.push(entry.member);
  return ids.sort();
}

/** Members of an auction: who may trade, and who left after placing an order that still stands. Sorted by id. */
export function auctionMembers(roster: Roster, orders: readonly { readonly member: string }[]): string[] {
  return [...new Set([...tradingMembers(roster), ...orders.map((order) => order.member)])].sort();
}

/** The text whose SHA-256 a header carries as `roster`: all entries sorted by id. */
export function rosterText(roster: Roster): string {
  const members = [...roster.values()].sort((a, b) => (a.member < b.member ? -1 : 1));
  return canonicalJson({ version: 'roster-state/1', members });
}

export const rosterHash = (roster: Roster): string => sha256Hex(rosterText(roster));
