// Commands a battery: own use, a plan, the position its member bought or sold for the interval, peaks, a reserve, the
// owner's own wish, all inside the safety envelope. Each reading of the grid meter is one control cycle for all batteries
// of the member (group.ts). Positions and orders survive a restart in a file of the node's own, because a battery often
// stands where no ledger is. Without fresh readings, on close and on redeploy the battery goes back to its own safe mode; a
// setpoint that is not renewed expires by itself.
import type { NodeAPI } from 'node-red';
import { refused, taken, unanswered } from '../../src/battery/control.ts';
import { IntervalLog } from '../../src/battery/interval-log.ts';
import { type ControlState, type Decision, initialControl, type Snapshot } from '../../src/battery/state.ts';
import { canBe } from '../../src/battery/trust.ts';
import { deviceById } from '../../src/devices/catalogue-store.ts';
import { openDevice } from '../../src/devices/device.ts';
import { DeviceError } from '../../src/devices/errors.ts';
import type { Reading } from '../../src/devices/reading.ts';
import { intervalAt } from '../../src/time/interval.ts';
import { formatPower } from '../../src/units.ts';
import type { Member } from '../microgrid-member/microgrid-member.ts';
import type { ModbusHost } from '../microgrid-modbus/microgrid-modbus.ts';
import { apiOf, defineNode, toError } from '../shared/define-node.ts';
import { refuseRealDevice } from '../shared/devices.ts';
import { type Payload, readPayload } from '../shared/messages.ts';
import { stateFile } from '../shared/state-file.ts';
import { degraded, failed, idle, working } from '../shared/status.ts';
import { groupOf, type Own, type Participant } from './group.ts';
import { batteryMemory, noOrders, ordered } from './orders.ts';
import { configSchema, migrations, settingsOf } from './settings.ts';

/** Positions of intervals that are kept: the running one and those ahead. */
const POSITIONS_KEPT = 16;

