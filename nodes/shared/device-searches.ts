// Searches for devices on a line, for the dialogs: one unit after the other, with progress and cancel. A search ends by
// itself when nobody asks for its progress any more, so that a dialog that was closed leaves nothing behind.
import { randomUUID } from 'node:crypto';
import { catalogue } from '../../src/devices/catalogue-store.ts';
import type { DeviceDescription } from '../../src/devices/description.ts';
import { openDevice } from '../../src/devices/device.ts';
import { type FoundUnit, findUnits } from '../../src/devices/scan.ts';
import { showsMains, suggestDevices } from '../../src/devices/suggest.ts';
import { asideOf, type ModbusPort } from '../../src/modbus/port.ts';
import { toError } from './define-node.ts';
import type { BorrowedLine } from './modbus-lines.ts';

export interface FoundDevice extends FoundUnit {
  /** Ids in the catalogue, the most likely first. */
  readonly suggestions: readonly string[];
}

export interface SearchProgress {
  readonly state: 'running' | 'done' | 'cancelled' | 'failed';
  /** Units asked so far, of how many. */
  readonly asked: number;
  readonly total: number;
  /** The one that is asked now, null when it has ended. */
  readonly unit: number | null;
  readonly found: readonly FoundDevice[];
  /** Why it failed, in a sentence. */
  readonly error: string | null;
}

export interface SearchRange {
  readonly from: number;
  readonly to: number;
  /** How long each unit may take to answer, ms. */
  readonly limitMs: number;
  /** Units that answer without SunSpec are read as this one, to see whether that makes sense. */
  readonly device: DeviceDescription | null;
}

interface Search {
  progress: SearchProgress;
  readonly end: AbortController;
  idle: NodeJS.Timeout;
}

const MOST_AT_ONCE = 3;
const IDLE_MS = 10_000;

export class DeviceSearches {
  readonly #searches = new Map<string, Search>();
  readonly #idleMs: number;

  /** @param idleMs a search that nobody asks for ends after so long */
  constructor(idleMs = IDLE_MS) {
    this.#idleMs = idleMs;
  }

  get running(): number {
    return [...this.#searches.values()].filter(({ progress }) => progress.state === 'running').length;
  }

  /** Begins a search; gives the line back at its end. @returns its id @throws Error when too many run */
  start(line: BorrowedLine, range: SearchRange): string {
    if (this.running >= MOST_AT_ONCE) {
      void line.giveBack();
      throw new Error(`${MOST_AT_ONCE} searches are running already; wait until one has ended, or cancel it`);
    }
    const units = Array.from({ length: range.to - range.from + 1 }, (_, index) => range.from + index);
    const id = randomUUID();
    const search: Search = {
      progress: { state: 'running', asked: 0, total: units.length, unit: range.from, found: [], error: null },
      end: new AbortController(),
      idle: this.#forgetLater(id),
    };
    this.#searches.set(id, search);
    void this.#run(search, line, units, range);
    return id;
  }

  /** How far it is; asking keeps it alive. Undefined for one that is over and forgotten. */
  progress(id: string): SearchProgress | undefined {
    const search = this.#searches.get(id);
    if (!search) return undefined;
    clearTimeout(search.idle);
    search.idle = this.#forgetLater(id);
    return search.progress;
  }

  /** Ends a search and forgets it. */
  cancel(id: string): void {
    const search = this.#searches.get(id);
    if (!search) return;
    clearTimeout(search.idle);
    this.#searches.delete(id);
    search.end.abort();
  }

  #forgetLater(id: string): NodeJS.Timeout {
    return setTimeout(() => this.cancel(id), this.#idleMs).unref();
  }

  async #run(search: Search, line: BorrowedLine, units: readonly number[], range: SearchRange): Promise<void> {
    const { signal } = search.end;
    const port = asideOf(line.port, { limitMs: range.limitMs });
    const tell = (more: Partial<SearchProgress>) => {
      search.progress = { ...search.progress, ...more };
    };
    try {
      for (const [index, unit] of units.entries()) {
        tell({ unit });
        const [one] = await findUnits(port, [unit], () => {}, signal);
        const news = one ? [{ ...one, suggestions: await suggestionsFor(port, one, range.device, signal) }] : [];
        tell({ asked: index + 1, found: [...search.progress.found, ...news] });
      }
      tell({ state: 'done', unit: null });
    } catch (problem) {
      if (signal.aborted) tell({ state: 'cancelled', unit: null });
      else tell({ state: 'failed', unit: null, error: toError(problem).message });
    } finally {
      await line.giveBack().catch(() => {});
    }
  }
}

async function suggestionsFor(
  port: ModbusPort,
  found: FoundUnit,
  device: DeviceDescription | null,
  signal: AbortSignal,
): Promise<string[]> {
  if (found.sunspec) return suggestDevices(found, catalogue()).map(({ id }) => id);
  if (!device) return [];
  // What goes wrong here says only that it is another device; a line that is gone shows with the next unit.
  const reading = await openDevice(port, found.unit, device)
    .read(Date.now, signal)
    .catch(() => null);
  return reading && showsMains(reading) ? [device.id] : [];
}
