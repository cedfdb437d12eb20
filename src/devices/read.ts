// Takes one reading of a described device: finds its blocks, reads them, and maps them into the project's units.
import type { ModbusPort } from '../modbus/port.ts';
import { systemTimers, type Timers } from '../time/clock.ts';
import type { DeviceDescription } from './description.ts';
import { DeviceError } from './errors.ts';
import { type Layout, locate } from './layout.ts';
import { pointsOfReading, toReading } from './quantity.ts';
import { missingReading, type Reading } from './reading.ts';
import { readRegisters } from './registers.ts';

export interface ReadOptions {
  /** Saves the search for the blocks. */
  readonly layout?: Layout | undefined;
  readonly signal?: AbortSignal | undefined;
  /** For the wait before a busy device is asked again. */
  readonly timers?: Timers | undefined;
}

/** One reading. @param now Unix ms @throws DeviceError, ModbusError */
export async function readDevice(
  port: ModbusPort,
  unit: number,
  description: DeviceDescription,
  now: () => number,
  { layout, signal, timers = systemTimers }: ReadOptions = {},
): Promise<Reading> {
  const access = { port, unit, description, timers, signal };
  const found = layout ?? (await locate(access));
  try {
    const registers = await readRegisters(access, found, pointsOfReading(description, found.chosen));
    return toReading(description, registers, now(), found.chosen);
  } catch (error) {
    if (!(error instanceof DeviceError && error.code === 'scale-changed')) throw error;
    return missingReading(description.id, now(), { code: error.code, text: `${error.message}.` });
  }
}
