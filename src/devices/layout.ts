// Where the blocks of one unit are: at fixed addresses, or where SunSpec discovery finds them; and which of those that may
// be missing it does not have. Remembered, since looking for it takes several requests.
import { ModbusError } from '../modbus/port.ts';
import type { Block, Quantity } from './description.ts';
import { DeviceError } from './errors.ts';
import { type Access, patiently } from './patience.ts';
import { termsOf } from './quantity.ts';
import { discover, type SunSpecMap } from './sunspec.ts';

export interface Place {
  readonly address: number;
  readonly length: number;
}

export interface Layout {
  /** By name; a block that the device does not have is absent. */
  readonly blocks: ReadonlyMap<string, Place>;
  /** Most registers that it answers at once: what its description says, and less where it turned out to answer less. */
  readonly reach: { most: number };
  /** Which of several alternatives gave a value: a counter must not jump to another one's figure afterwards. */
  readonly chosen: Map<Quantity, number>;
}

/** Finds the blocks of a device; asks it only where they may be anywhere or missing. @throws DeviceError, ModbusError */
export async function locate(access: Access): Promise<Layout> {
  const { port, unit, description, signal } = access;
  port.respect({ gapMs: description.gapMs, settleMs: description.settleMs });
  const search = description.blocks.some(({ at }) => 'model' in at);
  const found = search ? await patiently(access, () => discover(port, unit, signal)) : null;
  const blocks = new Map<string, Place>();
  for (const block of description.blocks) {
    const place = 'address' in block.at ? await fixed(access, block, block.at.address) : placeIn(found, block);
    if (place) blocks.set(block.name, place);
    else if (!block.optional) throw lacking(access, [block]);
  }
  const sources = new Set(termsOf(description.reading.powerW).map(({ block }) => block));
  if (![...sources].some((name) => blocks.has(name)))
    throw lacking(
      access,
      description.blocks.filter(({ name }) => sources.has(name)),
    );
  return { blocks, reach: { most: description.maxRegisters }, chosen: new Map() };
}

/** A block that may be missing is read once: a device says by its answer that it does not have these registers. */
async function fixed(access: Access, block: Block, address: number): Promise<Place | null> {
  const { port, unit, description, signal } = access;
  const place = { address, length: block.length };
  if (!block.optional || isWriteOnly(block)) return place;
  const count = Math.min(block.length, description.maxRegisters);
  try {
    await patiently(access, () =>
      block.table === 'input'
        ? port.readInput(unit, address, count, signal)
        : port.readHolding(unit, address, count, signal),
    );
    return place;
  } catch (error) {
    if (error instanceof ModbusError && /^exception-[123]$/.test(error.code)) return null;
    throw error;
  }
}

/** A block that nobody can read. */
export function isWriteOnly({ points }: Block): boolean {
  return points.every(({ writeOnly }) => writeOnly);
}

function placeIn(found: SunSpecMap | null, { at, length }: Block): Place | null {
  if (!('model' in at)) return null;
  const model = found?.models.filter(({ id }) => id === at.model)[(at.nth ?? 1) - 1];
  return model ? { address: model.address, length: Math.min(length, model.length) } : null;
}

function lacking({ port, unit }: Access, blocks: readonly Block[]): DeviceError {
  const names = blocks.map(({ name, at }) =>
    'model' in at
      ? `SunSpec model ${at.model} (${name}${at.nth === undefined || at.nth === 1 ? '' : ` ${at.nth}`})`
      : `registers from ${at.address} (${name})`,
  );
  return new DeviceError('no-model', `unit ${unit} at ${port.name} has no ${names.join(' and no ')}`);
}
