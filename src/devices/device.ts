// One unit on a line as its description says: remembers where its blocks were found, and looks again when they moved.
import { ModbusError, type ModbusPort } from '../modbus/port.ts';
import { systemTimers, type Timers } from '../time/clock.ts';
import type { DeviceDescription } from './description.ts';
import { type Driven, releaseDevice, SHOW_WITHIN_MS, type Target, writeSetpoint } from './drive.ts';
import { DeviceError } from './errors.ts';
import { type Layout, locate } from './layout.ts';
import { readDevice } from './read.ts';
import type { Reading } from './reading.ts';

export interface DeviceOptions {
  /** For the wait before a busy device is asked again. */
  readonly timers?: Timers;
  /** Drive it although how to do that stands in a single source. */
  readonly allowUnconfirmed?: boolean;
  /** For so long the device may go on showing something else than it was told, ms. Absent = some seconds. */
  readonly showWithinMs?: number;
}

/** Told when all of a command is written; what comes after it only looks whether it shows. */
export type OnWritten = (done: Driven) => void;

export interface Device {
  readonly description: DeviceDescription;
  readonly unit: number;
  /** @throws DeviceError, ModbusError */
  read(now: () => number, signal?: AbortSignal): Promise<Reading>;
  /** Sets a power, W, + = discharge, that the device drops by itself after the validity. @throws as writeSetpoint */
  set(setpointW: number, validForSeconds: number, signal?: AbortSignal, onWritten?: OnWritten): Promise<Driven>;
  /** Gives a battery back to its own safe mode. @throws as writeSetpoint */
  release(signal?: AbortSignal, onWritten?: OnWritten): Promise<Driven>;
}

/** A device on a port. Nothing is sent before the first call. */
export function openDevice(
  port: ModbusPort,
  unit: number,
  description: DeviceDescription,
  { timers = systemTimers, allowUnconfirmed, showWithinMs = SHOW_WITHIN_MS }: DeviceOptions = {},
): Device {
  let layout: Layout | null = null;
  const located = async <T>(signal: AbortSignal | undefined, use: (layout: Layout) => Promise<T>): Promise<T> => {
    try {
      layout ??= await locate({ port, unit, description, timers, signal });
      return await use(layout);
    } catch (error) {
      if (movedAway(error)) layout = null;
      throw error;
    }
  };
  /** Until when the device may be showing what it held before the last command. */
  let behind: number | null = null;
  const drive = async (
    layout: Layout,
    signal: AbortSignal | undefined,
    onWritten: OnWritten | undefined,
    tell: (target: Target) => Promise<Driven>,
  ): Promise<Driven> => {
    const behindUntil = behind !== null && timers.now() < behind ? behind : undefined;
    behind = timers.now() + showWithinMs;
    const access = { port, unit, description, timers, layout, signal };
    const done = await tell({ ...access, allowUnconfirmed, showWithinMs, behindUntil, onWritten });
    behind = null;
    return done;
  };
  return {
    description,
    unit,
    read: (now, signal) =>
      located(signal, (found) => readDevice(port, unit, description, now, { layout: found, signal, timers })),
    set: (setpointW, validForSeconds, signal, onWritten) =>
      located(signal, (found) =>
        drive(found, signal, onWritten, (target) => writeSetpoint(target, setpointW, validForSeconds)),
      ),
    release: (signal, onWritten) => located(signal, (found) => drive(found, signal, onWritten, releaseDevice)),
  };
}

/** After an update a device may lay out its registers anew: then its map is searched again with the next call. */
function movedAway(error: unknown): boolean {
  if (error instanceof DeviceError) return error.code === 'layout-changed';
  return error instanceof ModbusError && error.code === 'exception-2';
}
