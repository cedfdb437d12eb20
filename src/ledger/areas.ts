// The feeder tree that rules of version 2 may declare: areas inside areas, each joined to the one above by one edge. A
// member hangs on the area that its roster entry names as its feeder; one that names none hangs on the root.

/** An area as a `rules` record holds it. */
export interface DeclaredArea {
  readonly id: string;
  /** The area above; null at the root, and only there. */
  readonly parent: string | null;
  /** The most that may come in from above, and go out, Wh per interval; null: no limit. */
  readonly importWh: number | null;
  readonly exportWh: number | null;
  /** Micro-currency for each kWh over the edge. */
  readonly fee: number;
}

const MOST_LEVELS = 16;

/** What is wrong with a feeder tree as a whole, in one sentence, or null. No areas at all are in order. */
export function areasFault(areas: readonly DeclaredArea[]): string | null {
  if (areas.length === 0) return null;
  const byId = new Map<string, DeclaredArea>();
  for (const area of areas) {
    const before = areas[byId.size - 1];
    if (before && before.id >= area.id) return 'areas: must be sorted by id, each id once';
    byId.set(area.id, area);
  }
  const roots = areas.filter(({ parent }) => parent === null);
  if (roots.length !== 1) return `areas: exactly one must have no parent, but ${roots.length} have none`;
  const [{ importWh, exportWh, fee }] = roots as [DeclaredArea];
  if (importWh !== null || exportWh !== null || fee !== 0)
    return 'areas: the root has no edge above it, so no limits and no fee';
  for (const area of areas) {
    let above = area;
    for (let level = 1; above.parent !== null; level++) {
      const next = byId.get(above.parent);
      if (!next) return `areas: ${above.id} has the parent ${above.parent}, which is not among them`;
      if (level >= MOST_LEVELS) return `areas: ${area.id} does not reach the root within ${MOST_LEVELS} levels`;
      above = next;
    }
  }
  return null;
}
