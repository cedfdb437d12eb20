// The storage control of a virtual battery: which power its limits leave, what may be written, and when it lets go.
import assert from 'node:assert/strict';
import type { BatterySpec } from '../../src/simulation/virtual-site.ts';
import {
  commandedW,
  fullScaleW,
  initialStorage,
  revert,
  type StorageControl,
  writeStorage,
} from '../../src/simulation/virtual-storage.ts';

const battery: BatterySpec = { capacityWh: 6400, maxChargeW: 4000, maxDischargeW: 5000, roundTripPerMille: 900 };
const written = (points: Record<string, number>) => new Map(Object.entries(points));

describe('virtual storage control', () => {
  it('rests unless a limit forces it', () => {
    const rows: [mode: number, outRate: number, inRate: number, watts: number][] = [
      [0, 10_000, 10_000, 0],
      [0, -10_000, -10_000, 0],
      [3, 10_000, 10_000, 0],
      [3, 2000, -2000, 1000],
      [3, -2000, 2000, -1000],
      [3, 0, 0, 0],
      // only the discharging limit counts: negative forces charging
      [2, -5000, 10_000, -2500],
      [2, 0, 10_000, 0],
      // only the charging limit counts: negative forces discharging
      [1, 10_000, -5000, 2500],
      // limits that contradict each other
      [3, -2000, -2000, 0],
    ];
    for (const [mode, outRate, inRate, watts] of rows) {
      const storage = { ...initialStorage(battery), mode, outRate, inRate };
      assert.equal(commandedW(battery, storage), watts, `${mode} ${outRate} ${inRate}`);
    }
    assert.equal(fullScaleW(battery), 5000);
  });

  it('takes a transaction whole or not at all', () => {
    const before = initialStorage(battery);
    assert.equal(writeStorage(before, written({ StorCtl_Mod: 3, OutWRte: 10_001 }), 0), null);
    assert.equal(writeStorage(before, written({ StorCtl_Mod: 4 }), 0), null);
    assert.equal(writeStorage(before, written({ OutWRte: -10_001 }), 0), null);
    assert.equal(writeStorage(before, written({ InOutWRte_RvrtTms: 65_535 }), 0), null);
    assert.equal(writeStorage(before, written({ WChaMax: 1 }), 0), null);
    assert.equal(writeStorage(before, written({ constructor: 1 }), 0), null);
    const after = writeStorage(before, written({ OutWRte: -1, InWRte: 1, MinRsvPct: 500 }), 0);
    assert.deepEqual(after, { ...before, outRate: -1, inRate: 1, reserve: 500 });
  });

  it('starts its timer anew with every write while a mode is on', () => {
    let storage: StorageControl | null = initialStorage(battery);
    storage = writeStorage(storage, written({ InOutWRte_RvrtTms: 60 }), 1000);
    assert.equal(storage?.revertAt, null);
    storage = writeStorage(storage!, written({ StorCtl_Mod: 3 }), 2000);
    assert.equal(storage?.revertAt, 62_000);
    storage = writeStorage(storage!, written({ OutWRte: 100 }), 50_000);
    assert.equal(storage?.revertAt, 110_000);
    storage = writeStorage(storage!, written({ InOutWRte_RvrtTms: 0 }), 50_000);
    assert.equal(storage?.revertAt, null);
    storage = writeStorage(storage!, written({ InOutWRte_RvrtTms: 5, StorCtl_Mod: 0 }), 50_000);
    assert.equal(storage?.revertAt, null);
  });

  it('lets go of limits and mode when the timer runs out', () => {
    const commanded = { ...initialStorage(battery), mode: 3, outRate: 2000, inRate: -2000, revertAt: 5 };
    assert.deepEqual(revert(commanded), initialStorage(battery));
  });
});
