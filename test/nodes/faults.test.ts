// Every fault that a virtual device can be given, on the grid meter and on the battery of a real flow, over Modbus TCP and
// over a serial line. Whatever it is: no Wh is invented, no command leaves the envelope, the battery is back in its own safe
// mode within its validity, a person is told once, and all goes on by itself when the fault is gone.
import assert from 'node:assert/strict';
import { connect, type Socket } from 'node:net';
import { FAULTS, type Fault } from '../../src/simulation/faults.ts';
import { type BatterySpec, counterWh } from '../../src/simulation/virtual-site.ts';
import { commandedW } from '../../src/simulation/virtual-storage.ts';
import { batteryNode, meterNode, type Payload, removeUserDirs, soon } from '../support/flow.ts';
import { needPrograms } from '../support/peers.ts';
import { type SiteFlow, startSiteFlow } from '../support/site-flow.ts';

const METER = 1;
const BATTERY = 3;
const spec: BatterySpec = { capacityWh: 6400, maxChargeW: 5000, maxDischargeW: 5000, roundTripPerMille: 900 };
/** What the owner allows is less than what the battery can do. */
const MOST_CHARGE_W = 2000;
const MOST_DISCHARGE_W = 3000;
const VALID_S = 300;
const battery = {
  capacityKWh: '6.4',
  maxChargeKW: '2',
  maxDischargeKW: '3',
  validSeconds: String(VALID_S),
  staleSeconds: '120',
  followSeconds: '60',
};
/** Never the same for long, so that a figure cannot be right by chance. 06:00 needs 1000 W, 06:15 2036 W, ... */
const needs = [250, 509, 127, 383, 601, 307, 211, 250];
const profile = (start: number) => ({ loadWh: needs[(start / 900_000) % needs.length] ?? 0, pvWh: 0 });

/** Faults that the meter has but that do it no harm: it is never written to, and nobody else wants it. */
const HARMLESS_TO_METER: readonly Fault[] = ['reboot', 'not-applied'];

/** Faults after which a TCP connection is of no more use, so that the other units of the host wait for the next one. */
const HANGS_UP: readonly Fault[] = ['one-client', 'reboot', 'garbage', 'wrong-unit', 'short-frame'];

/** What nobody answers takes its time; on a serial line it keeps the line for a while, so there it is seen on one unit only. */
const SLOW: readonly Fault[] = ['silence', 'late', 'wrong-unit', 'short-frame', 'garbage', 'busy'];

/** What a person is told of the battery. */
const SAYS: Partial<Record<Fault, RegExp>> = {
  frozen: /did not take the command/,
  'not-applied': /did not take the command/,
  wild: /^safe \d+ %, battery-impossible$/,
  'flipped-sign': /does the opposite, or its sign is reversed/,
};

