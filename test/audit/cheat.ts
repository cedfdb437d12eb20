// An operator who cheats: it writes leaves that no honest ledger would admit, and seals them with its own, valid key.
import { cpSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Header, headerText } from '../../src/ledger/header.ts';
import { type Context, fold } from '../../src/ledger/judge.ts';
import { contextOf, resumeLedger } from '../../src/ledger/open.ts';
import { readRecord, type SignedRecord } from '../../src/ledger/record.ts';
import { leafOf, sealBlock } from '../../src/ledger/seal.ts';
import { HEADER_KIND } from '../../src/ledger/views.ts';
import { sha256Hex, toHex } from '../../src/log/bytes.ts';
import { signCheckpoint } from '../../src/log/checkpoint.ts';
import { type NoteSigner, signNote } from '../../src/log/note.ts';
import { openSqliteStore } from '../../src/log/sqlite-store.ts';
import type { LogStore } from '../../src/log/store.ts';
import { leafHash } from '../../src/log/tree.ts';
import { keysOf, ORIGIN, type Street } from '../ledger/street.ts';

export interface Cheat {
  readonly store: LogStore;
  readonly context: Context;
  /** Writes records without judging them, and closes the block. */
  seal(records: readonly SignedRecord[], logKey?: NoteSigner): void;
  /** The same, with a header that says something else than the log gives. */
  sealForged(records: readonly SignedRecord[], forge: (header: Header) => Header): void;
}

/** Opens the ledger of a street without its guard. */
export function cheat(street: Pick<Street, 'database' | 'now'>, member = 'operator'): Cheat {
  const store = openSqliteStore(street.database);
  const operator = keysOf(member);
  const { state } = resumeLedger(store, ORIGIN, operator);
  const context = contextOf(store, state);
  const logKey = operator.log(ORIGIN);
  const folded = (records: readonly SignedRecord[]) =>
    records.map((signed, i) => {
      const record = readRecord(signed);
      fold(context, store.size + i, record, record.body);
      return leafOf(signed, record);
    });
  return {
    store,
    context,
    seal(records, key = logKey) {
      sealBlock(store, state, key, street.now, folded(records));
    },
    sealForged(records, forge) {
      const leaves = folded(records);
      const tree = store.tree();
      for (const { note } of leaves) tree.append(leafHash(note));
      const header = forge(state.nextHeader(toHex(tree.root()), new Date(street.now).toISOString()));
      const text = headerText(header);
      const note = signNote(text, logKey);
      tree.append(leafHash(note));
      const tags = { member: null, kind: HEADER_KIND, interval: header.interval };
      const checkpoint = signCheckpoint({ origin: ORIGIN, size: tree.size, root: tree.root() }, logKey);
      const id = sha256Hex(text);
      store.append([...leaves, { note, id, body: state.text(), bodyHash: header.state, tags }], checkpoint);
      state.seal(header, id);
    },
  };
}

/** A copy of a ledger, which goes on from here in a way of its own; the caller removes its directory. */
export function fork(street: Pick<Street, 'directory' | 'now'>): {
  readonly directory: string;
  readonly database: string;
  readonly now: number;
} {
  const directory = mkdtempSync(join(tmpdir(), 'microgrid-fork-'));
  cpSync(street.directory, directory, { recursive: true });
  return { directory, database: join(directory, 'ledger.sqlite'), now: street.now };
}
