// Commands a battery: self-consumption plus the position its member bought or sold for the interval, inside the safety
// envelope. Each reading of the grid meter is one control cycle. Positions survive a restart in a file of the node's own,
// because a battery often stands where no ledger is. Without fresh readings, on close and on redeploy the
// battery goes back to its own safe mode; a setpoint that is not renewed expires by itself.
import type { NodeAPI } from 'node-red';
import * as v from 'valibot';
import { decide } from '../../src/battery/control.ts';
import { IntervalLog } from '../../src/battery/interval-log.ts';
import {
  type BatterySettings,
  checkSettings,
  type Decision,
  initialControl,
  type Snapshot,
} from '../../src/battery/state.ts';
import { deviceById } from '../../src/devices/catalogue/index.ts';
import { openDevice } from '../../src/devices/device.ts';
import { intervalAt } from '../../src/time/interval.ts';
import { formatPower } from '../../src/units.ts';
import type { Member } from '../microgrid-member/microgrid-member.ts';
import type { ModbusHost } from '../microgrid-modbus/microgrid-modbus.ts';
import { decimal, nodeId, optionalWhole, requiredText, whole } from '../shared/config-fields.ts';
import { apiOf, defineNode, toError } from '../shared/define-node.ts';
import { refuseRealDevice } from '../shared/devices.ts';
import { integer, interval, type Payload, readPayload } from '../shared/messages.ts';
import { stateFile } from '../shared/state-file.ts';
import { degraded, failed, idle, working } from '../shared/status.ts';

/** Hysteresis of the state of charge window, per mille. */
const HYSTERESIS = 20;
/** Without a ramp in the dialog the setpoint may move at once. */
const NO_RAMP = 1_000_000;
/** Positions of intervals that are kept: the running one and those ahead. */
const POSITIONS_KEPT = 16;

