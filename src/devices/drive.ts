// Tells a battery what was decided: writes the steps its description names, with the scale factors read just before, and
// reads back what it wrote, for some seconds if need be: behind a dongle registers show late what they were told. What is
// decided is apart from this (src/battery).
import { ModbusError } from '../modbus/port.ts';
import { decodeBlock, decodeRaw } from './codec.ts';
import {
  type CodedStep,
  type Command,
  controlOf,
  encodeCommand,
  type Part,
  type Registers,
  shownCommand,
  withCommand,
} from './command.ts';
import { type Block, blockOf, type Control, type DeviceDescription, type Figure, pointOf } from './description.ts';
import { DeviceError } from './errors.ts';
import { isWriteOnly, type Layout } from './layout.ts';
import { type Access, patiently, pause } from './patience.ts';
import { readRegisters } from './registers.ts';

/** What a command came to. */
export interface Driven {
  /** The setpoint as the device shows it after reading back, W, + = discharge; null after a release. */
  readonly setpointW: number | null;
  /** Seconds until the device falls back to its own safe mode; null after a release, and where nothing makes it. */
  readonly validForSeconds: number | null;
  /** Write transactions used. */
  readonly writes: number;
  /** Those of them that went to registers which wear out. */
  readonly persistentWrites: number;
  /** Whether the device showed it; false before it was asked, and where it cannot be read: then this is what was written. */
  readonly readBack: boolean;
}

export interface Target extends Access {
  readonly layout: Layout;
  /** Also a control that stands on a single source; only for trying it out. */
  readonly allowUnconfirmed?: boolean | undefined;
  /** For so long the device may go on showing something else, ms. */
  readonly showWithinMs: number;
  /** Until then it may be showing what it held before earlier commands: that it shows this one says nothing. */
  readonly behindUntil?: number | undefined;
  /** Told when all is written; what comes after it only looks whether it shows. */
  readonly onWritten?: ((done: Driven) => void) | undefined;
}

const DAY_SECONDS = 86_400;
/** A device may need a moment until it shows what it was told; it is looked at ever less often. */
export const SHOW_WITHIN_MS = 10_000;
const FIRST_LOOK_MS = 150;

/**
 * Writes a setpoint (W, + = discharge), rounded towards zero to the device's resolution and cut to what it takes.
 * @param validForSeconds until the device falls back by itself, 1 s to a day; cut to what its timer takes
 * @throws DeviceError `not-applied` when the device shows something else afterwards, ModbusError
 */
export async function writeSetpoint(target: Target, setpointW: number, validForSeconds: number): Promise<Driven> {
  if (!Number.isInteger(setpointW) || !(validForSeconds >= 1 && validForSeconds <= DAY_SECONDS)) {
    throw new RangeError(
      `a setpoint needs whole watts and a validity of 1 to ${DAY_SECONDS} s, not ${setpointW} W for ${validForSeconds} s`,
    );
  }
  const control = allowed(target);
  const { fallback } = control;
  const most = fallback.by === 'timer' ? fallback.maxSeconds : DAY_SECONDS;
  return run(target, control.setpoint, { setpointW, validForSeconds: Math.floor(Math.min(validForSeconds, most)) });
}

/** Gives the battery back to its own safe mode. @throws as writeSetpoint */
export async function releaseDevice(target: Target): Promise<Driven> {
  const onWritten = (done: Driven) => target.onWritten?.(released(done));
  const done = await run({ ...target, onWritten }, allowed(target).release, { setpointW: 0, validForSeconds: 1 });
  return released(done);
}

function released(done: Driven): Driven {
  return { ...done, setpointW: null, validForSeconds: null };
}

/** @throws DeviceError `no-control` */
function allowed({ description, allowUnconfirmed }: Target): Control {
  const control = controlOf(description);
  if ((control.confirmed && description.confirmed) || allowUnconfirmed) return control;
  const what = control.confirmed ? 'read' : 'controlled';
  const text = `how ${description.id} is ${what} stands in a single source, so nothing is written to it`;
  throw new DeviceError('no-control', text);
}

async function run(target: Target, steps: Control['setpoint'], command: Command): Promise<Driven> {
  const { description, layout } = target;
  const wanted = pointsOfSteps(description, steps);
  const read = () => readRegisters(target, layout, wanted);
  const before = await read();
  // all of it is encoded before the first write: a command that cannot be given is not given in part
  const coded = encodeCommand(description, steps, before, command);
  let writes = 0;
  let persistentWrites = 0;
  for (const step of coded) {
    if (target.behindUntil === undefined && !isDue(description, step, before)) continue;
    const used = await write(target, step);
    writes += used;
    if (isPersistent(description, step)) persistentWrites += used;
  }
  const written = shownCommand(description, withCommand(before, coded));
  const cost = { writes, persistentWrites };
  const setpointW = written.setpointW ?? command.setpointW;
  const { validForSeconds } = written;
  target.onWritten?.({ setpointW, validForSeconds, ...cost, readBack: false });
  const after = wanted.size > 0 ? await readBack(target, coded, before, read) : new Map<string, number[]>();
  // what is read back may already run down, and some of it cannot be read: what was written stands for that
  const shown = shownCommand(description, after);
  const all = coded.every(({ block }) => after.has(block.name));
  return { setpointW: shown.setpointW ?? setpointW, validForSeconds, ...cost, readBack: all };
}

