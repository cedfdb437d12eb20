// A battery behind a slow dongle: its registers go on showing for seconds what they held before. It is waited for, with ever
// longer pauses, and what it shows meanwhile is never a reason not to write.

import assert from 'node:assert/strict';
import type { Driven } from '../../src/devices/drive.ts';
import { ModbusError } from '../../src/modbus/port.ts';
import { slowBattery as slow } from '../support/slow-battery.ts';

describe('a battery that shows late what it was told', () => {
  it('is waited for, and looked at ever less often', async () => {
    for (const late of [0, 400, 1000, 3000, 9500]) {
      const { device, pass, reads } = slow(late);
      let driven: Driven | null = null;
      device.set(1000, 60).then((done) => {
        driven = done;
      });
      await pass(late * 2 + 200);
      assert.deepEqual(driven, {
        setpointW: 1000,
        validForSeconds: null,
        writes: 2,
        persistentWrites: 2,
        readBack: true,
      });
      assert.ok(reads() <= 10, `${reads()} reads`);
    }
  });

  it('is told on, before it shows', async () => {
    const { device, pass } = slow(3000);
    const written: Driven[] = [];
    device.set(1000, 60, undefined, (done) => written.push(done));
    await pass(0);
    assert.deepEqual(
      written.map(({ setpointW, writes, readBack }) => [setpointW, writes, readBack]),
      [[1000, 2, false]],
    );
  });

  it('is no longer believed after its time', async () => {
    const { device, pass, timers } = slow(60_000);
    const failed = assert.rejects(device.set(1000, 60), { code: 'not-applied' });
    await pass(9_900);
    assert.equal(timers.waiting, 1, 'it is still waited for');
    await pass(200);
    await failed;
    assert.equal(timers.waiting, 0);
  });

  it('is waited for through looks that fail, and no longer once it is told otherwise', async () => {
    const { device, pass, port, timers } = slow(1000);
    const { readHolding } = port;
    const done = device.set(1000, 60);
    await pass(100);
    port.readHolding = async () => {
      throw new ModbusError('timeout', 'silent');
    };
    await pass(600);
    port.readHolding = readHolding;
    await pass(2000);
    assert.equal((await done).setpointW, 1000);
    const given = new AbortController();
    const cancelled = assert.rejects(device.set(500, 60, given.signal), { code: 'aborted' });
    await pass(100);
    given.abort();
    await cancelled;
    assert.equal(timers.waiting, 0);
  });

  it('is written even what its registers still show', async () => {
    const { device, pass, port, writes } = slow(2000);
    const given = new AbortController();
    const set = device.set(1000, 60, given.signal).catch(() => {});
    await pass(100);
    given.abort();
    await set;
    // They show that it is in its own mode: it is not.
    const released = device.release();
    await pass(100);
    assert.equal(port.registers.get('holding 1 100'), 0);
    await pass(12_000);
    assert.equal((await released).writes, 1);
    // Then they have had their time: flash is not written with what it holds.
    await pass(10_000);
    assert.equal((await device.release()).writes, 0);
    assert.deepEqual(writes(), ['write 1 101 1000', 'write 1 100 1', 'write 1 100 0']);
  });
});
