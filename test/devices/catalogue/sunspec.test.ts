// The SunSpec files of the catalogue on recorded images: each reading equal to what pysunspec2 makes of the same registers.
import assert from 'node:assert/strict';
import { catalogue, deviceById } from '../../../src/devices/catalogue-store.ts';
import { encodeBlock } from '../../../src/devices/codec.ts';
import { findUnits } from '../../../src/devices/find.ts';
import { readDevice } from '../../../src/devices/read.ts';
import type { Reading } from '../../../src/devices/reading.ts';
import { scan } from '../../../src/devices/scan.ts';
import { suggestDevices } from '../../../src/devices/suggest.ts';
import { sunspecBlock } from '../../../src/devices/sunspec-models.ts';
import { memoryPort } from '../../support/modbus-peers.ts';
import { type Recorded, recordedImage, sunspecRegisters } from '../../support/sunspec-image.ts';

/** Reading of a device, point of a model, factor to the project's unit. */
type Row = readonly [quantity: (reading: Reading) => unknown, model: number, point: string, times?: number];

const phases = (model: number, points: readonly [v: string, a: string, w?: string], names: readonly string[]): Row[] =>
  names.flatMap((name, index): Row[] => [
    [(reading) => reading.phases?.[index]?.voltageV, model, points[0] + name],
    [(reading) => reading.phases?.[index]?.currentA, model, points[1] + name],
    ...(points[2] ? [[(reading: Reading) => reading.phases?.[index]?.powerW, model, points[2] + name] as Row] : []),
  ]);
const ABC = ['A', 'B', 'C'];

const TABLE: readonly [device: string, image: string, rows: readonly Row[]][] = [
  [
    'sunspec-inverter',
    'three_phase_inverter_int',
    [
      [(reading) => reading.powerW, 103, 'W'],
      [(reading) => reading.exportWh, 103, 'WH'],
      [(reading) => reading.frequencyHz, 103, 'Hz'],
      ...phases(103, ['PhVph', 'Aph'], ABC),
    ],
  ],
  [
    'sunspec-inverter',
    'float_inverter_meter',
    [
      [(reading) => reading.powerW, 113, 'W'],
      [(reading) => reading.exportWh, 113, 'WH'],
      ...phases(113, ['PhVph', 'Aph'], ABC),
    ],
  ],
  [
    'sunspec-der',
    'device_1547',
    [
      [(reading) => reading.powerW, 701, 'W'],
      [(reading) => reading.importWh, 701, 'TotWhAbs'],
      [(reading) => reading.exportWh, 701, 'TotWhInj'],
      [(reading) => reading.frequencyHz, 701, 'Hz'],
      ...phases(701, ['V', 'A', 'W'], ['L1', 'L2', 'L3']),
    ],
  ],
  [
    'sunspec-der-battery',
    'device_1547',
    [
      [(reading) => reading.powerW, 701, 'W'],
      [(reading) => reading.socPerMille, 713, 'SoC', 10],
      [(reading) => reading.capacityWh, 713, 'WHRtg'],
      [(reading) => reading.maxChargeW, 702, 'WChaRteMax'],
    ],
  ],
];

