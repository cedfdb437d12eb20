// A battery whose registers go on showing for a while what they held before, as behind a slow dongle. Its writes take effect
// at once; time passes by hand.
import type { DeviceDescription } from '../../src/devices/description.ts';
import { type Device, type DeviceOptions, openDevice } from '../../src/devices/device.ts';
import { type ManualTimers, manualTimers } from './manual-timers.ts';
import { type MemoryPort, memoryPort } from './modbus-peers.ts';

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
    fallback: { by: 'nothing', limit: 'It stops when full.' },
    setpoint: [
      { points: { watts: { from: 'setpoint', times: 1 } }, when: 'always' },
      { points: { mode: { from: 'constant', value: 1 } }, when: 'different' },
    ],
    release: [{ points: { mode: { from: 'constant', value: 0 } }, when: 'different' }],
    confirmed: true,
  },
};

export interface SlowBattery {
  readonly port: MemoryPort;
  readonly timers: ManualTimers;
  readonly device: Device;
  /** Lets time pass in small steps, with all that happens in between. */
  pass(ms: number): Promise<void>;
  writes(): string[];
  reads(): number;
}

/** @param showsAfterMs how late the registers show what was written; what was written takes effect at once */
export function slowBattery(showsAfterMs: number, options: DeviceOptions = {}): SlowBattery {
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
