// A SunSpec information model as a table, and what is made of it: a block at the place where discovery finds the model, or
// all the points that a device really shows there, groups counted out (SunSpec Device Information Model Specification 1.1).
import { decodeRaw, sizeOf } from './codec.ts';
import type { Block, Point, PointType } from './description.ts';

/** name, type (strings carry their size as `string:16`), unit, scale factor point, `rw` for writable. */
export type ModelRow = readonly [
  name: string,
  type: PointType | `string:${number}`,
  unit?: string,
  scaleFrom?: string,
  access?: 'rw',
];

/** Points that come several times, one set after the other. */
export interface GroupTable {
  readonly name: string;
  /** The point of the model that counts them, `rest` for as many as the model's length holds, null for exactly one. */
  readonly count: string | null;
  readonly rows: readonly ModelRow[];
  readonly groups?: readonly GroupTable[];
}

export interface ModelTable {
  /** Models of the same layout, such as those of inverters of one, two and three phases. */
  readonly ids: readonly number[];
  readonly name: string;
  /** After id and length, which every model starts with. */
  readonly rows: readonly ModelRow[];
  readonly groups?: readonly GroupTable[];
}

/** What a group holds, in its order: points, and the groups in it, a list where they are counted. */
export interface PointTree {
  readonly points: readonly Point[];
  readonly groups: Readonly<Record<string, PointTree | readonly PointTree[]>>;
}

const HEAD: readonly ModelRow[] = [
  ['ID', 'uint16'],
  ['L', 'uint16'],
];

/**
 * A model as a block of holding registers that discovery finds. Points of groups are named `module.2.DCW`, `PFWInj.PF`.
 * @param counts how many of each counted group to take in; none unless given
 * @throws RangeError for a model that the table does not describe
 */
export function modelBlock(
  table: ModelTable,
  id: number,
  name: string = table.name,
  counts: Readonly<Record<string, number>> = {},
): Block {
  if (!table.ids.includes(id))
    throw new RangeError(`the table describes the models ${table.ids.join(', ')}, not ${id}`);
  const tree = treeOf(table, (group) => counts[group.name] ?? 0);
  // In a device that is read for its counters, one that stands at 0 has counted nothing yet: a house without a roof would
  // otherwise never get a bill.
  const points = [...flat(tree, '')].map((point) =>
    point.type.startsWith('acc') ? { ...point, wholeRange: true } : point,
  );
  const last = points.at(-1)!;
  return { name, table: 'holding', at: { model: id }, length: last.offset + last.size, points };
}

/** All points that the registers of a found model hold; groups are counted by the registers themselves. */
export function pointsIn(table: ModelTable, registers: readonly number[]): PointTree {
  return treeOf(table, (group, size, from, points) => {
    const room = Math.max(0, Math.floor((registers.length - from) / size));
    if (group.count === 'rest') return room;
    const counter = points.find(({ name }) => name === group.count);
    const counted = counter ? decodeRaw(counter, registers) : null;
    return typeof counted === 'number' ? Math.min(counted, room) : 0;
  });
}

/** Where the points that registers hold end, in registers from the start of the model, rising. */
export function pointEnds(table: ModelTable, registers: readonly number[]): number[] {
  return [...flat(pointsIn(table, registers), '')].map(({ offset, size }) => offset + size);
}

/** How many sets of a group there are, given the registers of one set, its start, and the points of the model so far. */
type Counter = (group: GroupTable, size: number, from: number, points: readonly Point[]) => number;

function treeOf({ rows, groups = [] }: ModelTable, count: Counter): PointTree {
  const counters: Point[] = [];
  let offset = 0;
  const build = (tableRows: readonly ModelRow[], subgroups: readonly GroupTable[]): PointTree => {
    const points = tableRows.map((row) => {
      const point = pointAt(row, offset);
      offset += point.size;
      return point;
    });
    counters.push(...points);
    const built: Record<string, PointTree | PointTree[]> = {};
    for (const group of subgroups) {
      if (group.count === null) {
        built[group.name] = build(group.rows, group.groups ?? []);
        continue;
      }
      const times = count(group, leastSize(group), offset, counters);
      built[group.name] = Array.from({ length: times }, () => build(group.rows, group.groups ?? []));
    }
    return { points, groups: built };
  };
  return build([...HEAD, ...rows], groups);
}

function pointAt([name, typeText, unit = '', scaleFrom = '', access]: ModelRow, offset: number): Point {
  const [type, size] = typeText.split(':') as [PointType, string?];
  return {
    name,
    offset,
    type,
    size: size === undefined ? sizeOf(type) : Number(size),
    ...(unit === '' ? {} : { unit }),
    ...(scaleFrom === '' ? {} : { scaleFrom }),
    ...(access ? { writable: true } : {}),
  };
}

/** Registers of one set of a group without the counted groups in it. */
function leastSize({ rows, groups = [] }: GroupTable): number {
  const own = rows.reduce((sum, row) => sum + pointAt(row, 0).size, 0);
  return groups.reduce((sum, group) => sum + (group.count === null ? leastSize(group) : 0), own);
}

/** All points under their full names. Scale factors stand in the fixed part of a model, whose names have no prefix. */
function* flat({ points, groups }: PointTree, prefix: string): Generator<Point> {
  for (const point of points) yield prefix === '' ? point : { ...point, name: `${prefix}${point.name}` };
  for (const [name, group] of Object.entries(groups)) {
    const sets = Array.isArray(group) ? (group as readonly PointTree[]) : null;
    if (!sets) yield* flat(group as PointTree, `${prefix}${name}.`);
    else for (const [index, set] of sets.entries()) yield* flat(set, `${prefix}${name}.${index + 1}.`);
  }
}
