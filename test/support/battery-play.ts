// Battery control played as a table in time: each row is a moment, what is seen and asked for, and what must be decided.
// Meter and battery show the same moment here; what is otherwise stands in control-loop.ts.
import assert from 'node:assert/strict';
import { decide, taken } from '../../src/battery/control.ts';
import { initialTrail } from '../../src/battery/house.ts';
import type { BatterySettings } from '../../src/battery/settings.ts';
import { type ControlState, initialControl, type Snapshot } from '../../src/battery/state.ts';

export const home: BatterySettings = {
  capacityWh: 6400,
  maxChargeW: 5000,
  maxDischargeW: 5000,
  minSocPerMille: 100,
  maxSocPerMille: 950,
  hysteresisPerMille: 20,
  rampWPerSecond: 1000,
  staleAfterMs: 10_000,
  validForSeconds: 60,
};

/** Without a ramp, for tables about something else. */
export const fast: BatterySettings = { ...home, rampWPerSecond: 100_000 };

/** 08:15Z of a day in November. */
export const start = Date.UTC(2026, 10, 22, 8, 15);

export interface Row extends Partial<Pick<Snapshot, 'manual' | 'plan' | 'reserve' | 'positionWh' | 'phasesW'>> {
  /** Seconds after the start. */
  readonly at: number;
  readonly gridW?: number | null;
  /** Default: what it was told. */
  readonly batteryW?: number;
  readonly soc?: number | null;
  readonly meterAge?: number;
  readonly batteryAge?: number;
  readonly temperatureC?: number | null;
  readonly deviceChargeW?: number | null;
  readonly deviceDischargeW?: number | null;
  readonly expect: readonly [setpointW: number, state: string, code: string];
  /** What must be written; every write succeeds. */
  readonly write?: 'set' | 'release' | 'nothing';
}

/** Plays the rows, and returns the last memory. */
export function play(settings: BatterySettings, rows: readonly Row[], from = initialControl): ControlState {
  let state = from;
  for (const row of rows) {
    const { at, gridW = 0, batteryW, soc = 500, meterAge = 0, batteryAge = 0, expect, write, ...asked } = row;
    const now = start + at * 1000;
    const snapshot: Snapshot = {
      ...asked,
      gridW,
      batteryW: batteryW ?? state.setpointW,
      socPerMille: soc,
      meterAt: now - meterAge,
      batteryAt: now - batteryAge,
    };
    const [next, decision] = decide(settings, { ...state, trail: initialTrail }, snapshot, now);
    const label = `at ${at} s: ${JSON.stringify(decision)}`;
    assert.deepEqual([decision.setpointW, decision.state, decision.reason.code], expect, label);
    const resting = decision.state === 'safe' || decision.state === 'alarm';
    assert.equal(decision.validForSeconds, resting ? 0 : settings.validForSeconds, label);
    if (write) assert.equal(decision.write, write, label);
    assert.match(decision.reason.text, /^[A-Z].*\.$/s, label);
    assert.deepEqual(JSON.parse(JSON.stringify(next)), next, 'the memory is plain JSON');
    state = decision.write === 'nothing' ? next : taken(next, decision, done(decision.setpointW, settings), now);
  }
  return state;
}

/** A device that took a setpoint with three writes. */
export function done(setpointW: number, { validForSeconds }: BatterySettings) {
  return { setpointW, validForSeconds, writes: 3 };
}
