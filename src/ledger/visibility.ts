// Who may be given the body of a record. Leaves, signatures and proofs are everybody's; what a record says is shown by this rule.
import type { RecordKind } from './kinds.ts';
import type { RosterEntry } from './roster.ts';

/** What a home does all day: for the home itself, the operator who bills it, and auditors. */
const PRIVATE: ReadonlySet<RecordKind> = new Set(['meter', 'correction', 'battery']);
/** Sealed bids until the auction is over. */
const BIDS: ReadonlySet<RecordKind> = new Set(['order', 'cancel']);

/**
 * Whether a reader may be given a body.
 * @param owner the head's member
 * @param reader id of who asks, proved by a signature; null where nobody knows who asks
 * @param roles of the reader in the roster, where its entry is active
 * @param cleared whether the record's interval is cleared; true where it has none
 */
export function visibleTo(
  kind: RecordKind,
  owner: string,
  reader: string | null,
  roles: RosterEntry['roles'],
  cleared: boolean,
): boolean {
  const bid = BIDS.has(kind) && !cleared;
  if (!bid && !PRIVATE.has(kind)) return true;
  if (reader === null) return false;
  if (reader === owner || roles.includes('operator')) return true;
  return !bid && roles.includes('auditor');
}
