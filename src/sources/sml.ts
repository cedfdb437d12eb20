// SML files of smart meters (SML 1.04, transport protocol version 1; BSI TR-03109-1 part IV b): frames between escape
// sequences with a CRC-16/X-25, in them messages with one each, in the list of values the OBIS references of the counters
// and powers. Some meters use CRC-16/KERMIT throughout; that is accepted of the makers known for it alone, because a second
// checksum for all would let damaged frames pass.
import type { PhaseReading } from '../devices/reading.ts';
import type { Reason } from '../units.ts';
import { crcKermit, crcX25 } from './crc16.ts';
import { scaleInteger } from './decimal.ts';
import { type Found, type Framing, mayBegin } from './frames.ts';
import { fromMilli, type Sample, wholeWh } from './sample.ts';
import { isInteger, isList, isOctets, numberOf, readMessages, type SmlInteger, type SmlMessage } from './sml-tree.ts';

export interface SmlEntry {
  readonly value: SmlInteger;
  /** Power of ten. */
  readonly scaler: number;
  /** DLMS unit; null where the meter gives none. */
  readonly unit: number | null;
}

export interface SmlFile {
  /** Three letters of the maker, "" where the meter does not say. */
  readonly maker: string;
  /** Numbers by OBIS reference: `1-0:16.7.0`. */
  readonly entries: ReadonlyMap<string, SmlEntry>;
}

export interface SmlOptions {
  /**
   * Early DZG meters (DVS74) send powers of 327.68 W to 655.35 W as two bytes that are marked as signed, and so look
   * negative. Later ones of the same name send negative powers like that, so a person has to say which it is.
   */
  readonly shortPowersArePositive?: boolean;
}

const ESCAPE = [0x1b, 0x1b, 0x1b, 0x1b];
const START = [...ESCAPE, 1, 1, 1, 1];
const LIST_RESPONSE = 0x0701;
const KERMIT_MAKERS = ['HLY', 'ITZ'];
/** DLMS units (IEC 62056-62). */
const [WATT, WATT_HOUR, AMPERE, VOLT, HERTZ] = [27, 30, 33, 35, 44];

export const smlFraming: Framing = {
  name: 'SML file',
  longest: 16_384,
  find(bytes): Found {
    const from = mayBegin(bytes, START, 0);
    const window = Math.min(bytes.length, from + smlFraming.longest);
    for (let at = from + START.length; at < window; at++) {
      const aligned = (at - from) % 4 === 0;
      if (aligned && mayBegin(bytes.subarray(0, at + 4), ESCAPE, at) === at) {
        if (at + 8 > bytes.length) break;
        const code = bytes[at + 4];
        if (code === 0x1a) return { kind: 'frame', from, to: at + 8 };
        if (ESCAPE.every((byte, i) => bytes[at + 4 + i] === byte)) at += 7;
        else return { kind: 'broken', to: code === 1 ? at : at + 8, reason: cutShort };
      } else if (!aligned && bytes[at] === ESCAPE[0]) {
        // Bytes were lost: the next file begins where none of this one can.
        const next = mayBegin(bytes.subarray(0, at + START.length), START, at);
        if (next === at && at + START.length <= bytes.length) return { kind: 'broken', to: at, reason: cutShort };
        if (next === at) break;
      }
    }
    return { kind: 'wait', from };
  },
};

const cutShort: Reason = { code: 'cut-short', text: 'An SML file ends in the middle, where the next one begins.' };

/** Reads one frame, from its first escape sequence to its checksum. @throws Error with a sentence when it is damaged */
export function readSml(frame: Uint8Array): SmlFile {
  const content = unescaped(frame.subarray(START.length, -8));
  const checks = [crcKindOf(frame.subarray(0, -2), ((frame.at(-2) ?? 0) << 8) | (frame.at(-1) ?? 0))];
  if (checks[0] === null) throw damaged('its checksum is wrong');
  if ((frame.at(-3) ?? 0) > 3) throw damaged('it says more fill bytes than there can be');
  const messages = readMessages(content);
  for (const { checksum, from, to } of messages) checks.push(crcKindOf(content.subarray(from, to), checksum));
  if (checks.includes(null)) throw damaged('the checksum of a message in it is wrong');
  const lists = messages.filter(({ tag }) => tag === LIST_RESPONSE);
  if (lists.length === 0) throw new Error('an SML file holds no list of values');
  const file = lists.map(entriesOf).reduce((all, { maker, entries }) => ({
    maker: all.maker || maker,
    entries: new Map([...all.entries, ...entries]),
  }));
  if (checks.includes('kermit') && !KERMIT_MAKERS.includes(file.maker)) throw damaged('its checksum is wrong');
  return file;
}

/** Which checksum it is, as it stands in the bytes: X-25 with its low byte first, KERMIT with its high byte first. */
function crcKindOf(bytes: Uint8Array, sent: number): 'x25' | 'kermit' | null {
  const computed = crcX25(bytes);
  if ((((computed & 0xff) << 8) | (computed >> 8)) === sent) return 'x25';
  return crcKermit(bytes) === sent ? 'kermit' : null;
}

