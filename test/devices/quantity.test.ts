// Where the figures of a reading come from: sums, alternatives, what a device may lack, and numbers no double can hold.
import assert from 'node:assert/strict';
import { block } from '../../src/devices/block.ts';
import type { Quantity, ReadingMap } from '../../src/devices/description.ts';
import { openDevice } from '../../src/devices/device.ts';
import { readDevice } from '../../src/devices/read.ts';
import { exceptionError } from '../../src/modbus/port.ts';
import { manualTimers } from '../support/manual-timers.ts';
import { memoryPort } from '../support/modbus-peers.ts';
import { testDevice } from '../support/test-device.ts';

const now = () => 1000;
const main = block('main', 'holding', [
  ['power', 10, 'int16', 'W'],
  ['a', 11, 'int16', 'W', { absent: [0x7fff] }],
  ['b', 12, 'int16', 'W', { absent: [0x7fff] }],
  ['energy', 13, 'uint64', 'Wh', { wholeRange: true }],
]);
const extra = { ...block('extra', 'holding', [['power', 50, 'int16', 'W']]), optional: true };
const ABSENT = 0x7fff;

const device = (reading: Partial<ReadingMap>) =>
  testDevice({ blocks: [main, extra], reading: { powerW: { block: 'main', point: 'power' }, ...reading } });
const registers = ({ power = 1, a = 0, b = 0, energy = [0, 0, 0, 5] } = {}, extraPower?: number) =>
  memoryPort([
    { base: 10, registers: [power, a, b, ...energy] },
    ...(extraPower === undefined ? [] : [{ base: 50, registers: [extraPower] }]),
  ]);
const read = (port: ReturnType<typeof registers>, reading: Partial<ReadingMap>) =>
  readDevice(port, 1, device(reading), now);
const sum = (ifAny: boolean): Quantity => ({
  sum: [
    { block: 'main', point: 'a' },
    { block: 'main', point: 'b', times: -2 },
  ],
  ifAny,
});