export default function (RED: NodeAPI): void {
  defineNode(RED, {
    type: 'microgrid-battery',
    config: v.object({
      member: nodeId(),
      modbus: nodeId(),
      device: requiredText('the device'),
      unit: whole('the unit', 0, 255),
      capacityKWh: decimal('the capacity (kWh)', 3, 1, 2_000_000),
      maxChargeKW: decimal('the charging power (kW)', 3, 0, 1_000_000),
      maxDischargeKW: decimal('the discharging power (kW)', 3, 0, 1_000_000),
      minSoc: whole('the lowest charge (%)', 0, 100),
      maxSoc: whole('the highest charge (%)', 0, 100),
      rampWPerSecond: optionalWhole('the ramp (W per second)', 1, NO_RAMP, NO_RAMP),
      staleSeconds: whole('the age of a stale reading (seconds)', 1, 86_400),
      validSeconds: whole('the validity of a setpoint (seconds)', 1, 65_534),
    }),
    create({ node, config, directory, status, send, fail, run }) {
      const member = apiOf<Member>(RED, config.member, 'member');
      const host = apiOf<ModbusHost>(RED, config.modbus, 'Modbus host');
      const { community } = member;
      const { clock } = community;
      const now = () => clock.now();
      refuseRealDevice(community, host);
      const device = openDevice(host.port, config.unit, deviceById(config.device));
      if (!device.description.control) {
        throw new Error(`a ${device.description.id} is no battery that can be told what to do; choose another device`);
      }
      if ((config.maxSoc - config.minSoc) * 10 < HYSTERESIS) {
        throw new Error(
          `the charge may lie between ${config.minSoc} and ${config.maxSoc} %, but must have ${HYSTERESIS / 10} % of room; widen it`,
        );
      }
      const settings: BatterySettings = checkSettings({
        capacityWh: config.capacityKWh,
        maxChargeW: config.maxChargeKW,
        maxDischargeW: config.maxDischargeKW,
        minSocPerMille: config.minSoc * 10,
        maxSocPerMille: config.maxSoc * 10,
        hysteresisPerMille: HYSTERESIS,
        rampWPerSecond: config.rampWPerSecond,
        staleAfterMs: config.staleSeconds * 1000,
        validForSeconds: config.validSeconds,
      });
      const closing = new AbortController();
      let control = initialControl;
      let log = new IntervalLog();
      let positions = new Map<string, number>();
      let lastMeter: { readonly gridW: number | null; readonly at: number } | null = null;
      let cycling: Promise<void> | null = null;
      let released = false;
      let troubled = false;
      let cancelWatch = () => {};

      const memory = stateFile(
        directory,
        'batteries',
        [community.rules.origin, member.id, node.id],
        v.object({ epoch: v.number(), at: v.number(), positions: v.array(v.tuple([interval, integer('position')])) }),
        (sentence) => node.warn(sentence),
      );
      const keepPosition = (name: string, positionWh: number) => {
        if ((positions.get(name) ?? 0) === positionWh) return;
        positions.set(name, positionWh);
        for (const oldest of positions.keys()) {
          if (positions.size <= POSITIONS_KEPT) break;
          positions.delete(oldest);
        }
        memory.write({ epoch: community.epoch, at: now(), positions: [...positions] });
      };
      /** What was traded before a restart for the running interval and those ahead. */
      const recover = async () => {
        await community.ready();
        if (closing.signal.aborted) return;
        const before = memory.read();
        if (before?.epoch !== community.epoch || !community.continues(before.at)) return;
        const running = intervalAt(now());
        const ahead = before.positions.filter(([name]) => name >= running);
        positions = new Map(ahead);
      };
      const recovered = recover();

      const reset = () => {
        control = initialControl;
        log = new IntervalLog();
        positions = new Map();
        // The watch of the old epoch would come at a time of that epoch.
        if (lastMeter) watch();
        lastMeter = null;
      };
      community.on('reset', reset);
      status(idle('waiting for the meter'));

      /** The newest of what was seen, frozen for one cycle. */
      const look = async (): Promise<Snapshot> => {
        const seen = await device.read(now, closing.signal).catch((problem) => {
          if (!troubled)
            fail(
              new Error(
                `the battery of ${member.id} cannot be read; it goes back to its own safe mode: ${toError(problem).message}; check ${host.port.name}`,
              ),
            );
          troubled = true;
          return null;
        });
        if (seen) troubled = false;
        const trusted = seen && seen.quality !== 'missing' ? seen : null;
        if (trusted?.powerW != null) log.seen(trusted.at, trusted.powerW, trusted.socPerMille ?? null);
        return {
          gridW: lastMeter?.gridW ?? null,
          meterAt: lastMeter?.at ?? null,
          batteryW: trusted?.powerW ?? null,
          socPerMille: trusted?.socPerMille ?? null,
          batteryAt: trusted?.at ?? null,
          positionWh: positions.get(intervalAt(now())) ?? 0,
        };
      };

      const command = async (decision: Decision) => {
        // What does not answer cannot be told either; its setpoint ends by itself.
        if (troubled) return;
        if (decision.state === 'safe') {
          if (!released) {
            await device.release(closing.signal);
            log.seen(now(), 0, null);
          }
          released = true;
          return;
        }
        released = false;
        const { setpointW } = await device.set(decision.setpointW, decision.validForSeconds, closing.signal);
        // From now on, and not from the next look on, it does what it was told.
        log.seen(now(), setpointW ?? decision.setpointW, null);
      };

      const decideNow = async () => {
        const snapshot = await look();
        if (closing.signal.aborted) return;
        const at = now();
        const [next, decision] = decide(settings, control, snapshot, at);
        control = next;
        log.decided(at, decision);
        await command(decision);
        show(snapshot, decision, at);
      };

      /** One control cycle at a time; what comes meanwhile is not queued, since the next reading is newer. */
      const cycle = async () => {
        if (cycling) return;
        cycling = decideNow();
        try {
          await cycling;
        } finally {
          cycling = null;
        }
      };

      const show = (snapshot: Snapshot, decision: Decision, at: number) => {
        const charge = snapshot.socPerMille === null ? '' : ` ${Math.round(snapshot.socPerMille / 10)} %`;
        const text = `${formatPower(decision.setpointW)}${charge}`;
        if (troubled) status(failed('no answer'));
        else if (decision.state === 'safe') status(degraded(`safe${charge}, ${decision.reason.code}`));
        else status(working(text));
        const payload = {
          type: 'decision',
          member: member.id,
          at,
          setpointW: decision.setpointW,
          state: decision.state,
          socPerMille: snapshot.socPerMille,
          positionWh: snapshot.positionWh,
          reason: decision.reason,
        };
        const reading =
          snapshot.batteryW === null || snapshot.batteryAt === null
            ? []
            : [{ topic: member.id, payload: batteryReading(member.id, device.description.id, snapshot) }];
        send([[{ topic: member.id, payload }, ...reading]]);
      };

      /** A meter that falls silent must not leave a setpoint standing. */
      const watch = () => {
        cancelWatch();
        cancelWatch = clock.at(now() + settings.staleAfterMs + 1000, () =>
          run(async () => {
            // A cycle that began before may have decided on a reading that was fresh then.
            await cycling?.catch(() => {});
            await cycle();
            if (control.mode !== 'safe') watch();
          }),
        );
      };

      const endInterval = async (interval: string) => {
        await look();
        const entry = log.close();
        for (const name of positions.keys()) if (name <= interval) positions.delete(name);
        const payload = { type: 'battery', member: member.id, interval, ...entry };
        send([null, { topic: member.id, payload }]);
      };

      return {
        async input(message) {
          const payload = readPayload(message.payload, 'reading', 'clearing', 'fills', 'interval');
          if (payload.type === 'interval') {
            if (payload.event === 'end') await endInterval(payload.interval);
            return;
          }
          // The market tells every member its fills on one wire.
          if (payload.type === 'fills' && payload.member !== member.id) return;
          if (payload.type === 'clearing' || payload.type === 'fills') {
            await recovered;
            if (!closing.signal.aborted) keepPosition(payload.interval, positionOf(payload.fills, member.id));
            return;
          }
          if (payload.member !== member.id || payload.role !== 'grid') {
            throw new Error(
              `this battery follows the grid meter of ${member.id}, not a ${payload.role} reading of ${payload.member}; check the wire`,
            );
          }
          lastMeter = { gridW: payload.quality === 'missing' ? null : payload.powerW, at: payload.at };
          watch();
          await cycle();
        },
        close() {
          community.off('reset', reset);
          cancelWatch();
          closing.abort();
          // Best effort: where it fails, the setpoint's own validity ends it.
          host.lastWords(device.release().catch(() => {}));
        },
      };
    },
  });
}

/** Net energy bought (+) or sold (-), Wh. */
function positionOf(fills: Payload<'clearing'>['fills'], member: string): number {
  return fills
    .filter((fill) => fill.member === member)
    .reduce((sum, fill) => sum + (fill.side === 'buy' ? fill.wh : -fill.wh), 0);
}

function batteryReading(member: string, device: string, snapshot: Snapshot): Payload<'reading'> {
  return {
    type: 'reading',
    member,
    role: 'battery',
    device,
    at: snapshot.batteryAt ?? 0,
    powerW: snapshot.batteryW,
    importWh: null,
    exportWh: null,
    socPerMille: snapshot.socPerMille,
    quality: 'measured',
    reasons: [],
  };
}
