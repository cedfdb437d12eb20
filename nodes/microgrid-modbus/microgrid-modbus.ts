// Configuration node: one Modbus TCP host, shared by all nodes that talk to devices on it. Many inverters accept a single
// client, so there is one connection, one queue, writes before reads.
import type { NodeAPI } from 'node-red';
import * as v from 'valibot';
import type { ModbusPort } from '../../src/modbus/port.ts';
import { openTcpPort } from '../../src/modbus/tcp-port.ts';
import { decimal, requiredText, whole } from '../shared/config-fields.ts';
import { defineNode } from '../shared/define-node.ts';

/** What the node offers to others. */
export interface ModbusHost {
  readonly port: ModbusPort;
  /** Whether the host is this machine: only such devices may be virtual and run on a simulated clock. */
  readonly loopback: boolean;
  /** Something to be said before the line closes, such as giving a battery back to its own mode. */
  lastWords(work: Promise<unknown>): void;
}

/** Longest wait for last words when flows stop, ms. */
const LAST_WORDS_MS = 2000;

export default function (RED: NodeAPI): void {
  defineNode(RED, {
    type: 'microgrid-modbus',
    config: v.object({
      host: requiredText('the host'),
      port: whole('the port', 1, 65_535),
      timeoutSeconds: decimal('the timeout (seconds)', 3, 50, 60_000),
      gapMs: whole('the gap between requests (ms)', 0, 10_000),
    }),
    create({ config }) {
      const { host, port, timeoutSeconds, gapMs } = config;
      const opened = openTcpPort({ host, port, timeoutMs: timeoutSeconds, gapMs });
      const words = new Set<Promise<unknown>>();
      const api: ModbusHost = {
        port: opened,
        loopback: /^(localhost|127(\.\d{1,3}){3}|::1)$/.test(host),
        lastWords(work) {
          words.add(work);
          const said = () => words.delete(work);
          work.then(said, said);
        },
      };
      return {
        api,
        async close() {
          // All nodes close in one turn; those with something left to say have said so after it.
          await new Promise((resolve) => setImmediate(resolve));
          let timer: NodeJS.Timeout | undefined;
          const limit = new Promise((resolve) => {
            timer = setTimeout(resolve, LAST_WORDS_MS);
          });
          await Promise.race([Promise.allSettled([...words]), limit]);
          clearTimeout(timer);
          await opened.close();
        },
      };
    },
  });
}
