// Tells a battery what was decided: writes the steps its description names, with the scale factors read just before, and
// reads back what it wrote. What is decided is apart from this (src/battery).
import type { ModbusPort } from '../modbus/port.ts';
import { decodeBlock, decodeRaw, encodePoint, exponentIn } from './codec.ts';
import {
  type Block,
  blockOf,
  type Control,
  type DeviceDescription,
  type Figure,
  pointOf,
  type WriteStep,
} from './description.ts';
import { DeviceError } from './errors.ts';
import { type Layout, readRegisters } from './read.ts';

/** What a command came to. */
export interface Driven {
  /** The setpoint as the device shows it after reading back, W, + = discharge; null after a release. */
  readonly setpointW: number | null;
  /** Seconds until the device falls back to its own safe mode; null after a release. */
  readonly validForSeconds: number | null;
  /** Write transactions used; wear matters where the registers are persistent. */
  readonly writes: number;
}

interface Target {
  readonly port: ModbusPort;
  readonly unit: number;
  readonly description: DeviceDescription;
  readonly layout: Layout;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Writes a setpoint (W, + = discharge), rounded towards zero to the device's resolution and cut to its full scale.
 * @param validForSeconds until the device falls back by itself, 1 to 65 534
 * @throws DeviceError `not-applied` when the device shows something else afterwards, ModbusError
 */
export async function writeSetpoint(target: Target, setpointW: number, validForSeconds: number): Promise<Driven> {
  if (!Number.isInteger(setpointW) || !(validForSeconds >= 1 && validForSeconds <= 65_534)) {
    throw new RangeError(
      `a setpoint needs whole watts and a validity of 1 to 65534 s, not ${setpointW} W for ${validForSeconds} s`,
    );
  }
  const { control, block } = controlOf(target.description);
  const shown = await run(target, control.setpoint, { setpointW, validForSeconds: Math.floor(validForSeconds) });
  return {
    setpointW: shownSetpoint(block, control, shown.registers),
    validForSeconds: Math.floor(validForSeconds),
    writes: shown.writes,
  };
}

/** Gives the battery back to its own safe mode. @throws as writeSetpoint */
export async function releaseDevice(target: Target): Promise<Driven> {
  const { control } = controlOf(target.description);
  const { writes } = await run(target, control.release, { setpointW: 0, validForSeconds: 1 });
  return { setpointW: null, validForSeconds: null, writes };
}

interface Command {
  readonly setpointW: number;
  readonly validForSeconds: number;
}

async function run(target: Target, steps: readonly WriteStep[], command: Command) {
  const { port, unit, description, layout, signal } = target;
  const { block } = controlOf(description);
  const place = layout.get(block.name);
  if (!place) throw new Error(`the layout of ${description.id} lacks the block "${block.name}"`);
  const read = async () => {
    const all = await readRegisters(port, unit, description, layout, [block.name], signal);
    return all.get(block.name) ?? [];
  };
  const before = await read();
  // all of it is encoded before the first write: a command that cannot be given is not given in part
  const coded = steps.map(({ when, points }) => ({
    when,
    parts: Object.entries(points).map(([name, figure]) => encodeFigure(block, before, name, figure, command)),
  }));
  let writes = 0;
  for (const { when, parts } of coded) {
    const [first] = parts;
    if (!first || (when === 'different' && parts.every((part) => stands(part, before)))) continue;
    const words = parts.flatMap((part) => part.words);
    await port.writeRegisters(unit, place.address + first.offset, words, signal);
    writes++;
  }
  const registers = await read();
  const expected = coded.flatMap(({ parts }) => parts);
  const wrong = expected.find((part) => !stands(part, registers) && !(part.timer && runs(part, registers)));
  if (wrong) {
    const shown = registers.slice(wrong.offset, wrong.offset + wrong.words.length).join(' ');
    const text = `unit ${unit} at ${port.name} did not take the command: ${wrong.name} shows ${shown} instead of ${wrong.words.join(' ')}`;
    throw new DeviceError('not-applied', text);
  }
  return { registers, writes };
}

/** A figure of a command as registers. */
interface Part {
  readonly name: string;
  readonly offset: number;
  readonly words: readonly number[];
  readonly timer: boolean;
}

function stands(part: Part, registers: readonly number[]): boolean {
  return part.words.every((word, index) => registers[part.offset + index] === word);
}

/** Some makes show what is left of a timer instead of what was written. */
function runs({ offset, words }: Part, registers: readonly number[]): boolean {
  const [left = 0, set = 0] = [registers[offset], words[0]];
  return words.length === 1 && left > 0 && left < set;
}

function encodeFigure(
  block: Block,
  registers: readonly number[],
  name: string,
  figure: Figure,
  command: Command,
): Part {
  const point = pointOf(block, name);
  const power = exponentIn(block, name, registers);
  if (power === null) throw notImplemented(`scale factor for ${name}`);
  if (figure.from === 'validity' && decodeRaw(point, registers) === null)
    throw notImplemented(`revert timer (${name})`);
  let value = figure.from === 'constant' ? figure.value : command.validForSeconds;
  if (figure.from === 'setpoint') {
    const resolution = 10 ** power;
    const fullScale = fullScaleW(block, registers, figure.percentOf);
    const percent = (Math.max(-fullScale, Math.min(fullScale, command.setpointW)) * 100 * figure.times) / fullScale;
    value = Math.trunc(roundOff(percent / resolution)) * resolution;
  }
  return { name, offset: point.offset, words: encodePoint(point, value, power), timer: figure.from === 'validity' };
}

/** 99.99999999999 of a binary fraction is 100 of the decimal one it stands for. */
function roundOff(value: number): number {
  return Number(value.toPrecision(12));
}

function fullScaleW(block: Block, registers: readonly number[], name: string): number {
  const watts = decodeBlock(block, registers)[name];
  if (typeof watts !== 'number' || watts <= 0) throw notImplemented(`full scale (${name})`);
  return watts;
}

function shownSetpoint(block: Block, control: Control, registers: readonly number[]): number | null {
  const values = decodeBlock(block, registers);
  for (const step of control.setpoint) {
    for (const [name, figure] of Object.entries(step.points)) {
      const percent = values[name];
      if (figure.from !== 'setpoint' || typeof percent !== 'number') continue;
      return roundOff((percent * figure.times * fullScaleW(block, registers, figure.percentOf)) / 100) + 0;
    }
  }
  return null;
}

function controlOf(description: DeviceDescription): { control: Control; block: Block } {
  const { control, id } = description;
  if (!control) throw new DeviceError('no-control', `${id} is not a device that can be told what to do`);
  return { control, block: blockOf(description, control.block) };
}

function notImplemented(what: string): DeviceError {
  return new DeviceError('not-implemented', `the battery gives no ${what}, so it cannot be told a power`);
}
