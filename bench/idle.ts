// What the demo street costs a machine: start-up and memory of a Node-RED that runs it, against the same Node-RED with an
// empty dashboard. Both in turn, on loopback, each in a fresh user directory; memory after a forced collection.
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Figure, measure, spread } from './harness.ts';

const RUNS = 5;
/** How long each runs before its memory is taken, real ms: several auctions of the demo. */
const RUNNING_MS = 30_000;
const MB = 1024 * 1024;
const root = fileURLToPath(new URL('..', import.meta.url));

interface Cost {
  readonly startMs: number;
  readonly rssMb: number;
  readonly heapMb: number;
}

interface FlowNode {
  readonly id: string;
  readonly type: string;
  readonly [property: string]: unknown;
}

export async function* figures(): AsyncGenerator<Figure> {
  const demo = JSON.parse(readFileSync(join(root, 'demo/flows.json'), 'utf8')) as FlowNode[];
  const empty = demo.filter(({ type }) => ['ui-base', 'ui-theme', 'ui-page'].includes(type));
  const ours: Cost[] = [];
  const theirs: Cost[] = [];
  for (let run = 0; run < RUNS; run++) {
    for (const first of run % 2 === 0 ? [true, false] : [false, true]) {
      (first ? ours : theirs).push(await cost(first ? demo : empty));
    }
  }
  const of = (costs: readonly Cost[], key: keyof Cost) => costs.map((one) => one[key]);
  for (const [name, key, unit, aim] of [
    ['start-up until the flows run', 'startMs', 'ms', 2000],
    ['resident memory', 'rssMb', 'MB', 50],
    ['heap and buffers', 'heapMb', 'MB', null],
  ] as const) {
    const mine = of(ours, key);
    const peer = of(theirs, key);
    yield await measure({
      name,
      unit,
      runs: RUNS,
      warmUp: 0,
      ours: next(mine),
      against: { name: 'empty Node-RED with dashboard', run: next(peer) },
    });
    const more = mine.map((value, i) => value - (peer[i] ?? 0));
    const limit = aim === null ? null : { atMost: aim };
    yield {
      name: `${name}: more than the empty one`,
      unit,
      ...spread(more),
      runs: RUNS,
      against: null,
      ratio: null,
      aim: limit,
    };
  }
}

function next(values: readonly number[]): () => number {
  let at = 0;
  return () => values[at++] ?? Number.NaN;
}

async function cost(flows: readonly FlowNode[]): Promise<Cost> {
  const userDir = mkdtempSync(join(tmpdir(), 'microgrid-idle-'));
  try {
    mkdirSync(join(userDir, 'node_modules/@commongrid'), { recursive: true });
    symlinkSync(root, join(userDir, 'node_modules/@commongrid/node-red-microgrid'), 'junction');
    writeFileSync(join(userDir, 'flows.json'), JSON.stringify(flows));
    return await run(userDir, await freePort());
  } finally {
    rmSync(userDir, { recursive: true, force: true, maxRetries: 5 });
  }
}

async function run(userDir: string, port: number): Promise<Cost> {
  const begun = performance.now();
  const child = spawn(
    process.execPath,
    [
      '--expose-gc',
      '--require',
      join(root, 'bench/support/memory-on-request.cjs'),
      join(root, 'node_modules/node-red/red.js'),
      '-s',
      join(root, 'demo/settings.cjs'),
      '-u',
      userDir,
      '-p',
      String(port),
    ],
    { stdio: ['ignore', 'pipe', 'pipe', 'ipc'] },
  );
  try {
    await printed(child, /Started flows/);
    const startMs = performance.now() - begun;
    await new Promise((resolve) => setTimeout(resolve, RUNNING_MS));
    const { rss, heapUsed, external } = await memory(child);
    return { startMs, rssMb: rss / MB, heapMb: (heapUsed + external) / MB };
  } finally {
    const ended = new Promise((resolve) => child.once('exit', resolve));
    child.kill('SIGTERM');
    await ended;
  }
}

function printed(child: ChildProcess, expected: RegExp): Promise<void> {
  return new Promise((resolve, reject) => {
    let text = '';
    const take = (piece: Buffer) => {
      text += piece.toString();
      if (expected.test(text)) resolve();
    };
    child.stdout?.on('data', take);
    child.stderr?.on('data', take);
    child.once('exit', () => reject(new Error(`Node-RED ended early:\n${text}`)));
  });
}

function memory(child: ChildProcess): Promise<NodeJS.MemoryUsage> {
  return new Promise((resolve) => {
    child.once('message', (usage) => resolve(usage as NodeJS.MemoryUsage));
    child.send('memory');
  });
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address ? address.port : 0));
    });
  });
}
