// Scanning recorded SunSpec images: every point of every model, equal to what pysunspec2 makes of the same registers.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { findUnits, type ScannedPoint, type ScannedPoints, scan } from '../../src/devices/scan.ts';
import { exceptionError, ModbusError } from '../../src/modbus/port.ts';
import { memoryPort } from '../support/modbus-peers.ts';
import { needSharedData } from '../support/shared-data.ts';

interface Image {
  readonly registers: number[];
  readonly models: readonly {
    readonly id: number;
    readonly offset: number;
    readonly len: number;
    readonly values_scaled: Expected;
  }[];
}
type Expected = { readonly [name: string]: null | number | string | Expected | readonly Expected[] };

const IMAGES = ['three_phase_inverter_int', 'float_inverter_meter', 'device_1547'];

describe('scan', () => {
  for (const name of IMAGES) {
    for (const base of [40_000, 50_000, 0]) {
      it(`shows ${name} at ${base} as pysunspec2 does`, async function () {
        const path = needSharedData(this, `devices/sunspec/${name}.regs.json`);
        const { registers, models } = JSON.parse(readFileSync(path, 'utf8')) as Image;
        const found = await scan(memoryPort([{ base, registers }]), 1);
        assert.equal(found.base, base);
        assert.deepEqual(
          found.models.map(({ id, offset, length }) => ({ id, offset, len: length })),
          models.map(({ id, offset, len }) => ({ id, offset, len })),
        );
        for (const [index, model] of models.entries()) {
          compare(found.models[index]!.points, model.values_scaled, `model ${model.id}`);
        }
      });
    }
  }

  it('names a model that it does not know, and goes on', async () => {
    const registers = [0x5375, 0x6e53, 64_001, 2, 7, 8, 713, 7, 100, 90, 900, 1000, 3, 0xffff, 0xffff, 0xffff, 0];
    const { models } = await scan(memoryPort([{ base: 0, registers }]), 1);
    assert.deepEqual(models[0], { id: 64_001, offset: 2, length: 2, name: 'unknown', points: {} });
    assert.deepEqual(models[1]?.points['WHRtg'], { raw: 100, value: 10, unit: 'WH' });
  });

  it('believes no count that does not fit the length of the model', async () => {
    // 714 with 60000 ports in no registers at all.
    const registers = [0x5375, 0x6e53, 714, 18, 0, 0, 60_000, ...new Array<number>(15).fill(0), 0xffff, 0];
    const { models } = await scan(memoryPort([{ base: 0, registers }]), 1);
    assert.deepEqual(models[0]?.points['Prt'], []);
  });
});

describe('findUnits', () => {
  it('tells who answers, in SunSpec or not, and tells of every unit asked', async function () {
    const path = needSharedData(this, 'devices/sunspec/three_phase_inverter_int.regs.json');
    const { registers, models } = JSON.parse(readFileSync(path, 'utf8')) as Image;
    const port = memoryPort([{ unit: 3, base: 40_000, registers }]);
    const answers = port.readHolding;
    port.readHolding = async (unit, address, count) => {
      if (unit === 1) throw new ModbusError('timeout', 'unit 1 did not answer');
      if (unit === 2) throw exceptionError('unit 2', 11);
      return answers(unit, address, count);
    };
    const seen: number[] = [];
    const found = await findUnits(port, [1, 2, 3, 4], (unit) => seen.push(unit));
    assert.deepEqual(seen, [1, 2, 3, 4]);
    assert.deepEqual(
      found.map(({ unit, sunspec }) => [unit, sunspec?.models]),
      [
        [3, models.map(({ id }) => id)],
        [4, undefined],
      ],
    );
    assert.equal(found[0]?.sunspec?.vendor, models[0]?.values_scaled['Mn']);
  });

  it('ends when the host cannot be reached', async () => {
    const port = memoryPort([]);
    port.readHolding = () => Promise.reject(new ModbusError('refused', 'nobody there'));
    await assert.rejects(
      findUnits(port, [1, 2], () => {}),
      /nobody there/,
    );
  });
});

function compare(points: ScannedPoints, expected: Expected, where: string): void {
  assert.deepEqual(Object.keys(points).sort(), Object.keys(expected).sort(), where);
  for (const [name, value] of Object.entries(expected)) {
    const found = points[name];
    const place = `${where} ${name}`;
    if (Array.isArray(value)) {
      const sets = found as readonly ScannedPoints[];
      assert.equal(sets.length, value.length, place);
      for (const [index, set] of (value as Expected[]).entries()) compare(sets[index]!, set, `${place} ${index}`);
    } else if (typeof value === 'object' && value !== null) {
      compare(found as ScannedPoints, value as Expected, place);
    } else if (typeof value === 'number') {
      const shown = (found as ScannedPoint).value;
      assert.ok(
        typeof shown === 'number' && Math.abs(shown - value) <= 1e-9 * Math.abs(value),
        `${place} is ${shown}, not ${value}`,
      );
    } else {
      assert.equal((found as ScannedPoint).value, value, place);
    }
  }
}
