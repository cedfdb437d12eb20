// Thread that rebuilds its share of the crash states of one writer, and asks the oracle about each.
import { mkdtempSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { parentPort, workerData } from 'node:worker_threads';
import { type CrashState, crashStates, type Operation, writeState } from './disk.ts';

export interface Share {
  /** the writer's directory */
  readonly root: string;
  readonly operations: readonly Operation[];
  /** module with the function `check` */
  readonly oracle: string;
  readonly part: number;
  readonly parts: number;
  readonly seed: number;
  /** of a disk whose syncs do nothing */
  readonly lies: boolean;
}

export interface Verdicts {
  readonly states: number;
  readonly faults: string[];
}

export type Check = (state: CrashState, root: string, directory: string) => void | Promise<void>;

/** Neighbouring states go to one thread, which knows those that are the same. */
const STRETCH = 32;

const { root, operations, oracle, part, parts, seed, lies } = workerData as Share;
const { check } = (await import(oracle)) as { check: Check };
const directory = mkdtempSync(join(dirname(root), 'state-'));
const faults: string[] = [];
let states = 0;
const ours = (after: number) => Math.floor(after / STRETCH) % parts === part;
for (const state of crashStates(root, operations, seed, ours, lies)) {
  states++;
  writeState(state.files, root, directory);
  try {
    await check(state, root, directory);
  } catch (error) {
    const text = error instanceof Error ? error.message : String(error);
    faults.push(`after operation ${state.after} (${state.survival}, seed ${seed}): ${text.slice(0, 400)}`);
  }
}
rmSync(directory, { recursive: true, force: true });
parentPort?.postMessage({ states, faults } satisfies Verdicts);
