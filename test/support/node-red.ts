// Starts a real Node-RED, 4.1 or 5, with the packed package installed from its tarball as a user would have it, and
// talks to it through its admin API and its status channel. The dashboard's nodes are found in the project's own
// node_modules, because Node-RED also looks in the folders above its own.
import { type ChildProcess, spawn } from 'node:child_process';
import { cp, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { FlowNode } from './manifest.ts';
import { npm, pack, projectEnvironment, projectNode } from './pack.ts';
import { projectRoot } from './source.ts';

export const nodeRedVersions = ['5', '4.1'] as const;
export type NodeRedVersion = (typeof nodeRedVersions)[number];

const folderOf: Record<NodeRedVersion, string> = { '5': 'node-red', '4.1': 'node-red-4' };

export interface Status {
  readonly fill?: string;
  readonly shape?: string;
  readonly text?: string;
}

/** What a debug node showed; `msg` is the editor's text of it (JSON for objects). */
export interface DebugMessage {
  readonly id: string;
  readonly msg: string;
  readonly format: string;
  readonly topic?: string;
}

export interface StartOptions {
  readonly version: NodeRedVersion;
  /** From `makeUserDir`; stays after the end, so that a restart can go on with it. */
  readonly userDir: string;
  readonly flows?: readonly FlowNode[];
  /** Added to the settings (JSON). */
  readonly settings?: Readonly<Record<string, unknown>>;
  /** Free when omitted. */
  readonly port?: number;
  readonly env?: Readonly<Record<string, string>>;
}

let installed: Promise<string> | undefined;
const running = new Set<ChildProcess>();
const folders = new Set<string>();

process.once('exit', () => {
  for (const child of running) child.kill('SIGKILL');
});

/** A new user directory in which the package is installed from its tarball. Packed and installed once per process. */
export async function makeUserDir(): Promise<string> {
  installed ??= install();
  const userDir = await temporaryFolder('microgrid-user-');
  await cp(await installed, userDir, { recursive: true, verbatimSymlinks: true });
  return userDir;
}

/** Removes all temporary folders that this process made: for the last `after` hook. */
export async function removeTemporaryFolders(): Promise<void> {
  for (const folder of folders) await rm(folder, { recursive: true, force: true, maxRetries: 5 });
  folders.clear();
  installed = undefined;
}

/** Starts Node-RED and returns when its flows have started. @throws Error with its output when it does not */
export async function startNodeRed(options: StartOptions): Promise<NodeRed> {
  const { version, userDir, flows, settings, env } = options;
  const port = options.port ?? (await freePort());
  const all = {
    uiHost: '127.0.0.1',
    uiPort: port,
    flowFile: 'flows.json',
    credentialSecret: 'only for tests',
    telemetry: { enabled: false, updateNotification: false },
    // Without these the editor asks servers that no test may need: the catalogue of nodes, and tours.
    externalModules: { palette: { allowInstall: false } },
    editorTheme: { tours: false },
    ...settings,
  };
  await writeFile(join(userDir, 'settings.js'), `module.exports = ${JSON.stringify(all, null, 2)};\n`);
  if (flows) await writeFile(join(userDir, 'flows.json'), JSON.stringify(flows));
  const script = join(projectRoot, 'node_modules', folderOf[version], 'red.js');
  const child = spawn(projectNode, [script, '--userDir', userDir], {
    cwd: userDir,
    env: projectEnvironment({ HOME: userDir, ...env }),
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const nodeRed = new NodeRed(version, port, userDir, child);
  try {
    await nodeRed.started();
    await nodeRed.listen();
  } catch (problem) {
    await nodeRed.kill();
    throw problem;
  }
  return nodeRed;
}

/** A running Node-RED. */
export class NodeRed {
  readonly version: NodeRedVersion;
  readonly url: string;
  readonly port: number;
  readonly userDir: string;
  /** Newest status by node id. */
  readonly statuses = new Map<string, Status>();
  readonly debugMessages: DebugMessage[] = [];
  readonly #child: ChildProcess;
  readonly #ended: Promise<void>;
  #output = '';
  #socket: WebSocket | undefined;

  constructor(version: NodeRedVersion, port: number, userDir: string, child: ChildProcess) {
    this.version = version;
    this.port = port;
    this.url = `http://127.0.0.1:${port}/`;
    this.userDir = userDir;
    this.#child = child;
    running.add(child);
    const keep = (text: string) => {
      this.#output += text;
    };
    child.stdout?.setEncoding('utf8').on('data', keep);
    child.stderr?.setEncoding('utf8').on('data', keep);
    this.#ended = new Promise((resolve) => {
      child.once('error', (error) => keep(`\n${error.message}\n`));
      child.once('close', () => {
        running.delete(child);
        resolve();
      });
    });
  }

  get pid(): number | undefined {
    return this.#child.pid;
  }

  get alive(): boolean {
    return running.has(this.#child);
  }

  /** Everything printed so far, to both streams. */
  get output(): string {
    return this.#output;
  }

  /** Lines of the log at level error, and what else looks like a crash. */
  get errors(): string[] {
    return this.#output.split('\n').filter((line) => /\[(error|fatal)\]|Uncaught|UnhandledPromise/.test(line));
  }

  /** Resolves once all flows run. @throws Error after 60 s, at an early end, or when node types are missing */
  async started(): Promise<void> {
    await until(
      () => {
        if (!this.alive) throw new Error(`Node-RED ${this.version} ended at once:\n${this.#output}`);
        if (/Waiting for missing types/.test(this.#output)) throw new Error(`types are missing:\n${this.#output}`);
        return /Started flows/.test(this.#output);
      },
      60_000,
      () => `Node-RED ${this.version} did not start:\n${this.#output}`,
    );
  }

  /** Subscribes to statuses and debug messages, as the editor does. */
  async listen(): Promise<void> {
    const socket = new WebSocket(`ws://127.0.0.1:${this.port}/comms`);
    this.#socket = socket;
    socket.addEventListener('message', (event) => {
      const data: unknown = JSON.parse(String(event.data));
      for (const each of Array.isArray(data) ? data : [data]) this.#receive(each);
    });
    await new Promise<void>((resolve, reject) => {
      socket.addEventListener('open', () => resolve(), { once: true });
      socket.addEventListener('error', () => reject(new Error('no status channel')), { once: true });
    });
    for (const topic of ['status/#', 'debug']) socket.send(JSON.stringify({ subscribe: topic }));
  }

  #receive(event: { topic?: string; data?: unknown }): void {
    if (event.topic === 'debug') this.debugMessages.push(event.data as DebugMessage);
    const id = /^status\/(.+)$/.exec(event.topic ?? '')?.[1];
    if (id !== undefined) this.statuses.set(id, (event.data ?? {}) as Status);
  }

  /** Nodes that show red, by type and name, with what they say. */
  async redNodes(): Promise<string[]> {
    const red = [...this.statuses].filter(([, { fill }]) => fill === 'red');
    if (red.length === 0) return [];
    const nodes = new Map((await this.flows()).map((node) => [node.id, node]));
    return red.map(([id, { text }]) => `${nodes.get(id)?.type} "${nodes.get(id)?.['name'] ?? ''}" (${id}): ${text}`);
  }

  async get(path: string): Promise<unknown> {
    return this.#request(path, { headers: { accept: 'application/json' } });
  }

  async post(path: string, body: unknown, headers: Readonly<Record<string, string>> = {}): Promise<unknown> {
    return this.#request(path, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: JSON.stringify(body),
    });
  }

  /** The flows as they run now. */
  async flows(): Promise<FlowNode[]> {
    return (await this.get('flows')) as FlowNode[];
  }

  /** Replaces all flows; statuses of before are forgotten. */
  async deploy(flows: readonly FlowNode[], type: 'full' | 'nodes' | 'flows' = 'full'): Promise<void> {
    this.statuses.clear();
    await this.post('flows', flows, { 'node-red-deployment-type': type });
  }

  /** Presses the button of an inject node. */
  async inject(id: string): Promise<void> {
    await this.post(`inject/${id}`, {});
  }

  async #request(path: string, init: RequestInit): Promise<unknown> {
    const response = await fetch(this.url + path, { ...init, signal: AbortSignal.timeout(30_000) });
    const text = await response.text();
    if (!response.ok) throw new Error(`${init.method ?? 'GET'} /${path}: ${response.status} ${text.slice(0, 500)}`);
    return /json/.test(response.headers.get('content-type') ?? '') ? JSON.parse(text) : text;
  }

  /** Ends it as a service manager does, and waits: nodes have their 15 s to close. */
  async stop(): Promise<void> {
    this.#socket?.close();
    this.#child.kill('SIGTERM');
    const limit = setTimeout(() => this.#child.kill('SIGKILL'), 20_000);
    await this.#ended;
    clearTimeout(limit);
  }

  /** Ends it at once, as a power cut does. */
  async kill(): Promise<void> {
    this.#socket?.close();
    this.#child.kill('SIGKILL');
    await this.#ended;
  }
}

/** Waits until a condition holds. @throws Error with the sentence of `failure` when it does not in time */
export async function until(
  condition: () => boolean | Promise<boolean>,
  milliseconds: number,
  failure: () => string,
): Promise<void> {
  const limit = Date.now() + milliseconds;
  while (!(await condition())) {
    if (Date.now() > limit) throw new Error(failure());
    await sleep(50);
  }
}

export const sleep = (milliseconds: number) => new Promise<void>((resolve) => setTimeout(resolve, milliseconds));

/** A port of the loopback interface that was free a moment ago. */
export async function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() =>
        typeof address === 'object' && address ? resolve(address.port) : reject(new Error('no port')),
      );
    });
  });
}

async function temporaryFolder(prefix: string): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), prefix));
  folders.add(folder);
  return folder;
}

async function install(): Promise<string> {
  const folder = await temporaryFolder('microgrid-packed-');
  const userDir = join(folder, 'user');
  await mkdir(userDir);
  const tarball = await pack(folder);
  await writeFile(join(userDir, 'package.json'), JSON.stringify({ name: 'node-red-project', private: true }));
  const quiet = ['--no-audit', '--no-fund', '--prefer-offline'];
  // Optional dependencies are the serial port's native parts, which no test needs.
  await npm(userDir, ['install', '--omit=optional', '--ignore-scripts', ...quiet, tarball]);
  return userDir;
}
