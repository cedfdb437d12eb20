// Searches for devices on a line, for the dialogs: one unit after the other, with progress and cancel, and some time more
// for units that are silent at first. A search ends by itself when nobody asks for its progress any more, so that a dialog
// that was closed leaves nothing behind.
import { randomUUID } from 'node:crypto';
import { catalogue } from '../../src/devices/catalogue-store.ts';
import type { DeviceDescription } from '../../src/devices/description.ts';
import { openDevice } from '../../src/devices/device.ts';
import { type FoundUnit, findUnits, usualUnits } from '../../src/devices/find.ts';
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
  /** Units asked so far, of how many, in this round. */
  readonly asked: number;
  readonly total: number;
  /** 1 asks all units; further rounds ask those that were silent something else. */
  readonly round: number;
  /** The one that is asked now, null when it has ended. */
  readonly unit: number | null;
  /** How long it may still take on a line that is free, seconds. */
  readonly secondsLeft: number;
  /** How long it has waited for its turn on the line by now, seconds. */
  readonly waitingSeconds: number;
  readonly found: readonly FoundDevice[];
  /** Why it failed, in a sentence. */
  readonly error: string | null;
}

export interface SearchRange {
  readonly from: number;
  readonly to: number;
  /** Also the units at which devices are often found. */
  readonly usual: boolean;
  /** How long each unit may take to answer, ms. */
  readonly limitMs: number;
  /** Units that answer and do not say what they are are read as this one, to see whether that makes sense. */
  readonly device: DeviceDescription | null;
}

interface Search {
  progress: Omit<SearchProgress, 'secondsLeft' | 'waitingSeconds'>;
  /** What it asks was not sent yet since then; null while it is. */
  waitsSince: number | null;
  /** The extra time for silent units, and when it ends; null in the first round. */
  readonly extraMs: number;
  until: number | null;
  readonly range: SearchRange;
  readonly end: AbortController;
  idle: NodeJS.Timeout;
}

const MOST_AT_ONCE = 3;
const IDLE_MS = 10_000;
/** For further questions to units that were silent: three times what the first one may take, within these bounds. */
const EXTRA_MS = [3000, 30_000] as const;

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
    const { from, to, usual } = range;
    const asked = Array.from({ length: to - from + 1 }, (_, index) => from + index);
    const units = [...new Set([...asked, ...(usual ? usualUnits(catalogue()) : [])])];
    const id = randomUUID();
    const search: Search = {
      progress: { state: 'running', asked: 0, total: units.length, round: 1, unit: from, found: [], error: null },
      waitsSince: null,
      extraMs: Math.min(EXTRA_MS[1], Math.max(EXTRA_MS[0], 3 * units.length * range.limitMs)),
      until: null,
      range,
      end: new AbortController(),
      idle: this.#forgetLater(id),
    };
    this.#searches.set(id, search);
    void this.#run(search, line, units);
    return id;
  }

  /** How far it is; asking keeps it alive. Undefined for one that is over and forgotten. */
  progress(id: string): SearchProgress | undefined {
    const search = this.#searches.get(id);
    if (!search) return undefined;
    clearTimeout(search.idle);
    search.idle = this.#forgetLater(id);
    const { waitsSince } = search;
    return {
      ...search.progress,
      secondsLeft: Math.ceil(this.#leftMs(search) / 1000),
      waitingSeconds: waitsSince === null ? 0 : Math.floor((performance.now() - waitsSince) / 1000),
    };
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

  #leftMs({ progress: { state, asked, total }, range, extraMs, until }: Search): number {
    if (state !== 'running') return 0;
    const round = (total - asked) * range.limitMs;
    return until === null ? round + extraMs : Math.max(0, until - performance.now());
  }

  async #run(search: Search, line: BorrowedLine, units: readonly number[]): Promise<void> {
    const { signal } = search.end;
    const { limitMs, device } = search.range;
    const port = asideOf(line.port, {
      limitMs,
      waits: () => {
        search.waitsSince = performance.now();
      },
      turn: () => {
        search.waitsSince = null;
      },
    });
    const tell = (more: Partial<SearchProgress>) => {
      search.progress = { ...search.progress, ...more };
    };
    try {
      await findUnits(port, units, {
        catalogue: catalogue(),
        signal,
        asking: (unit, place, total, round) => {
          if (round > 1) search.until ??= performance.now() + search.extraMs;
          if (search.until !== null && performance.now() > search.until) return false;
          tell({ unit, asked: place - 1, total, round });
          return true;
        },
        found: async (one) => {
          const suggestions = await suggestionsFor(port, one, device, signal);
          tell({ found: [...search.progress.found, { ...one, suggestions }] });
        },
      });
      tell({ state: 'done', unit: null, asked: units.length, total: units.length });
    } catch (problem) {
      if (signal.aborted) tell({ state: 'cancelled', unit: null });
      else tell({ state: 'failed', unit: null, error: toError(problem).message });
    } finally {
      search.waitsSince = null;
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
  const known = suggestDevices(found, catalogue()).map(({ id }) => id);
  if (found.sunspec || known.length > 0 || !device) return known;
  // What goes wrong here says only that it is another device; a line that is gone shows with the next unit.
  const reading = await openDevice(port, found.unit, device)
    .read(Date.now, signal)
    .catch(() => null);
  return reading && showsMains(reading) ? [device.id] : [];
}
