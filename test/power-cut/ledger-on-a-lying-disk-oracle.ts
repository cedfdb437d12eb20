// What must hold on a disk that said it had synced, and had not: what is left is the beginning of the ledger, or is refused or found to
// be damaged; it is never taken for another history. That it is only a beginning is seen by those who saw more: a witness cosigns nothing
// that does not continue what it cosigned.
import { strict as assert } from 'node:assert';
import { join } from 'node:path';
import { verifyStore } from '../../src/audit/verify.ts';
import { type Ledger, openLedger } from '../../src/ledger/ledger.ts';
import { equalBytes } from '../../src/log/bytes.ts';
import { verifierOf } from '../../src/log/note.ts';
import { consistencyProof } from '../../src/log/tree.ts';
import { type Kept, offer, readKept, type Witness } from '../../src/log/witness.ts';
import { accepted, keysOf, ORIGIN, Street } from '../ledger/street.ts';
import type { CrashState } from './disk.ts';
import { LEDGER, ledgerOptions } from './ledger-oracle.ts';

export async function check({ said, live }: CrashState, root: string, directory: string): Promise<void> {
  const street = new Street();
  street.remove();
  street.now = Date.parse('2026-12-01T00:00:00Z');
  let ledger: Ledger;
  try {
    ledger = await openLedger(ledgerOptions(street, directory, street.random));
  } catch (error) {
    assert.match(error instanceof Error ? error.message : '', /^\S+( \S+){3,}$/s, 'it is refused with a sentence');
    return;
  }
  try {
    if ((await verifyStore(ledger.store)).errors.length > 0) return;
    for (const line of said) {
      const [what, id, index] = line.split(' ');
      const leaf = what === 'record' ? ledger.leaf(Number(index)) : undefined;
      if (leaf) assert.equal(leaf.id, id, `another record took the place of leaf ${index}`);
    }
    const exported = live.get(join(root, LEDGER, 'export/checkpoint'))?.toString();
    if (exported) await continueBefore(exported, ledger, street);
  } finally {
    await ledger.close();
  }
}

/** The ledger goes on; a witness that cosigned this checkpoint before the cut is offered the next one. */
async function continueBefore(cosigned: string, ledger: Ledger, street: Street): Promise<void> {
  accepted(await ledger.append([street.record('home-1', 'note', null, { text: 'after the cut' })]));
  const { size, checkpoint } = await ledger.seal();
  const witness: Witness = {
    origin: ORIGIN,
    logKeys: [verifierOf(ledger.state.term.key)],
    cosigner: keysOf('home-1').cosigner,
  };
  const first = offer(witness, null, { oldSize: 0, proof: [], note: cosigned }, 1000);
  // The key of the operator was lost, too, and made anew: then nothing of the old ledger is left.
  if (first.kind !== 'cosign') return;
  const kept: Kept = readKept(witness, first.keep);
  const continues = kept.size <= size && equalBytes(ledger.store.rootAt(kept.size), kept.root);
  const node = (level: number, index: number) => ledger.store.node(level, index);
  const proof = kept.size < size ? consistencyProof(kept.size, size, node) : [];
  const { kind } = offer(witness, kept, { oldSize: kept.size, proof, note: checkpoint }, 2000);
  assert.equal(kind === 'cosign', continues, `the witness of ${kept.size} answers ${kind} to ${size}`);
}
