// Commands to a battery: what is written, in which order, what it comes to, and every way a device may not follow.
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { eastronSdm630 } from '../../src/devices/catalogue/eastron-sdm630.ts';
import { sunspecBattery124 } from '../../src/devices/catalogue/sunspec-battery-124.ts';
import type { Values } from '../../src/devices/codec.ts';
import { openDevice } from '../../src/devices/device.ts';
import { DeviceError } from '../../src/devices/errors.ts';
import { ModbusError } from '../../src/modbus/port.ts';
import { type MemoryPort, memoryPort } from '../support/modbus-peers.ts';
import { sunspecRegisters } from '../support/sunspec-image.ts';

/** The storage model alone matters; the others stand before it. */
function battery(storage: Values = {}): MemoryPort {
  const registers = sunspecRegisters(sunspecBattery124, { storage: { ...switchedOn, ...storage } });
  return memoryPort([{ base: 40_000, registers }]);
}

const switchedOn: Values = {
  WChaMax: 5000,
  WChaMax_SF: 0,
  StorCtl_Mod: 0,
  OutWRte: 100,
  InWRte: 100,
  InOutWRte_SF: -2,
  InOutWRte_RvrtTms: 0,
};

/** Volatile registers that were read back. */
const kept = { persistentWrites: 0, readBack: true };

const STORAGE = 40_150;
const device = (port: MemoryPort) => openDevice(port, 1, sunspecBattery124, { showWithinMs: 100 });
const writes = (port: MemoryPort) => port.log.filter((line) => line.startsWith('write'));

async function fails(promise: Promise<unknown>, code: string): Promise<DeviceError> {
  try {
    await promise;
  } catch (error) {
    assert.ok(error instanceof DeviceError, String(error));
    assert.equal(error.code, code, error.message);
    return error;
  }
  return assert.fail(`no ${code}`);
}

describe('driving a battery', () => {
  it('writes timer, limits and mode in this order, and reads them back', async () => {
    const port = battery();
    const driven = await device(port).set(1234, 60);
    assert.deepEqual(driven, { setpointW: 1234, validForSeconds: 60, writes: 3, ...kept });
    assert.deepEqual(writes(port), [
      `write 1 ${STORAGE + 15} 60`,
      `write 1 ${STORAGE + 12} 2468,${65_536 - 2468}`,
      `write 1 ${STORAGE + 5} 3`,
    ]);
    assert.equal(port.log.at(-1), `holding 1 ${STORAGE} 26`);
  });

  it('leaves the mode alone where it stands already', async () => {
    const port = battery({ StorCtl_Mod: 3 });
    assert.deepEqual(await device(port).set(-5000, 60), { setpointW: -5000, validForSeconds: 60, writes: 2, ...kept });
    assert.deepEqual(writes(port), [`write 1 ${STORAGE + 15} 60`, `write 1 ${STORAGE + 12} ${65_536 - 10_000},10000`]);
    assert.deepEqual(await device(port).set(0, 60), { setpointW: 0, validForSeconds: 60, writes: 2, ...kept });
  });

  it('gives the battery back, and writes nothing where that is done', async () => {
    const port = battery({ StorCtl_Mod: 3, OutWRte: 20, InWRte: -20 });
    assert.deepEqual(await device(port).release(), { setpointW: null, validForSeconds: null, writes: 2, ...kept });
    assert.deepEqual(writes(port), [`write 1 ${STORAGE + 5} 0`, `write 1 ${STORAGE + 12} 10000,10000`]);
    assert.equal((await device(port).release()).writes, 0);
  });

  it('uses the scale factors of the moment', async () => {
    const port = battery({ WChaMax: 50_000, WChaMax_SF: 1, InOutWRte_SF: 0, OutWRte: 100, InWRte: 100 });
    const driven = await device(port).set(12_345, 30);
    assert.equal(driven.setpointW, 12_000);
    assert.ok(writes(port).includes(`write 1 ${STORAGE + 12} 24,${65_536 - 24}`));
  });

  it('never rounds away from zero and never exceeds the full scale', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: -12_000, max: 12_000 }),
        fc.integer({ min: 100, max: 10_000 }),
        fc.constantFrom(0, -1, -2),
        async (setpointW, full, power) => {
          const port = battery({ WChaMax: full, InOutWRte_SF: power });
          const driven = await device(port).set(setpointW, 60);
          const shown = driven.setpointW ?? Number.NaN;
          const step = full * 10 ** (power - 2);
          assert.ok(Math.abs(shown) <= Math.min(Math.abs(setpointW), full), `${shown} for ${setpointW} of ${full}`);
          assert.ok(Math.abs(shown) > Math.min(Math.abs(setpointW), full) - step - 1e-6);
          assert.ok(shown === 0 || Math.sign(shown) === Math.sign(setpointW));
        },
      ),
      { numRuns: 300 },
    );
  });

  it('says so when the device shows something else than was written', async () => {
    const port = battery();
    port.onWrite = () => port.registers.set(`holding 1 ${STORAGE + 12}`, 0);
    const error = await fails(device(port).set(1000, 60), 'not-applied');
    assert.match(error.message, /OutWRte shows 0 instead of 2000/);
  });

  it('accepts a timer that already runs down', async () => {
    const port = battery();
    port.onWrite = () => port.registers.set(`holding 1 ${STORAGE + 15}`, 58);
    assert.equal((await device(port).set(1000, 60)).setpointW, 1000);
    port.onWrite = () => port.registers.set(`holding 1 ${STORAGE + 15}`, 0);
    await fails(device(port).set(1000, 60), 'not-applied');
  });

  it('commands nothing that could not expire or be scaled', async () => {
    for (const lacking of [
      { InOutWRte_RvrtTms: null },
      { InOutWRte_SF: null, OutWRte: null, InWRte: null },
      { WChaMax: null },
      { WChaMax: 0 },
      { WChaMax_SF: null, WChaMax: 5 },
    ]) {
      const port = battery(lacking);
      await fails(device(port).set(1000, 60), 'not-implemented');
      assert.deepEqual(writes(port), []);
    }
  });

  it('refuses wrong setpoints and devices without control', async () => {
    await assert.rejects(device(battery()).set(1.5, 60), RangeError);
    await assert.rejects(device(battery()).set(Number.NaN, 60), RangeError);
    await assert.rejects(device(battery()).set(1, 0), RangeError);
    await assert.rejects(device(battery()).set(1, 86_401), RangeError);
    await fails(openDevice(memoryPort([]), 1, eastronSdm630).set(1, 60), 'no-control');
    await fails(openDevice(memoryPort([]), 1, eastronSdm630).release(), 'no-control');
  });

  it('stops at the first write that fails', async () => {
    const port = battery();
    port.writeRegisters = async () => {
      throw new ModbusError('timeout', 'silent');
    };
    await assert.rejects(device(port).set(1000, 60), { code: 'timeout' });
  });
});
