// Commands a battery: own use, a plan, the position its member bought or sold for the interval, peaks, a reserve, the
// owner's own wish, all inside the safety envelope. Each reading of the grid meter is one control cycle for all batteries
// of the member (group.ts). Positions and orders survive a restart in a file of the node's own, because a battery often
// stands where no ledger is. Without fresh readings, on close and on redeploy the battery goes back to its own safe mode; a
// setpoint that is not renewed expires by itself.
import type { NodeAPI } from 'node-red';
import { confirmed, refused, taken, unanswered } from '../../src/battery/control.ts';
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
import { readPayload } from '../shared/messages.ts';
import { stateFile } from '../shared/state-file.ts';
import { degraded, failed, idle, working } from '../shared/status.ts';
import { groupOf, type Own, type Participant } from './group.ts';
import { alarmError, batteryReading, phasesOf, positionOf } from './messages.ts';
import { batteryMemory, noOrders, ordered } from './orders.ts';
import { configSchema, migrations, settingsOf } from './settings.ts';
import { tellerOf } from './teller.ts';

/** Positions of intervals that are kept: the running one and those ahead. */
const POSITIONS_KEPT = 16;
const VIRTUAL_SHOWS_MS = 0;
const NOT_APPLIED =
  'The battery did not take what it was told, so it is given back to its own mode and tried again later.';

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
      // Devices on simulated time are virtual, and show at once what they were told.
      const shows = clock.simulated ? { showWithinMs: VIRTUAL_SHOWS_MS } : {};
      const device = openDevice(host.port, config.unit, deviceById(config.device), shows);
      const settings = settingsOf(config, device.description);
      const closing = new AbortController();
      let control = initialControl;
      let log = new IntervalLog();
      let positions = new Map<string, number>();
      let orders = noOrders;
      let troubled = false;
      let untold = false;
      /** What a person was told already. */
      let said = false;
      let stuck = false;
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
          charge: control.charge,
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
          if (before.charge) control = { ...control, charge: before.charge };
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

      const teller = tellerOf(device, {
        written(decision, done) {
          control = taken(control, decision, done, now());
          // From now on, and not from the next look on, it does what it was told.
          log.seen(now(), done.setpointW ?? decision.setpointW, null);
          untold = false;
          if (settings.writesPerDay !== undefined) remember();
        },
        shown() {
          control = confirmed(control);
          said = false;
        },
        failed({ write }, problem, counted) {
          const lost = { write, counted };
          const { told } = control.writes;
          const over = write === 'set' && told !== null && now() >= told.until;
          // It arrived. That nobody answers now is what the next look finds; and what has ended need not show any more.
          if (counted && (over || !(problem instanceof DeviceError))) {
            control = unanswered(control, lost);
            return;
          }
          const denied = problem instanceof DeviceError && control.following.alarm === null;
          control = denied ? refused(control, lost, NOT_APPLIED, now()) : unanswered(control, lost);
          const again = denied && control.following.alarms > 1;
          alarms = control.following.alarms;
          // Once, not with every cycle, and not with every new try.
          if (!said && !again) fail(problem);
          said = true;
          untold = true;
          if (settings.writesPerDay !== undefined) remember();
          // Nobody waits for it any more: what follows from it is decided now.
          if (counted) {
            showTrouble();
            run(() => group.cycle());
          }
        },
      });

      const act = async (snapshot: Snapshot, next: ControlState, decision: Decision, at: number) => {
        if (closing.signal.aborted) return;
        const wasFrozen = control.charge.frozen;
        control = next;
        if (next.charge.frozen !== wasFrozen) remember();
        log.decided(at, decision);
        const before = alarms;
        // What does not answer cannot be told either; its setpoint ends by itself.
        if (!troubled && decision.write !== 'nothing') await teller.tell(decision);
        if (closing.signal.aborted) return;
        const { alarms: raised } = control.following;
        if (raised > before && raised === 1 && decision.state === 'alarm')
          fail(alarmError(member.id, decision, host.port.name));
        alarms = raised;
        const isStuck = decision.reason.code === 'not-released' && decision.state === 'alarm';
        if (isStuck && !stuck) fail(new Error(`the battery of ${member.id} needs you: ${decision.reason.text}`));
        stuck = isStuck;
        show(snapshot, decision, at);
      };

      let charge = '';
      /** @returns whether there is any */
      const showTrouble = (): boolean => {
        if (troubled || (untold && !control.following.alarm)) status(failed('no answer'));
        else if (stuck) status(failed('give it back by hand'));
        else if (control.following.alarm) status(failed(`does not follow${charge}`));
        else return false;
        return true;
      };
      const show = (snapshot: Snapshot, decision: Decision, at: number) => {
        charge = snapshot.socPerMille === null ? '' : ` ${Math.round(snapshot.socPerMille / 10)} %`;
        if (!showTrouble()) {
          // Whoever looks at the flow has to know what nothing would end.
          const kept = settings.fallback === 'nothing' && decision.setpointW !== 0 ? ', no fallback' : '';
          if (decision.state === 'safe') status(degraded(`safe${charge}, ${decision.reason.code}`));
          else status(working(`${formatPower(decision.setpointW)}${charge}${kept}`));
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
            if (!closing.signal.aborted) keepPosition(payload.interval, positionOf(payload, member.id));
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
          host.lastWords(teller.giveBack());
        },
      };
    },
  });
}
