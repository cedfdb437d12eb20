// The state file of nodes that measure: what is written can be read again, and what earlier versions wrote too.
import assert from 'node:assert/strict';
import * as v from 'valibot';
import { meterMemory, noMemory } from '../../../nodes/shared/meter-memory.ts';
import { addPower, initialIntegration } from '../../../src/meter/integrate.ts';

describe('meterMemory', () => {
  const at = Date.parse('2026-11-22T08:00Z');
  const reading = {
    device: 'fields',
    at,
    powerW: -3.5,
    importWh: null,
    exportWh: null,
    quality: 'measured',
    reasons: [],
  } as const;

  it('reads what it wrote', () => {
    const settings = { maxGapMs: 300_000, positive: 'import' } as const;
    const [started] = addPower(settings, initialIntegration, reading);
    const [power] = addPower(settings, started, { ...reading, at: at + 600_000 });
    const kept = { ...noMemory(3), power };
    assert.equal(power.gap?.code, 'gap');
    assert.deepEqual(v.parse(meterMemory, JSON.parse(JSON.stringify(kept))), kept);
  });

  it('reads what was written before power was integrated', () => {
    const { power, ...before } = noMemory(3);
    assert.deepEqual(v.parse(meterMemory, before), { ...before, power });
  });

  it('refuses what is damaged', () => {
    for (const damaged of [{}, null, { ...noMemory(1), power: {} }, { ...noMemory(1), told: [{}] }]) {
      assert.equal(v.safeParse(meterMemory, damaged).success, false);
    }
  });
});
