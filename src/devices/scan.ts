// Everything a SunSpec device shows: its models one after the other, every point raw and in its unit. For people who want
// to know what a device is, and for finding devices on a line; readings are taken in read.ts.
import { ModbusError, type ModbusPort } from '../modbus/port.ts';
import { decodeRaw, exponent, scaled, type Value } from './codec.ts';
import type { Point } from './description.ts';
import { discover, type FoundModel } from './sunspec.ts';
import { type PointTree, pointsIn } from './sunspec-model.ts';
import { modelTable } from './sunspec-models.ts';

/** `value` is null when the device does not have the point, or its scale factor cannot be; without one it stands as it is. */
export interface ScannedPoint {
  readonly raw: Value;
  readonly value: Value;
  readonly unit: string;
}

/** Points by name; a group by its name holds the same again, as a list where it is counted. */
export type ScannedPoints = {
  readonly [name: string]: ScannedPoint | ScannedPoints | readonly ScannedPoints[];
};

export interface ScannedModel {
  readonly id: number;
  /** Registers from the base to the model's id. */
  readonly offset: number;
  /** Registers after id and length, as the device says. */
  readonly length: number;
  /** What the model is; `unknown` for one the project does not know, which then has no points here. */
  readonly name: string;
  readonly points: ScannedPoints;
}

export interface Scan {
  /** Address of "SunS". */
  readonly base: number;
  readonly models: readonly ScannedModel[];
}

/** Most registers of one request in the protocol. */
const MOST_REGISTERS = 125;

/** Reads all models of a unit. @throws DeviceError `no-sunspec`, ModbusError */
export async function scan(port: ModbusPort, unit: number, signal?: AbortSignal): Promise<Scan> {
  const { base, models } = await discover(port, unit, signal);
  const scanned: ScannedModel[] = [];
  for (const model of models) scanned.push(await scanModel(port, unit, base, model, signal));
  return { base, models: scanned };
}

async function scanModel(
  port: ModbusPort,
  unit: number,
  base: number,
  { id, address, length }: FoundModel,
  signal?: AbortSignal,
): Promise<ScannedModel> {
  const table = modelTable(id);
  const found = { id, offset: address - base, length: length - 2 };
  if (!table) return { ...found, name: 'unknown', points: {} };
  const registers: number[] = [];
  while (registers.length < length) {
    const count = Math.min(MOST_REGISTERS, length - registers.length);
    registers.push(...(await port.readHolding(unit, address + registers.length, count, signal)));
  }
  const tree = pointsIn(table, registers);
  const factors = new Map(
    tree.points.filter(({ type }) => type === 'sunssf').map((point) => [point.name, decodeRaw(point, registers)]),
  );
  return { ...found, name: table.name, points: scanPoints(tree, registers, factors) };
}

function scanPoints(tree: PointTree, registers: readonly number[], factors: ReadonlyMap<string, Value>): ScannedPoints {
  const points: Record<string, ScannedPoint | ScannedPoints | readonly ScannedPoints[]> = {};
  for (const point of tree.points) points[point.name] = scanPoint(point, registers, factors);
  for (const [name, group] of Object.entries(tree.groups)) {
    points[name] = isList(group)
      ? group.map((set) => scanPoints(set, registers, factors))
      : scanPoints(group, registers, factors);
  }
  return points;
}

function isList(group: PointTree | readonly PointTree[]): group is readonly PointTree[] {
  return Array.isArray(group);
}

function scanPoint(point: Point, registers: readonly number[], factors: ReadonlyMap<string, Value>): ScannedPoint {
  const raw = decodeRaw(point, registers);
  const withoutFactor = point.scaleFrom !== undefined && (factors.get(point.scaleFrom) ?? null) === null;
  const value = typeof raw === 'number' ? scaled(raw, withoutFactor ? 0 : exponent(point, factors)) : raw;
  return { raw, value, unit: point.unit ?? '' };
}

/** Units of a line that answer, and what SunSpec says they are. */
export interface FoundUnit {
  readonly unit: number;
  /** Vendor, model and serial number from model 1; null for a unit that answers, but not in SunSpec. */
  readonly sunspec: {
    readonly vendor: string;
    readonly model: string;
    readonly serial: string;
    readonly models: readonly number[];
  } | null;
}

/**
 * Asks units one after the other. Those that do not answer are left out; a host that cannot be reached ends the search.
 * @param seen told about every unit asked, with what was found, in their order
 * @throws ModbusError `refused` when the host cannot be reached, `closed` when the port is closed meanwhile, `aborted` when
 * the signal ends the search
 */
export async function findUnits(
  port: ModbusPort,
  units: readonly number[],
  seen: (unit: number, found: FoundUnit | null) => void,
  signal?: AbortSignal,
): Promise<FoundUnit[]> {
  const found: FoundUnit[] = [];
  for (const unit of units) {
    const answer = await askUnit(port, unit, signal);
    if (answer) found.push(answer);
    seen(unit, answer);
  }
  return found;
}

async function askUnit(port: ModbusPort, unit: number, signal?: AbortSignal): Promise<FoundUnit | null> {
  try {
    const { base, models } = await discover(port, unit, signal);
    const first = models.find(({ id }) => id === 1);
    const common = first ? (await scanModel(port, unit, base, first, signal)).points : {};
    const text = (name: string) => {
      const point = common[name];
      return point && 'raw' in point && typeof point.raw === 'string' ? point.raw : '';
    };
    const sunspec = { vendor: text('Mn'), model: text('Md'), serial: text('SN'), models: models.map(({ id }) => id) };
    return { unit, sunspec };
  } catch (error) {
    if (!(error instanceof ModbusError)) return { unit, sunspec: null };
    if (error.code === 'aborted' || error.code === 'refused' || port.state === 'closed') throw error;
    // A gateway says that there is nobody (exceptions 10 and 11); every other exception is somebody's answer.
    const answered = error.code.startsWith('exception-') && !/-1[01]$/.test(error.code);
    return answered ? { unit, sunspec: null } : null;
  }
}
