// What a meter node remembers across restarts, as the schema of its state file: the quality gate's last readings, the
// counters at the last boundary, and the energies that were told last.
import * as v from 'valibot';
import { type EnergyState, type IntervalEnergy, initialEnergy } from '../../src/meter/interval-energy.ts';
import { type GateState, initialGate } from '../../src/meter/quality.ts';

export interface MeterMemory {
  readonly epoch: number;
  readonly gate: GateState;
  readonly energy: EnergyState;
  readonly told: readonly IntervalEnergy[];
}

/** A meter that was never read. */
export function noMemory(epoch: number): MeterMemory {
  return { epoch, gate: initialGate, energy: initialEnergy, told: [] };
}

const orNull = v.nullable(v.number());
const counters = { importWh: orNull, exportWh: orNull };
const count = { ...counters, quality: v.picklist(['measured', 'estimated']) };
const seen = v.object({ ...counters, at: v.number(), powerW: orNull });
const reason = v.object({
  code: v.string(),
  text: v.string(),
  numbers: v.exactOptional(v.record(v.string(), v.union([v.number(), v.string()]))),
});

export const meterMemory: v.GenericSchema<unknown, MeterMemory> = v.object({
  epoch: v.number(),
  gate: v.object({ last: v.nullable(seen), suspect: v.nullable(seen), sameSince: orNull }),
  energy: v.object({
    last: v.nullable(v.object({ ...count, at: v.number() })),
    next: orNull,
    base: v.nullable(v.object(count)),
    gap: v.nullable(reason),
  }),
  told: v.array(
    v.object({
      ...counters,
      interval: v.string(),
      importCounterWh: orNull,
      exportCounterWh: orNull,
      quality: v.picklist(['measured', 'estimated', 'missing']),
      reason: v.nullable(reason),
    }),
  ),
});
