// Registers to values and back: SunSpec Device Information Model types with their "not implemented" sentinels and scale
// factors, IEEE 754 floats, word order. A value that is not implemented is null, never a number; so is a whole number
// beyond 2^53, which a double would change.
import { type Block, type Point, type PointType, pointOf } from './description.ts';

export type Value = number | string | null;
export type Values = Readonly<Record<string, Value>>;

interface Whole {
  readonly bits: 16 | 32 | 64;
  readonly signed: boolean;
  /** The pattern that means "not implemented"; none for pads. */
  readonly absent: bigint | null;
}

const ones = (bits: number) => (1n << BigInt(bits)) - 1n;
const unsigned = (bits: 16 | 32 | 64): Whole => ({ bits, signed: false, absent: ones(bits) });
const signed = (bits: 16 | 32 | 64): Whole => ({ bits, signed: true, absent: 1n << BigInt(bits - 1) });
/** Accumulators: 0 means that nothing accumulates. */
const accumulator = (bits: 16 | 32 | 64): Whole => ({ bits, signed: false, absent: 0n });

const wholes: Partial<Record<PointType, Whole>> = {
  uint16: unsigned(16),
  int16: signed(16),
  uint32: unsigned(32),
  int32: signed(32),
  uint64: unsigned(64),
  int64: signed(64),
  acc16: accumulator(16),
  acc32: accumulator(32),
  acc64: accumulator(64),
  enum16: unsigned(16),
  enum32: unsigned(32),
  bitfield16: unsigned(16),
  bitfield32: unsigned(32),
  bitfield64: unsigned(64),
  sunssf: signed(16),
  pad: { bits: 16, signed: false, absent: null },
};

/** Registers a type takes; strings say so themselves. */
export function sizeOf(type: PointType): number {
  if (type === 'float32') return 2;
  if (type === 'float64') return 4;
  return (wholes[type]?.bits ?? 16) / 16;
}

/** Smallest and largest raw value of a type that is a value. */
export function limitsOf(type: PointType): [lowest: number, highest: number] {
  const whole = wholes[type];
  if (!whole) return [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY];
  const largest = Number(whole.signed ? ones(whole.bits - 1) : ones(whole.bits));
  return [whole.signed ? -largest : 0, largest - (whole.absent === ones(whole.bits) ? 1 : 0)];
}

/** All points of a block, scaled, from its registers. Points beyond the registers given are null. */
export function decodeBlock(block: Block, registers: readonly number[]): Values {
  const raw = new Map(block.points.map((point) => [point.name, decodeRaw(point, registers)]));
  const values: Record<string, Value> = {};
  for (const point of block.points) {
    const value = raw.get(point.name) ?? null;
    values[point.name] = typeof value === 'number' ? scaled(value, exponent(point, raw)) : value;
  }
  return values;
}

/** One point as it stands in the registers of its block, not scaled. */
export function decodeRaw(point: Point, registers: readonly number[]): Value {
  const words = registers.slice(point.offset, point.offset + point.size);
  if (words.length < point.size) return null;
  if (point.type === 'string') return decodeText(words);
  if (point.lowWordFirst) words.reverse();
  if (point.type === 'float32' || point.type === 'float64') {
    const value = decodeFloat(words);
    return value === null || point.absent?.includes(value) ? null : value;
  }
  const value = decodeWhole(point, words);
  if (value === null || !fits(value)) return null;
  return point.magnitude ? Math.abs(Number(value)) : Number(value);
}

/** Whether a point shows a whole number that a double cannot hold, so that it was decoded as null. */
export function isTooLarge(point: Point, registers: readonly number[]): boolean {
  const words = registers.slice(point.offset, point.offset + point.size);
  if (words.length < point.size || !wholes[point.type]) return false;
  if (point.lowWordFirst) words.reverse();
  const value = decodeWhole(point, words);
  return value !== null && !fits(value);
}

/** @param words high word first */
function decodeWhole(point: Point, words: readonly number[]): bigint | null {
  const whole = wholes[point.type];
  if (!whole) return null;
  const pattern = words.reduce((sum, word) => (sum << 16n) | BigInt(word), 0n);
  if (pattern === whole.absent && !point.wholeRange) return null;
  const value = whole.signed ? BigInt.asIntN(whole.bits, pattern) : pattern;
  const absent = point.absent?.some((raw) => BigInt(raw) === value || BigInt(raw) === pattern);
  return absent ? null : value;
}

const LARGEST = BigInt(Number.MAX_SAFE_INTEGER);
const fits = (value: bigint) => value <= LARGEST && value >= -LARGEST;

/**
 * Registers of one point for a value in its unit; null becomes the "not implemented" pattern.
 * @param exponentValue power of ten in force, from `exponent` or the device
 * @throws RangeError when the value does not fit the type
 */
