// The reading map of a description at work: registers of a device's blocks as a reading in the project's units.
import type { Reason } from '../units.ts';
import { decodeBlock, decodeRaw, isTooLarge, type Values } from './codec.ts';
import { blockOf, type DeviceDescription, pointOf, type Quantity, type Rest, type Term } from './description.ts';
import { type PhaseReading, qualities, type Reading } from './reading.ts';

/** Every point a quantity may come from. */
export function termsOf(quantity: Quantity): Term[] {
  if ('sum' in quantity) return [...quantity.sum];
  if ('firstOf' in quantity) return quantity.firstOf.flatMap(termsOf);
  return [quantity];
}

/** Points a reading needs, by block; of alternatives only the one that was chosen, once it is. */
export function pointsOfReading(
  { reading, rest = [] }: DeviceDescription,
  chosen: ReadonlyMap<Quantity, number>,
): Map<string, Set<string>> {
  const wanted = new Map<string, Set<string>>();
  const want = (quantity: Quantity): void => {
    if ('firstOf' in quantity) {
      const choice = chosen.get(quantity);
      for (const each of choice === undefined ? quantity.firstOf : quantity.firstOf.slice(choice, choice + 1))
        want(each);
      return;
    }
    for (const { block, point } of termsOf(quantity)) {
      const points = wanted.get(block) ?? new Set();
      wanted.set(block, points.add(point));
    }
  };
  const { phases = [], ...single } = reading;
  for (const quantity of Object.values(single)) want(quantity);
  for (const phase of phases) for (const quantity of Object.values(phase)) want(quantity);
  for (const state of rest.flatMap(({ states }) => states)) want(state);
  return wanted;
}

/** null: the device has it but gives no value; undefined: it does not have it. */
type Found = number | null | undefined;

/**
 * Registers of a device's blocks as a reading.
 * @param chosen alternatives that gave a value before; those that do now are added
 */
export function toReading(
  description: DeviceDescription,
  registers: ReadonlyMap<string, readonly number[]>,
  at: number,
  chosen: Map<Quantity, number> = new Map(),
): Reading {
  const map = description.reading;
  const reasons: Reason[] = [];
  const { find, isSilent, number } = finder(description, registers, chosen, reasons);
  const pick = (quantity: Quantity | undefined, round: (value: number) => number, needed?: string): Found => {
    if (!quantity) return undefined;
    const before = reasons.length;
    const value = find(quantity);
    const rounded = typeof value === 'number' ? round(value) + 0 : value;
    if (typeof rounded === 'number' && Number.isFinite(rounded)) return rounded;
    if (value === undefined) return undefined;
    const points = termsOf(quantity).map((term) => term.point);
    if (typeof value === 'number') reasons.push(tooLarge(points));
    else if (needed && reasons.length === before) reasons.push(notImplemented(needed, points));
    return null;
  };
  const rest = wordOfRest(description.rest ?? [], number);
  const resting = rest !== null && isSilent(map.powerW);
  if (resting) reasons.push(atRest(rest));
  const power = resting ? 0 : pick(map.powerW, tidy, 'power');
  if (power === undefined) reasons.push(notImplemented('power', []));
  const taken = pick(map.importWh, whole, 'import counter');
  const given = pick(map.exportWh, whole, 'export counter');
  const phases = map.phases?.map((phase) => ({
    voltageV: pick(phase.voltageV, tidy),
    currentA: pick(phase.currentA, tidy),
    powerW: pick(phase.powerW, tidy),
  }));
  const hasPhases = phases?.some((phase) => Object.values(phase).some((value) => value !== undefined));
  const optional = {
    frequencyHz: pick(map.frequencyHz, tidy),
    socPerMille: pick(map.socPerMille, Math.round, 'state of charge'),
    temperatureC: pick(map.temperatureC, tidy),
    capacityWh: pick(map.capacityWh, whole),
    maxChargeW: pick(map.maxChargeW, limit),
    maxDischargeW: pick(map.maxDischargeW, limit),
  };
  const quality = typeof power === 'number' ? 'measured' : 'missing';
  const counters = [taken, given].filter((counter) => counter !== undefined);
  const counted = counters.some((counter) => counter !== null) ? 'measured' : 'missing';
  return {
    device: description.id,
    at,
    powerW: power ?? null,
    importWh: taken ?? null,
    exportWh: given ?? null,
    ...(phases && hasPhases ? { phases: phases.map(toPhase) } : {}),
    ...Object.fromEntries(Object.entries(optional).filter(([, value]) => value !== undefined)),
    ...(rest !== null && typeof power === 'number' && power <= 0 ? { asleep: true } : {}),
    ...qualities(quality, counters.length === 0 ? quality : counted),
    reasons: eachOnce(reasons),
  };
}

