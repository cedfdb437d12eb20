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
      const asked: number[] = [];
      port.readHolding = async (_unit, address) => {
        asked.push(address);
        throw error;
      };
      await assert.rejects(discover(port, 1), error);
      assert.deepEqual(asked, error.code === 'timeout' ? SUNSPEC_BASES : [40_000]);
    }
  });

  const registers = [0x5375, 0x6e53, 203, 2, 0, 0, 0xffff, 0];
  for (const [what, fail] of [
    ['is silent', () => new ModbusError('timeout', 'silent')],
    ['hangs up', () => new ModbusError('closed', 'hung up')],
    ['lets its gateway say that it does not answer', () => exceptionError('unit 1', 11)],
  ] as const) {
    for (const base of SUNSPEC_BASES) {
      it(`finds a map at ${base} of a device that ${what} where it has nothing`, async () => {
        const port = memoryPort([{ base, registers }]);
        const { readHolding } = port;
        port.readHolding = (unit, address, count) =>
          address >= base && address < base + registers.length
            ? readHolding(unit, address, count)
            : Promise.reject(fail());
        assert.equal((await discover(port, 1)).base, base);
      });
    }
  }

  it('says where it was silent, and where it had nothing', async () => {
    const port = memoryPort([]);
    port.readHolding = async (_unit, address) => {
      throw address === 40_000 ? new ModbusError('timeout', 'silent') : exceptionError('unit 1', 2);
    };
    await assert.rejects(discover(port, 1), /no SunSpec map at 50000, 0, and does not answer at 40000$/);
  });

  it('does not look elsewhere when it falls silent in the middle of its map', async () => {
    const port = memoryPort([{ base: 40_000, registers }]);
    const { readHolding } = port;
    const asked: number[] = [];
    port.readHolding = (unit, address, count) => {
      asked.push(address);
      return address === 40_006
        ? Promise.reject(new ModbusError('timeout', 'silent'))
        : readHolding(unit, address, count);
    };
    await assert.rejects(discover(port, 1), { code: 'timeout' });
    assert.deepEqual(asked, [40_000, 40_002, 40_006]);
  });

  it('ends on a map without an end', async () => {
    const port = memoryPort([{ base: 0, registers: [0x5375, 0x6e53, ...new Array<number>(2000).fill(0)] }]);
    await assert.rejects(discover(port, 1), (error) => error instanceof DeviceError && error.code === 'no-sunspec');
  });
});
