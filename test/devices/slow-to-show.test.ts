// A battery behind a slow dongle: its registers go on showing for seconds what they held before. It is waited for, with ever
// longer pauses, and what it shows meanwhile is never a reason not to write.
import assert from 'node:assert/strict';
import { type DeviceOptions, openDevice } from '../../src/devices/device.ts';
import type { DeviceDescription } from '../../src/devices/description.ts';
import type { Driven } from '../../src/devices/drive.ts';
import { ModbusError } from '../../src/modbus/port.ts';
import { type ManualTimers, manualTimers } from '../support/manual-timers.ts';
import { type MemoryPort, memoryPort } from '../support/modbus-peers.ts';

const rw = { type: 'int16', size: 1, writable: true } as const;
/** A mode (0 = its own) and a power, both in flash. */
const battery: DeviceDescription = {
  id: 'slow',
  vendor: 'Test',
  model: 'Slow',
  kind: 'battery',
  transports: ['tcp'],
  defaultUnit: 1,
  maxRegisters: 10,
  gapMs: 0,
  sources: [],
  confirmed: true,
  blocks: [
    {
      name: 'control',
      table: 'holding',
      at: { address: 100 },
      length: 2,
      points: [
        { name: 'mode', offset: 0, ...rw },
        { name: 'watts', offset: 1, ...rw, unit: 'W' },
      ],
    },
  ],
  reading: { powerW: { block: 'control', point: 'watts' } },
  control: {
    block: 'control',
    storage: 'persistent',
    fallback: { by: 'nothing' },
    setpoint: [
      { points: { watts: { from: 'setpoint', times: 1 } }, when: 'always' },
      { points: { mode: { from: 'constant', value: 1 } }, when: 'different' },
    ],
    release: [{ points: { mode: { from: 'constant', value: 0 } }, when: 'different' }],
    confirmed: true,
  },
};

interface Slow {
  readonly port: MemoryPort;
  readonly timers: ManualTimers;
  readonly device: ReturnType<typeof openDevice>;
  /** Lets time pass in small steps, with all that happens in between. */
  pass(ms: number): Promise<void>;
  writes(): string[];
  reads(): number;
}

/** @param showsAfterMs how late the registers show what was written; what was written takes effect at once */
function slow(showsAfterMs: number, options: DeviceOptions = {}): Slow {
  const port = memoryPort([{ base: 100, registers: [0, 0] }]);
  const timers = manualTimers();
  const written: { at: number; key: string; word: number }[] = [];
  const shown = new Map(port.registers);
  const { readHolding } = port;
  port.onWrite = () => {
    for (const [key, word] of port.registers) {
      const before = written.findLast((each) => each.key === key)?.word ?? 0;
      if (word !== before) written.push({ at: timers.now(), key, word });
    }
  };
  port.readHolding = async (unit, address, count) => {
    for (const { at, key, word } of written) if (at + showsAfterMs <= timers.now()) shown.set(key, word);
    const words = await readHolding(unit, address, count);
    return words.map((_, i) => shown.get(`holding ${unit} ${address + i}`) ?? 0);
  };
  const settle = () => new Promise((resolve) => setImmediate(resolve));
  return {
    port,
    timers,
    device: openDevice(port, 1, battery, { timers, ...options }),
    async pass(ms) {
      for (let passed = 0; passed < ms; passed += 50) {
        await settle();
        timers.pass(50);
      }
      await settle();
    },
    writes: () => port.log.filter((line) => line.startsWith('write')),
    reads: () => port.log.filter((line) => line.startsWith('holding')).length,
  };
}

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
        changed: true,
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
    await pass(5000);
    assert.equal((await released).writes, 1);
    // Then they have had their time: flash is not written with what it holds.
    await pass(10_000);
    assert.equal((await device.release()).writes, 0);
    assert.deepEqual(writes(), ['write 1 101 1000', 'write 1 100 1', 'write 1 100 0']);
  });
});
