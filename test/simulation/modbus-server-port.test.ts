// Virtual devices on real wires: Debian's mbpoll reads them over TCP and over a pair of pseudo-terminals, and every fault
// ends as what it is.
import assert from 'node:assert/strict';
import { eastronSdm630 } from '../../src/devices/catalogue/eastron-sdm630.ts';
import { sunspecBattery124 } from '../../src/devices/catalogue/sunspec-battery-124.ts';
import { openDevice } from '../../src/devices/device.ts';
import { openTcpPort } from '../../src/modbus/tcp-port.ts';
import { constantModel } from '../../src/simulation/constant-model.ts';
import { FAULTS, type Fault, LATE_MS, REBOOT_MS } from '../../src/simulation/faults.ts';
import { VirtualUnits } from '../../src/simulation/modbus-answer.ts';
import { type ModbusServer, serveRtu, serveTcp, type TcpServer } from '../../src/simulation/modbus-server-port.ts';
import { DescribedUnit } from '../../src/simulation/virtual-unit.ts';
import { manualTimers } from '../support/manual-timers.ts';
import { mbpoll, needPrograms, ptyPair } from '../support/peers.ts';

const HOUR = 3_600_000;

function street(clock: { now: number }): VirtualUnits {
  const now = () => clock.now;
  const unit = (description: typeof eastronSdm630) =>
    new DescribedUnit(description, constantModel(description, clock.now), now);
  return new VirtualUnits(
    new Map([
      [1, unit(eastronSdm630)],
      [3, unit(sunspecBattery124)],
    ]),
    now,
  );
}

