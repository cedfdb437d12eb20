// Reads a described device: finds its blocks, reads neighbours in one request, decodes, and maps the values into a
// reading in the project's units. Everything of one block, scale factors included, comes from one answer.
import type { ModbusPort } from '../modbus/port.ts';
import type { Reason } from '../units.ts';
import { decodeBlock, type Value, type Values } from './codec.ts';
import { type Block, blockOf, type DeviceDescription, pointOf, type Quantity } from './description.ts';
import { DeviceError } from './errors.ts';
import type { PhaseReading, Reading } from './reading.ts';
import { discover } from './sunspec.ts';

/** Where the blocks of one unit are. */
export type Layout = ReadonlyMap<string, { readonly address: number; readonly length: number }>;

/** Finds the blocks of a device; asks it only where they are not at fixed addresses. @throws DeviceError, ModbusError */
export async function locate(
  port: ModbusPort,
  unit: number,
  description: DeviceDescription,
  signal?: AbortSignal,
): Promise<Layout> {
  const found = description.blocks.some(({ at }) => 'model' in at) ? await discover(port, unit, signal) : null;
  const layout = new Map<string, { address: number; length: number }>();
  for (const { name, at, length } of description.blocks) {
    if ('address' in at) {
      layout.set(name, { address: at.address, length });
      continue;
    }
    const model = found?.models.find(({ id }) => id === at.model);
    if (!model) {
      throw new DeviceError('no-model', `unit ${unit} at ${port.name} has no SunSpec model ${at.model} (${name})`);
    }
    layout.set(name, { address: model.address, length: Math.min(length, model.length) });
  }
  return layout;
}

/** Registers of some blocks by name, neighbours read together. @throws DeviceError, ModbusError */
export async function readRegisters(
  port: ModbusPort,
  unit: number,
  description: DeviceDescription,
  layout: Layout,
  names: Iterable<string>,
  signal?: AbortSignal,
): Promise<Map<string, number[]>> {
  const registers = new Map<string, number[]>();
  for (const span of spans(description, layout, names)) {
    const read = span.table === 'input' ? port.readInput : port.readHolding;
    const answer = await read.call(port, unit, span.address, span.length, signal);
    for (const { block, address, length } of span.parts) {
      const part = answer.slice(address - span.address, address - span.address + length);
      if ('model' in block.at && part[0] !== block.at.model) {
        const text = `unit ${unit} at ${port.name} no longer has SunSpec model ${block.at.model} at ${address}`;
        throw new DeviceError('layout-changed', text);
      }
      registers.set(block.name, part);
    }
  }
  return registers;
}

/** One reading. `layout` saves the search for it. @param now Unix ms @throws DeviceError, ModbusError */
export async function readDevice(
  port: ModbusPort,
  unit: number,
  description: DeviceDescription,
  now: () => number,
  { layout, signal }: { layout?: Layout; signal?: AbortSignal } = {},
): Promise<Reading> {
  const found = layout ?? (await locate(port, unit, description, signal));
  const registers = await readRegisters(port, unit, description, found, blocksOfReading(description), signal);
  const values = new Map<string, Values>();
  for (const [name, words] of registers) values.set(name, decodeBlock(blockOf(description, name), words));
  return toReading(description, values, now());
}

/** Values of a device's blocks as a reading. */
export function toReading(description: DeviceDescription, values: ReadonlyMap<string, Values>, at: number): Reading {
  const { powerW, importWh, exportWh, frequencyHz, socPerMille, phases } = description.reading;
  const reasons: Reason[] = [];
  const pick = (quantity: Quantity, round: (value: number) => number, needed?: string) => {
    const value = numberOf(description, values, quantity, round);
    if (value === null && needed) {
      reasons.push({
        code: 'not-implemented',
        text: `The device gives no ${needed}.`,
        numbers: { point: quantity.point },
      });
    }
    return value;
  };
  const power = pick(powerW, tidy, 'power');
  const taken = importWh ? pick(importWh, Math.round, 'import counter') : null;
  const given = exportWh ? pick(exportWh, Math.round, 'export counter') : null;
  const soc = socPerMille ? pick(socPerMille, Math.round, 'state of charge') : undefined;
  const hasCounter = taken !== null || given !== null || (!importWh && !exportWh);
  return {
    device: description.id,
    at,
    powerW: power,
    importWh: taken,
    exportWh: given,
    ...(phases
      ? {
          phases: phases.map(
            (phase): PhaseReading => ({
              voltageV: pick(phase.voltageV, tidy),
              currentA: pick(phase.currentA, tidy),
              powerW: phase.powerW ? pick(phase.powerW, tidy) : null,
            }),
          ),
        }
      : {}),
    ...(frequencyHz ? { frequencyHz: pick(frequencyHz, tidy) } : {}),
    ...(soc === undefined ? {} : { socPerMille: soc }),
    quality: power !== null && hasCounter ? 'measured' : 'missing',
    reasons,
  };
}

function blocksOfReading({ reading }: DeviceDescription): Set<string> {
  const { phases = [], ...single } = reading;
  const quantities: Quantity[] = [...Object.values(single)];
  for (const phase of phases) quantities.push(...Object.values(phase));
  return new Set(quantities.map(({ block }) => block));
}

function numberOf(
  description: DeviceDescription,
  values: ReadonlyMap<string, Values>,
  { block, point, times = 1 }: Quantity,
  round: (value: number) => number,
): number | null {
  pointOf(blockOf(description, block), point);
  const value: Value = values.get(block)?.[point] ?? null;
  return typeof value === 'number' ? round(value * times) + 0 : null;
}

/** What a 32-bit float holds of a decimal figure: seven digits. */
function tidy(value: number): number {
  return Number(value.toPrecision(7));
}

interface Span {
  readonly table: Block['table'];
  readonly address: number;
  length: number;
  readonly parts: { block: Block; address: number; length: number }[];
}

/** Requests for some blocks: SunSpec models follow each other without holes, so those in between are read along. */
function spans(description: DeviceDescription, layout: Layout, names: Iterable<string>): Span[] {
  const parts = [...names].map((name) => {
    const place = layout.get(name);
    if (!place) throw new Error(`the layout of ${description.id} lacks the block "${name}"`);
    return { block: blockOf(description, name), ...place };
  });
  parts.sort((a, b) => a.address - b.address);
  const result: Span[] = [];
  for (const part of parts) {
    const last = result.at(-1);
    const end = part.address + part.length;
    const touches = last && ('model' in part.block.at || part.address <= last.address + last.length);
    if (last && touches && last.table === part.block.table && end - last.address <= description.maxRegisters) {
      last.length = Math.max(last.length, end - last.address);
      last.parts.push(part);
    } else {
      result.push({ table: part.block.table, address: part.address, length: part.length, parts: [part] });
    }
  }
  return result;
}
