// The feeder tree of `zonal/1` as a community writes it down, in a dialog or in a `rules` record: one row for each area, with
// the area above and what the line to it carries. Who stands in which area is said elsewhere (the roster), and joined here.
import { describe, quote } from '../units.ts';
import { feederTree } from './feeders.ts';
import type { Area } from './order.ts';

/** A row; what is null or left out has no limit (the root: no parent), or costs nothing. */
export interface AreaLimit {
  readonly area: string;
  readonly parent?: string | null;
  /** The most that may come in from above, and go out, in Wh per interval. */
  readonly importWh?: number | null;
  readonly exportWh?: number | null;
  /** Micro-currency for each kWh over the line, either way. */
  readonly fee?: number | null;
}

const FIELDS = ['area', 'parent', 'importWh', 'exportWh', 'fee'];

/**
 * The areas of an auction, checked: they form a tree, and every home hangs on one of them.
 * @param rows as they came from outside
 * @param homes the area on which each member's home hangs
 * @throws RangeError with one sentence that names the row and the field
 */
export function areasOf(rows: unknown, homes: Iterable<readonly [member: string, area: string]> = []): Area[] {
  if (!Array.isArray(rows)) throw new RangeError(`areas must be a list, but is ${describe(rows)}`);
  if (rows.length === 0) throw new RangeError('areas must hold at least the root of the feeder tree, but is empty');
  const membersOf = new Map<string, string[]>();
  for (const [index, row] of rows.entries()) {
    checkRow(row, `areas[${index}]`);
    const { area } = row as AreaLimit;
    if (membersOf.has(area)) throw new RangeError(`areas[${index}].area ${quote(area)} stands twice`);
    membersOf.set(area, []);
  }
  for (const [member, area] of homes) {
    const members = membersOf.get(area);
    if (!members) throw new RangeError(`${quote(member)} hangs on ${quote(area)}, which is not among the areas`);
    members.push(member);
  }
  const areas = (rows as AreaLimit[]).map((row): Area => areaOf(row, membersOf.get(row.area)!));
  feederTree(areas);
  return areas;
}

function areaOf({ area, parent, importWh, exportWh, fee }: AreaLimit, members: readonly string[]): Area {
  return {
    id: area,
    ...(parent == null ? {} : { parent }),
    ...(importWh == null ? {} : { importWh }),
    ...(exportWh == null ? {} : { exportWh }),
    ...(fee == null ? {} : { fee }),
    members,
  };
}

function checkRow(row: unknown, at: string): void {
  if (typeof row !== 'object' || row === null || Array.isArray(row)) {
    throw new RangeError(`${at} must be an object with an area, but is ${describe(row)}`);
  }
  const unknown = Object.keys(row).find((key) => !FIELDS.includes(key));
  if (unknown !== undefined) {
    throw new RangeError(`${at} has the field ${quote(unknown)}; known are ${FIELDS.join(', ')}`);
  }
  const { area, parent } = row as Record<string, unknown>;
  if (!isName(area)) throw new RangeError(`${at}.area must be well-formed text, but is ${describe(area)}`);
  if (parent != null && !isName(parent)) {
    throw new RangeError(`${at}.parent must be well-formed text, or left out at the root, but is ${describe(parent)}`);
  }
  if (parent === area) throw new RangeError(`${at}.parent is ${quote(area)} itself; an area hangs on another one`);
}

function isName(value: unknown): value is string {
  return typeof value === 'string' && value !== '' && value.isWellFormed();
}
