// Reads a device of the catalogue: a reading with power, counters and quality at each poll, and the energy of every
// interval as a difference of counters. What is done with a reading is shared (metering.ts); here it is asked for.
import type { NodeAPI } from 'node-red';
import * as v from 'valibot';
import { deviceById } from '../../src/devices/catalogue-store.ts';
import { openDevice } from '../../src/devices/device.ts';
import type { Reading } from '../../src/devices/reading.ts';
import type { Member } from '../microgrid-member/microgrid-member.ts';
import type { ModbusHost } from '../microgrid-modbus/microgrid-modbus.ts';
import { choice, decimal, nodeId, requiredText, whole } from '../shared/config-fields.ts';
import { apiOf, defineNode, toError } from '../shared/define-node.ts';
import { refuseRealDevice } from '../shared/devices.ts';
import { startMetering } from '../shared/metering.ts';

/** A poll never comes sooner than this after the last one, real ms: for clocks that run fast. */
const SHORTEST_POLL_MS = 100;

export default function (RED: NodeAPI): void {
  defineNode(RED, {
    type: 'microgrid-meter',
    config: v.object({
      member: nodeId(),
      modbus: nodeId(),
      device: requiredText('the device'),
      unit: whole('the unit', 0, 255),
      role: choice('the role', ['grid', 'pv', 'load']),
      pollSeconds: decimal('the time between two readings (seconds)', 3, 100, 86_400_000),
      connectionKW: decimal('what the connection carries (kW)', 3, 1, 1_000_000_000),
    }),
    create(context) {
      const { config, fail, run } = context;
      const member = apiOf<Member>(RED, config.member, 'member');
      const host = apiOf<ModbusHost>(RED, config.modbus, 'Modbus host');
      const { community } = member;
      const { clock } = community;
      const now = () => clock.now();
      refuseRealDevice(community, host);
      const description = deviceById(config.device);
      const device = openDevice(host.port, config.unit, description);
      const closing = new AbortController();
      let reading: Promise<void> | null = null;
      let silentSince: number | null = null;
      let cancelPoll = () => {};

      const take = async () => {
        const current = metering.generation;
        let raw: Reading | null = null;
        let problem: Error | null = null;
        try {
          raw = await device.read(now, closing.signal);
        } catch (thrown) {
          problem = toError(thrown);
          if (silentSince === null) {
            const who = `the ${config.role} meter of ${member.id}`;
            fail(new Error(`${who} cannot be read: ${problem.message}; check ${host.port.name}`));
          }
          silentSince ??= now();
        }
        // What was asked before a reset shows the counters of the old epoch.
        if (current !== metering.generation) return;
        if (raw) {
          silentSince = null;
          metering.take(raw);
        } else if (problem) {
          const seconds = Math.max(0, Math.round((now() - (silentSince ?? now())) / 1000));
          metering.miss(config.device, { code: 'no-answer', text: problem.message }, `no answer for ${seconds} s`);
        }
      };

      /** One reading at a time; whoever asks meanwhile gets the one under way. */
      const readNow = (): Promise<void> => {
        reading ??= take().finally(() => {
          reading = null;
        });
        return reading;
      };

      const poll = (pause: number) => {
        const current = metering.generation;
        cancelPoll = clock.at(now() + pause, () => {
          run(async () => {
            try {
              await readNow();
            } finally {
              if (current === metering.generation) {
                poll(Math.max(config.pollSeconds, clock.speed * SHORTEST_POLL_MS));
              }
            }
          });
        });
      };

      const metering = startMetering({
        context,
        member,
        role: config.role,
        connectionW: config.connectionKW,
        // A device of the same machine may still be starting; the first poll comes soon, the next ones at their pace.
        begun: () => poll(clock.speed * 2 * SHORTEST_POLL_MS),
        ended: () => {
          cancelPoll();
          silentSince = null;
        },
      });

      return {
        async input({ payload }) {
          // The reading under way may have been taken before the boundary.
          if (metering.endInterval(payload)) await reading;
          await readNow();
        },
        close() {
          closing.abort();
          cancelPoll();
          metering.close();
        },
      };
    },
  });
}
