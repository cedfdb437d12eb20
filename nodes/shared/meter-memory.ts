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
const total = v.object({ wh: v.number(), rest: v.number() });

const countFields = {
  wh: v.number(),
  at: v.number(),
  since: v.number(),
  steps: v.array(v.number()),
  flowedWms: v.number(),
};
const count = v.object({ ...countFields, before: v.nullable(v.object(countFields)) });
const counts = v.object({ importWh: v.nullable(count), exportWh: v.nullable(count) });
const gate = v.object({
  heard: v.nullable(v.object({ at: v.number(), gapsMs: v.array(v.number()) })),
  power: v.nullable(v.object({ importW: v.number(), exportW: v.number() })),
  belief: v.object({
    counts,
    suspect: v.nullable(v.object({ ...counters, at: v.number(), kind: v.picklist(['ahead', 'back', 'anew']), counts })),
    outruns: v.number(),
    rollover: v.object({ importWh: v.number(), exportWh: v.number() }),
  }),
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
      contradicts: v.nullable(v.object({ takenWh: v.number(), givenWh: v.number() })),
    }),
  ),
  taken: v.nullable(v.object({ at: v.number(), takenW: v.number() })),
});

const known = { wh: v.number(), estimated: v.nullable(reason), owedWh: v.exactOptional(v.number()) };
const figure = v.union([v.object(known), v.object({ gap: reason })]);
const track = v.object({
  last: v.object({ ...known, at: v.number() }),
  passed: v.array(v.object({ end: figure, start: figure })),
  broken: v.exactOptional(reason),
});

export const meterMemory: v.GenericSchema<unknown, MeterMemory> = v.object({
  epoch: v.number(),
  gate,
  energy: v.object({ next: orNull, importWh: v.nullable(track), exportWh: v.nullable(track) }),
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
