// Writes SML files by the rules of the standard (SML 1.04, transport version 1), so that tests have frames with any values.
import { type Crc16, crcKermit, crcX25 } from '../../src/sources/crc16.ts';

/** An integer of a given size: [value, bytes, signed]. */
export type Integer = readonly [value: bigint | number, size: number, signed: boolean];
export interface Entry {
  /** "1-0:1.8.0". */
  readonly name: string;
  readonly unit: number | null;
  readonly scaler: number | null;
  readonly value: Integer | string;
}

export const octets = (bytes: Uint8Array | string): number[] => {
  const content = [...Buffer.from(bytes as string)];
  return [...head(0, content.length, true), ...content];
};

export const list = (...items: readonly (readonly number[])[]): number[] => [
  ...head(7, items.length, false),
  ...items.flat(),
];

export const integer = ([value, size, signed]: Integer): number[] => {
  const bits = BigInt.asUintN(size * 8, BigInt(value));
  const bytes = Array.from({ length: size }, (_, i) => Number((bits >> BigInt(8 * (size - 1 - i))) & 0xffn));
  return [...head(signed ? 5 : 6, size, true), ...bytes];
};

/** Type and length; a length of bytes counts the head itself. */
function head(type: number, count: number, withItself: boolean): number[] {
  const short = count + (withItself ? 1 : 0);
  if (short <= 15) return [(type << 4) | short];
  const length = count + (withItself ? 2 : 0);
  return [0x80 | (type << 4) | (length >> 4), length & 0x0f];
}

const absent = [0x01];

function message(id: number, tag: number, body: readonly number[], crc: 'x25' | 'kermit'): number[] {
  const start = [0x76, ...integer([id, 4, false]), ...integer([0, 1, false]), ...integer([0, 1, false])];
  const bytes = [...start, ...list(integer([tag, 2, false]), body)];
  return [...bytes, 0x63, ...checksum(bytes, crc), 0x00];
}

const checksum = (bytes: readonly number[], crc: 'x25' | 'kermit') => {
  const kinds: Record<string, Crc16> = { x25: crcX25, kermit: crcKermit };
  const value = kinds[crc]?.(Uint8Array.from(bytes)) ?? 0;
  return crc === 'x25' ? [value & 0xff, value >> 8] : [value >> 8, value & 0xff];
};

/** One file: open, list of values, close. */
export function smlFile(
  maker: string,
  entries: readonly Entry[],
  { crc = 'x25' }: { crc?: 'x25' | 'kermit' } = {},
): Uint8Array {
  const server = octets(Buffer.from([0x0a, 0x01, ...Buffer.from(maker), 0, 0, 0, 0, 1]));
  const values = entries.map(({ name, unit, scaler, value }) =>
    list(
      octets(Uint8Array.from([...name.split(/[-:.]/).map(Number), 255])),
      absent,
      absent,
      unit === null ? absent : integer([unit, 1, false]),
      scaler === null ? absent : integer([scaler, 1, true]),
      typeof value === 'string' ? octets(value) : integer(value),
      absent,
    ),
  );
  const content = [
    ...message(1, 0x0101, list(absent, absent, octets('f1'), server, absent, absent), crc),
    ...message(2, 0x0701, list(absent, server, absent, absent, list(...values), absent, absent), crc),
    ...message(3, 0x0201, list(absent), crc),
  ];
  return framed(content, crc);
}

/** The transport around some content: escapes in it doubled, filled up to four bytes. */
export function framed(content: readonly number[], crc: 'x25' | 'kermit' = 'x25'): Uint8Array {
  const fill = (4 - (content.length % 4)) % 4;
  const filled = [...content, ...Array.from({ length: fill }, () => 0)];
  const escaped: number[] = [];
  for (let at = 0; at < filled.length; at += 4) {
    const four = filled.slice(at, at + 4);
    escaped.push(...(four.every((byte) => byte === 0x1b) ? [...four, ...four] : four));
  }
  const esc = [0x1b, 0x1b, 0x1b, 0x1b];
  const bytes = [...esc, 1, 1, 1, 1, ...escaped, ...esc, 0x1a, fill];
  return Uint8Array.from([...bytes, ...checksum(bytes, crc)]);
}
