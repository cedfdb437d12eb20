// Kills a real Node-RED with the whole street, again and again, half of the times between the acceptance of an order and
// the seal of its block. What the ledger acknowledged must be in it afterwards, and the ledger must verify.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';
import { join } from 'node:path';
import { verifyPath } from '../../src/audit/verify.ts';
import { openSqliteStore } from '../../src/log/sqlite-store.ts';
import type { FlowNode } from '../support/manifest.ts';
import {
  freePort,
  makeUserDir,
  type NodeRed,
  removeTemporaryFolders,
  sleep,
  startNodeRed,
  until,
} from '../support/node-red.ts';
import { projectRoot } from '../support/source.ts';

const KILLS = 50;
const ORIGIN = 'kill-street.example';
/** A quarter hour in 2.5 s: several gates per life. */
const SPEED = '360';

interface Acknowledged {
  readonly id: string;
  readonly type: string;
}

/** Listens to what the ledger's nodes acknowledge, outside of the process that is going to be killed. */
class Tap {
  readonly seen: Acknowledged[] = [];
  readonly #server: Server;
  #onOrder: (() => void) | null = null;

  private constructor(server: Server) {
    this.#server = server;
  }

  static async open(port: number): Promise<Tap> {
    const server = createServer();
    const tap = new Tap(server);
    server.on('connection', (socket) => tap.#listen(socket));
    await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
    return tap;
  }

  /** Calls back once, in the very turn in which an order's receipt arrives. */
  onNextOrder(callback: () => void): void {
    this.#onOrder = callback;
  }

  async close(): Promise<void> {
    await new Promise<void>((resolve) => {
      this.#server.close(() => resolve());
    });
  }

  #listen(socket: Socket): void {
    let rest = '';
    socket.setEncoding('utf8').on('error', () => {});
    socket.on('data', (text: string) => {
      const lines = (rest + text).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) {
        const [type = '', id = ''] = line.split(' ');
        this.seen.push({ type, id });
        if (type !== 'order' || !this.#onOrder) continue;
        const callback = this.#onOrder;
        this.#onOrder = null;
        callback();
      }
    });
  }
}

/** The demo without the tab on which its operator cheats, which has a community of its own. */
function streetOf(flows: readonly FlowNode[]): FlowNode[] {
  const tab = flows.find(({ type, label }) => type === 'tab' && label === 'Cheat as operator');
  const other = flows.find(({ type, origin }) => type === 'microgrid-community' && origin !== 'sunny-street.example');
  assert.ok(tab && other, 'the demo has another tab or community than this test knows');
  const apart = new Set<unknown>([tab.id, other.id]);
  return flows.filter(({ id, z, ...node }) => !apart.has(id) && !apart.has(z) && !apart.has(node['community']));
}

/** The demo's street under another name, with a wire from every ledger-append to the tap. Ports are moved away from the demo's. */
function tappedStreet(tapPort: number, firstPort: number): FlowNode[] {
  const text = readFileSync(join(projectRoot, 'demo/flows.json'), 'utf8');
  const flows = streetOf(JSON.parse(text) as FlowNode[]).filter((node) => !node.type.startsWith('ui-'));
  const known = new Set(flows.map((node) => node.id));
  const tab = flows.find((node) => node.type === 'tab')?.id;
  const format = 'return { payload: msg.payload.type + " " + msg.payload.receipt.id + "\\n" };';
  return [
    ...flows.map((node) => {
      const wires = node.wires?.map((targets) => targets.filter((target) => known.has(target)));
      const moved = wires ? { ...node, wires } : node;
      if (node.type === 'microgrid-community') return { ...moved, origin: ORIGIN, speed: SPEED };
      if (node.type === 'microgrid-modbus' || node.type === 'microgrid-virtual-site') {
        return { ...moved, port: String(Number(node['port']) - 15_021 + firstPort) };
      }
      if (node.type !== 'microgrid-ledger-append' || !wires) return moved;
      return { ...moved, wires: [[...(wires[0] ?? []), 'tap-format'], ...wires.slice(1)] };
    }),
    {
      id: 'tap-format',
      type: 'function',
      z: tab ?? '',
      name: '',
      func: format,
      outputs: 1,
      x: 100,
      y: 900,
      wires: [['tap']],
    },
    {
      id: 'tap',
      type: 'tcp out',
      z: tab ?? '',
      name: '',
      host: '127.0.0.1',
      port: String(tapPort),
      beserver: 'client',
      base64: false,
      end: false,
      tls: '',
      x: 300,
      y: 900,
      wires: [],
    },
  ];
}

describe('killing Node-RED', function () {
  this.timeout(20 * 60_000);
  let userDir: string;
  let tap: Tap;
  let nodeRed: NodeRed | null = null;

  before(async () => {
    userDir = await makeUserDir();
  });

  after(async () => {
    await nodeRed?.kill();
    await tap?.close();
    await removeTemporaryFolders();
  });

  it(`loses nothing that was acknowledged, over ${KILLS} kills`, async () => {
    const tapPort = await freePort();
    tap = await Tap.open(tapPort);
    const flows = tappedStreet(tapPort, 15_221);
    const database = join(userDir, 'microgrid/ledgers', ORIGIN, '1');
    let betweenAcceptanceAndSeal = 0;
    let heights = 0;

    for (let kill = 0; kill < KILLS; kill++) {
      const life: NodeRed = await startNodeRed({ version: kill % 2 === 0 ? '5' : '4.1', userDir, flows });
      nodeRed = life;
      if (kill % 2 === 0) {
        const before = tap.seen.length;
        const killed = new Promise<void>((resolve) => {
          tap.onNextOrder(() => resolve(life.kill()));
        });
        await Promise.race([killed, sleep(30_000).then(() => assert.fail(`no order was recorded:\n${life.output}`))]);
        assert.ok(tap.seen.length > before);
        betweenAcceptanceAndSeal += 1;
      } else {
        // Pseudo-random moments, the same in every run: some early, some after several gates.
        await sleep(300 + ((kill * 7919) % 4700));
        await life.kill();
      }
      assert.deepEqual(life.errors, [], `errors in life ${kill}`);
      if (kill % 10 !== 9) continue;
      const { ok, errors, blocks } = await verifyPath(database);
      assert.deepEqual(errors, []);
      assert.ok(ok);
      assert.ok(blocks > heights, 'the street goes on after a kill');
      heights = blocks;
    }

    assert.ok(betweenAcceptanceAndSeal >= KILLS / 2);
    const store = openSqliteStore(join(database, 'ledger.sqlite'), { readOnly: true });
    try {
      const lost = tap.seen.filter(({ id }) => store.indexOf(id) === undefined);
      assert.deepEqual(lost, [], `of ${tap.seen.length} acknowledged records`);
      assert.ok(tap.seen.length > KILLS);
    } finally {
      store.close();
    }
  });

  it('goes on trading and settling after the last kill', async () => {
    nodeRed = await startNodeRed({ version: '5', userDir });
    const before = tap.seen.length;
    await until(
      () => tap.seen.slice(before).some(({ type }) => type === 'settlement'),
      60_000,
      () => `nothing was settled after the restart:\n${nodeRed?.output}`,
    );
    assert.deepEqual(await nodeRed.redNodes(), []);
    await nodeRed.stop();
  });
});
