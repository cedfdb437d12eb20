// Requests: neighbours together, never too many, never across a hole; long blocks in parts whose scale factors stand still.
import assert from 'node:assert/strict';
import { block, type PointRow } from '../../src/devices/block.ts';
import { deviceById } from '../../src/devices/catalogue-store.ts';
import type { Block } from '../../src/devices/description.ts';
import { openDevice } from '../../src/devices/device.ts';
import { locate } from '../../src/devices/layout.ts';
import { readRegisters } from '../../src/devices/registers.ts';
import { exceptionError } from '../../src/modbus/port.ts';
import { manualTimers } from '../support/manual-timers.ts';
import { memoryPort } from '../support/modbus-peers.ts';
import { recordedImage } from '../support/sunspec-image.ts';
import { testDevice } from '../support/test-device.ts';

const reading = { powerW: { block: 'first', point: 'power' } };
const one = (name: string, address: number, table: Block['table'] = 'holding', rows = 2) =>
  block(
    name,
    table,
    Array.from(
      { length: rows },
      (_, index): PointRow => [index === 0 ? 'power' : `p${index}`, address + index, 'uint16', 'W'],
    ),
  );
const everywhere = () =>
  memoryPort(
    (['holding', 'input'] as const).map((table) => ({
      table,
      base: 0,
      registers: Array.from({ length: 1000 }, (_, i) => i),
    })),
  );

async function requests(blocks: readonly Block[], maxRegisters = 125) {
  const port = everywhere();
  const description = testDevice({ blocks, reading, maxRegisters });
  const access = { port, unit: 1, description, timers: manualTimers() };
  const wanted = new Map(blocks.map(({ name }) => [name, null]));
  const registers = await readRegisters(access, await locate(access), wanted);
  for (const { name, at, length } of blocks) {
    const start = 'address' in at ? at.address : 0;
    assert.deepEqual(
      registers.get(name),
      Array.from({ length }, (_, index) => start + index),
      name,
    );
  }
  return port.log;
}

