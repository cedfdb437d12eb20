// Runs the package's nodes inside a real Node-RED runtime in this process (node-red-node-test-helper), and writes down what
// leaves them: messages per output, statuses, what Catch nodes get, the log. Files go to a temporary user directory.
import { mkdtempSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { Node, NodeAPI, NodeInitializer } from 'node-red';
import helper from 'node-red-node-test-helper';
import battery from '../../nodes/microgrid-battery/microgrid-battery.ts';
import type { Community } from '../../nodes/microgrid-community/community.ts';
import community from '../../nodes/microgrid-community/microgrid-community.ts';
import interval from '../../nodes/microgrid-interval/microgrid-interval.ts';
import member from '../../nodes/microgrid-member/microgrid-member.ts';
import meter from '../../nodes/microgrid-meter/microgrid-meter.ts';
import modbus from '../../nodes/microgrid-modbus/microgrid-modbus.ts';
import prices from '../../nodes/microgrid-prices/microgrid-prices.ts';
import reading from '../../nodes/microgrid-reading/microgrid-reading.ts';
import virtualSite from '../../nodes/microgrid-virtual-site/microgrid-virtual-site.ts';
import { apiOf } from '../../nodes/shared/define-node.ts';
import { sleep } from './node-red.ts';

export * from './flow-nodes.ts';

export type Version = '5' | '4.1';

/** A node of a flow; `outputs` gives it as many wires, each to a place where the messages are kept. */
export interface FlowItem {
  readonly id: string;
  readonly type: string;
  readonly outputs?: number;
  readonly [field: string]: unknown;
}

export interface Status {
  readonly fill?: string;
  readonly shape?: string;
  readonly text?: string;
}

/** What a Catch node gets. */
export interface Caught {
  readonly error: { readonly message: string; readonly source: { readonly id: string } };
  readonly payload?: unknown;
}

export type Payload = Readonly<Record<string, unknown>> & { readonly type?: string };
interface Kept {
  readonly topic?: unknown;
  readonly payload?: Payload;
}

export interface FlowOptions {
  /** Of an earlier run: for restarts. */
  readonly userDir?: string;
  readonly version?: Version;
  /** What Node-RED keeps apart from the flow, by node. */
  readonly credentials?: Readonly<Record<string, Readonly<Record<string, string>>>>;
  /** Nodes besides those of the device and community family. */
  readonly more?: readonly NodeInitializer[];
}

const packages: Record<Version, string> = { '5': 'node-red', '4.1': 'node-red-4' };
/** Node-RED's log level; more serious ones are lower. */
const ERROR = 20;
const require = createRequire(import.meta.url);
const folders = new Set<string>();
const family = [battery, community, interval, member, meter, modbus, prices, reading, virtualSite];
let used: Version = '5';

/** A new user directory, removed by `removeUserDirs`. */
export function newUserDir(): string {
  const folder = mkdtempSync(join(tmpdir(), 'microgrid-nodes-'));
  folders.add(folder);
  return folder;
}

export function removeUserDirs(): void {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
  folders.clear();
}

/** Deploys a flow and returns once Node-RED has started it. One tab holds all of it, with a Catch node. */
export async function startFlow(items: readonly FlowItem[], options: FlowOptions = {}): Promise<RunningFlow> {
  const { version = '5', userDir = newUserDir(), more = [], credentials = {} } = options;
  const main = require.resolve(packages[version]);
  if (version !== used) helper.init(main);
  used = version;
  helper.settings({ userDir } as Parameters<typeof helper.settings>[0]);
  const flow = new RunningFlow(userDir, main);
  const nodes = flow.nodesOf(items);
  await helper.load([...family, ...more, flow.recorder], nodes, credentials);
  return flow;
}

export class RunningFlow {
  readonly userDir: string;
  readonly statuses: { readonly id: string; readonly status: Status }[] = [];
  readonly caught: Caught[] = [];
  readonly #kept = new Map<string, Kept[]>();
  readonly #events: NodeJS.EventEmitter;
  #red: NodeAPI | null = null;

  constructor(userDir: string, main: string) {
    this.userDir = userDir;
    const util = createRequire(join(dirname(main), 'x.js'))('@node-red/util') as { events: NodeJS.EventEmitter };
    this.#events = util.events;
    this.#events.on('node-status', this.#onStatus);
  }

  /** The flow as Node-RED takes it: a tab, a Catch node, and a recorder behind every output. */
  nodesOf(items: readonly FlowItem[]) {
    const recorders = new Map<string, object>();
    const nodes = items.map(({ outputs = 0, ...item }) => {
      const wires = Array.from({ length: outputs }, (_, output) => [`${item.id} out ${output}`]);
      for (const [id = ''] of wires) recorders.set(id, { id, type: 'test-recorder', z: 'tab', x: 1, y: 1, wires: [] });
      // A node without a place on the tab is a configuration node to Node-RED.
      const place = isConfig(item.type) ? {} : { z: 'tab', x: 1, y: 1, wires };
      return { ...place, ...item };
    });
    const around = [
      { id: 'tab', type: 'tab' },
      { id: 'errors', type: 'catch', z: 'tab', x: 1, y: 1, scope: null, wires: [['caught']] },
      { id: 'caught', type: 'test-recorder', z: 'tab', x: 1, y: 1, wires: [] },
    ];
    return [...around, ...nodes, ...recorders.values()] as unknown as Parameters<typeof helper.load>[1];
  }

  readonly recorder = (RED: NodeAPI): void => {
    this.#red = RED;
    const flow = this;
    RED.nodes.registerType('test-recorder', function (this: Node, stored: { id: string }) {
      RED.nodes.createNode(this, stored as never);
      this.on('input', (message, _send, done) => {
        if (stored.id === 'caught') flow.caught.push(message as unknown as Caught);
        else flow.#at(stored.id).push(message as Kept);
        done();
      });
    } as never);
  };

  readonly #onStatus = ({ id, status }: { id: string; status?: Status }) => {
    if (status) this.statuses.push({ id, status });
  };

  #at(id: string): Kept[] {
    const kept = this.#kept.get(id) ?? [];
    this.#kept.set(id, kept);
    return kept;
  }

  /** Messages that left an output so far. */
  messages(id: string, output = 0): readonly Kept[] {
    return this.#at(`${id} out ${output}`);
  }

  payloads(id: string, output = 0): Payload[] {
    return this.messages(id, output).map(({ payload }) => payload ?? {});
  }

  /** Payloads that a recorder of the test's own got. */
  kept(id: string): Payload[] {
    return this.#at(id).map(({ payload }) => payload ?? {});
  }

  /** The newest status of a node. */
  status(id: string): Status | undefined {
    return this.statuses.findLast((entry) => entry.id === id)?.status;
  }

  /** Waits for the first payload at an output, from the `from`th on, that fits. */
  async next<Found extends Payload = Payload>(
    id: string,
    output: number,
    fits: (payload: Payload) => boolean = () => true,
    { from = 0, ms = 4000 }: { from?: number; ms?: number } = {},
  ): Promise<Found> {
    const found = () => this.payloads(id, output).slice(from).find(fits);
    await soon(
      () => found() !== undefined,
      () => `${id} sent nothing that fits on output ${output}: ${this.#saw(id, output)}`,
      ms,
    );
    return found() as Found;
  }

  /** Waits for the next error of a node, and returns its sentence. */
  async nextError(id: string, from = 0, ms = 4000): Promise<string> {
    const found = () => this.caught.slice(from).find(({ error }) => error.source.id === id);
    await soon(
      () => found() !== undefined,
      () => `no Catch node heard of ${id}: ${JSON.stringify(this.caught.map(({ error }) => error.message))}`,
      ms,
    );
    return found()?.error.message ?? '';
  }

  async nextStatus(id: string, fits: (status: Status) => boolean, ms = 4000): Promise<Status> {
    await soon(
      () => fits(this.status(id) ?? {}),
      () => `the status of ${id} stays ${JSON.stringify(this.status(id))}`,
      ms,
    );
    return this.status(id) ?? {};
  }

  /** Hands a message to a node, as a wire does. */
  send(id: string, payload: unknown): void {
    helper.getNode(id).receive({ payload } as never);
  }

  /** Sends something a node must refuse: returns the sentence of the Catch node, and sees to the red status. */
  async refused(id: string, payload: unknown): Promise<string> {
    const before = this.caught.length;
    this.send(id, payload);
    const sentence = await this.nextError(id, before);
    const { fill, shape } =
      this.statuses.findLast((entry) => entry.id === id && entry.status.fill === 'red')?.status ?? {};
    if (fill !== 'red' || shape !== 'ring') throw new Error(`${id} refused without a red status: ${sentence}`);
    return sentence;
  }

  /** What a configuration node offers to others. */
  api<Api extends object>(id: string, what: Parameters<typeof apiOf>[2]): Api {
    if (!this.#red) throw new Error('the flow has not started');
    return apiOf<Api>(this.#red, id, what);
  }

  get community(): Community {
    return this.api<Community>('community', 'community');
  }

  /** What a node complains about: at a Catch node, or in the log where none stands (configuration nodes that nobody uses). */
  async complaint(id: string): Promise<string> {
    const said = () =>
      this.caught.find(({ error }) => error.source.id === id)?.error.message ??
      helper.log().args.find(([entry]) => entry.id === id && entry.level <= ERROR)?.[0].msg;
    await soon(
      () => said() !== undefined,
      () => `${id} complains about nothing`,
    );
    return String(said() instanceof Error ? said().message : said()).replace(/^Error: /, '');
  }

  /** Everything the runtime's log was told, as text. */
  get log(): string {
    return helper
      .log()
      .args.map(([entry]) => JSON.stringify(entry, (_, value) => (value instanceof Error ? value.message : value)))
      .join('\n');
  }

  /** Everything that left the nodes, as text: for secrets that must not. */
  get everything(): string {
    return JSON.stringify([[...this.#kept], this.caught, this.statuses]) + this.log;
  }

  /** Ends the flow as a stop of Node-RED does. */
  async stop(): Promise<void> {
    // Before `unload`, which no longer writes down what is logged.
    await helper.clearFlows();
    await helper.unload();
    this.#events.off('node-status', this.#onStatus);
  }

  #saw(id: string, output: number): string {
    const errors = this.caught.map(({ error }) => error.message).join('; ');
    return `${JSON.stringify(this.payloads(id, output)).slice(-1500)} (errors: ${errors})`;
  }
}

const isConfig = (type: string) => /^microgrid-(community|member|modbus|ledger)$/.test(type);

/** Waits until something holds. @throws Error with the sentence of `failure` */
export async function soon(holds: () => boolean | Promise<boolean>, failure: () => string, ms = 4000): Promise<void> {
  const limit = performance.now() + ms;
  while (!(await holds())) {
    if (performance.now() > limit) throw new Error(failure());
    await sleep(4);
  }
}
