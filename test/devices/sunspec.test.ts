// SunSpec discovery on recorded images, at each of its three bases, and on maps that are not in order.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { DeviceError } from '../../src/devices/errors.ts';
import { discover, SUNSPEC_BASES } from '../../src/devices/sunspec.ts';
import { exceptionError, ModbusError } from '../../src/modbus/port.ts';
import { memoryPort } from '../support/modbus-peers.ts';
import { needSharedData } from '../support/shared-data.ts';

interface Image {
  base_address_options: number[];
  registers: number[];
  models: { id: number; offset: number; len: number }[];
}

describe('sunspec discovery', () => {
  for (const name of ['three_phase_inverter_int', 'float_inverter_meter', 'device_1547']) {
    it(`finds the models of ${name} at every base`, async function () {
      const image = JSON.parse(
        readFileSync(needSharedData(this, `devices/sunspec/${name}.regs.json`), 'utf8'),
      ) as Image;
      for (const base of image.base_address_options) {
        const { base: found, models } = await discover(memoryPort([{ base, registers: image.registers }]), 1);
        assert.equal(found, base);
        assert.deepEqual(
          models,
          image.models.map(({ id, offset, len }) => ({ id, address: base + offset, length: len + 2 })),
        );
      }
    });
  }

  it('says where it looked when there is no map', async () => {
    const port = memoryPort([{ base: 40_000, registers: [1, 2, 3, 4] }]);
    await assert.rejects(discover(port, 1), (error) => error instanceof DeviceError && error.code === 'no-sunspec');
    assert.deepEqual(
      port.log,
      SUNSPEC_BASES.map((base) => `holding 1 ${base} 2`),
    );
  });

  it('does not take a busy or silent device for one without a map', async () => {
    for (const error of [exceptionError('unit 1', 6), new ModbusError('timeout', 'silent')]) {
      const port = memoryPort([]);
      port.readHolding = async () => {
        throw error;
      };
      await assert.rejects(discover(port, 1), error);
    }
  });

  it('ends on a map without an end', async () => {
    const port = memoryPort([{ base: 0, registers: [0x5375, 0x6e53, ...new Array<number>(2000).fill(0)] }]);
    await assert.rejects(discover(port, 1), (error) => error instanceof DeviceError && error.code === 'no-sunspec');
  });
});
