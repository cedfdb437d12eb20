// What a device says it is, in registers of its own: the question that several files of the catalogue have in common, and
// which of them the answer names.
import { decodeRaw, encodePoint, type Value } from './codec.ts';
import type { DeviceDescription, Identity, Point } from './description.ts';

/** Registers that some devices of the catalogue name themselves in. */
export interface IdentityQuestion {
  readonly table: Identity['table'];
  readonly address: number;
  readonly count: number;
  /** Those that may answer it. */
  readonly devices: readonly DeviceDescription[];
}

/** Each question once: confirmed ones first, those that name most devices before others. */
export function identityQuestions(catalogue: readonly DeviceDescription[]): IdentityQuestion[] {
  const questions = new Map<string, DeviceDescription[]>();
  const sure = ({ identity }: DeviceDescription) => (identity?.confirmed ? 0 : 1);
  for (const device of [...catalogue].sort((a, b) => sure(a) - sure(b))) {
    const { identity } = device;
    if (!identity) continue;
    const key = [identity.table, identity.address, countOf(identity)].join(' ');
    questions.set(key, [...(questions.get(key) ?? []), device]);
  }
  const most = [...questions.values()].sort((a, b) => sure(a[0]!) - sure(b[0]!) || b.length - a.length);
  return most.map((devices) => {
    const { table, address } = devices[0]!.identity!;
    return { table, address, count: countOf(devices[0]!.identity!), devices };
  });
}

/** Who a unit says it is. */
export interface Identified {
  /** Ids in the catalogue: a hybrid has several. */
  readonly devices: readonly string[];
  /** The number or the text it shows, and where. */
  readonly shows: number | string;
  readonly table: Identity['table'];
  readonly address: number;
  readonly confirmed: boolean;
}

/** The devices that name themselves so, null when none does. */
export function identified(
  { table, address, devices }: IdentityQuestion,
  registers: readonly number[],
): Identified | null {
  const named = devices.flatMap(({ id, identity }) => {
    const shows = identity ? nameIn(identity, registers) : null;
    return shows === null ? [] : [{ id, shows, confirmed: identity?.confirmed === true }];
  });
  const [first] = named;
  if (!first) return null;
  const confirmed = named.some((each) => each.confirmed);
  return { devices: named.map(({ id }) => id), shows: first.shows, table, address, confirmed };
}

/** What a device shows in these registers, for one that is played: the first of its names. */
export function identityRegisters(identity: Identity): number[] {
  const words = encodePoint(pointOf(identity), identity.shows[0] ?? null);
  return [...words, ...new Array<number>(countOf(identity) - words.length).fill(0)];
}

function countOf(identity: Identity): number {
  return Math.max(identity.ask ?? 1, pointOf(identity).size);
}

function pointOf({ type }: Identity): Point {
  const size = type === 'uint16' ? 1 : Number(type.slice('string:'.length));
  return { name: 'identity', offset: 0, type: type === 'uint16' ? type : 'string', size };
}

/** The number or the text that names this device, null when these registers hold neither. */
function nameIn(identity: Identity, registers: readonly number[]): number | string | null {
  const point = pointOf(identity);
  const turned = registers.map((word) => ((word & 0xff) << 8) | (word >> 8));
  const values: Value[] = [decodeRaw(point, registers)];
  if (point.type === 'string') values.push(decodeRaw(point, turned));
  for (const value of values) {
    if (typeof value === 'number' && identity.shows.includes(value)) return value;
    const names = (each: number | string) => typeof value === 'string' && value.includes(String(each));
    if (typeof value === 'string' && identity.shows.some(names)) return value.trim();
  }
  return null;
}
