// Configuration node: one Modbus host or serial line, shared by all nodes that talk to devices on it. Many inverters accept
// a single client, so there is one connection, one queue, writes before reads; other programs come in through the proxy.
import { realpathSync } from 'node:fs';
import type { NodeAPI } from 'node-red';
import * as v from 'valibot';
import type { ModbusPort, PortState, PortStatistics } from '../../src/modbus/port.ts';
import { type ModbusProxy, openProxy } from '../../src/modbus/proxy-port.ts';
import { choice, optionalText, whole } from '../shared/config-fields.ts';
import { defineNode, toError } from '../shared/define-node.ts';
import { serveDeviceRoutes } from '../shared/device-routes.ts';
import { holdLine, lineFields } from '../shared/modbus-lines.ts';

/** What the node offers to others. */
export interface ModbusHost {
  readonly port: ModbusPort;
  /** Whether the devices are on this machine: only such may be virtual and run on a simulated clock. */
  readonly loopback: boolean;
  /** Something to be said before the line closes, such as giving a battery back to its own mode. */
  lastWords(work: Promise<unknown>): void;
}

/** What the dialog shows while it is open. */
export interface LineActivity extends PortStatistics {
  readonly state: PortState;
  readonly proxy: { readonly clients: number; readonly requests: number; readonly error: string | null } | null;
}

/** Longest wait for last words when flows stop, ms: a deploy never waits longer than a second for a line. */
const LAST_WORDS_MS = 700;
const LOOPBACK = /^(localhost|127(\.\d{1,3}){3}|::1)$/;

const config = v.object({
  transport: lineFields.transport,
  host: lineFields.host,
  port: lineFields.port,
  path: lineFields.path,
  baud: lineFields.baud,
  parity: lineFields.parity,
  stopBits: lineFields.stopBits,
  timeoutSeconds: lineFields.timeoutSeconds,
  gapMs: lineFields.gapMs,
  proxy: choice('the proxy', ['off', 'read', 'write']),
  proxyHost: optionalText('the address of the proxy'),
  proxyPort: whole('the port of the proxy', 1, 65_535),
});
type Config = v.InferOutput<typeof config>;

/** What a version 1, which knew TCP alone, did not say. */
const ADDED_IN_2 = {
  transport: 'tcp',
  path: '',
  baud: '9600',
  parity: 'none',
  stopBits: '1',
  proxy: 'off',
  proxyHost: '127.0.0.1',
  proxyPort: '5020',
};

export default function (RED: NodeAPI): void {
  const lines = new Map<string, () => LineActivity>();

  defineNode(RED, {
    type: 'microgrid-modbus',
    config,
    migrations: [(old) => ({ ...ADDED_IN_2, ...old })],
    create({ node, config: fields, run }) {
      const held = holdLine(node.id, fields);
      const line = held.port;
      const words = new Set<Promise<unknown>>();
      const proxy = proxyOf(line, fields, run);
      const activity = () => ({ state: line.state, ...line.statistics, proxy: proxy.activity() });
      lines.set(node.id, activity);
      const api: ModbusHost = {
        port: line,
        get loopback() {
          return isHere(fields);
        },
        lastWords(work) {
          words.add(work);
          const said = () => words.delete(work);
          work.then(said, said);
        },
      };
      return {
        api,
        async close() {
          if (lines.get(node.id) === activity) lines.delete(node.id);
          await proxy.close();
          // All nodes close in one turn; those with something left to say have said so after it.
          await new Promise((resolve) => setImmediate(resolve));
          let timer: NodeJS.Timeout | undefined;
          const limit = new Promise((resolve) => {
            timer = setTimeout(resolve, LAST_WORDS_MS);
          });
          await Promise.race([Promise.allSettled([...words]), limit]);
          clearTimeout(timer);
          await held.close();
        },
      };
    },
  });

  RED.httpAdmin.get('/microgrid/modbus/:id', RED.auth.needsPermission('microgrid.read'), (request, response) => {
    const activity = lines.get(String(request.params['id']));
    if (activity) response.json(activity());
    else response.status(404).json({ error: 'the line is opened at the first deploy' });
  });
  serveDeviceRoutes(RED);
}

/** This machine, or a pseudo-terminal on it: no device outside is reached either way. */
function isHere({ transport, host, path }: Config): boolean {
  if (transport !== 'serial') return LOOPBACK.test(host);
  try {
    return realpathSync(path).startsWith('/dev/pts/');
  } catch {
    return false;
  }
}

interface Proxy {
  activity(): LineActivity['proxy'];
  close(): Promise<void>;
}

function proxyOf(line: ModbusPort, fields: Config, run: (work: () => Promise<void>) => void): Proxy {
  const { proxy: mode, proxyHost, proxyPort } = fields;
  if (mode === 'off') return { activity: () => null, close: async () => {} };
  if (proxyHost === '') throw new Error('the address of the proxy is missing; open this node and correct it');
  if (fields.transport === 'tcp' && fields.port === proxyPort && LOOPBACK.test(fields.host)) {
    throw new Error('the proxy would be its own device; give it another port than the device has');
  }
  let server: ModbusProxy | null = null;
  let error: string | null = null;
  const opened = openProxy({ line, host: proxyHost, port: proxyPort, writes: mode === 'write' }).then(
    (started) => {
      server = started;
    },
    (problem) => {
      error = toError(problem).message;
      throw problem;
    },
  );
  run(() => opened);
  return {
    activity: () => ({ clients: server?.clients ?? 0, requests: server?.requests ?? 0, error }),
    close: async () => {
      await opened.catch(() => {});
      await server?.close();
    },
  };
}
