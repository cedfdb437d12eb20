// A battery's command as registers and back, without a wire: what is to be written for a setpoint, and what command the
// registers of a device show. Virtual devices understand commands by the same functions.
import { decodeBlock, decodeRaw, encodePoint, exponentIn, limitsOf } from './codec.ts';
import {
  type Block,
  blockOf,
  type Control,
  type DeviceDescription,
  type Figure,
  type Point,
  pointOf,
  type WriteStep,
} from './description.ts';
import { DeviceError } from './errors.ts';

export type Registers = ReadonlyMap<string, readonly number[]>;

export interface Command {
  /** W, + = discharge. */
  readonly setpointW: number;
  readonly validForSeconds: number;
}

/** One point of a command as registers. */
export interface Part {
  readonly point: Point;
  readonly figure: Figure;
  readonly words: readonly number[];
}

/** One write transaction as registers. */
export interface CodedStep {
  readonly step: WriteStep;
  readonly block: Block;
  readonly parts: readonly Part[];
}

/** The control of a description. @throws DeviceError `no-control` */
export function controlOf({ control, id }: DeviceDescription): Control {
  if (!control) throw new DeviceError('no-control', `${id} is not a device that can be told what to do`);
  return control;
}

/**
 * A command in registers. A power beyond what the points take is cut, and rounded towards zero to their resolution; what
 * comes to nothing is coded as rest, with the direction of rest.
 * @param registers what the blocks of the command show now; blocks that cannot be read are absent
 * @throws DeviceError `not-implemented`, `out-of-range`; all or nothing
 */
export function encodeCommand(
  description: DeviceDescription,
  steps: readonly WriteStep[],
  registers: Registers,
  command: Command,
): CodedStep[] {
  const coded = codeSteps(description, steps, registers, command);
  const rest = command.setpointW !== 0 && coded.every(({ parts }) => parts.every(isRest)) && coded.some(hasPower);
  return rest ? codeSteps(description, steps, registers, { ...command, setpointW: 0 }) : coded;
}

function codeSteps(
  description: DeviceDescription,
  steps: readonly WriteStep[],
  registers: Registers,
  command: Command,
): CodedStep[] {
  const control = controlOf(description);
  return steps.map((step) => {
    const block = blockOf(description, step.block ?? control.block);
    const shown = registers.get(block.name) ?? [];
    const parts = Object.entries(step.points).map(([name, figure]): Part => {
      const point = pointOf(block, name);
      return { point, figure, words: codeFigure(block, shown, point, figure, command) };
    });
    return { step, block, parts };
  });
}

const powerFigures = ['setpoint', 'charge', 'discharge', 'power'];
const hasPower = ({ parts }: CodedStep) => parts.some(({ figure }) => powerFigures.includes(figure.from));

function isRest({ point, figure, words }: Part): boolean {
  return !powerFigures.includes(figure.from) || decodeRaw({ ...point, offset: 0, wholeRange: true }, words) === 0;
}

function codeFigure(
  block: Block,
  registers: readonly number[],
  point: Point,
  figure: Figure,
  command: Command,
): number[] {
  const power = exponentIn(block, point.name, registers);
  if (power === null) throw notImplemented(`scale factor for ${point.name}`);
  const [low, high] = rangeOf(block, registers, point, power);
  if (figure.from === 'validity') {
    const implemented = point.writeOnly || point.wholeRange || decodeRaw(point, registers) !== null;
    if (!implemented) throw notImplemented(`revert timer (${point.name})`);
    const units = Math.max(1, Math.floor(command.validForSeconds / secondsOf(point)));
    return encodePoint(point, Math.min(units, high), power);
  }
  if (figure.from === 'constant' || figure.from === 'direction' || figure.from === 'point') {
    const value = plainValue(block, registers, figure, command.setpointW);
    if (value < low || value > high) throw outOfRange(point, value, low, high);
    return encodePoint(point, value, power);
  }
  const wanted = wattsOf(figure, command.setpointW) / wattsPerUnit(block, registers, point, figure);
  const full = figure.percentOf === undefined ? Number.POSITIVE_INFINITY : 100;
  const cut = Math.max(low, -full, Math.min(high, full, wanted));
  if (Math.abs(cut) > Math.abs(wanted) + 1e-9) throw outOfRange(point, wanted, low, high);
  if (point.type.startsWith('float')) return encodePoint(point, cut, power);
  const resolution = 10 ** power;
  return encodePoint(point, Math.trunc(roundOff(cut / resolution)) * resolution + 0, power);
}

function plainValue(
  block: Block,
  registers: readonly number[],
  figure: Extract<Figure, { from: 'constant' | 'direction' | 'point' }>,
  setpointW: number,
): number {
  if (figure.from === 'constant') return figure.value;
  if (figure.from === 'point') return valueAt(block, registers, figure.point);
  if (setpointW === 0) return figure.idle;
  return setpointW < 0 ? figure.charge : figure.discharge;
}

type PowerFigure = Extract<Figure, { percentOf?: string }>;

function wattsOf(figure: PowerFigure, setpointW: number): number {
  if (figure.from === 'setpoint') return setpointW * figure.times;
  if (figure.from === 'power') return Math.abs(setpointW);
  return Math.max(0, figure.from === 'charge' ? -setpointW : setpointW);
}

/** Watts of one unit of a power figure: 1, those of a kW, or those of one per cent of the full scale. */
function wattsPerUnit(block: Block, registers: readonly number[], point: Point, figure: PowerFigure): number {
  if (figure.percentOf === undefined) return point.unit === 'kW' ? 1000 : 1;
  const full = valueAt(block, registers, figure.percentOf);
  if (full <= 0) throw notImplemented(`full scale (${figure.percentOf})`);
  return (pointOf(block, figure.percentOf).unit === 'kW' ? 1000 : 1) * (full / 100);
}

