// A virtual site on a clock: its model is advanced to now whenever someone looks, quarter hour by quarter hour, so that it
// runs on any pace of time. Its whole state is plain JSON, for a restart that continues where it stopped.
import { INTERVAL_MS, intervalAt } from '../time/interval.ts';
import { requireInteger } from '../units.ts';
import { type BatteryModel, checkModel, isModelled } from './battery-model.ts';
import { modelledCapacity, modelledPower, stepModelled } from './modelled-site.ts';
import {
  type Flow,
  flowOf,
  initialSite,
  MAX_CAPACITY_WH,
  powerNow,
  type SiteLosses,
  type SitePower,
  type SiteState,
  stepSite,
} from './virtual-site.ts';
import {
  commandedW,
  initialStorage,
  revert,
  type StorageControl,
  withReserve,
  writeStorage,
} from './virtual-storage.ts';

/** Energy of the quarter hour that starts at `start` (Unix ms), Wh; null where the profile has a hole. */
export type SiteProfile = (start: number) => { readonly loadWh: number; readonly pvWh: number } | null;

export interface SiteOptions {
  readonly profile: SiteProfile;
  /** Ideal, or like a real one where it has the figures of a BatteryModel. */
  readonly battery?: BatteryModel;
  /** Whether there is a PV inverter to talk to; its energy counts in any case. */
  readonly pv?: boolean;
  /** Where the site begins, Unix ms. */
  readonly start: number;
  /** State of charge at the start, per mille; default the battery's own minimum. */
  readonly socPerMille?: number;
}

/** Everything a site needs to continue. */
export interface SiteSnapshot {
  readonly version: 1;
  readonly at: number;
  readonly site: SiteState;
  readonly storage: StorageControl | null;
}

/** One quarter hour of a site's profile. */
export interface HistoryRow {
  readonly interval: string;
  readonly loadWh: number;
  readonly pvWh: number;
}

export class SiteRun {
  readonly battery: BatteryModel | undefined;
  readonly #modelled: boolean;
  readonly pv: boolean;
  readonly #profile: SiteProfile;
  readonly #socAtStart: number;
  #now: () => number;
  #state: SiteSnapshot;

  /** @param now the site's clock, Unix ms @throws RangeError for a battery or start that cannot be */
  constructor(options: SiteOptions, now: () => number) {
    this.battery = options.battery ? checkModel(options.battery) : undefined;
    this.#modelled = this.battery !== undefined && isModelled(this.battery);
    this.pv = options.pv ?? true;
    this.#profile = options.profile;
    this.#socAtStart = options.socPerMille ?? options.battery?.minSocPerMille ?? 0;
    this.#now = now;
    this.#state = this.#begin(options.start);
  }

  /** Counters and battery content at this moment. */
  get site(): SiteState {
    return this.#advance().site;
  }