describe('requests', () => {
  it('take neighbours together', async () => {
    assert.deepEqual(await requests([one('second', 12), one('first', 10), one('third', 14)]), ['holding 1 10 6']);
  });

  it('never cross a hole or a table', async () => {
    const blocks = [one('first', 10), one('hole', 13), one('input', 15, 'input')];
    assert.deepEqual(await requests(blocks), ['holding 1 10 2', 'holding 1 13 2', 'input 1 15 2']);
  });

  it('ask an SDM72D-M-2 only for what it gives: 60 registers at once, nothing between the figures', async () => {
    // ha-eastron-sdm72d: anything else is exception 2
    const there: [from: number, to: number][] = [
      [0x00, 0x11],
      [0x2a, 0x2b],
      [0x34, 0x4b],
    ];
    const port = memoryPort(
      there.map(([from, to]) => ({
        table: 'input',
        base: from,
        registers: new Array<number>(to - from + 1).fill(0),
      })),
    );
    const { quality } = await openDevice(port, 1, deviceById('eastron-sdm72v2')).read(() => 0);
    assert.equal(quality, 'measured');
    assert.ok(port.log.every((request) => Number(request.split(' ')[3]) <= 60));
  });

  it('never ask for more than the device answers', async () => {
    const blocks = [one('first', 0, 'holding', 6), one('second', 6, 'holding', 6)];
    assert.deepEqual(await requests(blocks, 12), ['holding 1 0 12']);
    assert.deepEqual(await requests(blocks, 11), ['holding 1 0 6', 'holding 1 6 6']);
  });

  it('cut a long block between its points', async () => {
    const long = block('first', 'holding', [
      ['power', 0, 'uint16'],
      ['energy', 1, 'uint32'],
      ['text', 3, 'string:4'],
      ['last', 7, 'uint16'],
    ]);
    assert.deepEqual(await requests([long], 4), ['holding 1 0 3', 'holding 1 3 4', 'holding 1 7 1']);
    assert.deepEqual(await requests([long], 5), ['holding 1 0 3', 'holding 1 3 5']);
  });

  describe('of a block longer than a request', () => {
    const long = block('first', 'holding', [
      ['power', 0, 'int16', 'W', { scaleFrom: 'power_SF' }],
      ['energy', 1, 'uint32', 'Wh'],
      ['current', 3, 'uint16', 'A'],
      ['power_SF', 4, 'sunssf'],
      ['rest', 5, 'uint16'],
    ]);
    const description = testDevice({ blocks: [long], reading, maxRegisters: 3 });
    const start = () => memoryPort([{ base: 0, registers: [1234, 0, 7, 5, 0, 9] }]);

    it('reads the scale factors before and after the values', async () => {
      const port = start();
      assert.equal((await openDevice(port, 1, description).read(() => 0)).powerW, 1234);
      assert.deepEqual(port.log, ['holding 1 3 2', 'holding 1 0 3', 'holding 1 3 2']);
    });

    it('reads again when they changed meanwhile, and never mixes', async () => {
      const port = start();
      const plain = port.readHolding;
      port.readHolding = async (...args) => {
        const words = await plain(...args);
        // after the first look at the factor, the device shows tens of watts
        if (port.log.length === 1)
          for (const [at, word] of [
            [0, 123],
            [4, 1],
          ])
            port.registers.set(`holding 1 ${at}`, word!);
        return words;
      };
      const { powerW, quality } = await openDevice(port, 1, description).read(() => 0);
      assert.deepEqual([powerW, quality, port.log.length], [1230, 'measured', 6]);
    });

    it('gives no reading while they do not stand still', async () => {
      const port = start();
      const plain = port.readHolding;
      port.readHolding = async (...args) => {
        const words = await plain(...args);
        port.registers.set('holding 1 4', port.log.length);
        return words;
      };
      const { powerW, quality, reasons } = await openDevice(port, 1, description).read(() => 7);
      assert.deepEqual([powerW, quality, reasons[0]?.code], [null, 'missing', 'scale-changed']);
      assert.match(reasons[0]?.text ?? '', /changed its scale factors/);
    });

    it('leaves out what nobody needs', async () => {
      const port = start();
      const small = testDevice({
        blocks: [long],
        reading: { powerW: { block: 'first', point: 'energy' } },
        maxRegisters: 4,
      });
      assert.equal((await openDevice(port, 1, small).read(() => 0)).powerW, 7);
      assert.deepEqual(port.log, ['holding 1 0 3']);
    });
  });

  it('give a line what the device needs', async () => {
    const port = everywhere();
    const needs: object[] = [];
    port.respect = (each) => needs.push(each);
    const slow = testDevice({ blocks: [one('first', 0)], reading, gapMs: 50, settleMs: 1000 });
    await openDevice(port, 1, slow).read(() => 0);
    assert.deepEqual(needs, [{ gapMs: 50, settleMs: 1000 }]);
  });
});

describe('requests to a SunSpec device that answers less than the protocol allows', () => {
  for (const most of [100, 64, 50, 16, 8]) {
    for (const exception of [2, 3]) {
      it(`find out that it gives ${most} registers at once (exception ${exception}), once`, async function () {
        const { registers, models } = recordedImage(this, 'three_phase_inverter_int');
        const port = memoryPort([{ base: 40_000, registers }]);
        const { readHolding } = port;
        const asked: number[] = [];
        port.readHolding = async (unit, address, count) => {
          asked.push(count);
          if (count > most) throw exceptionError('unit 1', exception);
          return readHolding(unit, address, count);
        };
        const device = openDevice(port, 1, deviceById('sunspec-inverter'), { timers: manualTimers() });
        const first = await device.read(() => 0);
        const { W, WH } = models.find(({ id }) => id === 103)!.values_scaled;
        assert.deepEqual([first.powerW, first.exportWh], [W, WH]);
        asked.length = 0;
        assert.deepEqual(await device.read(() => 0), first);
        assert.ok(Math.max(...asked) <= most, `it asks for ${asked} again`);
      });
    }
  }

  it('leave a device with a known limit alone', async () => {
    const port = everywhere();
    let asked = 0;
    port.readHolding = async () => {
      asked += 1;
      throw exceptionError('unit 1', 2);
    };
    const description = testDevice({ blocks: [one('first', 0, 'holding', 60)], reading, maxRegisters: 60 });
    const device = openDevice(port, 1, description, { timers: manualTimers() });
    await assert.rejects(
      device.read(() => 0),
      { code: 'exception-2' },
    );
    assert.equal(asked, 1);
  });
});