function entriesOf({ body }: SmlMessage): SmlFile {
  const [, server, , , list] = isList(body) ? body : [];
  const entries = new Map<string, SmlEntry>();
  let maker = '';
  // A server's name (DIN 43863-5): a byte, the medium, three letters of the maker.
  if (isOctets(server) && server.length >= 5) maker = letters(server.subarray(2, 5)) || letters(server.subarray(1, 4));
  for (const item of isList(list) ? list : []) {
    const [name, , , unit, scaler, value] = isList(item) ? item : [];
    if (!isOctets(name) || name.length !== 6) continue;
    const [a, b, c, d, e] = name;
    const reference = `${a}-${b}:${c}.${d}.${e}`;
    // Maker's name, in two places.
    if ((reference === '1-0:96.50.1' || reference === '129-129:199.130.3') && isOctets(value)) {
      maker = letters(value) || maker;
    }
    if (!isInteger(value)) continue;
    if (entries.has(reference)) throw new Error(`an SML file gives ${reference} twice`);
    entries.set(reference, { value, scaler: numberOf(scaler) ?? 0, unit: numberOf(unit) });
  }
  return { maker, entries };
}

function letters(bytes: Uint8Array): string {
  const text = Buffer.from(bytes).toString('latin1');
  return /^[A-Z]{3}$/.test(text) ? text : '';
}

/** The quantities of a file. @throws Error naming the object whose value cannot be read */
export function smlSample({ entries, maker }: SmlFile, { shortPowersArePositive = false }: SmlOptions = {}): Sample {
  const milli = (reference: string, wanted: number): number | undefined => {
    const entry = entries.get(reference);
    if (!entry) return undefined;
    if (entry.unit !== null && entry.unit !== wanted) {
      throw new Error(`${reference} of an SML file has the unit ${entry.unit} instead of ${wanted}`);
    }
    const { value, size, signed } = entry.value;
    const mistaken = shortPowersArePositive && maker === 'DZG' && wanted === WATT && signed && size <= 2;
    const meant = mistaken ? BigInt.asUintN(size * 8, value) : value;
    return scaleInteger(meant, entry.scaler + 3, `${reference} of an SML file`);
  };
  const optional = (reference: string, unit: number) => {
    const value = milli(reference, unit);
    return value === undefined ? null : fromMilli(value);
  };
  /** One signed power, or one for each direction; never the sum of both (15.7.0), which has no sign. */
  const power = (both: number, plus: number, minus: number) => {
    const [net, taken, given] = [both, plus, minus].map((group) => milli(`1-0:${group}.7.0`, WATT));
    if (net !== undefined) return fromMilli(net);
    return taken === undefined && given === undefined ? undefined : fromMilli((taken ?? 0) - (given ?? 0));
  };
  const counter = (group: number) => {
    const total = milli(`1-0:${group}.8.0`, WATT_HOUR);
    if (total !== undefined) return wholeWh(total);
    const tariffs = [1, 2, 3, 4].map((tariff) => milli(`1-0:${group}.8.${tariff}`, WATT_HOUR));
    const known = tariffs.filter((tariff) => tariff !== undefined);
    return known.length === 0 ? undefined : wholeWh(known.reduce((sum, tariff) => sum + tariff, 0));
  };
  const phases = [20, 40, 60].map(
    (group): PhaseReading => ({
      voltageV: optional(`1-0:${group + 12}.7.0`, VOLT),
      currentA: optional(`1-0:${group + 11}.7.0`, AMPERE),
      powerW: power(group + 16, group + 1, group + 2) ?? null,
    }),
  );
  while (phases.length > 0 && Object.values(phases.at(-1) ?? {}).every((value) => value === null)) phases.pop();
  const [powerW, importWh, exportWh] = [power(16, 1, 2), counter(1), counter(2)];
  if (powerW === undefined && importWh === undefined && exportWh === undefined) {
    throw new Error('an SML file holds no electricity; it is of another kind of meter, or the meter is locked (PIN)');
  }
  const frequency = milli('1-0:14.7.0', HERTZ);
  return {
    // Seconds since the meter started: no time of day.
    at: null,
    // A locked meter shows its counters only.
    ...(powerW === undefined ? {} : { powerW }),
    ...(importWh === undefined ? {} : { importWh }),
    ...(exportWh === undefined ? {} : { exportWh }),
    ...(phases.length > 0 ? { phases } : {}),
    ...(frequency === undefined ? {} : { frequencyHz: fromMilli(frequency) }),
  };
}

/** The content of a frame: four escape bytes that were data were sent twice. */
function unescaped(bytes: Uint8Array): Uint8Array {
  const out: number[] = [];
  for (let at = 0; at < bytes.length; at++) {
    out.push(bytes[at] ?? 0);
    const doubled = at % 4 === 3 && ESCAPE.every((byte, i) => bytes[at - 3 + i] === byte);
    if (doubled && ESCAPE.every((byte, i) => bytes[at + 1 + i] === byte)) at += 4;
  }
  return Uint8Array.from(out);
}

const damaged = (why: string) => new Error(`an SML file is damaged: ${why}`);
