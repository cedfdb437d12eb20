// Kills the writer at any moment, again and again: what was acknowledged must be there, what was shown must not change,
// and opening again continues. (Power cuts, where the disk forgets too, are another matter: see the store's own tests.)
import { strict as assert } from 'node:assert';
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { verifyDatabase, verifyExport } from '../../src/audit/verify.ts';
import { Street } from './street.ts';

const CHILD = fileURLToPath(new URL('./crash-child.ts', import.meta.url));
const KILLS = 14;

describe('ledger killed with SIGKILL', () => {
  it(`loses nothing that was acknowledged in ${KILLS} kills, and continues`, async function () {
    this.timeout(120_000);
    const street = new Street();
    try {
      const acknowledged = new Map<string, number>();
      const roots = new Map<number, string>();
      for (let run = 0; run < KILLS; run++) {
        // From the middle of opening to some dozen rounds later, never twice the same.
        const said = await runAndKill(street.directory, run, (run * 37) % 190);
        for (const line of said) {
          const [what, a = '', b = '', root = ''] = line.split(' ');
          if (what === 'record') acknowledged.set(a, Number(b));
          if (what === 'block') roots.set(Number(b), root);
        }
        if (run % 5 === 4) await check(street, acknowledged, roots);
      }
      await check(street, acknowledged, roots);
      assert.ok(acknowledged.size > 30, `only ${acknowledged.size} records were acknowledged`);
    } finally {
      street.remove();
    }
  });
});

async function check(street: Street, acknowledged: ReadonlyMap<string, number>, roots: ReadonlyMap<number, string>) {
  const ledger = await street.open({ random: (count) => crypto.getRandomValues(new Uint8Array(count)) });
  for (const [id, index] of acknowledged) assert.equal(ledger.leaf(index)?.id, id);
  const sealed = new Map(ledger.blocks({ from: 0, limit: 100_000 }).map(({ size, root }) => [size, root]));
  for (const [size, root] of roots) assert.equal(sealed.get(size), root, `another root was shown for ${size} leaves`);
  await ledger.seal();
  await ledger.close();
  assert.equal(ledger.exportFault, null);
  assert.deepEqual((await verifyDatabase(street.database)).errors, []);
  assert.deepEqual((await verifyExport(street.exported)).errors, []);
}

/** Complete lines that the child wrote before it was killed, some ms after it had opened the ledger. */
function runAndKill(directory: string, run: number, afterMs: number): Promise<string[]> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [CHILD, directory, String(run)], { stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    let problems = '';
    child.stderr.on('data', (chunk) => {
      problems += chunk;
    });
    child.stdout.on('data', (chunk) => {
      if (output === '') setTimeout(() => child.kill('SIGKILL'), afterMs);
      output += chunk;
    });
    child.on('close', (code, signal) => {
      if (signal === 'SIGKILL') resolve(output.split('\n').slice(0, -1));
      else reject(new Error(`the writer ended by itself (${code}): ${problems}`));
    });
  });
}