export function encodePoint(point: Point, value: Value, exponentValue = 0): number[] {
  if (point.type === 'string') return encodeText(point, value);
  if (typeof value === 'string') throw new RangeError(`${point.name} holds a number, not the text "${value}"`);
  const words = encodeNumber(point, value, exponentValue);
  if (point.lowWordFirst) words.reverse();
  return words;
}

/** Registers of a whole block from values in their units; points that are not given are not implemented. */
export function encodeBlock(block: Block, values: Values): number[] {
  const registers = new Array<number>(block.length).fill(0);
  const factors = new Map(Object.entries(values));
  for (const point of block.points) {
    const words = encodePoint(point, values[point.name] ?? null, exponent(point, factors) ?? 0);
    for (const [index, word] of words.entries()) registers[point.offset + index] = word;
  }
  return registers;
}

/** The power of ten that applies to a point; null when its scale factor is not implemented. */
export function exponent(point: Point, raw: ReadonlyMap<string, Value>): number | null {
  if (point.scaleFrom === undefined) return point.scale ?? 0;
  const factor = raw.get(point.scaleFrom) ?? null;
  return typeof factor === 'number' && Math.abs(factor) <= 10 ? factor : null;
}

/** The power of ten of a named point in the registers of its block; null when it is not implemented. */
export function exponentIn(block: Block, name: string, registers: readonly number[]): number | null {
  const point = pointOf(block, name);
  const factor = point.scaleFrom;
  if (factor === undefined) return point.scale ?? 0;
  return exponent(point, new Map([[factor, decodeRaw(pointOf(block, factor), registers)]]));
}

/** Dividing by a power of ten gives the double nearest to the decimal figure; multiplying by 0.1 does not. */
export function scaled(value: number, exponentValue: number | null): number | null {
  if (exponentValue === null) return null;
  return exponentValue < 0 ? value / 10 ** -exponentValue : value * 10 ** exponentValue;
}

function encodeNumber(point: Point, value: number | null, exponentValue: number): number[] {
  const counts = value === null ? null : exponentValue < 0 ? value * 10 ** -exponentValue : value / 10 ** exponentValue;
  if (point.type === 'float32' || point.type === 'float64')
    return encodeFloat(counts ?? point.absent?.[0] ?? Number.NaN, point.size);
  const whole = wholes[point.type];
  if (!whole) throw new RangeError(`${point.name} of type ${point.type} cannot be encoded`);
  let pattern = absentPattern(point, whole);
  if (counts !== null) {
    const rounded = Math.round(counts) + 0;
    const exact = Number.isSafeInteger(rounded) ? BigInt(rounded) : null;
    pattern = BigInt.asUintN(whole.bits, exact ?? 0n);
    const back = whole.signed ? BigInt.asIntN(whole.bits, pattern) : pattern;
    if (back !== exact || (rounded !== 0 && decodeWhole(point, wordsOf(pattern, point.size)) === null)) {
      throw new RangeError(`${value} does not fit ${point.name} (${point.type}, power of ten ${exponentValue})`);
    }
  }
  return wordsOf(pattern, point.size);
}

/** What a point shows without a value; where every pattern is a value, 0. */
function absentPattern(point: Point, whole: Whole): bigint {
  const own = point.absent?.[0];
  if (own !== undefined) return BigInt.asUintN(whole.bits, BigInt(own));
  return point.wholeRange ? 0n : (whole.absent ?? 0n);
}

function wordsOf(pattern: bigint, size: number): number[] {
  return Array.from({ length: size }, (_, word) => Number((pattern >> BigInt(16 * (size - 1 - word))) & 0xffffn));
}

function decodeFloat(words: readonly number[]): number | null {
  const view = new DataView(new ArrayBuffer(words.length * 2));
  for (const [index, word] of words.entries()) view.setUint16(index * 2, word);
  const value = words.length === 2 ? view.getFloat32(0) : view.getFloat64(0);
  return Number.isFinite(value) ? value : null;
}

function encodeFloat(value: number, size: number): number[] {
  const view = new DataView(new ArrayBuffer(size * 2));
  if (size === 2) view.setFloat32(0, value);
  else view.setFloat64(0, value);
  return Array.from({ length: size }, (_, word) => view.getUint16(word * 2));
}

/** Text ends at the first zero byte; one of nothing but zeros is not implemented. */
function decodeText(words: readonly number[]): string | null {
  const bytes = words.flatMap((word) => [word >> 8, word & 0xff]);
  const end = bytes.indexOf(0);
  const text = new TextDecoder().decode(Uint8Array.from(end < 0 ? bytes : bytes.slice(0, end)));
  return text === '' ? null : text;
}

function encodeText(point: Point, value: Value): number[] {
  const bytes = new TextEncoder().encode(value === null ? '' : String(value));
  if (bytes.length > point.size * 2) throw new RangeError(`the text "${value}" is too long for ${point.name}`);
  return Array.from({ length: point.size }, (_, word) => ((bytes[word * 2] ?? 0) << 8) | (bytes[word * 2 + 1] ?? 0));
}
