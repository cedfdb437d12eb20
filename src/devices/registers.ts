// Reads the registers of a unit's blocks in few requests: neighbours together, never more than the device answers at once
// (where SunSpec leaves that open, it is found out), never across registers that it may not have. A block that is longer is read in parts, cut between points; its scale
// factors are then read before and after the values, so that all of it fits together.
import { ModbusError } from '../modbus/port.ts';
import { type Block, blockOf, type Point, pointOf } from './description.ts';
import { DeviceError } from './errors.ts';
import type { Layout } from './layout.ts';
import { type Access, patiently } from './patience.ts';

/** Blocks by name, each with the points that are needed of it; null for all. */
export type Wanted = ReadonlyMap<string, ReadonlySet<string> | null>;

interface Part {
  readonly block: Block;
  readonly address: number;
  readonly length: number;
}

/**
 * Registers of some blocks by name; blocks that the device does not have are left out. Of a block that is longer than a
 * request, only what is needed: its registers may end early.
 * @throws DeviceError, ModbusError
 */
export async function readRegisters(access: Access, layout: Layout, wanted: Wanted): Promise<Map<string, number[]>> {
  const { reach } = layout;
  for (let most = reach.most; ; ) {
    const limit: Limit = { most, asked: 0 };
    try {
      const registers = await readWithin(access, layout, wanted, limit);
      reach.most = most;
      return registers;
    } catch (error) {
      most = Math.floor(limit.asked / 2);
      if (!mayBeTooMuch(access, error) || most < LEAST_REGISTERS) throw error;
    }
  }
}

/** Most registers of one request, and how many the last one asked for. */
interface Limit {
  readonly most: number;
  asked: number;
}

/** Every device answers so many at once. */
const LEAST_REGISTERS = 4;

/** SunSpec says nothing of how much a device answers at once; some refuse more than they can with exception 2 or 3. */
function mayBeTooMuch({ description }: Access, error: unknown): boolean {
  const refused = error instanceof ModbusError && /^exception-[23]$/.test(error.code);
  return refused && description.blocks.some(({ at }) => 'model' in at);
}

async function readWithin(
  access: Access,
  layout: Layout,
  wanted: Wanted,
  limit: Limit,
): Promise<Map<string, number[]>> {
  const { description } = access;
  const { most } = limit;
  const registers = new Map<string, number[]>();
  const short: Part[] = [];
  for (const [name, points] of wanted) {
    const place = layout.blocks.get(name);
    if (!place) continue;
    const block = blockOf(description, name);
    const isLong = place.length > most;
    const part = {
      block,
      address: place.address,
      length: isLong ? Math.min(place.length, needed(block, points)) : place.length,
    };
    if (part.length <= most) short.push(part);
    else registers.set(name, checked(access, part, await readLong(access, part, limit)));
  }
  for (const span of spans(short, most)) {
    const answer = await ask(access, span.table, span.address, span.length, limit);
    for (const part of span.parts) {
      const start = part.address - span.address;
      registers.set(part.block.name, checked(access, part, answer.slice(start, start + part.length)));
    }
  }
  return registers;
}

function ask(access: Access, table: Block['table'], address: number, count: number, limit: Limit): Promise<number[]> {
  const { port, unit, signal } = access;
  limit.asked = count;
  return patiently(access, () =>
    table === 'input' ? port.readInput(unit, address, count, signal) : port.readHolding(unit, address, count, signal),
  );
}

/** An update may have laid out the SunSpec models anew: each shows its number in its first register. */
function checked({ port, unit }: Access, { block, address }: Part, registers: number[]): number[] {
  if ('model' in block.at && registers[0] !== block.at.model) {
    const text = `unit ${unit} at ${port.name} no longer has SunSpec model ${block.at.model} at ${address}`;
    throw new DeviceError('layout-changed', text);
  }
  return registers;
}

/** How far into a block the points and their scale factors reach. */
function needed(block: Block, points: ReadonlySet<string> | null): number {
  if (!points) return block.length;
  const ends = [...points].flatMap((name) => {
    const point = pointOf(block, name);
    const factor = point.scaleFrom === undefined ? null : pointOf(block, point.scaleFrom);
    return [endOf(point), factor ? endOf(factor) : 0];
  });
  return Math.max(1, ...ends);
}

const endOf = ({ offset, size }: Point) => offset + size;

/** Requests for parts that touch. SunSpec models follow each other without holes: those in between are read along. */
function spans(parts: Part[], maxRegisters: number) {
  parts.sort((a, b) => a.address - b.address);
  const result: { table: Block['table']; address: number; length: number; parts: Part[] }[] = [];
  for (const part of parts) {
    const last = result.at(-1);
    const end = part.address + part.length;
    const models = 'model' in part.block.at && last?.parts.every(({ block }) => 'model' in block.at);
    const touches = last && (models || part.address <= last.address + last.length);
    if (last && touches && last.table === part.block.table && end - last.address <= maxRegisters) {
      last.length = Math.max(last.length, end - last.address);
      last.parts.push(part);
    } else {
      result.push({ table: part.block.table, address: part.address, length: part.length, parts: [part] });
    }
  }
  return result;
}

/** @throws DeviceError `scale-changed` when the scale factors do not stand still even the second time */
async function readLong(access: Access, { block, address, length }: Part, limit: Limit): Promise<number[]> {
  const pieces = cut(block, length, limit.most);
  const pieceOf = (point: Point) => pieces.find(({ from, to }) => point.offset >= from && point.offset < to);
  const apart = block.points.flatMap((point) => {
    const factor = point.scaleFrom === undefined ? null : pointOf(block, point.scaleFrom);
    return factor && endOf(factor) <= length && pieceOf(factor) !== pieceOf(point) ? [factor] : [];
  });
  const withFactors = pieces.filter((piece) => apart.some((factor) => pieceOf(factor) === piece));
  const ordered = [...withFactors, ...pieces.filter((piece) => !withFactors.includes(piece))];
  const read = async (registers: number[], those: readonly Piece[]) => {
    for (const { from, to } of those) {
      const words = await ask(access, block.table, address + from, to - from, limit);
      for (const [index, word] of words.entries()) registers[from + index] = word;
    }
    return registers;
  };
  for (let attempt = 0; attempt < 2; attempt++) {
    const registers = await read(new Array<number>(length).fill(0), ordered);
    const again = await read([...registers], withFactors);
    if (apart.every(({ offset }) => registers[offset] === again[offset])) return registers;
  }
  const text = `unit ${access.unit} at ${access.port.name} changed its scale factors (${block.name}) while it was read`;
  throw new DeviceError('scale-changed', text);
}

interface Piece {
  readonly from: number;
  readonly to: number;
}

/** Pieces of at most so many registers that end where a point ends. */
function cut(block: Block, length: number, maxRegisters: number): Piece[] {
  const ends = [...block.points.map(endOf).filter((end) => end < length), length].sort((a, b) => a - b);
  const pieces: Piece[] = [];
  for (let from = 0; from < length; ) {
    const to =
      ends.findLast((end) => end > from && end <= from + maxRegisters) ?? Math.min(from + maxRegisters, length);
    pieces.push({ from, to });
    from = to;
  }
  return pieces;
}