function secondsOf({ unit }: Point): number {
  return unit === 'min' ? 60 : unit === 'h' ? 3600 : unit === 'ms' ? 0.001 : 1;
}

/** What a point takes: as its description says, and never more than its type holds. */
function rangeOf(block: Block, registers: readonly number[], point: Point, power: number): [number, number] {
  const [lowest, highest] = limitsOf(point.type);
  const unit = 10 ** power;
  const [low, high] = (point.range ?? []).map((each) =>
    typeof each === 'number' ? each : valueAt(block, registers, each),
  );
  return [Math.max(lowest * unit, low ?? -Infinity), Math.min(highest * unit, high ?? Infinity)];
}

function valueAt(block: Block, registers: readonly number[], name: string): number {
  const value = decodeBlock(block, registers)[name];
  if (typeof value !== 'number') throw notImplemented(name);
  return value;
}

/** 99.99999999999 of a binary fraction is 100 of the decimal one it stands for. */
function roundOff(value: number): number {
  return Number(value.toPrecision(12));
}

/** The registers of a control's blocks once a command was written to them; blocks that were unknown start with zeros. */
export function withCommand(registers: Registers, coded: readonly CodedStep[]): Map<string, number[]> {
  const result = new Map([...registers].map(([name, words]) => [name, [...words]]));
  for (const { block, parts } of coded) {
    const words = result.get(block.name) ?? new Array<number>(block.length).fill(0);
    for (const { point, words: written } of parts) {
      words.splice(point.offset, written.length, ...written);
      const copy = point.readBack === undefined ? null : pointOf(block, point.readBack);
      if (copy) words.splice(copy.offset, copy.size, ...converted(block, words, point, copy));
    }
    result.set(block.name, words);
  }
  return result;
}

/** What a point shows, in the type and scale of the point that shows it. */
function converted(block: Block, words: readonly number[], from: Point, to: Point): number[] {
  return encodePoint(to, decodeBlock(block, words)[from.name] ?? null, exponentIn(block, to.name, words) ?? 0);
}

/** What a device shows to have been told. */
export interface ShownCommand {
  /** W, + = discharge; null while the device follows its own mode. */
  readonly setpointW: number | null;
  /** What is left of the timer that was written along, or a watchdog's time; null without either. */
  readonly validForSeconds: number | null;
}

/**
 * The command that stands in the registers of a control: every mode and direction of a setpoint must show, and what is
 * said twice must agree.
 */
export function shownCommand(description: DeviceDescription, registers: Registers): ShownCommand {
  const control = controlOf(description);
  const none = { setpointW: null, validForSeconds: null };
  let signs: readonly number[] | null = null;
  let validForSeconds = control.fallback.by === 'watchdog' ? control.fallback.seconds : null;
  const watts: Record<PowerFigure['from'], number[]> = { setpoint: [], charge: [], discharge: [], power: [] };
  let resolution = 1e-6;
  for (const step of control.setpoint) {
    const block = blockOf(description, step.block ?? control.block);
    const words = registers.get(block.name) ?? [];
    const values = decodeBlock(block, words);
    for (const [name, figure] of Object.entries(step.points)) {
      const point = pointOf(block, name);
      const value = values[point.readBack ?? name];
      if (figure.from === 'validity') {
        if (typeof value === 'number' && value > 0) validForSeconds = value * secondsOf(point);
        continue;
      }
      if (typeof value !== 'number') return none;
      if (figure.from === 'constant') {
        if (Math.abs(value - figure.value) > 1e-9) return none;
      } else if (figure.from === 'direction') {
        signs = [-1, 1, 0].filter((_, index) => value === [figure.charge, figure.discharge, figure.idle][index]);
        if (signs.length === 0) return none;
      } else if (figure.from !== 'point') {
        const unit = wattsPerUnit(block, words, point, figure);
        watts[figure.from].push(figure.from === 'setpoint' ? value * figure.times * unit : value * unit);
        resolution = Math.max(resolution, unit * 10 ** (exponentIn(block, name, words) ?? 0));
      }
    }
  }
  const setpointW = agreed(watts, signs, resolution);
  return setpointW === null ? none : { setpointW: roundOff(setpointW) + 0, validForSeconds };
}

/** The one power that all figures mean, null when they contradict each other. */
function agreed(
  { setpoint, charge, discharge, power }: Record<PowerFigure['from'], number[]>,
  signs: readonly number[] | null,
  resolution: number,
): number | null {
  if (signs?.length === 1 && signs[0] === 0) return 0;
  const direction = signs?.find((sign) => sign !== 0) ?? null;
  const given = [...setpoint];
  if (charge.length + discharge.length > 0) {
    const [inW = 0, outW = 0] = [charge[0], discharge[0]];
    if (direction === null && inW > 0 && outW > 0) return null;
    given.push(direction === -1 ? -inW : direction === 1 ? outW : outW - inW);
  }
  for (const watts of power) if (direction !== null || watts === 0) given.push(watts * (direction ?? 0));
  const [first] = given;
  if (first === undefined || given.some((each) => Math.abs(each - first) > resolution)) return null;
  return direction !== null && first * direction < 0 ? null : first;
}

function notImplemented(what: string): DeviceError {
  return new DeviceError('not-implemented', `the battery gives no ${what}, so it cannot be told a power`);
}

function outOfRange({ name, unit = '' }: Point, value: number, low: number, high: number): DeviceError {
  const text = `the battery takes ${low} to ${high} ${unit} for ${name}, not ${value}: it was told nothing`;
  return new DeviceError('out-of-range', text);
}
