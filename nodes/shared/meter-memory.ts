// What a node that measures remembers across restarts, as the schema of its state file: the quality gate's last readings,
// the counters (or, without any, the integrated power) at the last boundary, and the energies that were told last.
import * as v from 'valibot';
import { type IntegrationState, initialIntegration } from '../../src/meter/integrate.ts';
import { type EnergyState, type IntervalEnergy, initialEnergy } from '../../src/meter/interval-energy.ts';
import { type GateState, initialGate } from '../../src/meter/quality.ts';

export interface MeterMemory {
  readonly epoch: number;
  readonly gate: GateState;
  readonly energy: EnergyState;
  readonly power: IntegrationState;
  readonly told: readonly IntervalEnergy[];
}

/** A meter that was never read. */
export function noMemory(epoch: number): MeterMemory {
  return { epoch, gate: initialGate, energy: initialEnergy, power: initialIntegration, told: [] };
}

const orNull = v.nullable(v.number());
const reason = v.object({
  code: v.string(),
  text: v.string(),
  numbers: v.exactOptional(v.record(v.string(), v.union([v.number(), v.string()]))),
});
const counters = { importWh: orNull, exportWh: orNull };
const count = { ...counters, quality: v.picklist(['measured', 'estimated']), reason: v.exactOptional(reason) };
const seen = v.object({ ...counters, at: v.number(), powerW: orNull });
const total = v.object({ wh: v.number(), rest: v.number() });

export const meterMemory: v.GenericSchema<unknown, MeterMemory> = v.object({
  epoch: v.number(),
  gate: v.object({
    last: v.nullable(seen),
    suspect: v.nullable(seen),
    rollover: v.object({ importWh: v.number(), exportWh: v.number() }),
    standstill: v.object({
      same: v.nullable(v.object({ values: v.string(), since: v.number() })),
      counter: v.nullable(
        v.object({
          name: v.picklist(['importWh', 'exportWh']),
          wh: v.number(),
          at: v.number(),
          flowedWms: v.number(),
        }),
      ),
    }),
    sign: v.nullable(
      v.object({
        direction: v.picklist([1, -1]),
        importWh: v.number(),
        exportWh: v.number(),
        leastWms: v.number(),
        takenWh: v.number(),
        givenWh: v.number(),
        contradicts: v.boolean(),
      }),
    ),
  }),
  energy: v.object({
    last: v.nullable(v.object({ ...count, at: v.number() })),
    next: orNull,
    base: v.nullable(v.object(count)),
    gap: v.nullable(reason),
  }),
  // Absent in what earlier versions wrote.
  power: v.optional(
    v.object({
      last: v.nullable(v.object({ at: v.number(), powerMw: v.number() })),
      next: orNull,
      plus: total,
      minus: total,
      base: v.nullable(v.object({ plus: v.number(), minus: v.number() })),
      gap: v.nullable(reason),
    }),
    initialIntegration,
  ),
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