describe('quantities', () => {
  it('add up points, none without all of them', async () => {
    assert.equal((await read(registers({ a: 100, b: 30 }), { powerW: sum(false) })).powerW, 40);
    const { powerW, quality } = await read(registers({ a: 100, b: ABSENT }), { powerW: sum(false) });
    assert.deepEqual([powerW, quality], [null, 'missing']);
  });

  it('add up what is there, where one may be missing', async () => {
    assert.equal((await read(registers({ a: 100, b: ABSENT }), { powerW: sum(true) })).powerW, 100);
    assert.equal((await read(registers({ a: ABSENT, b: ABSENT }), { powerW: sum(true) })).powerW, null);
  });

  it('take the first that the device has', async () => {
    const first: Quantity = {
      firstOf: [
        { block: 'extra', point: 'power' },
        { block: 'main', point: 'a' },
        { block: 'main', point: 'power' },
      ],
    };
    assert.equal((await read(registers({ a: 2 }, 7), { powerW: first })).powerW, 7);
    assert.equal((await read(registers({ a: 2 }), { powerW: first })).powerW, 2);
    assert.equal((await read(registers({ a: ABSENT }), { powerW: first })).powerW, 1);
  });

  it('stay with the alternative that gave a value: a counter never jumps to another', async () => {
    const port = registers({ a: 1000, b: 20 });
    const either: Quantity = {
      firstOf: [
        { block: 'main', point: 'a' },
        { block: 'main', point: 'b' },
      ],
    };
    const meter = openDevice(port, 1, device({ importWh: either }));
    assert.equal((await meter.read(now)).importWh, 1000);
    port.registers.set('holding 1 11', ABSENT);
    const { importWh, quality, counterQuality } = await meter.read(now);
    assert.deepEqual([importWh, quality, counterQuality], [null, 'measured', 'missing']);
  });

  it('tell what the device lacks from what it does not say now', async () => {
    const map: Partial<ReadingMap> = {
      socPerMille: { block: 'extra', point: 'power' },
      temperatureC: { block: 'main', point: 'a', times: 0.1 },
      maxChargeW: { block: 'main', point: 'b' },
      phases: [{ powerW: { block: 'extra', point: 'power' } }],
    };
    const without = await read(registers({ a: 215, b: 65_535 }), map);
    assert.deepEqual([without.temperatureC, without.maxChargeW], [21.5, 0]);
    assert.ok(!('socPerMille' in without) && !('phases' in without));
    const having = await read(registers({ a: ABSENT }, 0x8000), map);
    assert.deepEqual([having.socPerMille, having.temperatureC], [null, null]);
    assert.deepEqual(having.phases, [{ voltageV: null, currentA: null, powerW: null }]);
    assert.deepEqual(
      having.reasons.map(({ text }) => text),
      ['The device gives no state of charge.'],
    );
  });

  it('name each point that gives nothing once, and each reason once', async () => {
    const blocks = [main, { ...main, name: 'again' }, { ...main, name: 'third' }];
    const places = blocks.map(({ name }) => name);
    const silent = testDevice({
      blocks,
      reading: {
        powerW: { firstOf: places.map((block) => ({ block, point: 'a' })) },
        importWh: { firstOf: places.map((block) => ({ block, point: 'energy' })) },
        exportWh: {
          sum: [
            { block: 'main', point: 'a' },
            { block: 'main', point: 'b' },
          ],
        },
      },
    });
    const port = registers({ a: ABSENT, b: ABSENT, energy: [0x7fff, 0, 0, 0] });
    const { reasons } = await readDevice(port, 1, silent, now);
    assert.deepEqual(
      reasons.map(({ code, numbers }) => [code, numbers?.['point']]),
      [
        ['not-implemented', 'a'],
        ['too-large', 'energy'],
        ['not-implemented', 'a and b'],
      ],
    );
    assert.match(reasons[1]?.text ?? '', /^The device shows a figure beyond 9 007 199 254 740 991 \(energy\), which/);
  });

  it('remember that a block is missing, and ask for it no more', async () => {
    const port = registers({ a: 5 });
    const either: Quantity = {
      firstOf: [
        { block: 'extra', point: 'power' },
        { block: 'main', point: 'a' },
      ],
    };
    const meter = openDevice(port, 1, device({ powerW: either }));
    await meter.read(now);
    assert.deepEqual(port.log, ['holding 1 50 1', 'holding 1 10 7']);
    port.log.length = 0;
    await meter.read(now);
    assert.deepEqual(port.log, ['holding 1 10 7']);
  });

  it('do not take a busy or silent device for one without the block', async () => {
    const timers = manualTimers();
    const port = registers();
    port.readHolding = async () => {
      throw exceptionError('unit 1', 6);
    };
    const reading = assert.rejects(readDevice(port, 1, device({}), now, { timers }), { code: 'exception-6' });
    await passAll(timers);
    await reading;
  });

  it('ask a busy device again, and give its value when it has one', async () => {
    const timers = manualTimers();
    const port = registers({ power: 42 });
    const plain = port.readHolding;
    let busy = 3;
    port.readHolding = async (...args) => {
      if (args[1] === 10 && busy-- > 0) throw exceptionError('unit 1', busy % 2 ? 5 : 6);
      return plain(...args);
    };
    const reading = readDevice(port, 1, device({}), now, { timers });
    await passAll(timers);
    assert.equal((await reading).powerW, 42);
    assert.equal(busy, -1);
  });

  it('end at once while they wait for a busy device', async () => {
    const port = registers();
    port.readHolding = async () => {
      throw exceptionError('unit 1', 6);
    };
    const cancel = new AbortController();
    const timers = manualTimers();
    const reading = assert.rejects(readDevice(port, 1, device({}), now, { timers, signal: cancel.signal }), {
      code: 'aborted',
    });
    while (timers.waiting === 0) await new Promise((resolve) => setImmediate(resolve));
    cancel.abort();
    await reading;
    assert.equal(timers.waiting, 0);
  });

  it('count 64 bits exactly, and never what a double would change', async () => {
    const counter = { importWh: { block: 'main', point: 'energy' } };
    const words = (value: bigint) => [48n, 32n, 16n, 0n].map((bits) => Number((value >> bits) & 0xffffn));
    for (const wh of [0n, 1n, 2n ** 53n - 1n, 2n ** 53n - 2n, 4_294_967_297n])
      assert.equal((await read(registers({ energy: words(wh) }), counter)).importWh, Number(wh));
    for (const wh of [2n ** 53n, 2n ** 53n + 1n, 2n ** 64n - 1n]) {
      const { importWh, powerW, quality, counterQuality, reasons } = await read(
        registers({ energy: words(wh) }),
        counter,
      );
      const counted = [importWh, counterQuality, reasons[0]?.code];
      assert.deepEqual([...counted, powerW, quality], [null, 'missing', 'too-large', 1, 'measured']);
    }
    const kilo = { importWh: { block: 'main', point: 'energy', times: 1000 } };
    const beyond = await read(registers({ energy: words(2n ** 52n) }), kilo);
    assert.deepEqual([beyond.importWh, beyond.reasons[0]?.code], [null, 'too-large']);
  });
});

/** Lets the waits of a request pass, however many there are. */
async function passAll(timers: ReturnType<typeof manualTimers>): Promise<void> {
  for (let turn = 0; turn < 50; turn++) {
    await new Promise((resolve) => setImmediate(resolve));
    timers.pass(1000);
  }
}
