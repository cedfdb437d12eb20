// Everything a SunSpec device shows: its models one after the other, every point raw and in its unit. For people who want
// to know what a device is; readings are taken in read.ts. How many registers a device answers at once nobody says before:
// where it refuses a request or is silent, half of it is asked, and no more than that afterwards.
import { ModbusError, type ModbusPort } from '../modbus/port.ts';
import { decodeRaw, exponent, scaled, type Value } from './codec.ts';
import type { Point } from './description.ts';
import { discover, type FoundModel, isSilence } from './sunspec.ts';
import { type ModelTable, type PointTree, pointEnds, pointsIn } from './sunspec-model.ts';
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

/** What a device answers at once, as far as it is known. */
interface Reach {
  most: number;
}

/** Most registers of one request in the protocol. */
const MOST_REGISTERS = 125;

/** Reads all models of a unit. @throws DeviceError `no-sunspec`, ModbusError */
export async function scan(port: ModbusPort, unit: number, signal?: AbortSignal): Promise<Scan> {
  const { base, models } = await discover(port, unit, signal);
  const reach = { most: MOST_REGISTERS };
  const scanned: ScannedModel[] = [];
  for (const model of models) scanned.push(await scanModel(port, unit, base, model, signal, reach));
  return { base, models: scanned };
}

/** Reads one model of a unit. @throws ModbusError */
export async function scanModel(
  port: ModbusPort,
  unit: number,
  base: number,
  { id, address, length }: FoundModel,
  signal?: AbortSignal,
  reach: Reach = { most: MOST_REGISTERS },
): Promise<ScannedModel> {
  const table = modelTable(id);
  const found = { id, offset: address - base, length: length - 2 };
  if (!table) return { ...found, name: 'unknown', points: {} };
  const registers = await readAll(port, unit, address, length, table, reach, signal);
  const tree = pointsIn(table, registers);
  const factors = new Map(
    tree.points.filter(({ type }) => type === 'sunssf').map((point) => [point.name, decodeRaw(point, registers)]),
  );
  return { ...found, name: table.name, points: scanPoints(tree, registers, factors) };
}

/** All registers of a model, in requests that end where a point ends. Fewer where the device has fewer than it says. */
async function readAll(
  port: ModbusPort,
  unit: number,
  address: number,
  length: number,
  table: ModelTable,
  reach: Reach,
  signal?: AbortSignal,
): Promise<number[]> {
  const registers: number[] = [];
  const before = reach.most;
  while (registers.length < length) {
    const from = registers.length;
    const count = nextEnd(table, registers, length, reach.most) - from;
    try {
      registers.push(...(await port.readHolding(unit, address + from, count, signal)));
    } catch (error) {
      if (!mayBeTooMuch(port, error)) throw error;
      if (count > 1) {
        reach.most = Math.floor(count / 2);
        continue;
      }
      if (from === 0 || isSilence(port, error)) throw error;
      // Not even one register more: its models end early, and it may well answer more at once elsewhere.
      reach.most = before;
      break;
    }
  }
  return registers;
}

function nextEnd(table: ModelTable, registers: readonly number[], length: number, most: number): number {
  const from = registers.length;
  if (length - from <= most) return length;
  const padded = [...registers, ...new Array<number>(length - from).fill(0)];
  return pointEnds(table, padded).findLast((end) => end > from && end <= from + most) ?? from + most;
}

/** What devices answer to a request for more registers than they give at once: exception 2, 3 or 4, or nothing. */
function mayBeTooMuch(port: ModbusPort, error: unknown): boolean {
  return isSilence(port, error) || (error instanceof ModbusError && /^exception-[234]$/.test(error.code));
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
