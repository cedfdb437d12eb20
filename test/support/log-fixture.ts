// Leaves, signed checkpoints and folders for the tests of the log.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sha256Hex } from '../../src/log/bytes.ts';
import { signCheckpoint } from '../../src/log/checkpoint.ts';
import { ed25519Signer, type NoteSigner, signNote } from '../../src/log/note.ts';
import type { LeafInput, LogStore } from '../../src/log/store.ts';
import { leafHash } from '../../src/log/tree.ts';

export const ORIGIN = 'street/ledger/1';
export const logKey: NoteSigner = ed25519Signer(ORIGIN, new Uint8Array(32).fill(3));
const memberKey = ed25519Signer('street/member/anna', new Uint8Array(32).fill(1));

/** Leaf number i: a signed note with a body, of one of three members and kinds, in an interval of ten leaves. */
export function leafNumber(i: number): LeafInput {
  const body = `{"value":${i}}`;
  const bodyHash = sha256Hex(body);
  const text = `test-record/1\n{"bodyHash":"${bodyHash}"}\n`;
  const day = String(1 + Math.floor(i / 100)).padStart(2, '0');
  const minute = String(15 * (Math.floor(i / 10) % 4)).padStart(2, '0');
  return {
    note: signNote(text, memberKey),
    id: sha256Hex(text),
    body,
    bodyHash,
    tags: {
      member: i % 10 === 9 ? null : `member-${i % 3}`,
      kind: ['meter', 'order', 'note'][i % 3]!,
      interval: i % 10 === 9 ? null : `2026-11-${day}T08:${minute}Z`,
    },
  };
}

export function leafNumbers(from: number, to: number): LeafInput[] {
  return Array.from({ length: to - from }, (_, i) => leafNumber(from + i));
}

/** The signed checkpoint of a store after these leaves were appended to it. */
export function checkpointAfter(store: LogStore, leaves: readonly LeafInput[]): string {
  const tree = store.tree();
  for (const leaf of leaves) tree.append(leafHash(leaf.note));
  return signCheckpoint({ origin: ORIGIN, size: tree.size, root: tree.root() }, logKey);
}

/** Appends leaves as one block under a checkpoint. */
export function seal(store: LogStore, leaves: readonly LeafInput[]): number[] {
  return store.append(leaves, checkpointAfter(store, leaves));
}

/** Folders that are removed when the tests of the current `describe` are through. */
export function temporaryFolders(): () => string {
  const folders: string[] = [];
  after(() => {
    for (const folder of folders) rmSync(folder, { recursive: true, force: true });
  });
  return () => {
    const folder = mkdtempSync(join(tmpdir(), 'microgrid-'));
    folders.push(folder);
    return folder;
  };
}
