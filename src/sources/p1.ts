// P1 telegrams of smart meters: DSMR 2.2 to 5 (Netherlands), e-MUCS (Belgium), Smarty (Luxembourg), Sweden, EasyMeter Q3D.
// DSMR P1 Companion Standard 5.0.2: lines of OBIS objects between "/" and "!", since version 4 closed by a CRC-16/ARC of
// everything from "/" to "!", both included. Older telegrams have no checksum; one that should have it is refused without.
import type { PhaseReading } from '../devices/reading.ts';
import type { Reason } from '../units.ts';
import { crcArc } from './crc16.ts';
import { scaleDecimal } from './decimal.ts';
import type { Found, Framing } from './frames.ts';
import { fromMilli, type Sample, wholeWh } from './sample.ts';

export interface P1Telegram {
  /** What stands behind the "/": maker and model. */
  readonly header: string;
  /** Values in brackets by OBIS reference: `1-0:1.8.1` -> `['001581.123*kWh']`. */
  readonly objects: ReadonlyMap<string, readonly string[]>;
}

const [SLASH, END, CR, LF] = [0x2f, 0x21, 0x0d, 0x0a];
const OBJECT = /^(\d{1,3}-\d{1,3}:\d{1,3}\.\d{1,3}\.\d{1,3})(?:\*\d{1,3})?((?:\([^()]*\))+)$/;
/** Only telegrams since DSMR 4 say their version or their time, and all of those have a checksum. */
const CHECKED = ['1-3:0.2.8', '0-0:96.1.4', '0-0:1.0.0'];
/** How far a unit is from mWh, mW, mV and mA, as a power of ten. */
const ENERGY = { kWh: 6, Wh: 3 };
const POWER = { kW: 6, W: 3 };
const VOLTAGE = { V: 3 };
const CURRENT = { A: 3 };

export const p1Framing: Framing = {
  name: 'P1 telegram',
  longest: 16_384,
  find(bytes): Found {
    const from = bytes.indexOf(SLASH);
    if (from === -1) return { kind: 'wait', from: bytes.length };
    const window = Math.min(bytes.length, from + p1Framing.longest);
    let lines = 0;
    for (let at = from + 1; at < window; at++) {
      const byte = bytes[at];
      const starts = bytes[at - 1] === LF || bytes[at - 1] === CR;
      if (byte === LF) lines += 1;
      // No object holds a slash: here begins another telegram.
      else if (byte === SLASH && lines > 0) return { kind: 'broken', to: at, reason: cutShort };
      else if (byte === END && starts) return end(bytes, from, at);
    }
    return { kind: 'wait', from };
  },
};

const cutShort: Reason = { code: 'cut-short', text: 'A P1 telegram ends in the middle, where the next one begins.' };
const badEnd: Reason = { code: 'bad-checksum', text: 'What follows the "!" of a P1 telegram is no checksum.' };

/** The end of a telegram: the "!" and up to four hexadecimal digits. */
function end(bytes: Uint8Array, from: number, mark: number): Found {
  let to = mark + 1;
  while (to < bytes.length && to <= mark + 4 && isHex(bytes[to])) to += 1;
  if (to === mark + 5) return { kind: 'frame', from, to };
  if (to === bytes.length) return { kind: 'wait', from };
  if (bytes[to] === CR || bytes[to] === LF) return { kind: 'frame', from, to };
  return { kind: 'broken', to, reason: badEnd };
}

const isHex = (byte = 0) => /[0-9a-fA-F]/.test(String.fromCharCode(byte));

/** Reads one telegram, from "/" to its checksum. @throws Error with a sentence when it is damaged or is none */
export function readP1(bytes: Uint8Array): P1Telegram {
  const text = Buffer.from(bytes).toString('latin1');
  const match = /^\/([^\r\n]*)[\r\n]([\s\S]*[\r\n])!([0-9a-fA-F]{0,4})$/.exec(text);
  if (!match) throw new Error('this is no P1 telegram: it must go from "/" to "!" and its checksum');
  const [, header = '', body = '', checksum = ''] = match;
  if (checksum !== '') {
    const computed = crcArc(bytes.subarray(0, bytes.length - checksum.length));
    if (computed !== Number.parseInt(checksum, 16)) {
      const shown = computed.toString(16).toUpperCase().padStart(4, '0');
      throw new Error(`a P1 telegram is damaged: its checksum is ${checksum}, but its text gives ${shown}`);
    }
  }
  const objects = new Map<string, readonly string[]>();
  for (const line of body.split(/[\r\n]+/)) {
    const [, reference = '', values = ''] = OBJECT.exec(line) ?? [];
    if (reference === '') continue;
    if (objects.has(reference) && isUsed(reference)) throw new Error(`a P1 telegram gives ${reference} twice`);
    objects.set(reference, values.slice(1, -1).split(')('));
  }
  if (checksum === '' && CHECKED.some((reference) => objects.has(reference))) {
    throw new Error('a P1 telegram of this version must end with a checksum, but has none');
  }
  return { header, objects };
}

