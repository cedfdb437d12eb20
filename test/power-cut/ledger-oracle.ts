// What must hold after a power cut, whatever the disk kept: every record that was acknowledged is in the ledger at its index, every
// checkpoint that anybody could have seen is still the one over its size, as witnessed as it was, and the ledger opens, seals, exports and verifies.
import { strict as assert } from 'node:assert';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { verifyExport, verifyStore } from '../../src/audit/verify.ts';
import { DATABASE_NAME, EXPORT_NAME } from '../../src/ledger/directory-store.ts';
import type { Genesis } from '../../src/ledger/genesis.ts';
import { openMemberKeys } from '../../src/ledger/key-store.ts';
import { type Ledger, type LedgerOptions, openLedger } from '../../src/ledger/ledger.ts';
import { toBase64 } from '../../src/log/bytes.ts';
import { readCheckpoint } from '../../src/log/checkpoint.ts';
import { accepted, COMMUNITY, keysOf, RULES, Street } from '../ledger/street.ts';
import type { CrashState } from './disk.ts';

/** Where the writer keeps its ledger, below its directory. */
export const LEDGER = 'microgrid/ledgers/street';

/** Checkpoints that left the ledger before the cut: said after sealing, or read by anybody in the export. */
export function shownCheckpoints({ said, live }: CrashState, root: string): Map<number, string> {
  const shown = new Map<number, string>();
  for (const line of said) {
    const [what, size, hash = ''] = line.split(' ');
    if (what === 'block') shown.set(Number(size), hash);
  }
  const exported = live.get(join(root, LEDGER, 'export/checkpoint'));
  if (exported && exported.length > 0) {
    const { size, root: hash } = readCheckpoint(exported.toString());
    shown.set(size, toBase64(hash));
  }
  return shown;
}

/** Acknowledged records that a ledger does not hold, or holds at another place. */
export function lostRecords({ said }: CrashState, ledger: Pick<Ledger, 'leaf'>): string[] {
  return said.filter((line) => {
    const [what, id, index] = line.split(' ');
    return what === 'record' && ledger.leaf(Number(index))?.id !== id;
  });
}

/** A ledger of two, whose operator has its key from a file as in Node-RED, both below a directory. */
export function ledgerOptions(street: Street, directory: string, random: (bytes: number) => Uint8Array): LedgerOptions {
  const operator = openMemberKeys(join(directory, 'microgrid/keys'), COMMUNITY, 'operator', random);
  const options = street.options({ path: join(directory, LEDGER), operator });
  const members: Genesis['members'] = [
    { id: 'operator', kind: 'operator', roles: ['operator'], keys: operator },
    { id: 'home-1', kind: 'home', keys: keysOf('home-1') },
  ];
  return { ...options, genesis: { rules: RULES, members } };
}

/** Opens what a power cut left in a directory, and goes on with it. @throws AssertionError with what does not hold */
export async function check(state: CrashState, root: string, directory: string): Promise<void> {
  const street = new Street();
  street.remove();
  street.now = Date.parse('2026-12-01T00:00:00Z');
  const ledger = await openLedger(ledgerOptions(street, directory, street.random));
  try {
    assert.equal(ledger.exportFault, null);
    assert.deepEqual(lostRecords(state, ledger), [], 'acknowledged records are lost');
    const shown = shownCheckpoints(state, root);
    const sealed = new Map(ledger.blocks({ from: 0, limit: 1000 }).map((block) => [block.size, block.root]));
    for (const [size, hash] of shown) assert.equal(sealed.get(size), hash, `another root was shown for ${size} leaves`);
    const quorums = state.said.filter((line) => line.startsWith('witnessed ')).map((line) => Number(line.slice(10)));
    assert.ok((ledger.witnessed()?.size ?? 0) >= Math.max(0, ...quorums), 'the quorum of a checkpoint is lost');
    accepted(await ledger.append([street.record('home-1', 'note', null, { text: 'after the cut' })]));
    const { size } = await ledger.seal();
    assert.ok(!shown.has(size), `a second checkpoint over ${size} leaves`);
    assert.equal(ledger.exportFault, null);
    assert.deepEqual((await verifyStore(ledger.store)).errors, []);
  } finally {
    await ledger.close();
  }
  const path = join(directory, LEDGER);
  assert.deepEqual((await verifyExport(join(path, EXPORT_NAME))).errors, []);
  const database = new DatabaseSync(join(path, DATABASE_NAME));
  const damage = database.prepare('PRAGMA integrity_check').all();
  database.close();
  assert.deepEqual(damage, [{ __proto__: null, integrity_check: 'ok' }]);
}