  /** Powers at this moment, W. */
  get power(): SitePower {
    const { at, site, storage } = this.#advance();
    const battery = this.#limited(storage);
    const [flow, setpointW] = [this.#flowAt(at), this.#setpoint(storage)];
    if (battery && this.#modelled) return modelledPower(battery, site, flow, setpointW);
    return powerNow(battery, site, flow, setpointW);
  }

  /** What the battery holds when full, as it is now, Wh; 0 without one. */
  get capacityWh(): number {
    if (!this.battery) return 0;
    return this.#modelled ? modelledCapacity(this.battery, this.#advance().site) : this.battery.capacityWh;
  }

  /** Registers of the battery's control; null without a battery. */
  get storage(): StorageControl | null {
    return this.#advance().storage;
  }

  /** One write transaction to the battery's control, by point name. @returns false when it is refused as a whole */
  write(points: ReadonlyMap<string, number>): boolean {
    const { at, site, storage } = this.#advance();
    const next = storage && writeStorage(storage, points, at);
    if (!next) return false;
    this.#state = { version: 1, at, site, storage: next };
    return true;
  }

  /** The state at this moment, to be kept as JSON. */
  snapshot(): SiteSnapshot {
    return structuredClone(this.#advance());
  }

  /** Continues from a kept state. Time that has passed since is caught up, with the battery's timer running out in it. @throws RangeError */
  restore(kept: unknown): void {
    this.#state = checkSnapshot(kept, this.battery !== undefined);
  }

  /** Begins anew, with counters at zero: for a simulation that starts over. */
  reset(start: number): void {
    this.#state = this.#begin(start);
  }

  /** The profile's quarter hours with from <= start < to (Unix ms), holes left out. */
  history(from: number, to: number): HistoryRow[] {
    const rows: HistoryRow[] = [];
    for (let start = Math.ceil(from / INTERVAL_MS) * INTERVAL_MS; start < to; start += INTERVAL_MS) {
      const row = this.#profile(start);
      if (row) rows.push({ interval: intervalAt(start), loadWh: row.loadWh, pvWh: row.pvWh });
    }
    return rows;
  }

  #begin(start: number): SiteSnapshot {
    return {
      version: 1,
      at: requireInteger(start, 'the start of a site'),
      site: initialSite(this.battery, this.#socAtStart),
      storage: this.battery ? initialStorage(this.battery) : null,
    };
  }

  /** A clock that was set back leaves the site where it is until it has caught up. */
  #advance(): SiteSnapshot {
    const now = Math.floor(this.#now());
    let { at, site, storage } = this.#state;
    if (now <= at) return this.#state;
    while (at < now) {
      if (storage?.revertAt != null && storage.revertAt <= at) storage = revert(storage);
      const nextQuarter = (Math.floor(at / INTERVAL_MS) + 1) * INTERVAL_MS;
      const until = Math.min(now, nextQuarter, storage?.revertAt ?? Number.POSITIVE_INFINITY);
      site = this.#step(storage, site, this.#flowAt(at), until - at);
      at = until;
    }
    if (storage?.revertAt != null && storage.revertAt <= at) storage = revert(storage);
    this.#state = { version: 1, at, site, storage };
    return this.#state;
  }

  #step(storage: StorageControl | null, site: SiteState, flow: Flow, ms: number): SiteState {
    const battery = this.#limited(storage);
    const setpointW = this.#setpoint(storage);
    if (battery && this.#modelled) return stepModelled(battery, site, flow, setpointW, ms);
    return stepSite(battery, site, flow, setpointW, ms);
  }

  #flowAt(at: number) {
    return flowOf(this.#profile(Math.floor(at / INTERVAL_MS) * INTERVAL_MS) ?? { loadWh: 0, pvWh: 0 });
  }

  #setpoint(storage: StorageControl | null): number {
    return this.battery && storage ? commandedW(this.battery, storage) : 0;
  }

  #limited(storage: StorageControl | null): BatteryModel | undefined {
    return this.battery && storage ? withReserve(this.battery, storage) : undefined;
  }
}

/** A kept state, checked: it comes from a file. */
function checkSnapshot(kept: unknown, hasBattery: boolean): SiteSnapshot {
  if (!isRecord(kept) || kept['version'] !== 1 || !isRecord(kept['site'])) {
    throw new RangeError('this is not the kept state of a virtual site (version 1)');
  }
  const { at, site, storage } = kept;
  const field = (from: Record<string, unknown>, name: string, low = 0) =>
    requireInteger(from[name], `${name} in the kept state of a virtual site`, low);
  if ((storage !== null) !== hasBattery || (storage !== null && !isRecord(storage))) {
    throw new RangeError('the kept state of a virtual site does not fit it: one has a battery and the other has none');
  }
  const stored = field(site, 'stored');
  const losses = site['losses'];
  if (stored > MAX_CAPACITY_WH * 3_600_000_000)
    throw new RangeError('the kept state of a virtual site stores too much');
  return {
    version: 1,
    at: requireInteger(at, 'at in the kept state of a virtual site'),
    site: {
      loadWms: field(site, 'loadWms'),
      pvWms: field(site, 'pvWms'),
      importWms: field(site, 'importWms'),
      exportWms: field(site, 'exportWms'),
      chargeWms: field(site, 'chargeWms'),
      dischargeWms: field(site, 'dischargeWms'),
      stored,
      ...(isRecord(losses) ? { losses: checkLosses(losses, field) } : {}),
    },
    storage: isRecord(storage)
      ? {
          mode: field(storage, 'mode'),
          outRate: field(storage, 'outRate', -10_000),
          inRate: field(storage, 'inRate', -10_000),
          windowSeconds: field(storage, 'windowSeconds'),
          revertSeconds: field(storage, 'revertSeconds'),
          rampSeconds: field(storage, 'rampSeconds'),
          gridCharging: field(storage, 'gridCharging'),
          reserve: field(storage, 'reserve'),
          revertAt: storage['revertAt'] === null ? null : field(storage, 'revertAt'),
        }
      : null,
  };
}

function checkLosses(
  losses: Record<string, unknown>,
  field: (from: Record<string, unknown>, name: string) => number,
): SiteLosses {
  return { lostWms: field(losses, 'lostWms'), lostRest: field(losses, 'lostRest'), ageMs: field(losses, 'ageMs') };
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
