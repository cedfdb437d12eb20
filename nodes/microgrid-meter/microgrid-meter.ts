// Reads a device of the catalogue: a reading with power, counters and quality at each poll, and the energy of every
// interval as a difference of counters. What it remembers survives a restart, so no interval is lost between two lives.
import type { NodeAPI } from 'node-red';
import * as v from 'valibot';
import { catalogue, deviceById } from '../../src/devices/catalogue/index.ts';
import { openDevice } from '../../src/devices/device.ts';
import { missingReading, type Reading } from '../../src/devices/reading.ts';
import { addReading, giveUp, type IntervalEnergy } from '../../src/meter/interval-energy.ts';
import { judge } from '../../src/meter/quality.ts';
import { openTcpPort } from '../../src/modbus/tcp-port.ts';
import { intervalAt, intervalEnd, intervalStart } from '../../src/time/interval.ts';
import { formatPower } from '../../src/units.ts';
import type { Member } from '../microgrid-member/microgrid-member.ts';
import type { ModbusHost } from '../microgrid-modbus/microgrid-modbus.ts';
import { choice, decimal, nodeId, requiredText, whole } from '../shared/config-fields.ts';
import { apiOf, defineNode, type Message, toError } from '../shared/define-node.ts';
import { refuseRealDevice } from '../shared/devices.ts';
import { readPayload } from '../shared/messages.ts';
import { stateFile } from '../shared/state-file.ts';
import { degraded, failed, idle, working } from '../shared/status.ts';
import { type MeterMemory, meterMemory, noMemory } from './memory.ts';

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
        [community.rules.origin, member.id, node.id],
        meterMemory,
        (sentence) => node.warn(sentence),
      );
      let kept = noMemory(community.epoch);
      let begun = false;
      /** Counts starts and resets: what was begun before one ends without effect. */
      let generation = 0;
      let reading: Promise<void> | null = null;
      let silentSince: number | null = null;
      let cancelPoll = () => {};
      let cancelPatience = () => {};
      status(idle('not read yet'));

      const ask = (): Promise<Reading> =>
        device.read(now, closing.signal).catch((problem) => {
          const error = toError(problem);
          if (silentSince === null)
            fail(new Error(`${who()} cannot be read: ${error.message}; check ${host.port.name}`));
          silentSince ??= now();
          return missingReading(config.device, now(), { code: 'no-answer', text: error.message });
        });

      const who = () => `the ${config.role} meter of ${member.id}`;

      const take = async () => {
        const current = generation;
        const raw = await ask();
        // What was asked before a reset shows the counters of the old epoch.
        if (current !== generation) return;
        if (raw.quality !== 'missing') silentSince = null;
        // On a fast clock the way to the device and back takes long in its time.
        const maxAgeMs = Math.max(60_000, clock.speed * 1000);
        const toleranceMs = Math.min(300_000, Math.max(10_000, clock.speed * 250));
        const connectionW = config.connectionKW;
        const [gate, judged] = judge({ maxAgeMs, connectionW, stuckAfterMs: STUCK_AFTER_MS }, kept.gate, raw, now());
        // What ended before the first counters of all is missing.
        const first = kept.energy.last === null && (judged.importWh !== null || judged.exportWh !== null);
        const [before, missed] = first ? giveUp(kept.energy, judged.at) : [kept.energy, []];
        const settings = { toleranceMs, maxGapMs: LONGEST_GAP_MS, connectionW };
        const [energy, over] = addReading(settings, before, judged);
        kept = { ...kept, gate, energy };
        show(judged);
        send([{ topic: member.id, payload: { type: 'reading', member: member.id, role: config.role, ...judged } }]);
        tell([...missed, ...over]);
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
        kept = { ...kept, told: [...kept.told, ...over].slice(-TOLD_AGAIN) };
        try {
          // Before the message: after a restart the same figures must be told again, not others.
          memory.write(kept);
        } finally {
          sendEnergies(over);
        }
      };

      const sendEnergies = (energies: readonly IntervalEnergy[]) => {
        // The bill and the overview know nothing of loads behind the meter.
        if (config.role !== 'load' && energies.length > 0) send([null, energies.map(message)]);
      };

      const message = (energy: IntervalEnergy): Message => {
        const { interval, exportWh, quality } = energy;
        const topic = member.id;
        if (config.role === 'grid')
          return { topic, payload: { type: 'meter', member: member.id, ...wholeOrMissing(energy) } };
        return {
          topic,
          payload: { type: 'energy', member: member.id, interval, role: config.role, generationWh: exportWh, quality },
        };
      };

      const show = ({ powerW, quality, reasons }: Reading) => {
        const seconds = silentSince === null ? 0 : Math.max(0, Math.round((now() - silentSince) / 1000));
        if (silentSince !== null) status(failed(`no answer for ${seconds} s`));
        else if (powerW === null) status(degraded(reasons.at(-1)?.code ?? 'no power'));
        else
          status(quality === 'measured' ? working(formatPower(powerW)) : degraded(`${formatPower(powerW)} ${quality}`));
      };

      const poll = (pause: number) => {
        const current = generation;
        cancelPoll = clock.at(now() + pause, () => {
          run(async () => {
            try {
              await readNow();
            } finally {
              if (current === generation) poll(Math.max(config.pollSeconds, clock.speed * SHORTEST_POLL_MS));
            }
          });
        });
      };

      const remembered = (): MeterMemory => {
        const before = memory.read();
        if (before?.epoch === community.epoch && community.continues(before.energy.last?.at ?? now())) return before;
        // A meter that does not answer from the start on is missed from the start on.
        const { energy, ...rest } = noMemory(community.epoch);
        return { ...rest, energy: { ...energy, next: intervalStart(intervalAt(now())) } };
      };

      const begin = () => {
        generation += 1;
        const current = generation;
        cancelPoll();
        cancelPatience();
        kept = noMemory(community.epoch);
        begun = false;
        silentSince = null;
        run(async () => {
          await community.ready();
          if (current !== generation) return;
          kept = remembered();
          begun = true;
          sendEnergies(kept.told);
          // A device of the same machine may still be starting; the first poll comes soon, the next ones at their pace.
          poll(clock.speed * 2 * SHORTEST_POLL_MS);
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
          generation += 1;
          closing.abort();
          cancelPoll();
          cancelPatience();
          community.off('reset', begin);
          // A stop before the start was over must not wipe out what is remembered.
          if (begun) memory.write(kept);
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

/** When the interval of a delivery end was over, Unix ms; null for any other payload. @throws Error for a malformed one */
function intervalEndOf(payload: unknown): number | null {
  if (typeof payload !== 'object' || payload === null || !('type' in payload) || payload.type !== 'interval')
    return null;
  const { event, interval } = readPayload(payload, 'interval');
  return event === 'end' ? intervalEnd(interval) : null;
}
