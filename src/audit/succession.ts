// A ledger that follows another because its operator can no longer be trusted (`term/2`, docs/ledger-format.md section 5): did enough of
// the members of the old one come along, and is the old one, as far as it counts, the one that is at hand?
import type { Body } from '../ledger/kinds.ts';
import { quorumOf } from '../ledger/quorum.ts';
import type { Roster } from '../ledger/roster.ts';
import { fromBase64, toHex } from '../log/bytes.ts';
import { FormatError, LeafError } from '../log/errors.ts';
import { openFileStore } from '../log/file-store.ts';
import { Pace } from '../log/pace.ts';
import { openAuditStore } from '../log/sqlite-audit-store.ts';
import { type AuditError, Auditor } from './auditor.ts';
import { ledgerPlace } from './place-store.ts';
import { type AuditSource, databaseSource, exportSource } from './sources.ts';

type Succession = Extract<Body<'term'>, { version: 'term/2' }>;

/** What the old ledger is, up to the size that counts. */
interface Past {
  readonly ledger: string;
  /** Hexadecimal. */
  readonly root: string;
  /** As of its last header. */
  readonly roster: Roster;
}

/**
 * What is wrong with a ledger as the successor of another; null: nothing.
 * @param next path of a ledger that holds by itself (`verifyPath`) @param previous path of the old one: database, export, or the directory of both
 * @throws StoreError when one of them cannot be read, or is in use
 */
export async function successionFault(next: string, previous: string): Promise<AuditError | null> {
  const pace = new Pace();
  const begun = await withSource(next, pace, (source) => upTo(source, pace, ({ state }) => state !== null));
  const { state } = begun;
  if (state === null) return fault('the ledger has no block 0 that holds');
  const { term, roster } = state;
  if (term.version !== 'term/2') return fault(`${state.origin} follows no other ledger: its first term names none`);
  let past: Past | string;
  try {
    past = await withSource(previous, pace, (source) => pastOf(source, pace, term.previous.size));
  } catch (problem) {
    if (!(problem instanceof FormatError || problem instanceof LeafError)) throw problem;
    past = problem.message;
  }
  const text = typeof past === 'string' ? past : comparison(term, roster, past);
  return text === null ? null : fault(text);
}

const fault = (text: string): AuditError => ({ leaf: 1, block: 0, code: 'wrong-succession', text });

function comparison({ previous }: Succession, joined: Roster, past: Past): string | null {
  const { ledger, size, root } = previous;
  if (past.ledger !== ledger) return `the ledger before is ${ledger}, not ${past.ledger}`;
  if (past.root !== root) {
    return `the ${size} leaves that count of ${ledger} have the root ${root}, but those at hand have ${past.root}`;
  }
  const members = [...past.roster.values()].filter((entry) => entry.active);
  const came = members.filter(({ member, key }) => joined.get(member)?.key === key).length;
  const needed = quorumOf(members.length);
  if (came >= needed) return null;
  return `${came} of the ${members.length} members of ${ledger} came along with their keys, and ${needed} must`;
}

/** The first leaves of a ledger, or a sentence of why they cannot count. */
async function pastOf(source: AuditSource, pace: Pace, size: number): Promise<Past | string> {
  const auditor = await upTo(source, pace, (read) => read.size === size);
  const [first] = auditor.errors;
  if (first) return `the ledger before does not hold: leaf ${first.leaf}: ${first.text}`;
  const { state } = auditor;
  if (auditor.size < size || state === null) {
    return `${size} leaves count of the ledger before, but ${auditor.size} are at hand`;
  }
  if (state.open.first !== size)
    return `leaf ${size - 1} of the ledger before is no header, so that nothing ends there`;
  return { ledger: state.origin, root: toHex(fromBase64(auditor.root())), roster: state.roster };
}

async function upTo(source: AuditSource, pace: Pace, enough: (auditor: Auditor) => boolean): Promise<Auditor> {
  const auditor = new Auditor();
  for await (const leaf of source.leaves()) {
    auditor.leaf(leaf);
    if (auditor.stopped || enough(auditor)) break;
    if (pace.due) await pace.turn();
  }
  return auditor;
}

async function withSource<T>(path: string, pace: Pace, use: (source: AuditSource) => Promise<T>): Promise<T> {
  const { database, exported } = ledgerPlace(path);
  if (database === null) return use(await exportSource(openFileStore(exported ?? path), pace));
  const store = openAuditStore(database);
  try {
    return await use(databaseSource(store.raw));
  } finally {
    store.close();
  }
}
