// SunSpec discovery: "SunS" at 40000, 50000 or 0, then one model after the other, each with its id and length, up to the
// end model 0xFFFF (SunSpec Device Information Model Specification 1.1, section 6).
import { ModbusError, type ModbusPort } from '../modbus/port.ts';
import { DeviceError } from './errors.ts';

export const SUNSPEC_BASES: readonly number[] = [40_000, 50_000, 0];
const SUNS = [0x5375, 0x6e53];
const END = 0xffff;
/** Unknown function, address or value, or a failure inside: what devices answer where they have nothing. */
const NO_SUCH_REGISTERS: ReadonlySet<string> = new Set(['exception-1', 'exception-2', 'exception-3', 'exception-4']);
/** More models than any device has: a device that shows more is not telling the truth. */
const MAX_MODELS = 200;

export interface FoundModel {
  readonly id: number;
  /** Address of its id register. */
  readonly address: number;
  /** Registers including id and length. */
  readonly length: number;
}

export interface SunSpecMap {
  readonly base: number;
  readonly models: readonly FoundModel[];
}

/**
 * Finds the SunSpec map of a unit. Some devices do not answer at all where they have nothing, so silence at one base says
 * nothing of the next.
 * @throws DeviceError `no-sunspec` when it answers and shows none, ModbusError when it answers nowhere
 */
export async function discover(port: ModbusPort, unit: number, signal?: AbortSignal): Promise<SunSpecMap> {
  const silentAt: number[] = [];
  let silence: ModbusError | null = null;
  for (const base of SUNSPEC_BASES) {
    try {
      if (!(await startsWithSunS(port, unit, base, signal))) continue;
    } catch (error) {
      if (!isSilence(port, error)) throw error;
      silence ??= error;
      silentAt.push(base);
      continue;
    }
    return mapAt(port, unit, base, signal);
  }
  if (silence && silentAt.length === SUNSPEC_BASES.length) throw silence;
  const answeredAt = SUNSPEC_BASES.filter((base) => !silentAt.includes(base));
  const silent = silentAt.length > 0 ? `, and does not answer at ${silentAt.join(', ')}` : '';
  const text = `unit ${unit} at ${port.name} has no SunSpec map at ${answeredAt.join(', ')}${silent}`;
  throw new DeviceError('no-sunspec', text);
}

/** The map that starts at a base. @throws DeviceError `no-sunspec` for one without an end, ModbusError */
export async function mapAt(port: ModbusPort, unit: number, base: number, signal?: AbortSignal): Promise<SunSpecMap> {
  return { base, models: await walk(port, unit, base + 2, signal) };
}

/** Nothing came, from the device or from the gateway before it, or it hung up. */
export function isSilence(port: ModbusPort, error: unknown): error is ModbusError {
  if (!(error instanceof ModbusError)) return false;
  return (
    error.code === 'timeout' || error.code === 'exception-11' || (error.code === 'closed' && port.state !== 'closed')
  );
}

/** Whether a map starts at a base; the device's own exceptions mean that these registers do not exist. @throws ModbusError */
export async function startsWithSunS(
  port: ModbusPort,
  unit: number,
  base: number,
  signal?: AbortSignal,
): Promise<boolean> {
  try {
    const [first, second] = await port.readHolding(unit, base, 2, signal);
    return first === SUNS[0] && second === SUNS[1];
  } catch (error) {
    if (error instanceof ModbusError && NO_SUCH_REGISTERS.has(error.code)) return false;
    throw error;
  }
}

/** Up to the end model. A map that ends without one ends where the device has no more registers, or the address space does. */
async function walk(port: ModbusPort, unit: number, first: number, signal?: AbortSignal): Promise<FoundModel[]> {
  const models: FoundModel[] = [];
  for (let address = first; models.length < MAX_MODELS && address + 2 <= 65_536; ) {
    const [id = END, length = 0] = await head(port, unit, address, models.length > 0, signal);
    if (id === END) return models;
    if (address + 2 + length > 65_536) break;
    models.push({ id, address, length: length + 2 });
    address += length + 2;
  }
  if (models.length > 0 && models.length < MAX_MODELS) return models;
  throw new DeviceError('no-sunspec', `the SunSpec map of unit ${unit} at ${port.name} has no end`);
}

/** Id and length of a model; after the first one, where there are no registers, that of the end. */
async function head(
  port: ModbusPort,
  unit: number,
  address: number,
  mayEnd: boolean,
  signal?: AbortSignal,
): Promise<number[]> {
  try {
    return await port.readHolding(unit, address, 2, signal);
  } catch (error) {
    if (mayEnd && error instanceof ModbusError && NO_SUCH_REGISTERS.has(error.code)) return [END, 0];
    throw error;
  }
}