/** Every point that the steps write, look at or are read back from, by block; none of blocks that cannot be read. */
function pointsOfSteps(description: DeviceDescription, steps: Control['setpoint']): Map<string, Set<string>> {
  const wanted = new Map<string, Set<string>>();
  for (const step of steps) {
    const block = blockOf(description, step.block ?? controlOf(description).block);
    if (isWriteOnly(block)) continue;
    const points = wanted.get(block.name) ?? new Set();
    wanted.set(block.name, points);
    for (const [name, figure] of Object.entries(step.points)) {
      const { range = [], readBack } = pointOf(block, name);
      const others = [...range, readBack, ...referred(figure)].filter((each) => typeof each === 'string');
      for (const each of [name, ...others]) points.add(each);
    }
  }
  return wanted;
}

function referred(figure: Figure): (string | undefined)[] {
  if (figure.from === 'point') return [figure.point];
  return 'percentOf' in figure ? [figure.percentOf] : [];
}

/** A register that wears out is not written with what it holds, unless that is what keeps the device listening. */
function isDue(description: DeviceDescription, step: CodedStep, before: Registers): boolean {
  const { fallback } = controlOf(description);
  const onChange = step.step.when === 'different' || (isPersistent(description, step) && fallback.by !== 'watchdog');
  const words = before.get(step.block.name);
  if (step.parts.length === 0) return false;
  return !(onChange && words && step.parts.every((part) => stands(step.block, part, words)));
}

function isPersistent(description: DeviceDescription, { parts }: CodedStep): boolean {
  const byDefault = controlOf(description).storage === 'persistent';
  return parts.some(({ point }) => point.persistent ?? byDefault);
}

/** @returns how many transactions it took */
async function write(target: Target, { step, block, parts }: CodedStep): Promise<number> {
  const { port, unit, layout, description, signal } = target;
  const place = layout.blocks.get(block.name);
  const [first] = parts;
  if (!place || !first)
    throw new DeviceError('no-control', `this ${description.id} has no registers for ${block.name}`);
  const address = place.address + first.point.offset;
  const words = parts.flatMap((part) => part.words);
  if (!step.single) {
    await accepted(target, () => port.writeRegisters(unit, address, words, signal));
    return 1;
  }
  for (const [index, word] of words.entries())
    await accepted(target, () => port.writeRegister(unit, address + index, word, signal));
  return words.length;
}

/** Exception 5 says that the device took it and is still at it: writing it again would wear it, reading back will tell. */
async function accepted(target: Target, send: () => Promise<void>): Promise<void> {
  await patiently(target, () =>
    send().catch((error: unknown) => {
      if (!(error instanceof ModbusError && error.code === 'exception-5')) throw error;
    }),
  );
}

/** The first look that shows it. @throws DeviceError `not-applied`, ModbusError of the last look */
async function readBack(
  target: Target,
  coded: readonly CodedStep[],
  before: Registers,
  read: () => Promise<Map<string, number[]>>,
): Promise<Map<string, number[]>> {
  const { timers, signal, unit, port, showWithinMs, behindUntil = 0 } = target;
  let changed = differing(coded, before) !== null;
  const end = timers.now() + showWithinMs;
  for (let wait = FIRST_LOOK_MS; ; wait *= 2) {
    const left = end - timers.now();
    const after = await read().catch((error: unknown) => {
      if (left <= 0 || signal?.aborted) throw error;
      return null;
    });
    const wrong = after && differing(coded, after);
    if (after && wrong === null && (changed || timers.now() >= behindUntil)) return after;
    changed ||= wrong !== null;
    if (wrong !== null && left <= 0) {
      throw new DeviceError('not-applied', `unit ${unit} at ${port.name} did not take the command: ${wrong}`);
    }
    await pause(Math.max(1, Math.min(wait, left)), timers, signal);
  }
}

/** What a later step wrote over an earlier one is looked at once, as it was written last. */
function differing(coded: readonly CodedStep[], after: Registers): string | null {
  const last = new Map(
    coded.flatMap(({ block, parts }) =>
      parts.map((part) => [`${block.name} ${part.point.name}`, { block, part }] as const),
    ),
  );
  for (const { block, part } of last.values()) {
    const words = after.get(block.name);
    if (!words || stands(block, part, words) || runsDown(part, words)) continue;
    const shownBy = pointOf(block, part.point.readBack ?? part.point.name);
    const shown = words.slice(shownBy.offset, shownBy.offset + shownBy.size).join(' ');
    return `${shownBy.name} shows ${shown} instead of ${part.words.join(' ')}`;
  }
  return null;
}

function stands(block: Block, { point, words }: Part, registers: readonly number[]): boolean {
  if (point.readBack === undefined) return words.every((word, index) => registers[point.offset + index] === word);
  const written = [...registers];
  written.splice(point.offset, words.length, ...words);
  const values = decodeBlock(block, written);
  return values[point.readBack] === values[point.name];
}

/** Some makes show what is left of a timer instead of what was written. */
function runsDown({ point, figure, words }: Part, registers: readonly number[]): boolean {
  if (figure.from !== 'validity') return false;
  const left = decodeRaw(point, registers);
  const set = decodeRaw({ ...point, offset: 0 }, words);
  return typeof left === 'number' && typeof set === 'number' && left > 0 && left < set;
}