describe('virtual devices on a wire', () => {
  const clock = { now: 0 };

  describe('seen by mbpoll', function () {
    this.timeout(60_000);
    before(function () {
      needPrograms(this, 'mbpoll', 'socat');
    });

    const seen = async (ask: (...args: string[]) => Promise<Map<number, string>>) => {
      clock.now += HOUR;
      const power = await ask('-a', '1', '-t', '3:float', '-B', '-r', '52', '-c', '1');
      assert.deepEqual([...power.values()], ['750']);
      const counter = await ask('-a', '1', '-t', '3:float', '-B', '-r', '72', '-c', '1');
      assert.deepEqual([...counter.values()].map(Number), [1000.75]);
      assert.deepEqual(
        [...(await ask('-a', '3', '-t', '4', '-r', '40000', '-c', '4')).values()],
        ['21365', '28243', '1', '66'],
      );
      await assert.rejects(ask('-a', '3', '-t', '4', '-r', '41000', '-c', '1'), /[Ii]llegal data address/);
    };

    it('over TCP', async () => {
      const server = await serveTcp(street(clock));
      try {
        await seen((...args) => mbpoll('-m', 'tcp', '-p', String(server.port), '-0', ...args, server.host));
      } finally {
        await server.close();
      }
    });

    it('over RTU on a pair of pseudo-terminals, again and again', async () => {
      const pair = await ptyPair();
      let server: ModbusServer | null = null;
      try {
        for (let round = 0; round < 3; round++) {
          server = await serveRtu(street(clock), pair.b);
          await seen((...args) => mbpoll('-m', 'rtu', '-b', '9600', '-P', 'none', '-0', ...args, pair.a));
          await server.close();
          server = null;
        }
      } finally {
        await server?.close();
        await pair.close();
      }
    });

    it('writes over RTU, and the battery follows', async () => {
      const pair = await ptyPair();
      const units = street(clock);
      const server = await serveRtu(units, pair.b);
      const ask = (...args: string[]) =>
        mbpoll('-m', 'rtu', '-b', '9600', '-P', 'none', '-0', '-a', '3', '-t', '4', ...args);
      try {
        await ask('-r', '40165', pair.a, '60');
        await ask('-r', '40162', pair.a, '2000', '63536');
        await ask('-r', '40155', pair.a, '3');
        assert.deepEqual([...(await ask('-r', '40084', '-c', '1', pair.a)).values()], ['1000']);
        clock.now += 60_000;
        assert.deepEqual([...(await ask('-r', '40084', '-c', '1', pair.a)).values()], ['0']);
      } finally {
        await server.close();
        await pair.close();
      }
    });
  });

  it('says when a terminal is none', async () => {
    await assert.rejects(serveRtu(street(clock), '/dev/null'), /must be a terminal/);
    await assert.rejects(serveRtu(street(clock), '/no/such/line'), /must be a terminal \(ENOENT/);
  });

  describe('with faults', () => {
    let units: VirtualUnits;
    let server: TcpServer;
    const timers = manualTimers();
    beforeEach(async () => {
      units = street(clock);
      server = await serveTcp(units, { timers });
    });
    afterEach(() => server.close());

    const line = () => openTcpPort({ host: server.host, port: server.port, timeoutMs: 100 });
    /** What a reading comes to under a fault: an error's code, or the power. */
    const under = async (fault: Fault): Promise<string | number | null> => {
      units.setFault(1, fault);
      const port = line();
      try {
        return (await openDevice(port, 1, eastronSdm630).read(() => clock.now)).powerW;
      } catch (error) {
        return error instanceof Error && 'code' in error ? String(error.code) : String(error);
      } finally {
        await port.close();
      }
    };

    /** Half a frame and bytes that are none may end the wait or the connection; none of it is ever a value. */
    const unreadable = /^(timeout|garbage|closed)$/;
    const outcomes: Record<Exclude<Fault, 'one-client' | 'reboot' | 'not-applied'>, RegExp> = {
      silence: /^timeout$/,
      busy: /^exception-6$/,
      'wrong-unit': unreadable,
      late: /^timeout$/,
      'short-frame': unreadable,
      garbage: unreadable,
      frozen: /^750$/,
      wild: /^9000000$/,
      'flipped-sign': /^-750$/,
    };
    for (const [fault, outcome] of Object.entries(outcomes)) {
      it(`${fault}: ${FAULTS[fault as Fault]}`, async () => {
        assert.match(String(await under(fault as Fault)), outcome);
        units.setFault(1, null);
        const port = line();
        assert.equal((await openDevice(port, 1, eastronSdm630).read(() => clock.now)).powerW, 750);
        await port.close();
      });
    }

    it('late: the answer does come', async () => {
      units.setFault(1, 'late');
      const port = openTcpPort({ host: server.host, port: server.port, timeoutMs: 20_000 });
      const reading = openDevice(port, 1, eastronSdm630).read(() => clock.now);
      while (timers.waiting === 0) await new Promise((resolve) => setImmediate(resolve));
      timers.pass(LATE_MS);
      assert.equal((await reading).powerW, 750);
      await port.close();
    });

    it('wild: counters jump and run backwards', async () => {
      units.setFault(1, 'wild');
      const port = line();
      const meter = openDevice(port, 1, eastronSdm630);
      const counters = [];
      for (let turn = 0; turn < 3; turn++) counters.push((await meter.read(() => clock.now)).importWh ?? 0);
      assert.ok(counters[1]! < counters[0]! && counters[2]! > counters[1]!, counters.join(' '));
      await port.close();
    });

    it('one-client: the second is hung up on until the first is gone', async () => {
      units.setFault(1, 'one-client');
      const [first, second] = [line(), line()];
      await first.readInput(1, 0, 2);
      await assert.rejects(second.readInput(1, 0, 2), { code: 'closed' });
      await first.close();
      const third = line();
      // the server learns of the end in one of the next turns of its loop; the test's own timeout is the limit
      const served = () =>
        third.readInput(1, 0, 2).then(
          () => true,
          () => false,
        );
      while (!(await served())) await new Promise((resolve) => setImmediate(resolve));
      await Promise.all([second.close(), third.close()]);
    });

    it('not-applied: writes are taken and do nothing', async () => {
      units.setFault(3, 'not-applied');
      const port = line();
      const battery = openDevice(port, 3, sunspecBattery124);
      await assert.rejects(battery.set(1000, 60), { code: 'not-applied' });
      units.setFault(3, null);
      assert.equal((await battery.set(1000, 60)).setpointW, 1000);
      await port.close();
    });

    it('reboot: hangs up in the middle of a write, is away, and has forgotten the command', async () => {
      const port = line();
      const battery = openDevice(port, 3, sunspecBattery124);
      await battery.set(1000, 600);
      assert.equal((await battery.read(() => clock.now)).powerW, 1000);
      units.setFault(3, 'reboot');
      await assert.rejects(battery.set(2000, 600), { code: 'closed' });
      await assert.rejects(
        battery.read(() => clock.now),
        { code: 'timeout' },
      );
      clock.now += REBOOT_MS;
      const after = line();
      assert.equal((await openDevice(after, 3, sunspecBattery124).read(() => clock.now)).powerW, 0);
      await Promise.all([port.close(), after.close()]);
    });

    it('refuses a unit that is not there', () => {
      assert.throws(() => units.setFault(9, 'busy'), /no unit 9; there are 1, 3/);
    });
  });
});
