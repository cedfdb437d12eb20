// The feeder tree of `zonal/1` (market.md): areas inside areas (home, feeder, substation, community), each joined to the one
// above by one edge with a capacity in either direction and a fee. Checked once and laid out so that parents come first.
import { describe, quote } from '../units.ts';
import type { Area } from './order.ts';
import { compareBytes } from './rotation.ts';

/** An area with its place in the tree. */
export interface TreeArea {
  readonly id: string;
  /** Index of the area above, always smaller than its own; -1 at the root. */
  readonly parent: number;
  /** 0 at the root. */
  readonly depth: number;
  /** Infinity where there is no limit. */
  readonly importWh: number;
  readonly exportWh: number;
  readonly fee: number;
  /** Fees of all edges from here to the root. */
  readonly feeToRoot: number;
}

export interface FeederTree {
  /** The root first, parents before children. */
  readonly areas: readonly TreeArea[];
  /** Index of the area on which a member's home hangs. */
  areaOf(member: string): number | undefined;
}

/** Home, feeder, substation, community and room for more; it also bounds the work. */
const MOST_LEVELS = 16;
/** Limits and fees stay under this, so that prices and their differences are exact (zonal.ts). */
export const PRICE_BOUND = 2 ** 52;

/** No tree: all members stand in one area without edges. */
export const ONE_AREA: FeederTree = {
  areas: [{ id: '', parent: -1, depth: 0, importWh: 0, exportWh: 0, fee: 0, feeToRoot: 0 }],
  areaOf: () => 0,
};

/**
 * Checks a feeder tree and lays it out.
 * @param areas in any order, at least one
 * @throws RangeError with a sentence that names the field
 */
export function feederTree(areas: readonly Area[]): FeederTree {
  const byId = new Map<string, Area>();
  for (const [index, area] of areas.entries()) {
    checkArea(area, `areas[${index}]`);
    byId.set(area.id, area);
    if (byId.size !== index + 1) throw new RangeError(`areas[${index}].id ${quote(area.id)} stands twice`);
  }
  const below = Map.groupBy(areas, (area) => area.parent);
  for (const [parent, [first]] of below) {
    if (parent === undefined || byId.has(parent)) continue;
    throw new RangeError(`area ${quote(first!.id)} has the parent ${quote(parent)}, which is not among the areas`);
  }
  const roots = below.get(undefined) ?? [];
  if (roots.length !== 1) {
    const found = roots.length === 0 ? 'none' : roots.map(({ id }) => quote(id)).join(', ');
    throw new RangeError(`exactly one area must have no parent, the root of the feeder tree, but there is ${found}`);
  }
  const laidOut = layOut(roots[0]!, below);
  if (laidOut.length !== areas.length) {
    const reached = new Set(laidOut.map(({ id }) => id));
    const lost = areas.find(({ id }) => !reached.has(id))!;
    throw new RangeError(`area ${quote(lost.id)} is its own parent's parent; the areas must form a tree`);
  }
  const homes = homesIn(laidOut, byId);
  return { areas: laidOut, areaOf: (member) => homes.get(member) };
}

function checkArea({ id, parent, importWh, exportWh, fee, members }: Area, at: string): void {
  if (typeof id !== 'string' || id.length === 0 || !id.isWellFormed()) {
    throw new RangeError(`${at}.id must be well-formed text, but is ${describe(id)}`);
  }
  for (const [name, value] of Object.entries({ importWh, exportWh, fee })) {
    if (value === undefined) continue;
    if (parent === undefined) throw new RangeError(`${at}.${name} belongs to an edge, but the root has none above it`);
    // A fee below 0 would pay for energy that goes in circles.
    if (!Number.isSafeInteger(value) || value < 0 || Object.is(value, -0)) {
      throw new RangeError(`${at}.${name} must be a whole number from 0 to 2^53-1, but is ${describe(value)}`);
    }
  }
  if (members !== undefined && !Array.isArray(members)) {
    throw new RangeError(`${at}.members must be a list, but is ${describe(members)}`);
  }
}

/** Level by level; children in order of id, so that the order in which areas were given decides nothing. */
function layOut(root: Area, below: ReadonlyMap<string | undefined, readonly Area[]>): TreeArea[] {
  const laidOut: TreeArea[] = [treeArea(root, -1, undefined)];
  for (let index = 0; index < laidOut.length; index++) {
    const above = laidOut[index]!;
    const children = (below.get(above.id) ?? []).toSorted((a, b) => compareBytes(a.id, b.id));
    if (children.length > 0 && above.depth + 1 >= MOST_LEVELS) {
      throw new RangeError(
        `a feeder tree has at most ${MOST_LEVELS} levels, but ${quote(children[0]!.id)} lies deeper`,
      );
    }
    for (const child of children) {
      const placed = treeArea(child, index, above);
      if (placed.feeToRoot >= PRICE_BOUND) {
        throw new RangeError(`the fees from area ${quote(child.id)} to the root must sum to less than 2^52`);
      }
      laidOut.push(placed);
    }
  }
  return laidOut;
}

function treeArea({ id, importWh, exportWh, fee = 0 }: Area, parent: number, above: TreeArea | undefined): TreeArea {
  return {
    id,
    parent,
    depth: above ? above.depth + 1 : 0,
    importWh: importWh ?? Number.POSITIVE_INFINITY,
    exportWh: exportWh ?? Number.POSITIVE_INFINITY,
    fee,
    feeToRoot: fee + (above?.feeToRoot ?? 0),
  };
}

function homesIn(areas: readonly TreeArea[], byId: ReadonlyMap<string, Area>): ReadonlyMap<string, number> {
  const homes = new Map<string, number>();
  for (const [index, { id }] of areas.entries()) {
    for (const member of byId.get(id)!.members ?? []) {
      const other = homes.get(member);
      if (other !== undefined) {
        const where = other === index ? `twice in area ${quote(id)}` : `in ${quote(areas[other]!.id)} and ${quote(id)}`;
        throw new RangeError(`member ${quote(String(member))} stands ${where}, but a home hangs on one area`);
      }
      homes.set(member, index);
    }
  }
  return homes;
}
