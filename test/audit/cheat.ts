// An operator who cheats: it writes leaves that no honest ledger would admit, and seals them with its own, valid key.
import { type Context, fold } from '../../src/ledger/judge.ts';
import { contextOf, resumeLedger } from '../../src/ledger/open.ts';
import { readRecord, type SignedRecord } from '../../src/ledger/record.ts';
import { leafOf, sealBlock } from '../../src/ledger/seal.ts';
import type { NoteSigner } from '../../src/log/note.ts';
import { openSqliteStore } from '../../src/log/sqlite-store.ts';
import type { LogStore } from '../../src/log/store.ts';
import { keysOf, ORIGIN, type Street } from '../ledger/street.ts';

export interface Cheat {
  readonly store: LogStore;
  readonly context: Context;
  /** Writes records without judging them, and closes the block. */
  seal(records: readonly SignedRecord[], logKey?: NoteSigner): void;
}

/** Opens the ledger of a street without its guard. */
export function cheat(street: Street, member = 'operator'): Cheat {
  const store = openSqliteStore(street.database);
  const operator = keysOf(member);
  const { state } = resumeLedger(store, ORIGIN, operator);
  const context = contextOf(store, state);
  return {
    store,
    context,
    seal(records, logKey = operator.log(ORIGIN)) {
      const leaves = records.map((signed) => {
        const record = readRecord(signed);
        fold(context, store.size, record, record.body);
        return leafOf(signed, record);
      });
      sealBlock(store, state, logKey, street.now, leaves);
    },
  };
}