/** The quantities of a telegram. @throws Error naming the object whose value cannot be read */
export function p1Sample(telegram: P1Telegram): Sample {
  const read = (reference: string, units: Readonly<Record<string, number>>): number | undefined => {
    const value = telegram.objects.get(reference)?.[0];
    if (value === undefined) return undefined;
    const [figure = '', unit = ''] = value.split('*');
    const power = units[unit];
    if (power === undefined)
      throw new Error(`${reference} of a P1 telegram is in "${unit.slice(0, 10)}", an unknown unit`);
    return scaleDecimal(figure, power, `${reference} of a P1 telegram`);
  };
  /** Power in both directions, each as a positive figure, as one: + = import. */
  const net = (taken: string, given: string) => {
    const [plus, minus] = [read(taken, POWER), read(given, POWER)];
    return plus === undefined && minus === undefined ? undefined : fromMilli((plus ?? 0) - (minus ?? 0));
  };
  /** The total where the meter shows one, otherwise the sum of its tariffs. */
  const counter = (group: string) => {
    const total = read(`1-0:${group}.8.0`, ENERGY);
    if (total !== undefined) return wholeWh(total);
    const tariffs = [1, 2, 3, 4].map((tariff) => read(`1-0:${group}.8.${tariff}`, ENERGY));
    const known = tariffs.filter((tariff) => tariff !== undefined);
    return known.length === 0 ? undefined : wholeWh(known.reduce((sum, tariff) => sum + tariff, 0));
  };
  const optional = (value: number | undefined) => (value === undefined ? null : fromMilli(value));
  const phases = [20, 40, 60].map(
    (group): PhaseReading => ({
      voltageV: optional(read(`1-0:${group + 12}.7.0`, VOLTAGE)),
      currentA: optional(read(`1-0:${group + 11}.7.0`, CURRENT)),
      powerW: net(`1-0:${group + 1}.7.0`, `1-0:${group + 2}.7.0`) ?? null,
    }),
  );
  while (phases.length > 0 && Object.values(phases.at(-1) ?? {}).every((value) => value === null)) phases.pop();
  const [powerW, importWh, exportWh] = [net('1-0:1.7.0', '1-0:2.7.0'), counter('1'), counter('2')];
  if (powerW === undefined && importWh === undefined && exportWh === undefined) {
    throw new Error('a P1 telegram holds no electricity; it is of another kind of meter');
  }
  return {
    at: timeOf(telegram.objects.get('0-0:1.0.0')?.[0]),
    // What a meter does not show it does not have: some count one direction only.
    ...(powerW === undefined ? {} : { powerW }),
    ...(importWh === undefined ? {} : { importWh }),
    ...(exportWh === undefined ? {} : { exportWh }),
    ...(phases.length > 0 ? { phases } : {}),
  };
}

/** A reference that `p1Sample` reads; others, such as those of a gas meter, may say what they like. */
function isUsed(reference: string): boolean {
  return /^1-0:(?:[12]\.[78]\.[0-4]|[2-7][12]\.7\.0)$/.test(reference) || reference === '0-0:1.0.0';
}

/**
 * YYMMDDhhmmssX in Unix ms: local time of central Europe, where X says S(ummer) or W(inter), so that the hour that comes
 * twice is known too. null without a time, or with one that says neither.
 */
function timeOf(value: string | undefined): number | null {
  const match = /^(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)([SW])$/.exec(value ?? '');
  if (!match) return null;
  const [, year, month, day, hour, minute, second, season] = match;
  const zone = season === 'S' ? '+02:00' : '+01:00';
  const at = Date.parse(`20${year}-${month}-${day}T${hour}:${minute}:${second}${zone}`);
  return Number.isNaN(at) ? null : at;
}
