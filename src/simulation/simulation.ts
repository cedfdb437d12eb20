// Runs a community over a profile: the street as it is and three counterfactuals (without trading, without batteries,
// without both) in the same pass, interval by interval, so that memory does not grow with time.
import { NeedHistory } from '../market/need-history.ts';
import { PriceHistory } from '../market/price-history.ts';
import { INTERVAL_MS } from '../time/interval.ts';
import {
  type Expectation,
  initialStreet,
  type Seen,
  type StreetInterval,
  stepStreet,
  type Variant,
} from './community.ts';
import type { CommunityConfig } from './community-config.ts';
import { FigureSums, type Figures } from './figures.ts';
import type { ProfileRow, Profiles } from './profiles.ts';
import { type Settled, settleStreet } from './street-settlement.ts';

export interface SimulationOptions {
  readonly config: CommunityConfig;
  readonly profiles: Profiles;
  /** First interval, Unix ms; what the profile holds before it is the members' history. Default: the first row. */
  readonly from?: number;
  /** How many intervals at most. */
  readonly intervals?: number;
  /** Told every interval of the street as it is, in order, before the next begins. */
  readonly onInterval?: (street: StreetInterval, settled: Settled) => Promise<void> | undefined;
}

export interface SimulationResult extends Figures {
  readonly intervals: number;
  readonly members: number;
  /** The same figures for the same time, had the street not traded, had no batteries, or neither. */
  readonly without: { readonly trading: Figures; readonly battery: Figures; readonly both: Figures };
  /** What each member pays (nano-currency), as it is and had nobody traded. */
  readonly bills: readonly {
    readonly member: string;
    readonly costNano: number;
    readonly withoutTradingNano: number;
  }[];
}

/**
 * @throws RangeError when the profile has no columns for a member or no row in the time asked for; ProfileError
 */
export async function simulate(options: SimulationOptions): Promise<SimulationResult> {
  const {
    config,
    profiles,
    from = Number.NEGATIVE_INFINITY,
    intervals = Number.POSITIVE_INFINITY,
    onInterval,
  } = options;
  const columns = columnsOf(config, profiles.members);
  const forecaster = new Forecaster(config.members.length);
  const real = new Run(config, { trading: true, batteries: true });
  const noTrading = new Run(config, { trading: false, batteries: true });
  const noBattery = new Run(config, { trading: true, batteries: false });
  const neither = new Run(config, { trading: false, batteries: false });
  let count = 0;
  if (intervals > 0) {
    for await (const row of profiles.rows) {
      const loadWh = columns.map((column) => (column === null ? 0 : row.loadWh[column]!));
      const pvWh = columns.map((column) => (column === null ? 0 : row.pvWh[column]!));
      if (row.start >= from) {
        const seen = { start: row.start, loadWh, pvWh, expectations: forecaster.expect(row.start) };
        for (const run of [noTrading, noBattery, neither]) run.step(seen);
        const [street, settled] = real.step(seen);
        await onInterval?.(street, settled);
        count += 1;
      }
      forecaster.measured({ start: row.start, loadWh, pvWh });
      if (count >= intervals) break;
    }
  }
  if (count === 0) throw new RangeError('the profile has no row in the time to simulate');
  const before = noTrading.costs();
  return {
    intervals: count,
    members: config.members.length,
    ...real.figures(),
    without: { trading: noTrading.figures(), battery: noBattery.figures(), both: neither.figures() },
    bills: real.costs().map((costNano, index) => ({
      member: config.members[index]!.id,
      costNano,
      withoutTradingNano: before[index]!,
    })),
  };
}

/** One variant on its way through time. */
class Run {
  readonly #config: CommunityConfig;
  readonly #variant: Variant;
  readonly #sums: FigureSums;
  readonly #prices = new PriceHistory();
  #state: ReturnType<typeof initialStreet>;

  constructor(config: CommunityConfig, variant: Variant) {
    this.#config = config;
    this.#variant = variant;
    this.#state = initialStreet(config, variant);
    this.#sums = new FigureSums(config.members.length, this.#stored());
  }

  step(seen: Seen): [StreetInterval, Settled] {
    const [next, street] = stepStreet(this.#config, this.#variant, this.#state, { ...seen, prices: this.#prices });
    this.#state = next;
    this.#prices.addAt(seen.start, street.clearing.price);
    const settled = settleStreet(this.#config, street);
    this.#sums.add(street, settled);
    return [street, settled];
  }

  figures(): Figures {
    return this.#sums.figures(this.#stored());
  }

  costs(): number[] {
    return this.#sums.costs();
  }

  #stored(): number {
    return this.#state.batteries.reduce((sum, battery) => sum + (battery?.stored ?? 0), 0);
  }
}

/**
 * What every member may expect. Bids for an interval are made when the one before begins, so that one's meters are not
 * known yet: a reading enters the history an interval late.
 */
class Forecaster {
  readonly #histories: readonly NeedHistory[];
  #running: ProfileRow | null = null;

  constructor(members: number) {
    this.#histories = Array.from({ length: members }, () => new NeedHistory());
  }

  expect(start: number): (Expectation | null)[] {
    // After a hole in the profile the row before is long over.
    if (this.#running && this.#running.start + INTERVAL_MS <= start - INTERVAL_MS) this.#learn();
    return this.#histories.map((history) => {
      const forecast = history.forecastAt(start);
      return forecast && { forecast, needUntilSunWh: history.needUntilSunWh(start), needs: history };
    });
  }

  measured(row: ProfileRow): void {
    this.#learn();
    this.#running = row;
  }

  #learn(): void {
    const row = this.#running;
    this.#running = null;
    if (!row) return;
    for (const [index, history] of this.#histories.entries()) {
      history.addAt(row.start, row.loadWh[index]! - row.pvWh[index]!);
    }
  }
}

/** Where each member's columns are; only a storage may have none. Columns of others are left aside. */
function columnsOf(config: CommunityConfig, ids: readonly string[]): (number | null)[] {
  return config.members.map(({ id, kind }) => {
    const column = ids.indexOf(id);
    if (column >= 0) return column;
    if (kind === 'storage') return null;
    throw new RangeError(`the profile has no column ${id}.load or ${id}.pv for the ${kind} "${id}"`);
  });
}
