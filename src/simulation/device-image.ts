// The reading map the other way round: what the registers of a described device show in a given state, so that reading
// them gives that state again. Pure; works for every file of the catalogue.
import { encodeBlock, encodePoint, exponentIn, limitsOf } from '../devices/codec.ts';
import { encodeCommand, withCommand } from '../devices/command.ts';
import {
  type Block,
  blockOf,
  type DeviceDescription,
  type Figure,
  type Point,
  pointOf,
  type Quantity,
  type Term,
} from '../devices/description.ts';
import type { PhaseReading } from '../devices/reading.ts';
import { common } from '../devices/sunspec-models.ts';

/** What a device would show, in the units of a reading. What is left out, or null, it does not implement. */
export interface DeviceState {
  readonly powerW: number | null;
  readonly importWh?: number | null;
  readonly exportWh?: number | null;
  readonly frequencyHz?: number | null;
  readonly phases?: readonly Partial<PhaseReading>[];
  readonly socPerMille?: number | null;
  readonly temperatureC?: number | null;
  readonly capacityWh?: number | null;
  readonly maxChargeW?: number | null;
  readonly maxDischargeW?: number | null;
}

/** Registers of the blocks a virtual device has, by name. */
export type BlockRegisters = ReadonlyMap<string, readonly number[]>;

/** Terms that are used: of alternatives the first. */
function usedTerms(quantity: Quantity): readonly Term[] {
  if ('sum' in quantity) return quantity.sum;
  if ('firstOf' in quantity) return quantity.firstOf[0] ? usedTerms(quantity.firstOf[0]) : [];
  return [quantity];
}

/** Every quantity of a device with what it shows in a state; phases first, since a sum is often made of them. */
export function quantitiesOf(
  { reading }: DeviceDescription,
  state: DeviceState,
): { name: keyof DeviceState; terms: readonly Term[]; value: number | null }[] {
  const { phases = [], ...single } = reading;
  const ofPhases = phases.flatMap((phase, index) =>
    Object.entries(phase).map(([name, quantity]: [string, Quantity]) => ({
      name: 'phases' as const,
      terms: usedTerms(quantity),
      value: state.phases?.[index]?.[name as keyof PhaseReading] ?? null,
    })),
  );
  const names = Object.keys(single) as Exclude<keyof DeviceState, 'phases'>[];
  return [...ofPhases, ...names.map((name) => ({ name, terms: usedTerms(single[name]!), value: state[name] ?? null }))];
}

/**
 * Blocks that a virtual device has: all it must have, and of those it may have the ones its state is shown in. Among SunSpec
 * models it shows first who made it, as the specification wants it.
 */
export function blocksOfDevice(description: DeviceDescription): Block[] {
  const used = new Set(
    quantitiesOf(description, { powerW: 0 }).flatMap(({ terms }) => terms.map(({ block }) => block)),
  );
  const { control } = description;
  for (const step of [...(control?.setpoint ?? []), ...(control?.release ?? [])])
    used.add(step.block ?? control?.block ?? '');
  const blocks = description.blocks.filter(({ name, optional }) => !optional || used.has(name));
  const models = blocks.flatMap(({ at }) => ('model' in at ? [at.model] : []));
  return models.length > 0 && !models.includes(1) ? [common, ...blocks] : blocks;
}

/** What a device shows that nobody has told anything. @param ratedW largest power either way */
export function deviceRegisters(description: DeviceDescription, state: DeviceState, ratedW: number): BlockRegisters {
  const values = new Map<string, Map<string, number>>();
  const valuesOf = (block: string) => {
    const known = values.get(block) ?? new Map<string, number>();
    values.set(block, known);
    return known;
  };
  for (const { terms, value } of quantitiesOf(description, state)) {
    if (value !== null) spread(description, terms, value, valuesOf);
  }
  for (const [block, name, value] of controlFigures(description, ratedW)) {
    const known = valuesOf(block);
    if (!known.has(name)) known.set(name, value);
  }
  const registers = new Map(
    blocksOfDevice(description).map((block) => [block.name, encoded(block, values.get(block.name) ?? new Map())]),
  );
  const { control } = description;
  if (!control) return registers;
  return withCommand(registers, encodeCommand(description, control.release, registers, REST));
}

const REST = { setpointW: 0, validForSeconds: 1 };

/** Shares a value out among the points it is the sum of: each takes what it can show, in order. */
function spread(
  description: DeviceDescription,
  terms: readonly Term[],
  value: number,
  valuesOf: (block: string) => Map<string, number>,
): void {
  let left = value;
  const open = terms.filter(({ block, point, times = 1 }) => {
    const known = valuesOf(block).get(point);
    if (known !== undefined) left -= known * times;
    return known === undefined;
  });
  for (const [index, { block: name, point: pointName, times = 1 }] of open.entries()) {
    const point = pointOf(blockOf(description, name), pointName);
    const share = within(point, left / times, point.scale ?? 0);
    // what this point is too coarse for, a later one shows
    const own = index < open.length - 1 ? truncated(point, share) : share;
    valuesOf(name).set(pointName, own);
    left -= own * times;
  }
}

