// Closing a block: header leaf and checkpoint over everything before it, in the transaction that stores its last records.
import { sha256Hex, toBase64, toHex } from '../log/bytes.ts';
import { signCheckpoint } from '../log/checkpoint.ts';
import { type NoteSigner, signNote } from '../log/note.ts';
import type { LeafInput, LogStore } from '../log/store.ts';
import { leafHash } from '../log/tree.ts';
import { headerText } from './header.ts';
import type { ReadRecord, SignedRecord } from './record.ts';
import type { LedgerState } from './state.ts';
import { type BlockSummary, HEADER_KIND } from './views.ts';

/** A record as a leaf of the log. */
export function leafOf(signed: SignedRecord, { id, head }: ReadRecord): LeafInput {
  const { member, kind, interval, bodyHash } = head;
  return { note: signed.note, id, body: signed.body, bodyHash, tags: { member, kind, interval } };
}

/**
 * Stores the last records of the open block (already folded into the state), its header and a checkpoint.
 * @param time Unix ms; the header never goes back behind the one before
 * @throws StoreError when the disk refuses; then the state is ahead of the store and the ledger must be opened again
 */
export function sealBlock(
  store: LogStore,
  state: LedgerState,
  logKey: NoteSigner,
  time: number,
  records: readonly LeafInput[],
): BlockSummary {
  // The store's own tree goes into what is signed: it stands for what is on the disk.
  const tree = store.tree();
  for (const leaf of records) tree.append(leafHash(leaf.note));
  const kinds = Object.fromEntries(state.open.kinds);
  const header = state.nextHeader(toHex(tree.root()), new Date(time).toISOString());
  const text = headerText(header);
  const note = signNote(text, logKey);
  const id = sha256Hex(text);
  tree.append(leafHash(note));
  const { size } = tree;
  const root = tree.root();
  const checkpoint = signCheckpoint({ origin: state.origin, size, root }, logKey);
  const tags = { member: null, kind: HEADER_KIND, interval: header.interval };
  store.append([...records, { note, id, body: state.text(), bodyHash: header.state, tags }], checkpoint);
  state.seal(header, id);
  const { height, first, count, interval, previous } = header;
  return {
    height,
    first,
    count,
    interval,
    time: header.time,
    size,
    root: toBase64(root),
    previous,
    hash: id,
    checkpoint,
    kinds,
  };
}
