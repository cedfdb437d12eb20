// Reads a device of the catalogue: a reading with power, counters and quality at each poll, and the energy of every
// interval as a difference of counters. What it remembers survives a restart, so no interval is lost between two lives.
import type { NodeAPI } from 'node-red';
import * as v from 'valibot';
import { catalogue, deviceById } from '../../src/devices/catalogue/index.ts';
import { openDevice } from '../../src/devices/device.ts';
import { missingReading, type Reading } from '../../src/devices/reading.ts';
import {
  addReading,
  type EnergyState,
  giveUp,
  type IntervalEnergy,
  initialEnergy,
} from '../../src/meter/interval-energy.ts';
import { type GateState, initialGate, judge } from '../../src/meter/quality.ts';
import { openTcpPort } from '../../src/modbus/tcp-port.ts';
import { intervalEnd } from '../../src/time/interval.ts';
import { formatPower } from '../../src/units.ts';
import type { Member } from '../microgrid-member/microgrid-member.ts';
import type { ModbusHost } from '../microgrid-modbus/microgrid-modbus.ts';
import { choice, decimal, nodeId, requiredText, whole } from '../shared/config-fields.ts';
import { apiOf, defineNode, type Message, toError } from '../shared/define-node.ts';
import { refuseRealDevice } from '../shared/devices.ts';
import { stateFile } from '../shared/state-file.ts';
import { degraded, failed, idle, working } from '../shared/status.ts';

/** Values that stay the same for so long while power flows are a meter that hangs, ms. */
const STUCK_AFTER_MS = 900_000;
/** Longest silence over which the boundaries of intervals are interpolated, ms. */
const LONGEST_GAP_MS = 1_800_000;
/** How long after its end an interval may wait for a reading before it is given up as missing, ms. */
const PATIENCE_MS = 600_000;
/** A poll never comes sooner than this after the last one, real ms: for clocks that run fast. */
const SHORTEST_POLL_MS = 100;
/** Interval energies that are told again after a restart: they may not have reached the ledger. */
const TOLD_AGAIN = 2;

