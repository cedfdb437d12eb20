// Who may read the body of a leaf: the rule of the ledger (visibility.ts), asked for a leaf and a reader as they come in messages.
import { isRecordKind } from '../ledger/kinds.ts';
import type { Roster } from '../ledger/roster.ts';
import { visibleTo } from '../ledger/visibility.ts';
import type { LeafTags } from '../log/store.ts';

export interface Community {
  readonly roster: Roster;
  readonly operator: string;
  /** The newest cleared interval, or null. */
  readonly cleared: string | null;
}

/** @param reader who has shown that it asks; null for anybody */
export function mayRead({ kind, member, interval }: LeafTags, reader: string | null, community: Community): boolean {
  // The text of a state, beside a header, is everybody's.
  if (!isRecordKind(kind) || member === null) return true;
  const { roster, cleared } = community;
  const entry = reader === null ? undefined : roster.get(reader);
  const over = interval === null || (cleared !== null && interval <= cleared);
  return visibleTo(kind, member, reader, entry?.active ? entry.roles : [], over);
}
