// Looks for the devices on a line. Every unit is asked for SunSpec where most have it; one that answers anything is asked on,
// until it has said what it is. One that is silent may still answer elsewhere, since some devices are silent about registers
// that they do not have: so it gets the further questions too, the most telling first, while there is time for that.
import { ModbusError, type ModbusPort } from '../modbus/port.ts';
import type { DeviceDescription } from './description.ts';
import { type Identified, type IdentityQuestion, identified, identityQuestions } from './identity.ts';
import { type ScannedPoints, scanModel } from './scan.ts';
import { type FoundModel, mapAt, SUNSPEC_BASES, startsWithSunS } from './sunspec.ts';

export interface FoundUnit {
  readonly unit: number;
  /** Vendor, model and serial number from model 1, as far as it has that; null for one without SunSpec. */
  readonly sunspec: {
    readonly base: number;
    readonly vendor: string;
    readonly model: string;
    readonly serial: string;
    readonly models: readonly number[];
  } | null;
  /** What a unit without SunSpec says it is; null when it says nothing that the catalogue knows. */
  readonly identity: Identified | null;
}

export interface FindOptions {
  /** Its devices are who can be recognized. */
  readonly catalogue: readonly DeviceDescription[];
  readonly signal?: AbortSignal | undefined;
  /**
   * Before each question: to which unit, which of how many it is in this round, and the round: 1 asks all, further ones those
   * that are silent. False ends the search.
   */
  readonly asking?: (unit: number, place: number, total: number, round: number) => boolean;
  /** As soon as a unit has answered. */
  readonly found?: (unit: FoundUnit) => Promise<void> | void;
}

/** After so many questions without an answer a unit that did answer one is asked no more. */
const MOST_SILENT = 3;

type Question = { readonly base: number } | IdentityQuestion;
type Answer = 'silent' | 'no' | Pick<FoundUnit, 'sunspec' | 'identity'>;

/**
 * Those that answer, in the order in which they did.
 * @throws ModbusError `refused` when the host cannot be reached, `closed` when the port is closed meanwhile, `aborted` when
 * the signal ends the search
 */
export async function findUnits(
  port: ModbusPort,
  units: readonly number[],
  { catalogue, signal, asking, found: tell }: FindOptions,
): Promise<FoundUnit[]> {
  const questions: Question[] = [...SUNSPEC_BASES.map((base) => ({ base })), ...identityQuestions(catalogue)];
  const found: FoundUnit[] = [];
  let open = [...units];
  for (const [round, question] of questions.entries()) {
    const silent: number[] = [];
    for (const [index, unit] of open.entries()) {
      if (asking?.(unit, index + 1, open.length, round + 1) === false) return found;
      const answer = await put(port, unit, question, signal);
      if (answer === 'silent') {
        silent.push(unit);
        continue;
      }
      const rest = questions.filter((_, other) => other > round);
      const one = { unit, ...(answer === 'no' ? await askOn(port, unit, rest, signal) : answer) };
      found.push(one);
      await tell?.(one);
    }
    open = silent;
  }
  return found;
}

/** A unit that is there is asked until it says what it is. */
async function askOn(
  port: ModbusPort,
  unit: number,
  questions: readonly Question[],
  signal?: AbortSignal,
): Promise<Pick<FoundUnit, 'sunspec' | 'identity'>> {
  let silent = 0;
  for (const question of questions) {
    const answer = await put(port, unit, question, signal);
    if (answer === 'silent' && ++silent >= MOST_SILENT) break;
    if (typeof answer === 'object') return answer;
  }
  return { sunspec: null, identity: null };
}

/** Puts one question to a unit. @throws ModbusError when the search cannot go on */
async function put(port: ModbusPort, unit: number, question: Question, signal?: AbortSignal): Promise<Answer> {
  try {
    if ('base' in question) return await askSunSpec(port, unit, question.base, signal);
    const { table, address, count } = question;
    const read = table === 'input' ? port.readInput : port.readHolding;
    const identity = identified(question, await read.call(port, unit, address, count, signal));
    return identity ? { sunspec: null, identity } : 'no';
  } catch (error) {
    if (!(error instanceof ModbusError)) throw error;
    if (endsAll(port, error)) throw error;
    // A gateway says that there is nobody (exceptions 10 and 11); every other exception is somebody's answer.
    return error.code.startsWith('exception-') && !/-1[01]$/.test(error.code) ? 'no' : 'silent';
  }
}

const endsAll = (port: ModbusPort, { code }: ModbusError): boolean =>
  code === 'aborted' || code === 'refused' || port.state === 'closed';

async function askSunSpec(port: ModbusPort, unit: number, base: number, signal?: AbortSignal): Promise<Answer> {
  if (!(await startsWithSunS(port, unit, base, signal))) return 'no';
  let models: readonly FoundModel[];
  let common: ScannedPoints = {};
  try {
    ({ models } = await mapAt(port, unit, base, signal));
    const first = models.find(({ id }) => id === 1);
    if (first) common = (await scanModel(port, unit, base, first, signal)).points;
  } catch (error) {
    // It is there, but its map has no end, or it fell silent over it.
    if (error instanceof ModbusError && endsAll(port, error)) throw error;
    return 'no';
  }
  const text = (name: string) => {
    const point = common[name];
    return point && 'raw' in point && typeof point.raw === 'string' ? point.raw : '';
  };
  const ids = models.map(({ id }) => id);
  return {
    sunspec: { base, vendor: text('Mn'), model: text('Md'), serial: text('SN'), models: ids },
    identity: null,
  };
}

/** Units at which devices are often found, beside 1: those of the catalogue, SMA's for SunSpec, meters behind a Fronius. */
export function usualUnits(catalogue: readonly DeviceDescription[]): number[] {
  const units = new Set([1, 2, 3, 126, 200, 240, ...catalogue.map(({ defaultUnit }) => defaultUnit)]);
  return [...units].filter((unit) => unit >= 1 && unit <= 247).sort((a, b) => a - b);
}
