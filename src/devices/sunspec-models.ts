// The SunSpec information models that the project knows, and the blocks that device files are made of.
import type { Block, Quantity, Rest } from './description.ts';
import { type ModelTable, modelBlock } from './sunspec-model.ts';
import * as batteries from './sunspec-models/batteries.ts';
import * as controls from './sunspec-models/controls.ts';
import * as der from './sunspec-models/der.ts';
import * as inverters from './sunspec-models/inverters.ts';
import * as meters from './sunspec-models/meters.ts';

const tables: readonly ModelTable[] = [controls, inverters, meters, der, batteries].flatMap((file) =>
  Object.values(file),
);

const byId = new Map(tables.flatMap((table) => table.ids.map((id) => [id, table] as const)));

/** The table of a model, or undefined for one that the project does not know. */
export function modelTable(id: number): ModelTable | undefined {
  return byId.get(id);
}

/** A model the project knows as a block. @throws RangeError for another one */
export function sunspecBlock(id: number, name?: string, counts?: Readonly<Record<string, number>>): Block {
  const table = byId.get(id);
  if (!table) throw new RangeError(`the project does not know SunSpec model ${id}`);
  return modelBlock(table, id, name, counts);
}

/** A point of whichever of some models a device has; models without the point are passed over. */
export function fromAny(blocks: readonly Block[], point: string): Quantity {
  const having = blocks.filter(({ points }) => points.some(({ name }) => name === point));
  return { firstOf: having.map(({ name }) => ({ block: name, point })) };
}

/** Off, sleeping and standby: of the operating state of models 101 to 103 and 111 to 113, or of inputs in model 160. */
export function restOf(blocks: readonly Block[], points: readonly string[] = ['St']): Rest[] {
  const states = blocks.flatMap(({ name }) => points.map((point) => ({ block: name, point })));
  return [{ states, words: { 1: 'off', 2: 'asleep', 8: 'on standby' } }];
}

/** Who made a device. No reading needs it, and some devices lack it, or show it later than first. */
export const common = sunspecBlock(1);
export const inverter103 = sunspecBlock(103);
export const nameplate120 = sunspecBlock(120);
export const storage124 = sunspecBlock(124);
