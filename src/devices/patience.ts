// Patience with a device that says it is busy (exceptions 5 and 6): it is asked again a few times after a short wait, and
// what it said is never taken for a value. Time comes from the given timers.
import { ModbusError, type ModbusPort } from '../modbus/port.ts';
import type { Timers } from '../time/clock.ts';
import type { DeviceDescription } from './description.ts';

/** One unit on a line, and what talking to it needs. */
export interface Access {
  readonly port: ModbusPort;
  readonly unit: number;
  readonly description: DeviceDescription;
  readonly timers: Timers;
  readonly signal?: AbortSignal | undefined;
}

const WAITS_MS = [100, 200, 400];

/** Asks until the device is no longer busy, four times at most. @throws what `ask` throws, ModbusError `aborted` */
export async function patiently<T>({ timers, signal }: Access, ask: () => Promise<T>): Promise<T> {
  for (const wait of WAITS_MS) {
    try {
      return await ask();
    } catch (error) {
      if (!(error instanceof ModbusError && error.busy)) throw error;
    }
    await pause(wait, timers, signal);
  }
  return ask();
}

/** @throws ModbusError `aborted` as soon as the signal says so */
export function pause(ms: number, timers: Timers, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const abort = () => {
      cancel();
      reject(new ModbusError('aborted', 'the request was cancelled while the device was busy'));
    };
    const cancel = timers.after(ms, () => {
      signal?.removeEventListener('abort', abort);
      resolve();
    });
    if (signal?.aborted) abort();
    else signal?.addEventListener('abort', abort, { once: true });
  });
}