interface Kept {
  readonly epoch: number;
  readonly gate: GateState;
  readonly energy: EnergyState;
  readonly told: readonly IntervalEnergy[];
}

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
    create({ node, config, directory, status, send, fail, run }) {
      const member = apiOf<Member>(RED, config.member, 'member');
      const host = apiOf<ModbusHost>(RED, config.modbus, 'Modbus host');
      const { community } = member;
      const { clock } = community;
      const now = () => clock.now();
      refuseRealDevice(community, host);
      const device = openDevice(host.port, config.unit, deviceById(config.device));
      const closing = new AbortController();
      const memory = stateFile(
        directory,
        'meters',
        `${community.rules.origin}-${member.id}-${node.id}`,
        v.custom<Kept>((value) => typeof value === 'object' && value !== null && 'energy' in value),
        (sentence) => node.warn(sentence),
      );
      let kept: Kept = { epoch: community.epoch, gate: initialGate, energy: initialEnergy, told: [] };
      let reading: Promise<void> | null = null;
      let silentSince: number | null = null;
      let cancelPoll = () => {};
      let cancelPatience = () => {};
      status(idle('not read yet'));

      const read = async (): Promise<Reading> => {
        const raw = await device.read(now, closing.signal).catch((problem) => {
          const error = toError(problem);
          if (silentSince === null)
            fail(new Error(`${who()} cannot be read: ${error.message}; check ${host.port.name}`));
          silentSince ??= now();
          return missingReading(config.device, now(), { code: 'no-answer', text: error.message });
        });
        if (raw.quality !== 'missing') silentSince = null;
        // On a fast clock the way to the device and back takes long in its time.
        const maxAgeMs = Math.max(60_000, clock.speed * 1000);
        const settings = { maxAgeMs, connectionW: config.connectionKW, stuckAfterMs: STUCK_AFTER_MS };
        const [gate, judged] = judge(settings, kept.gate, raw, now());
        kept = { ...kept, gate };
        return judged;
      };

      const who = () => `the ${config.role} meter of ${member.id}`;

      const take = async () => {
        const judged = await read();
        if (closing.signal.aborted) return;
        const toleranceMs = Math.min(300_000, Math.max(10_000, clock.speed * 250));
        const settings = { toleranceMs, maxGapMs: LONGEST_GAP_MS, connectionW: config.connectionKW };
        const [energy, over] = addReading(settings, kept.energy, judged);
        kept = { ...kept, energy };
        show(judged);
        send([{ topic: member.id, payload: { type: 'reading', member: member.id, role: config.role, ...judged } }]);
        tell(over);
      };

      /** One reading at a time; whoever asks meanwhile gets the one under way. */
      const readNow = (): Promise<void> => {
        reading ??= take().finally(() => {
          reading = null;
        });
        return reading;
      };

      const tell = (over: readonly IntervalEnergy[]) => {
        if (over.length === 0) return;
        send([null, over.map(message)]);
        kept = { ...kept, told: [...kept.told, ...over].slice(-TOLD_AGAIN) };
        memory.write(kept);
      };

      const message = (energy: IntervalEnergy): Message => {
        const { interval, importWh, exportWh, quality } = energy;
        const topic = member.id;
        if (config.role === 'grid')
          return { topic, payload: { type: 'meter', member: member.id, ...wholeOrMissing(energy) } };
        const generationWh = config.role === 'pv' ? exportWh : importWh;
        return {
          topic,
          payload: { type: 'energy', member: member.id, interval, role: config.role, generationWh, quality },
        };
      };

      const show = ({ powerW, quality, reasons }: Reading) => {
        const seconds = silentSince === null ? 0 : Math.round((now() - silentSince) / 1000);
        if (silentSince !== null) status(failed(`no answer for ${seconds} s`));
        else if (powerW === null) status(degraded(reasons.at(-1)?.code ?? 'no power'));
        else
          status(quality === 'measured' ? working(formatPower(powerW)) : degraded(`${formatPower(powerW)} ${quality}`));
      };

      const poll = () => {
        const pause = Math.max(config.pollSeconds, clock.speed * SHORTEST_POLL_MS);
        cancelPoll = clock.at(now() + pause, () => {
          run(async () => {
            try {
              await readNow();
            } finally {
              if (!closing.signal.aborted) poll();
            }
          });
        });
      };

      const begin = () => {
        cancelPoll();
        cancelPatience();
        run(async () => {
          await community.ready();
          if (closing.signal.aborted) return;
          const before = memory.read();
          const fresh: Kept = { epoch: community.epoch, gate: initialGate, energy: initialEnergy, told: [] };
          kept = before?.epoch === community.epoch ? before : fresh;
          if (kept.told.length > 0) send([null, kept.told.map(message)]);
          // A device of the same machine may still be starting; the first poll comes soon, the next ones at their pace.
          cancelPoll = clock.at(now() + clock.speed * 2 * SHORTEST_POLL_MS, () => {
            run(readNow);
            poll();
          });
        });
      };

      community.on('reset', begin);
      begin();

      return {
        async input(incoming) {
          const { payload } = incoming;
          const end = intervalEndOf(payload);
          if (end !== null) {
            cancelPatience();
            cancelPatience = clock.at(end + PATIENCE_MS, () =>
              run(() => {
                const [energy, over] = giveUp(kept.energy, end);
                kept = { ...kept, energy };
                tell(over);
              }),
            );
            // The reading under way may have been taken before the boundary.
            await reading;
          }
          await readNow();
        },
        close() {
          closing.abort();
          cancelPoll();
          cancelPatience();
          community.off('reset', begin);
          memory.write(kept);
        },
      };
    },
  });

  RED.httpAdmin.get('/microgrid/devices', RED.auth.needsPermission('microgrid.read'), (_request, response) => {
    response.json(
      catalogue.map(({ id, vendor, model, kind, confirmed, defaultUnit }) => ({
        id,
        vendor,
        name: model,
        kinds: [kind],
        unconfirmed: !confirmed,
        defaultUnit,
      })),
    );
  });

  RED.httpAdmin.post('/microgrid/test', RED.auth.needsPermission('microgrid.write'), (request, response) => {
    testDevice(request.body).then(
      (answer) => response.json({ reading: answer }),
      (problem) => response.json({ error: toError(problem).message }),
    );
  });
}

const testRequest = v.object({
  host: requiredText('the host'),
  port: whole('the port', 1, 65_535),
  unit: whole('the unit', 0, 255),
  device: requiredText('the device'),
});

/** One reading for the dialog's "Test" button, on a connection of its own. */
async function testDevice(body: unknown): Promise<Reading> {
  const { host, port, unit, device } = v.parse(testRequest, body);
  const line = openTcpPort({ host, port, timeoutMs: 3000 });
  try {
    return await openDevice(line, unit, deviceById(device)).read(Date.now);
  } finally {
    await line.close();
  }
}

/** A record of the bill holds both directions or neither. */
function wholeOrMissing(energy: IntervalEnergy): IntervalEnergy {
  if (energy.importWh !== null && energy.exportWh !== null) return energy;
  const reason = energy.reason ?? { code: 'one-direction', text: 'The meter counts only one direction.' };
  return { ...energy, importWh: null, exportWh: null, quality: 'missing', reason };
}

function intervalEndOf(payload: unknown): number | null {
  if (typeof payload !== 'object' || payload === null || !('type' in payload) || payload.type !== 'interval')
    return null;
  const { event, interval } = payload as { event?: unknown; interval?: unknown };
  return event === 'end' && typeof interval === 'string' ? intervalEnd(interval) : null;
}
