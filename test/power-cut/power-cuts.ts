// Cuts the power of a writer at every system call: traces it once, rebuilds the crash states on all cores, and collects what the
// oracle says about each.
import { existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import type { Share, Verdicts } from './check-worker.ts';
import type { Operation } from './disk.ts';
import { traced } from './trace.ts';

export interface PowerCuts extends Verdicts {
  readonly operations: readonly Operation[];
}

const SEED = 20_261_122;
/** Memory where there is one: thousands of small ledgers are written. */
const HOME = existsSync('/dev/shm') ? '/dev/shm' : tmpdir();

export interface Cut {
  /** for the writer */
  readonly args?: readonly string[];
  /** one in how many states is looked at; all unless told */
  readonly share?: number;
  /** on a disk whose syncs do nothing: asks `<name>-on-a-lying-disk-oracle.ts` */
  readonly lies?: boolean;
}

/** @param name of the files `<name>-writer.ts` and `<name>-oracle.ts` here */
export async function cutPower(name: string, { args = [], share = 1, lies = false }: Cut = {}): Promise<PowerCuts> {
  const folder = mkdtempSync(join(HOME, 'microgrid-power-'));
  try {
    const root = join(folder, 'disk');
    mkdirSync(root);
    const operations = await traced(join(import.meta.dirname, `${name}-writer.ts`), root, args);
    const threads = Math.min(availableParallelism(), 4);
    const oracle = join(import.meta.dirname, `${name}${lies ? '-on-a-lying-disk' : ''}-oracle.ts`);
    const verdicts = await Promise.all(
      Array.from({ length: threads }, (_, part) =>
        work({ root, operations, oracle, part, parts: threads * share, seed: SEED, lies }),
      ),
    );
    return {
      operations,
      states: verdicts.reduce((sum, { states }) => sum + states, 0),
      faults: verdicts.flatMap(({ faults }) => faults),
    };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function work(share: Share): Promise<Verdicts> {
  return new Promise((resolve, reject) => {
    const worker = new Worker(new URL('./check-worker.ts', import.meta.url), { workerData: share });
    worker.once('message', resolve);
    worker.once('error', reject);
    worker.once('exit', () => reject(new Error('a thread ended without an answer')));
  });
}
