// What a setpoint and a release write to batteries whose control stands in two sources: addresses and words as evcc, openWB
// and the lists of the makers have them.
import assert from 'node:assert/strict';
import { catalogue, deviceById } from '../../../src/devices/catalogue-store.ts';
import { type Image, writesOf } from '../../support/described.ts';

type Writes = readonly (readonly [address: number, words: readonly number[]])[];

const cases: readonly [device: string, setpointW: number, writes: Writes, shown?: Image][] = [
  // forced mode: control by RS485 on, powers, then 1 = charge, 2 = discharge, 0 = stop
  [
    'marstek-venus',
    -800,
    [
      [42_000, [0x55aa]],
      [42_020, [800]],
      [42_021, [0]],
      [42_010, [1]],
    ],
  ],
  [
    'marstek-venus',
    2500,
    [
      [42_000, [0x55aa]],
      [42_020, [0]],
      [42_021, [2500]],
      [42_010, [2]],
    ],
  ],
  [
    'marstek-venus',
    0,
    [
      [42_000, [0x55aa]],
      [42_020, [0]],
      [42_021, [0]],
      [42_010, [0]],
    ],
  ],
  // a float with the low word first: 1500 W of discharge = 0x44bb8000, of charge = 0xc4bb8000
  ['kostal-plenticore-battery', 1500, [[1034, [0x8000, 0x44bb]]]],
  ['kostal-plenticore-battery', -1500, [[1034, [0x8000, 0xc4bb]]]],
  // power, then 11 = charge, 12 = discharge, 8 = hold
  [
    'goodwe-et-battery',
    -3000,
    [
      [47_512, [3000]],
      [47_511, [11]],
    ],
  ],
  [
    'goodwe-et-battery',
    3000,
    [
      [47_512, [3000]],
      [47_511, [12]],
    ],
  ],
  [
    'goodwe-et-battery',
    0,
    [
      [47_512, [0]],
      [47_511, [8]],
    ],
  ],
  // power, then 0xaa = charge, 0xbb = discharge, 0xcc = stop, in mode 3 (External EMS), then how long that holds
  [
    'sungrow-sh-battery',
    -3000,
    [
      [13_051, [3000]],
      [13_050, [0xaa]],
      [13_049, [3]],
      [13_079, [60]],
    ],
  ],
  [
    'sungrow-sh-battery',
    3000,
    [
      [13_051, [3000]],
      [13_050, [0xbb]],
      [13_049, [3]],
      [13_079, [60]],
    ],
  ],
  [
    'sungrow-sh-battery',
    0,
    [
      [13_051, [0]],
      [13_050, [0xcc]],
      [13_049, [3]],
      [13_079, [60]],
    ],
  ],
  // what the inverter takes from the mains, so charging is +
  ['victron-multiplus', -1200, [[37, [1200]]]],
  ['victron-multiplus', 1200, [[37, [0x10000 - 1200]]]],
];

const released: Readonly<Record<string, Writes>> = {
  'marstek-venus': [
    [42_010, [0]],
    [42_000, [0x55bb]],
  ],
  'kostal-plenticore-battery': [[1034, [0, 0]]],
  'goodwe-et-battery': [[47_511, [1]]],
  'sungrow-sh-battery': [
    [13_049, [0]],
    [13_050, [0xcc]],
  ],
  'victron-multiplus': [[37, [0]]],
};

describe('commands of batteries', () => {
  for (const [device, setpointW, writes] of cases) {
    it(`${device} at ${setpointW} W`, () => {
      assert.deepEqual(writesOf(deviceById(device), 'setpoint', setpointW, 60), writes);
    });
  }

  for (const [device, writes] of Object.entries(released)) {
    it(`${device} given back`, () => assert.deepEqual(writesOf(deviceById(device), 'release', 0, 60), writes));
  }

  it('never lasts longer than the device says: of what nobody ends, its owner is told what does', () => {
    for (const { id, control, remarks = [] } of catalogue()) {
      if (control?.fallback.by !== 'nothing') continue;
      assert.match(control.fallback.limit, /^[A-Z].{20,}\.$/, id);
      assert.ok(
        remarks.some((remark) => remark.includes('taken back')),
        id,
      );
    }
  });

  it('drives nothing whose charge or power stands in one source only', () => {
    for (const { id, confirmed, control, reading } of catalogue()) {
      if (!control?.confirmed) continue;
      assert.ok(confirmed, `${id} is driven although its reading is unconfirmed`);
      assert.ok(reading.socPerMille, `${id} is driven blind to its charge`);
    }
  });

  it('writes to flash only where the device shows something else', () => {
    for (const { id, blocks, control } of catalogue()) {
      for (const step of control?.setpoint ?? []) {
        const block = blocks.find(({ name }) => name === (step.block ?? control?.block));
        const flash = block?.points.some(({ name, persistent }) => persistent && Object.hasOwn(step.points, name));
        if (flash && control?.confirmed) assert.equal(step.when, 'different', `${id} ${Object.keys(step.points)}`);
      }
    }
  });
});
