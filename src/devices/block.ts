// Builds a block from a table of rows, one per point, with the addresses as they stand in makers' documents (zero-based,
// as on the wire). What a device file is made of.
import { sizeOf } from './codec.ts';
import type { Block, Point, PointType } from './description.ts';

/** Name, address, type (strings with their size in registers), unit, and what else is to be known of the point. */
export type PointRow = readonly [
  name: string,
  address: number,
  type: PointType | `string:${number}`,
  unit?: string,
  more?: Partial<Omit<Point, 'name' | 'offset' | 'type' | 'size' | 'unit'>>,
];

/** Registers from the first row's address to the end of the last; holes between rows must be readable on the device. */
export function block(name: string, table: Block['table'], rows: readonly PointRow[]): Block {
  const points = rows.map(([, , type]) => type.split(':') as [PointType, string?]);
  const first = Math.min(...rows.map(([, address]) => address));
  const built = rows.map(([pointName, address, , unit, more], index): Point => {
    const [type, size] = points[index]!;
    return {
      name: pointName,
      offset: address - first,
      type,
      size: size === undefined ? sizeOf(type) : Number(size),
      ...(unit ? { unit } : {}),
      ...more,
    };
  });
  const length = Math.max(...built.map(({ offset, size }) => offset + size));
  return { name, table, at: { address: first }, length, points: built };
}
