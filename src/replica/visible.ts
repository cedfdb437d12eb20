// Who may read the body of a leaf (docs/ledger-format.md, visibility): what is metered or stored at home only its owner, the
// operator and auditors; an order before its auction only its owner and the operator; everything else all members.
import type { Roster } from '../ledger/roster.ts';
import type { LeafTags } from '../log/store.ts';

const AT_HOME: ReadonlySet<string> = new Set(['meter', 'battery', 'correction']);
const BEFORE_THE_GATE: ReadonlySet<string> = new Set(['order', 'cancel']);

export interface Community {
  readonly roster: Roster;
  readonly operator: string;
  /** The newest cleared interval, or null. */
  readonly cleared: string | null;
}

/** @param reader who has shown that it asks; null for anybody */
export function mayRead({ kind, member, interval }: LeafTags, reader: string | null, community: Community): boolean {
  const { roster, operator, cleared } = community;
  const isOwner = reader !== null && (reader === member || reader === operator);
  if (AT_HOME.has(kind)) {
    const entry = reader === null ? undefined : roster.get(reader);
    return isOwner || (entry?.active === true && entry.roles.includes('auditor'));
  }
  if (BEFORE_THE_GATE.has(kind)) return isOwner || (cleared !== null && interval !== null && interval <= cleared);
  return true;
}