export default function (RED: NodeAPI): void {
  defineNode(RED, {
    type: 'microgrid-battery',
    config: configSchema,
    migrations,
    create({ node, config, directory, status, send, fail, run }) {
      const member = apiOf<Member>(RED, config.member, 'member');
      const host = apiOf<ModbusHost>(RED, config.modbus, 'Modbus host');
      const { community } = member;
      const { clock } = community;
      const now = () => clock.now();
      refuseRealDevice(community, host);
      const device = openDevice(host.port, config.unit, deviceById(config.device));
      const settings = settingsOf(config, device.description);
      const closing = new AbortController();
      let control = initialControl;
      let log = new IntervalLog();
      let positions = new Map<string, number>();
      let orders = noOrders;
      let troubled = false;
      let untold = false;
      let alarms = 0;

      const memory = stateFile(
        directory,
        'batteries',
        [community.rules.origin, member.id, node.id],
        batteryMemory,
        (sentence) => node.warn(sentence),
      );
      const remember = () => {
        const { day, used } = control.writes;
        memory.write({
          epoch: community.epoch,
          at: now(),
          writes: { day, used },
          positions: [...positions],
          ...orders,
        });
      };
      const keepPosition = (name: string, positionWh: number) => {
        if ((positions.get(name) ?? 0) === positionWh) return;
        positions.set(name, positionWh);
        for (const oldest of positions.keys()) {
          if (positions.size <= POSITIONS_KEPT) break;
          positions.delete(oldest);
        }
        remember();
      };
      const recover = async () => {
        await community.ready();
        if (closing.signal.aborted) return;
        const before = memory.read();
        if (before) control = { ...control, writes: { ...control.writes, ...before.writes } };
        if (before?.epoch === community.epoch && community.continues(before.at)) {
          const { plan, manual, reserve } = before;
          orders = { plan: orders.plan ?? plan, manual: orders.manual ?? manual, reserve: orders.reserve ?? reserve };
          const running = intervalAt(now());
          positions = new Map(before.positions.filter(([name]) => name >= running));
        }
        group.begin();
      };

      const reset = () => {
        const { day, used } = control.writes;
        control = { ...initialControl, writes: { ...initialControl.writes, day, used } };
        log = new IntervalLog();
        positions = new Map();
        orders = noOrders;
        group.reset();
      };

      /** The newest of what was seen, frozen for one cycle. */
      const look = async (): Promise<Own> => {
        const seen: Reading | null = await device.read(now, closing.signal).catch((problem) => {
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
        if (trusted?.powerW != null && canBe(settings, trusted.powerW))
          log.seen(trusted.at, trusted.powerW, trusted.socPerMille ?? null);
        return {
          batteryW: trusted?.powerW ?? null,
          socPerMille: trusted?.socPerMille ?? null,
          batteryAt: trusted?.at ?? null,
          temperatureC: trusted?.temperatureC ?? null,
          deviceChargeW: trusted?.maxChargeW ?? null,
          deviceDischargeW: trusted?.maxDischargeW ?? null,
          positionWh: positions.get(intervalAt(now())) ?? 0,
          ...orders,
        };
      };

      const command = async (decision: Decision) => {
        // What does not answer cannot be told either; its setpoint ends by itself.
        if (troubled || decision.write === 'nothing') return;
        try {
          const done =
            decision.write === 'release'
              ? await device.release(closing.signal)
              : await device.set(decision.setpointW, decision.validForSeconds, closing.signal);
          control = taken(control, decision, done, now());
          // From now on, and not from the next look on, it does what it was told.
          log.seen(now(), done.setpointW ?? decision.setpointW, null);
          untold = false;
        } catch (problem) {
          if (closing.signal.aborted) return;
          const { message } = toError(problem);
          const alarmed = control.following.alarm !== null;
          const denied = problem instanceof DeviceError && !alarmed;
          control = denied ? refused(control, message, now()) : unanswered(control);
          alarms = control.following.alarms;
          // Once, not with every cycle, and not with every new try.
          if (!untold && !(denied && alarms > 1)) fail(problem);
          untold = true;
        }
        if (settings.writesPerDay !== undefined) remember();
      };

      const act = async (snapshot: Snapshot, next: ControlState, decision: Decision, at: number) => {
        if (closing.signal.aborted) return;
        control = next;
        log.decided(at, decision);
        const before = alarms;
        await command(decision);
        const { alarms: raised } = control.following;
        if (raised > before && raised === 1 && decision.state === 'alarm')
          fail(alarmError(member.id, decision, host.port.name));
        alarms = raised;
        show(snapshot, decision, at);
      };

      const show = (snapshot: Snapshot, decision: Decision, at: number) => {
        const charge = snapshot.socPerMille === null ? '' : ` ${Math.round(snapshot.socPerMille / 10)} %`;
        if (troubled || (untold && !control.following.alarm)) status(failed('no answer'));
        else if (control.following.alarm) status(failed(`does not follow${charge}`));
        else if (decision.state === 'safe') status(degraded(`safe${charge}, ${decision.reason.code}`));
        else {
          // Whoever looks at the flow has to know what nothing would end.
          const kept = settings.fallback === 'nothing' && decision.setpointW !== 0 ? ', no fallback' : '';
          status(working(`${formatPower(decision.setpointW)}${charge}${kept}`));
        }
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
          snapshot.batteryW === null || snapshot.batteryAt === null || !canBe(settings, snapshot.batteryW)
            ? []
            : [{ topic: member.id, payload: batteryReading(member.id, device.description.id, snapshot) }];
        send([[{ topic: member.id, payload }, ...reading]]);
      };

      const endInterval = async (interval: string) => {
        await look();
        const entry = log.close();
        for (const name of positions.keys()) if (name <= interval) positions.delete(name);
        const payload = { type: 'battery', member: member.id, interval, ...entry };
        send([null, { topic: member.id, payload }]);
      };

      const participant: Participant = {
        settings,
        get control() {
          return control;
        },
        look,
        act,
      };
      const group = groupOf(member);
      const leave = group.join(participant);
      community.on('reset', reset);
      status(idle('waiting for the meter'));
      const recovered = recover();
      run(() => recovered);

      return {
        async input(message) {
          const payload = readPayload(
            message.payload,
            'reading',
            'clearing',
            'fills',
            'plan',
            'manual',
            'reserve',
            'interval',
          );
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
          if (payload.type === 'reading') {
            if (payload.member !== member.id || payload.role !== 'grid') {
              throw new Error(
                `this battery follows the grid meter of ${member.id}, not a ${payload.role} reading of ${payload.member}; check the wire`,
              );
            }
            // What has not changed for too long is as old as it is, however fresh it was read.
            if (payload.reasons.some(({ code }) => code === 'unchanged')) {
              await group.cycle();
              return;
            }
            const gridW = payload.quality === 'missing' ? null : payload.powerW;
            await group.heard({ at: payload.at, gridW, phasesW: phasesOf(payload) });
            return;
          }
          if (payload.member !== member.id) {
            throw new Error(`this ${payload.type} is for ${payload.member}, not for ${member.id}; check the wire`);
          }
          if (payload.type === 'plan' && config.mode !== 'plan') {
            throw new Error(`the battery of ${member.id} does not follow a plan; choose the mode "plan" in this node`);
          }
          await recovered;
          if (closing.signal.aborted) return;
          orders = ordered(orders, payload, now());
          remember();
          // A person who asks for something wants to see it happen.
          if (payload.type !== 'plan') await group.cycle();
        },
        close() {
          leave();
          community.off('reset', reset);
          closing.abort();
          // Best effort, and in any case: a command may be on its way. Where it fails, the setpoint's own validity ends it.
          host.lastWords(device.release().catch(() => {}));
        },
      };
    },
  });
}

function alarmError(member: string, { reason }: Decision, place: string): Error {
  return new Error(`the battery of ${member} does not follow: ${reason.text} It is tried again later; check ${place}`);
}

/** Net energy bought (+) or sold (-), Wh. */
function positionOf(fills: Payload<'clearing'>['fills'], member: string): number {
  return fills
    .filter((fill) => fill.member === member)
    .reduce((sum, fill) => sum + (fill.side === 'buy' ? fill.wh : -fill.wh), 0);
}

/** The powers of all three phases, or null. */
function phasesOf({ phases, quality }: Payload<'reading'>): readonly [number, number, number] | null {
  const [a, b, c] = (phases ?? []).map(({ powerW }) => powerW);
  return quality === 'missing' || a == null || b == null || c == null ? null : [a, b, c];
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
