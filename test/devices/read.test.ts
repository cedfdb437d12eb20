// Reading described devices: block merging, mapping into the project's units, and everything that a device may lack.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { eastronSdm630 } from '../../src/devices/catalogue/eastron-sdm630.ts';
import { sunspecBattery124 } from '../../src/devices/catalogue/sunspec-battery-124.ts';
import { sunspecInverter103 } from '../../src/devices/catalogue/sunspec-inverter-103.ts';
import { encodeBlock, type Values } from '../../src/devices/codec.ts';
import { blockOf } from '../../src/devices/description.ts';
import { openDevice } from '../../src/devices/device.ts';
import { DeviceError } from '../../src/devices/errors.ts';
import { readDevice } from '../../src/devices/read.ts';
import { exceptionError } from '../../src/modbus/port.ts';
import { memoryPort } from '../support/modbus-peers.ts';
import { needSharedData } from '../support/shared-data.ts';
import { sunspecRegisters } from '../support/sunspec-image.ts';

const now = () => 1_000;

function sdm630(values: Values) {
  const registers = encodeBlock(blockOf(eastronSdm630, 'measured'), values);
  return memoryPort([{ table: 'input', base: 0, registers }]);
}

describe('reading a device', () => {
  it('reads an SDM630 in one request of function 4, kWh as Wh', async () => {
    const port = sdm630({
      voltageL1: 230.5,
      voltageL2: 231,
      voltageL3: 229,
      currentL1: 1.5,
      currentL2: 2,
      currentL3: 0,
      powerL1: -340.25,
      powerL2: 100,
      powerL3: 0,
      power: -240.25,
      frequency: 50.02,
      import: 1234.567,
      export: 89.001,
    });
    assert.deepEqual(await readDevice(port, 1, eastronSdm630, now), {
      device: 'eastron-sdm630',
      at: 1000,
      powerW: -240.25,
      importWh: 1_234_567,
      exportWh: 89_001,
      phases: [
        { voltageV: 230.5, currentA: 1.5, powerW: -340.25 },
        { voltageV: 231, currentA: 2, powerW: 100 },
        { voltageV: 229, currentA: 0, powerW: 0 },
      ],
      frequencyHz: 50.02,
      quality: 'measured',
      reasons: [],
    });
    assert.deepEqual(port.log, ['input 1 0 76']);
  });

  it('shows every watt hour of an SDM630 up to 16 MWh', async () => {
    for (const wh of [0, 1, 999, 1_000_001, 8_191_999, 16_383_999]) {
      const reading = await readDevice(sdm630({ power: 0, import: wh / 1000, export: 0 }), 1, eastronSdm630, now);
      assert.equal(reading.importWh, wh);
    }
  });

  it('reads the recorded inverter as SunSpec scales it', async function () {
    const path = needSharedData(this, 'devices/sunspec/three_phase_inverter_int.regs.json');
    const { registers } = JSON.parse(readFileSync(path, 'utf8')) as { registers: number[] };
    const port = memoryPort([{ base: 40_000, registers }]);
    const reading = await readDevice(port, 1, sunspecInverter103, now);
    assert.deepEqual(reading, {
      device: 'sunspec-inverter-103',
      at: 1000,
      powerW: -10_130,
      importWh: null,
      exportWh: 4_123_456_789,
      phases: [
        { voltageV: 231.6, currentA: 4.87, powerW: null },
        { voltageV: 231.4, currentA: 4.85, powerW: null },
        { voltageV: 231.8, currentA: 4.87, powerW: null },
      ],
      frequencyHz: 49.987,
      quality: 'measured',
      reasons: [],
    });
  });

  it('marks what is not implemented as missing, never as 0', async () => {
    const power = await readDevice(sdm630({ import: 1, export: 1 }), 1, eastronSdm630, now);
    assert.deepEqual([power.powerW, power.importWh, power.quality], [null, 1000, 'missing']);
    assert.equal(power.counterQuality, 'measured');
    assert.deepEqual(
      power.reasons.map(({ code, text }) => [code, text]),
      [['not-implemented', 'The device gives no power.']],
    );
    const counters = await readDevice(sdm630({ power: 5 }), 1, eastronSdm630, now);
    assert.deepEqual([counters.powerW, counters.importWh, counters.quality], [5, null, 'measured']);
    assert.equal(counters.counterQuality, 'missing');
    const one = await readDevice(sdm630({ power: 5, import: 2 }), 1, eastronSdm630, now);
    assert.deepEqual([one.importWh, one.exportWh, one.quality, one.reasons.length], [2000, null, 'measured', 1]);
  });

  it('reads a battery in one request, with the models between along', async () => {
    const registers = sunspecRegisters(sunspecBattery124, {
      inverter: { W: -1500, W_SF: 0, WH: 12_345, WH_SF: 0, Hz: 50, Hz_SF: -2 },
      storage: { ChaState: 43.21, ChaState_SF: -2 },
    });
    const port = memoryPort([{ base: 50_000, registers }]);
    const device = openDevice(port, 1, sunspecBattery124);
    const reading = await device.read(now);
    assert.deepEqual([reading.powerW, reading.exportWh, reading.socPerMille], [-1500, 12_345, 432]);
    port.log.length = 0;
    await device.read(now);
    assert.deepEqual(port.log, ['holding 1 50070 106']);
  });

  it('asks no more registers at once than the device answers', async () => {
    const small = { ...sunspecBattery124, maxRegisters: 60 };
    const port = memoryPort([{ base: 0, registers: sunspecRegisters(small, {}) }]);
    const device = openDevice(port, 1, small);
    await device.read(now);
    port.log.length = 0;
    await device.read(now);
    assert.deepEqual(port.log, ['holding 1 70 52', 'holding 1 150 26']);
  });

  it('says which model a device lacks', async () => {
    const port = memoryPort([{ base: 40_000, registers: sunspecRegisters(sunspecInverter103, {}) }]);
    await assert.rejects(readDevice(port, 1, sunspecBattery124, now), (error) => {
      assert.ok(error instanceof DeviceError && error.code === 'no-model');
      assert.match(error.message, /120/);
      return true;
    });
  });

  it('searches anew when an update moved the models', async () => {
    const values = { inverter: { W: 700, W_SF: 0, WH: 1, WH_SF: 0 } };
    const before = sunspecRegisters(sunspecInverter103, values);
    const port = memoryPort([{ base: 40_000, registers: before }]);
    const device = openDevice(port, 1, sunspecInverter103);
    assert.equal((await device.read(now)).powerW, 700);
    // a model of four registers now stands before the inverter
    const moved = [...before.slice(0, 70), 64_001, 2, 0, 0, ...before.slice(70)];
    for (const [index, word] of moved.entries()) port.registers.set(`holding 1 ${40_000 + index}`, word);
    await assert.rejects(device.read(now), (error) => error instanceof DeviceError && error.code === 'layout-changed');
    assert.equal((await device.read(now)).powerW, 700);
  });

  it('passes a busy answer on as an error, never as a value', async () => {
    const port = sdm630({ power: 0 });
    port.readInput = async () => {
      throw exceptionError('unit 1', 6);
    };
    await assert.rejects(readDevice(port, 1, eastronSdm630, now), { code: 'exception-6' });
  });
});
