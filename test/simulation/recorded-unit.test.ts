// Recorded registers as a device: read as they are, and every recording that makes no sense refused in a sentence.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { sunspecInverter103 } from '../../src/devices/catalogue/sunspec-inverter-103.ts';
import { openDevice } from '../../src/devices/device.ts';
import { recordedUnits } from '../../src/simulation/recorded-unit.ts';
import { needSharedData } from '../support/shared-data.ts';
import { virtualPort } from '../support/virtual-port.ts';

const units = (recording: unknown) => recordedUnits(recording, sunspecInverter103, 1);
const now = () => 0;

describe('recorded registers', () => {
  it('are read as the inverter they were recorded from', async function () {
    const path = needSharedData(this, 'devices/sunspec/three_phase_inverter_int.regs.json');
    const port = virtualPort(units(JSON.parse(readFileSync(path, 'utf8'))), now);
    const reading = await openDevice(port, 1, sunspecInverter103).read(now);
    assert.deepEqual([reading.powerW, reading.exportWh, reading.frequencyHz], [-10_130, 4_123_456_789, 49.987]);
  });

  it('of several units and tables, and what is written stays', async () => {
    const port = virtualPort(
      units([{ holding: { '10': [1, 2, 3], '13': [4] } }, { unit: 7, holding: { '0': [9] }, input: { '10': [5] } }]),
      now,
    );
    assert.deepEqual(await port.readHolding(1, 11, 3), [2, 3, 4]);
    assert.deepEqual(await port.readInput(7, 10, 1), [5]);
    await assert.rejects(port.readInput(1, 10, 1), { code: 'exception-2' });
    await port.writeRegisters(1, 12, [30, 40]);
    assert.deepEqual(await port.readHolding(1, 10, 4), [1, 2, 30, 40]);
    await assert.rejects(port.writeRegisters(1, 13, [1, 2]), { code: 'exception-2' });
    await port.writeRegister(7, 0, 8);
    assert.deepEqual(await port.readHolding(7, 0, 1), [8]);
  });

  for (const [recording, problem] of [
    [null, /an object with registers, not null/],
    [[], /no unit/],
    [{}, /needs "registers"/],
    [{ registers: [] }, /not registers/],
    [{ registers: [65_536] }, /0 to 65535, not 65536/],
    [{ registers: ['1'] }, /not the text "1"/],
    [{ registers: new Array(30_000).fill(0) }, /beyond 65535/],
    [{ holding: { x: [1] } }, /an address .* not the text "x"/],
    [{ holding: [1] }, /by first address/],
    [{ unit: 300, input: { '0': [1] } }, /a unit id .* 255/],
    [[{ input: { '0': [1] } }, { unit: 1, input: { '0': [1] } }], /unit 1 twice/],
  ] as const) {
    it(`refuses ${JSON.stringify(recording).slice(0, 40)}`, () => {
      assert.throws(() => units(recording), { name: 'RangeError', message: problem });
    });
  }
});
