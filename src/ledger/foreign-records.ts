// Whether somebody else signs with our key: a flow or a user directory copied to a second machine, or a thief. A machine knows what it
// has signed; what the log holds beyond that was signed elsewhere.
import { parseNote, verifierOf } from '../log/note.ts';
import { HEADER_LINE } from './header.ts';
import { readNote } from './record.ts';

export interface ForeignRecord {
  readonly index: number;
  readonly id: string;
  readonly kind: string;
  readonly interval: string | null;
}

/**
 * The records that bear a valid signature of our key and were not made by us.
 * @param vkey our record key
 * @param made whether a record of this id was signed here; a durable memory, older than the first of these leaves
 */
export function* foreignRecords(
  leaves: Iterable<{ readonly index: number; readonly note: string }>,
  vkey: string,
  made: (id: string) => boolean,
): Generator<ForeignRecord> {
  const key = verifierOf(vkey);
  for (const { index, note } of leaves) {
    // Most leaves are of others: these need not be read.
    if (note.startsWith(HEADER_LINE) || !note.includes(` ${key.name} `)) continue;
    const { text, signatures } = parseNote(note);
    const ours = signatures.some(
      ({ name, keyId, signature }) => name === key.name && keyId === key.keyId && key.verify(text, signature),
    );
    if (!ours) continue;
    const { id, head } = readNote(note);
    if (!made(id)) yield { index, id, kind: head.kind, interval: head.interval };
  }
}

/** What to tell the person whose key it is. */
export function cloneSentence(member: string, { index, kind, interval }: ForeignRecord): string {
  const what = `the ${kind}${interval ? ` for ${interval}` : ''} at leaf ${index}`;
  return `${what} is signed by the key of ${member}, but not by this machine: its key is in use elsewhere; stop the other machine, or give ${member} another key`;
}