for (const wire of ['tcp', 'rtu'] as const) {
  describe(`every fault, over ${wire}`, function () {
    this.timeout(120_000);
    let site: SiteFlow;
    let commands: { readonly watts: number; readonly revertSeconds: number; readonly mode: number }[];
    let strangers: Socket[] = [];
    /** Whether the battery was in its own safe mode within its validity and a cycle after the fault. */
    let rested = false;

    before(function () {
      if (wire === 'rtu') needPrograms(this, 'socat');
    });
    beforeEach(async () => {
      site = await startSiteFlow(
        [meterNode({ wires: [['meter out 0', 'battery'], ['meter out 1']] }), batteryNode(battery)],
        { profile, battery: spec, wire, modbus: { timeoutSeconds: '0.1' } },
      );
      commands = [];
      const write = site.site.write.bind(site.site);
      site.site.write = (points) => {
        const taken = write(points);
        const { storage } = site.site;
        if (taken && storage) {
          commands.push({
            watts: commandedW(spec, storage),
            revertSeconds: storage.revertSeconds,
            mode: storage.mode,
          });
        }
        return taken;
      };
    });
    afterEach(async () => {
      for (const stranger of strangers) stranger.destroy();
      strangers = [];
      await site.stop();
    });
    after(removeUserDirs);

    /** So many minutes after 06:00 the meter is read, and the battery decides. */
    const tick = async (minutes: number, payload: unknown = 'now') => {
      const { flow } = site;
      const before = { readings: flow.payloads('meter').length, decisions: decisions().length };
      site.clock(minutes);
      flow.send('meter', payload);
      await soon(
        () => flow.payloads('meter').length > before.readings && decisions().length > before.decisions,
        () => `nothing happens at ${minutes} min: ${JSON.stringify(flow.caught.map(({ error }) => error.message))}`,
        20_000,
      );
    };
    const decisions = () => site.flow.payloads('battery').filter(({ type }) => type === 'decision');
    const told = () => site.flow.payloads('meter', 1);
    /** What the meter of the site has really counted, Wh. */
    const trueWh = () => {
      const { importWms, exportWms } = site.site.site;
      return { importWh: counterWh(importWms), exportWh: counterWh(exportWms) };
    };
    /** Ends the interval before so many minutes, and sees that no more was told than has flowed. */
    const endInterval = async (minutes: number) => {
      await tick(minutes, site.end(minutes));
      site.flow.send('battery', site.end(minutes));
      const flowed = trueWh();
      for (const name of ['importWh', 'exportWh'] as const) {
        const sum = told().reduce((all, energy) => all + Number(energy[name] ?? 0), 0);
        assert.ok(sum <= flowed[name], `${sum} Wh ${name} were told, but only ${flowed[name]} have flowed`);
      }
      return flowed;
    };
    const resting = () => site.site.storage?.mode === 0 && site.site.power.batteryW === 0;
    const sentences = (id: string) =>
      site.flow.caught.filter(({ error }) => error.source.id === id).map(({ error }) => error.message);

    const suffer = async (unit: number, fault: Fault) => {
      await tick(0.1);
      for (const minutes of [1, 3, 5, 7]) await tick(minutes);
      assert.equal(site.site.power.gridW, 0, 'the battery carries the house before');
      site.fault(unit, fault);
      while (fault === 'one-client' && wire === 'tcp') {
        const stranger = await askedFirst(site.port, unit);
        if (stranger) {
          strangers.push(stranger);
          break;
        }
        // Our own reading came before: once more.
        site.fault(unit, null);
        site.fault(unit, fault);
      }
      rested = false;
      for (const minutes of [9, 11, 13]) {
        await tick(minutes);
        rested ||= resting();
      }
      await endInterval(15);
      // Faults that take real time to be noticed are looked at less often.
      for (const minutes of SLOW.includes(fault) ? [17, 20, 23] : [16, 17, 18, 19, 20, 21, 23]) await tick(minutes);
    };
    const recover = async (unit: number) => {
      site.fault(unit, null);
      // A line that was hung up on waits a little before it connects again, in real time.
      const answered = () => [site.flow.payloads('meter').at(-1), decisions().at(-1)];
      await soon(
        async () => {
          await tick(24);
          const [reading, decision] = answered();
          return reading?.['reasons'] !== undefined && !silent(reading) && decision?.['socPerMille'] !== null;
        },
        () => JSON.stringify(answered()),
        20_000,
      );
      for (const minutes of [25, 27, 29]) await tick(minutes);
      await endInterval(30);
      // a run of power long enough to believe a sign again, and an alarm's pause
      for (const minutes of [32, 34, 36, 38, 40, 42]) await tick(minutes);
      const start = await endInterval(45);
      for (const minutes of [47, 49, 51, 53, 55, 57]) await tick(minutes);
      const end = await endInterval(60);
      const last = told().at(-1);
      assert.deepEqual(
        [last?.['interval'], last?.['quality'], last?.['importWh'], last?.['exportWh']],
        ['2017-07-10T06:45Z', 'measured', end.importWh - start.importWh, end.exportWh - start.exportWh],
        'the first whole interval after it is right to the Wh',
      );
      assert.equal(told().length, 4, 'every interval is told once');
      assert.equal(site.flow.status('meter')?.fill, 'green');
      assert.equal(site.flow.status('battery')?.fill, 'green', JSON.stringify(decisions().at(-1)));
      await tick(61);
      assert.equal(site.site.power.gridW, 0, 'the battery carries the house again');
    };
    const withinEnvelope = () => {
      assert.ok(commands.length > 0);
      for (const { watts, revertSeconds, mode } of commands) {
        assert.ok(watts >= -MOST_CHARGE_W && watts <= MOST_DISCHARGE_W, `${watts} W were commanded`);
        assert.ok(mode === 0 || (revertSeconds > 0 && revertSeconds <= VALID_S), `${revertSeconds} s`);
      }
    };
    const hangsUp = (fault: Fault) => wire === 'tcp' && HANGS_UP.includes(fault);
    const logged = () => site.flow.payloads('battery', 1) as (Payload & { chargeWh: number; dischargeWh: number })[];
    const bookedTruly = () => {
      const { chargeWms, dischargeWms } = site.site.site;
      const sum = (name: 'chargeWh' | 'dischargeWh') => logged().reduce((all, entry) => all + entry[name], 0);
      // Power held until the next look: no more than what could have been done since.
      assert.ok(sum('chargeWh') <= counterWh(chargeWms) + 500, `${sum('chargeWh')} ${counterWh(chargeWms)}`);
      assert.ok(
        sum('dischargeWh') <= counterWh(dischargeWms) + 500,
        `${sum('dischargeWh')} ${counterWh(dischargeWms)}`,
      );
    };

    for (const fault of Object.keys(FAULTS) as Fault[]) {
      const harmless = fault === 'one-client' && wire === 'rtu';

      it(`${fault} of the grid meter`, async () => {
        await suffer(METER, fault);
        if (harmless || HARMLESS_TO_METER.includes(fault))
          assert.deepEqual([site.site.power.gridW, site.flow.caught], [0, []]);
        else {
          assert.ok(resting(), `validity and a cycle after it: ${JSON.stringify(decisions().at(-1))}`);
          assert.match(site.flow.status('meter')?.fill ?? '', /^(red|yellow)$/);
          assert.match(site.flow.status('battery')?.text ?? '', /^(safe \d+ %, meter-(missing|stale)|no answer)$/);
        }
        assert.ok(sentences('meter').length <= 1, sentences('meter').join('\n'));
        await recover(METER);
        withinEnvelope();
        bookedTruly();
        assert.ok(sentences('battery').length <= (hangsUp(fault) ? 1 : 0), sentences('battery').join('\n'));
      });

      if (wire === 'rtu' && SLOW.includes(fault)) continue;

      it(`${fault} of the battery`, async () => {
        await suffer(BATTERY, fault);
        if (!harmless && fault !== 'reboot') {
          assert.ok(rested, 'within validity and a cycle');
          // A battery that does the opposite is tried again after a minute, after two, after four.
          const alarmed = decisions().some(({ state }) => state === 'alarm');
          assert.ok(alarmed || resting(), JSON.stringify(decisions().at(-1)));
          assert.match(sentences('battery')[0] ?? site.flow.status('battery')?.text ?? '', SAYS[fault] ?? /battery/);
        }
        assert.ok(sentences('battery').length <= 2, sentences('battery').join('\n'));
        await recover(BATTERY);
        withinEnvelope();
        bookedTruly();
        assert.ok(sentences('meter').length <= (hangsUp(fault) ? 1 : 0), sentences('meter').join('\n'));
      });
    }
  });
}

/** Whether a reading stands for none at all. */
const silent = ({ reasons }: Payload) => (reasons as { code: string }[]).some(({ code }) => code === 'no-answer');

/** A stranger who asked a unit for two registers, and got an answer. */
async function askedFirst(port: number, unit: number): Promise<Socket | null> {
  const socket = connect(port, '127.0.0.1');
  socket.on('error', () => {});
  const answered = new Promise<boolean>((resolve) => {
    socket.once('data', () => resolve(true));
    socket.once('close', () => resolve(false));
    socket.setTimeout(1000, () => resolve(false));
  });
  socket.write(
    Buffer.from([
      0,
      1,
      0,
      0,
      0,
      6,
      unit,
      unit === METER ? 4 : 3,
      unit === METER ? 0 : 0x9c,
      unit === METER ? 0 : 0x40,
      0,
      2,
    ]),
  );
  if (await answered) return socket;
  socket.destroy();
  return null;
}
