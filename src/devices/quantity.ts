// The reading map of a description at work: registers of a device's blocks as a reading in the project's units.
import type { Reason } from '../units.ts';
import { decodeBlock, isTooLarge, type Values } from './codec.ts';
import { blockOf, type DeviceDescription, pointOf, type Quantity, type Term } from './description.ts';
import type { PhaseReading, Reading } from './reading.ts';

/** Every point a quantity may come from. */
export function termsOf(quantity: Quantity): Term[] {
  if ('sum' in quantity) return [...quantity.sum];
  if ('firstOf' in quantity) return quantity.firstOf.flatMap(termsOf);
  return [quantity];
}

/** Points a reading needs, by block; of alternatives only the one that was chosen, once it is. */
export function pointsOfReading(
  { reading }: DeviceDescription,
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
  const find = finder(description, registers, chosen, reasons);
  const pick = (quantity: Quantity | undefined, round: (value: number) => number, needed?: string): Found => {
    if (!quantity) return undefined;
    const before = reasons.length;
    const value = find(quantity);
    const rounded = typeof value === 'number' ? round(value) + 0 : value;
    if (typeof rounded === 'number' && Number.isFinite(rounded)) return rounded;
    if (value === undefined) return undefined;
    const point = termsOf(quantity)
      .map((term) => term.point)
      .join(', ');
    if (typeof value === 'number') reasons.push(tooLarge(point));
    else if (needed && reasons.length === before) reasons.push(notImplemented(needed, point));
    return null;
  };
  const power = pick(map.powerW, tidy, 'power');
  if (power === undefined) reasons.push(notImplemented('power', ''));
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
  const hasCounter =
    typeof taken === 'number' || typeof given === 'number' || (taken === undefined && given === undefined);
  return {
    device: description.id,
    at,
    powerW: power ?? null,
    importWh: taken ?? null,
    exportWh: given ?? null,
    ...(phases && hasPhases ? { phases: phases.map(toPhase) } : {}),
    ...Object.fromEntries(Object.entries(optional).filter(([, value]) => value !== undefined)),
    quality: typeof power === 'number' && hasCounter ? 'measured' : 'missing',
    reasons,
  };
}

function toPhase(phase: Record<keyof PhaseReading, Found>): PhaseReading {
  return { voltageV: phase.voltageV ?? null, currentA: phase.currentA ?? null, powerW: phase.powerW ?? null };
}

/** Looks quantities up; says in `reasons` why one that stands there cannot be told. */
function finder(
  description: DeviceDescription,
  registers: ReadonlyMap<string, readonly number[]>,
  chosen: Map<Quantity, number>,
  reasons: Reason[],
): (quantity: Quantity) => Found {
  const decoded = new Map<string, Values>();
  for (const [name, words] of registers) decoded.set(name, decodeBlock(blockOf(description, name), words));

  const term = ({ block: name, point, times = 1 }: Term): Found => {
    const block = blockOf(description, name);
    const place = pointOf(block, point);
    const words = registers.get(name);
    if (!words) return undefined;
    const value = decoded.get(name)?.[point] ?? null;
    if (typeof value === 'number') return value * times;
    if (isTooLarge(place, words)) reasons.push(tooLarge(point));
    return null;
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
  return find;
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

function notImplemented(what: string, point: string): Reason {
  return { code: 'not-implemented', text: `The device gives no ${what}.`, numbers: { point } };
}

function tooLarge(point: string): Reason {
  const text = `The device shows a figure beyond 9 007 199 254 740 991 (${point}), which cannot be counted exactly.`;
  return { code: 'too-large', text, numbers: { point } };
}