describe('SunSpec devices', () => {
  for (const [device, image, rows] of TABLE) {
    it(`${device} reads ${image}`, async function () {
      const { registers, models } = recordedImage(this, image);
      const port = memoryPort([{ base: 40_000, registers }]);
      const reading = await readDevice(port, 1, deviceById(device), () => 0);
      assert.equal(reading.quality, 'measured');
      let known = 0;
      for (const [quantity, id, point, times = 1] of rows) {
        const recorded = models.find((model) => model.id === id)?.values_scaled[point];
        const expected = number(recorded);
        const found = quantity(reading) ?? null;
        if (expected === null) assert.equal(found, null, point);
        else {
          // A reading keeps seven digits, counters are whole Wh.
          const near = Math.max(1e-6 * Math.abs(expected * times), /[Ww]h/.test(point) || point === 'WH' ? 0.5 : 0);
          assert.ok(typeof found === 'number' && Math.abs(found - expected * times) <= near, `${point} is ${found}`);
          known++;
        }
      }
      assert.ok(known >= 1);
    });
  }

  // The layout of the models is checked against the published ones in sunspec-models.test.ts.
  for (const [id, factors] of [
    [203, { W_SF: 1, TotWh_SF: 2, A_SF: -2, V_SF: -1, Hz_SF: -2 }],
    [201, { W_SF: 0, TotWh_SF: 0, A_SF: -1, V_SF: -2, Hz_SF: -1 }],
    [213, {}],
  ] as const) {
    it(`sunspec-meter reads model ${id}, import +`, async () => {
      const values = {
        W: -1230,
        WphA: -1230,
        TotWhImp: 81_200,
        TotWhExp: 9_999_900,
        PhVphA: 231.5,
        AphA: 5.5,
        Hz: 49.5,
      };
      const block = { ...sunspecBlock(id), name: 'meter' };
      const only = { ...deviceById('sunspec-meter'), blocks: [block] };
      const registers = sunspecRegisters(only, { meter: { ...factors, ...values } });
      const port = memoryPort([{ base: 40_000, registers }]);
      const reading = await readDevice(port, 1, deviceById('sunspec-meter'), () => 0);
      assert.equal(reading.powerW, -1230);
      assert.equal(reading.importWh, 81_200);
      assert.equal(reading.exportWh, 9_999_900);
      assert.equal(reading.frequencyHz, 49.5);
      assert.deepEqual(reading.phases?.[0], { voltageV: 231.5, currentA: 5.5, powerW: -1230 });
      // The points are there, but a meter of one phase gives nothing for the others.
      assert.deepEqual(reading.phases?.[2], { voltageV: null, currentA: null, powerW: null });
      assert.equal(reading.quality, 'measured');
    });
  }

  // Makers leave model 1 out, put it elsewhere, or give it 65 registers without the pad at its end.
  const maker = (length: number) => encodeBlock(sunspecBlock(1), { ID: 1, L: length, Mn: 'Acme' }).slice(0, length + 2);
  const maps: readonly [what: string, before: readonly number[], after: readonly number[]][] = [
    ['without model 1', [], []],
    ['with model 1 at the end', [], maker(66)],
    ['with model 1 of 65 registers', maker(65), []],
    ['with model 1 of 66 registers', maker(66), []],
    ['with an unknown model in place of model 1', [64_001, 2, 7, 8], []],
  ];
  for (const [what, before, after] of maps) {
    for (const base of [40_000, 50_000, 0]) {
      it(`reads a map ${what} at ${base}`, async () => {
        const block = sunspecBlock(203);
        const values = { ID: 203, L: block.length - 2, W: -1230, W_SF: 0, TotWh_SF: 0, TotWhImp: 812, TotWhExp: 99 };
        const registers = [0x5375, 0x6e53, ...before, ...encodeBlock(block, values), ...after, 0xffff, 0];
        const port = memoryPort([{ base, registers }]);
        const reading = await readDevice(port, 1, deviceById('sunspec-meter'), () => 0);
        assert.deepEqual([reading.powerW, reading.importWh, reading.exportWh], [-1230, 812, 99]);
        const scanned = await scan(port, 1);
        const named = scanned.models.find(({ id }) => id === 1)?.points['Mn'];
        assert.equal(named && 'value' in named ? named.value : null, [...before, ...after].includes(1) ? 'Acme' : null);
        const [found] = await findUnits(port, [1], { catalogue: [] });
        assert.ok(suggestDevices(found!, catalogue()).some(({ id }) => id === 'sunspec-meter'));
      });
    }
  }

  it('takes a counter at 0 for one that has counted nothing: a house without a roof', async () => {
    const block = { ...sunspecBlock(203), name: 'meter' };
    const only = { ...deviceById('sunspec-meter'), blocks: [block] };
    const values = { W: -10, W_SF: 0, TotWh_SF: 0, TotWhImp: 100, TotWhExp: 0 };
    const port = memoryPort([{ base: 40_000, registers: sunspecRegisters(only, { meter: values }) }]);
    const reading = await readDevice(port, 1, deviceById('sunspec-meter'), () => 0);
    assert.deepEqual([reading.importWh, reading.exportWh, reading.quality], [100, 0, 'measured']);
  });

  it('adds up the strings that there are', async function () {
    const { registers, models } = recordedImage(this, 'three_phase_inverter_int');
    const modules = models.find(({ id }) => id === 160)?.values_scaled['module'] as readonly Recorded[];
    const sum = modules.reduce((total, module) => total + (number(module['DCW']) ?? 0), 0);
    const port = memoryPort([{ base: 40_000, registers }]);
    assert.equal((await readDevice(port, 1, deviceById('sunspec-strings-160'), () => 0)).powerW, sum);
  });

  it('says which models a device lacks', async function () {
    const { registers } = recordedImage(this, 'device_1547');
    const port = memoryPort([{ base: 40_000, registers }]);
    await assert.rejects(
      readDevice(port, 1, deviceById('sunspec-meter'), () => 0),
      /has no SunSpec model 203 .* and no SunSpec model 211/,
    );
  });
});

function number(value: Recorded[string] | undefined): number | null {
  return typeof value === 'number' ? value : null;
}