/** How the device says that it is at rest, in a word; null where it does not. */
function wordOfRest(rest: readonly Rest[], number: (term: Term) => Found): string | null {
  for (const { states, words } of rest) {
    const told = states.map(number).filter((state) => typeof state === 'number');
    const [first] = told;
    if (first !== undefined && told.every((state) => words[state] !== undefined)) return words[first] ?? null;
  }
  return null;
}

function toPhase(phase: Record<keyof PhaseReading, Found>): PhaseReading {
  return { voltageV: phase.voltageV ?? null, currentA: phase.currentA ?? null, powerW: phase.powerW ?? null };
}

interface Finder {
  find(quantity: Quantity): Found;
  /** The registers are there, and every one of them says "no value". */
  isSilent(quantity: Quantity): boolean;
  /** A single point, without a reason where it tells nothing. */
  number(term: Term): Found;
}

/** Looks quantities up; says in `reasons` why one that stands there cannot be told. */
function finder(
  description: DeviceDescription,
  registers: ReadonlyMap<string, readonly number[]>,
  chosen: Map<Quantity, number>,
  reasons: Reason[],
): Finder {
  const decoded = new Map<string, Values>();
  for (const [name, words] of registers) decoded.set(name, decodeBlock(blockOf(description, name), words));

  const number = ({ block, point, times = 1 }: Term): Found => {
    const values = decoded.get(block);
    const value = values?.[point];
    return typeof value === 'number' ? value * times : values && null;
  };
  const term = (wanted: Term): Found => {
    const value = number(wanted);
    const { block, point } = wanted;
    const words = registers.get(block);
    if (value === null && words && isTooLarge(pointOf(blockOf(description, block), point), words))
      reasons.push(tooLarge([point]));
    return value;
  };
  const isSilent = (quantity: Quantity): boolean => {
    const there = termsOf(quantity).filter(({ block }) => registers.has(block));
    const says = ({ block, point }: Term) => {
      const [place, words] = [pointOf(blockOf(description, block), point), registers.get(block) ?? []];
      return decodeRaw(place, words) !== null || isTooLarge(place, words);
    };
    return there.length > 0 && !there.some(says);
  };
  const sum = (terms: readonly Term[], ifAny = false): Found => {
    const values = terms.map(term);
    const numbers = values.filter((value) => typeof value === 'number');
    if (numbers.length === values.length || (ifAny && numbers.length > 0)) return numbers.reduce((a, b) => a + b, 0);
    return values.some((value) => value !== undefined) ? null : undefined;
  };
  const find = (quantity: Quantity): Found => {
    if ('sum' in quantity) return sum(quantity.sum, quantity.ifAny);
    if (!('firstOf' in quantity)) return term(quantity);
    const choice = chosen.get(quantity);
    const only = choice === undefined ? undefined : quantity.firstOf[choice];
    if (only) return find(only);
    let result: Found;
    for (const [index, each] of quantity.firstOf.entries()) {
      const value = find(each);
      if (typeof value === 'number') {
        chosen.set(quantity, index);
        return value;
      }
      if (value === null) result = null;
    }
    return result;
  };
  return { find, isSilent, number };
}

/** What a 32-bit float holds of a decimal figure: seven digits. Whole numbers stand as they are. */
function tidy(value: number): number {
  return Number.isInteger(value) ? value : Number(value.toPrecision(7));
}

/** Energy that a double cannot count is none. */
function whole(value: number): number {
  const rounded = Math.round(value);
  return Number.isSafeInteger(rounded) ? rounded : Number.NaN;
}

/** A limit below nothing allows nothing. */
function limit(value: number): number {
  return Math.max(0, Math.round(value));
}

function notImplemented(what: string, points: readonly string[]): Reason {
  return { code: 'not-implemented', text: `The device gives no ${what}.`, numbers: { point: named(points) } };
}

function tooLarge(points: readonly string[]): Reason {
  const point = named(points);
  const text = `The device shows a figure beyond 9 007 199 254 740 991 (${point}), which cannot be counted exactly.`;
  return { code: 'too-large', text, numbers: { point } };
}

function atRest(word: string): Reason {
  return { code: 'asleep', text: `The device is ${word} and gives no power, so 0 W flow.` };
}

/** Points by name, each once: alternatives of one figure mostly carry the same. */
function named(points: readonly string[]): string {
  const names = [...new Set(points)];
  return names.length < 2 ? names.join() : `${names.slice(0, -1).join(', ')} and ${names.at(-1)}`;
}

/** A figure that is looked up in several places may be wanting for the same reason in each. */
function eachOnce(reasons: readonly Reason[]): Reason[] {
  return [...new Map(reasons.map((reason) => [`${reason.code} ${reason.text}`, reason])).values()];
}
