// One unit on a line as its description says: remembers where its blocks were found, and looks again when they moved.
import { ModbusError, type ModbusPort } from '../modbus/port.ts';
import { systemTimers, type Timers } from '../time/clock.ts';
import type { DeviceDescription } from './description.ts';
import { type Driven, releaseDevice, writeSetpoint } from './drive.ts';
import { DeviceError } from './errors.ts';
import { type Layout, locate } from './layout.ts';
import { readDevice } from './read.ts';
import type { Reading } from './reading.ts';

export interface DeviceOptions {
  /** For the wait before a busy device is asked again. */
  readonly timers?: Timers;
  /** Drive it although how to do that stands in a single source. */
  readonly allowUnconfirmed?: boolean;
}

export interface Device {
  readonly description: DeviceDescription;
  readonly unit: number;
  /** @throws DeviceError, ModbusError */
  read(now: () => number, signal?: AbortSignal): Promise<Reading>;
  /** Sets a power, W, + = discharge, that the device drops by itself after the validity. @throws as writeSetpoint */
  set(setpointW: number, validForSeconds: number, signal?: AbortSignal): Promise<Driven>;
  /** Gives a battery back to its own safe mode. @throws as writeSetpoint */
  release(signal?: AbortSignal): Promise<Driven>;
}

/** A device on a port. Nothing is sent before the first call. */
export function openDevice(
  port: ModbusPort,
  unit: number,
  description: DeviceDescription,
  { timers = systemTimers, allowUnconfirmed }: DeviceOptions = {},
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
  const target = (layout: Layout, signal?: AbortSignal) => ({
    port,
    unit,
    description,
    timers,
    allowUnconfirmed,
    layout,
    signal,
  });
  return {
    description,
    unit,
    read: (now, signal) =>
      located(signal, (found) => readDevice(port, unit, description, now, { layout: found, signal, timers })),
    set: (setpointW, validForSeconds, signal) =>
      located(signal, (found) => writeSetpoint(target(found, signal), setpointW, validForSeconds)),
    release: (signal) => located(signal, (found) => releaseDevice(target(found, signal))),
  };
}

/** After an update a device may lay out its registers anew: then its map is searched again with the next call. */
function movedAway(error: unknown): boolean {
  if (error instanceof DeviceError) return error.code === 'layout-changed';
  return error instanceof ModbusError && error.code === 'exception-2';
}