function truncated({ type, scale = 0, scaleFrom }: Point, value: number): number {
  if (type.startsWith('float') || scaleFrom !== undefined) return value;
  return Math.trunc(value / 10 ** scale) * 10 ** scale + 0;
}

/** The nearest value that a point can show. */
function within({ type, scaleFrom }: Point, value: number, power: number): number {
  const [low, high] = limitsOf(type);
  const unit = scaleFrom === undefined ? 10 ** power : Number.POSITIVE_INFINITY;
  const [least, most] = [low === 0 ? 0 : low * unit, high * unit];
  return Math.min(most, Math.max(least, value)) + 0;
}

/** Figures a control needs to stand on: full scales, ranges, and points that show a number before anyone wrote one. */
function* controlFigures(
  description: DeviceDescription,
  ratedW: number,
): Generator<[block: string, point: string, value: number]> {
  const { control } = description;
  if (!control) return;
  for (const step of [...control.setpoint, ...control.release]) {
    const block = blockOf(description, step.block ?? control.block);
    for (const [name, figure] of Object.entries(step.points)) {
      const point = pointOf(block, name);
      for (const scale of referred(figure)) yield [block.name, scale, ratedIn(pointOf(block, scale), ratedW)];
      const [low, high] = point.range ?? [];
      if (typeof high === 'string') yield [block.name, high, ratedIn(pointOf(block, high), ratedW)];
      if (typeof low === 'string') {
        const signed = limitsOf(pointOf(block, low).type)[0] < 0;
        yield [block.name, low, signed ? -ratedIn(pointOf(block, low), ratedW) : 0];
      }
      yield [block.name, name, typeof low === 'number' ? Math.max(0, low) : 0];
      if (point.readBack !== undefined) yield [block.name, point.readBack, 0];
    }
  }
}

function referred(figure: Figure): string[] {
  if (figure.from === 'point') return [figure.point];
  return 'percentOf' in figure && figure.percentOf !== undefined ? [figure.percentOf] : [];
}

function ratedIn({ unit }: Point, ratedW: number): number {
  return unit === 'kW' ? ratedW / 1000 : unit === '%' ? 100 : ratedW;
}

/** Registers of a block, with the smallest scale factors that carry the values. */
function encoded(block: Block, values: ReadonlyMap<string, number>): number[] {
  const all: Record<string, number | string> = Object.fromEntries(values);
  for (const point of block.points) {
    if (point.type === 'sunssf' && all[point.name] === undefined) all[point.name] = scaleFactor(block, point, values);
    else if (point.type === 'pad') all[point.name] ??= 0x8000;
  }
  if ('model' in block.at) {
    all['ID'] = block.at.model;
    all['L'] = block.length - 2;
    if (block.at.model === 1) Object.assign(all, { Mn: 'Microgrid', Md: 'Virtual device', Vr: '1.0', SN: 'VIRTUAL-1' });
  }
  const kept = Object.entries(all).filter(([name]) => block.points.some((point) => point.name === name));
  const clipped = kept.map(([name, value]) => [
    name,
    typeof value === 'number' ? clip(block, name, value, all) : value,
  ]);
  return encodeBlock(block, Object.fromEntries(clipped));
}

const wholeUnits = ['W', 'VA', 'var', 'Wh', 'VAh', 'varh', 's'];

function scaleFactor(block: Block, factor: Point, values: ReadonlyMap<string, number>): number {
  const sharing = block.points.filter(({ scaleFrom }) => scaleFrom === factor.name);
  const whole = sharing.some(({ unit = '' }) => wholeUnits.includes(unit));
  for (let power = whole ? 0 : -2; power < 10; power++) {
    const fits = sharing.every(({ name, type }) => {
      const [low, high] = limitsOf(type);
      const value = values.get(name) ?? 0;
      return value >= low * 10 ** power && value <= high * 10 ** power;
    });
    if (fits) return power;
  }
  return 10;
}

/** A device shows its largest figure for what is beyond it. */
function clip(block: Block, name: string, value: number, all: Readonly<Record<string, number | string>>): number {
  const point = pointOf(block, name);
  const power = point.scaleFrom === undefined ? (point.scale ?? 0) : Number(all[point.scaleFrom] ?? 0);
  return within(withoutFactor(point), value, power);
}

/** The same registers with one number changed; what does not fit becomes the largest that does. */
export function withValue(block: Block, registers: readonly number[], name: string, value: number): number[] {
  const point = pointOf(block, name);
  const power = exponentIn(block, name, registers);
  if (power === null) return [...registers];
  const words = encodePoint(point, within(withoutFactor(point), value, power), power);
  return registers.map((word, index) => words[index - point.offset] ?? word);
}

/** With its scale factor known, a point is like one of a fixed scale. */
function withoutFactor({ scaleFrom: _, ...point }: Point): Point {
  return point;
}
