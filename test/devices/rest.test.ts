// Inverters at night: many give "no value" instead of 0 W. Where the device itself says that it is off, asleep or on standby,
// no AC power flows, and 0 W is what was measured; where it says nothing of the kind, nothing is known.
import assert from 'node:assert/strict';
import { deviceById } from '../../src/devices/catalogue-store.ts';
import type { Values } from '../../src/devices/codec.ts';
import type { DeviceDescription } from '../../src/devices/description.ts';
import { readDevice } from '../../src/devices/read.ts';
import type { Reading } from '../../src/devices/reading.ts';
import { type Image, readingOf } from '../support/described.ts';
import { memoryPort } from '../support/modbus-peers.ts';
import { sunspecRegisters } from '../support/sunspec-image.ts';

const outline = ({ powerW, exportWh, asleep, quality, counterQuality, reasons }: Reading) => ({
  powerW,
  exportWh,
  asleep: asleep ?? false,
  quality: [quality, counterQuality ?? quality],
  reasons: reasons.map(({ code }) => code),
});

/** A device that has only these of its blocks. */
const sunspec = (id: string, values: Readonly<Record<string, Values>>) => {
  const description = deviceById(id);
  const shown: DeviceDescription = {
    ...description,
    blocks: description.blocks.filter(({ name, optional }) => !optional || name in values),
  };
  const port = memoryPort([{ base: 40_000, registers: sunspecRegisters(shown, values) }]);
  return readDevice(port, 1, description, () => 1000);
};

const asleep = { powerW: 0, exportWh: null, asleep: true, quality: ['measured', 'missing'] };

describe('a device at rest', () => {
  // SunSpec 101 to 103 and 111 to 113: 1 off, 2 sleeping, 8 standby; 3 starting, 4 MPPT, 7 fault
  for (const [state, word] of [
    [1, 'off'],
    [2, 'asleep'],
    [8, 'on standby'],
  ] as const) {
    it(`gives 0 W where SunSpec says that it is ${word}`, async () => {
      const reading = await sunspec('sunspec-inverter-103', { inverter: { St: state, W_SF: 0 } });
      assert.deepEqual(outline(reading), { ...asleep, reasons: ['asleep', 'not-implemented'] });
      assert.equal(reading.reasons[0]?.text, `The device is ${word} and gives no power, so 0 W flow.`);
      const floats = await sunspec('sunspec-inverter', { inverter112: { St: state } });
      assert.deepEqual([floats.powerW, floats.asleep, floats.quality], [0, true, 'measured']);
    });
  }

  it('keeps the counter that it gives all night, and the power that it gives in spite of its state', async () => {
    const counting = await sunspec('sunspec-inverter-103', { inverter: { St: 2, W_SF: 0, WH: 12_345, WH_SF: 0 } });
    assert.deepEqual(outline(counting), {
      ...asleep,
      exportWh: 12_345,
      quality: ['measured', 'measured'],
      reasons: ['asleep'],
    });
    const zero = await sunspec('sunspec-inverter-103', { inverter: { St: 2, W: 0, W_SF: 0 } });
    assert.deepEqual(outline(zero), { ...asleep, reasons: ['not-implemented'] });
    const awake = await sunspec('sunspec-inverter-103', { inverter: { St: 2, W: 7, W_SF: 0, WH: 5, WH_SF: 0 } });
    assert.deepEqual([awake.powerW, awake.asleep, awake.quality], [7, undefined, 'measured']);
  });

  it('is missing while it starts, runs or fails without a power', async () => {
    for (const state of [3, 4, 5, 6, 7, null]) {
      const reading = await sunspec('sunspec-inverter-103', { inverter: { St: state, W_SF: 0 } });
      assert.deepEqual([reading.powerW, reading.asleep, reading.quality], [null, undefined, 'missing'], String(state));
    }
  });

  it('is no excuse for a scale factor that is wanting', async () => {
    const reading = await sunspec('sunspec-inverter-103', { inverter: { St: 2, W: 1234 } });
    assert.deepEqual([reading.powerW, reading.quality], [null, 'missing']);
  });

  it('gives 0 W by the state of model 701, and of every input of model 160', async () => {
    const der = await sunspec('sunspec-der', { measured: { InvSt: 1, W_SF: 0 } });
    assert.deepEqual([der.powerW, der.asleep, der.quality], [0, true, 'measured']);
    const running = await sunspec('sunspec-der', { measured: { InvSt: 3, W_SF: 0 } });
    assert.deepEqual([running.powerW, running.quality], [null, 'missing']);
    const inputs = { 'module.1.DCSt': 2, 'module.2.DCSt': 2, DCW_SF: 0 };
    const roof = await sunspec('fronius-gen24', { modules: inputs });
    assert.deepEqual([roof.powerW, roof.asleep, roof.quality], [0, true, 'measured']);
    const one = await sunspec('fronius-gen24', { modules: { ...inputs, 'module.2.DCSt': 4 } });
    assert.deepEqual([one.powerW, one.quality], [null, 'missing']);
  });

  // SMA: "no value" is the smallest of a signed and the largest of an unsigned type; condition 303 off, 307 ok; grid relay 51
  // closed, 311 open, 16777213 not known
  const night = { 30775: [0x8000, 0], 30513: [0xffff, 0xffff, 0xffff, 0xffff] } satisfies Image;
  const sma = (more: Image) => readingOf(deviceById('sma-inverter'), { ...night, ...more }, 0xffff);

  it('gives 0 W where an SMA says that it is off, or its grid relay open', () => {
    assert.deepEqual(outline(sma({ 30201: [0, 303] })), { ...asleep, reasons: ['asleep', 'not-implemented'] });
    const open = sma({ 30201: [0, 307], 30217: [0, 311] });
    assert.equal(open.reasons[0]?.text, 'The device is cut off from the grid and gives no power, so 0 W flow.');
    assert.deepEqual([open.powerW, open.quality], [0, 'measured']);
  });

  it('is missing where an SMA says that all is well, or says nothing', () => {
    for (const more of [{}, { 30201: [0, 307], 30217: [0, 51] }, { 30201: [0xff, 0xfffd], 30217: [0xff, 0xfffd] }]) {
      const { powerW, quality } = sma(more as Image);
      assert.deepEqual([powerW, quality], [null, 'missing'], JSON.stringify(more));
    }
  });
});
