// The memory of an order node for a flexible load: what messages told, what was ordered for it, and what came of that.
import type { Bid, Situation } from '../../src/market/bidding.ts';
import {
  type DailyNeed,
  type FlexibleState,
  LONGEST_DEADLINE_MS,
  NOTHING_TOLD,
  needAt,
  runNeed,
  tellNeed,
} from '../../src/market/flexible-need.ts';
import { intervalStart } from '../../src/time/interval.ts';
import type { Payload } from '../shared/messages.ts';
import type { FlexibleMemory, OrderMemory } from './memory.ts';

/** Intervals whose orders may still be answered. */
const ANSWERED = 96;

export class FlexibleLoad {
  readonly #daily: DailyNeed;
  #state: FlexibleState = NOTHING_TOLD;
  #orders: [interval: string, ids: string[]][] = [];

  constructor(daily: DailyNeed, remembered: OrderMemory | null) {
    this.#daily = daily;
    this.begin(remembered);
  }

  begin(remembered: OrderMemory | null): void {
    const { told = null, runs = [], orders = [] } = remembered?.flexible ?? {};
    this.#state = { told, runs };
    this.#orders = orders.map(([interval, ids]) => [interval, [...ids]]);
  }

  get memory(): FlexibleMemory {
    const { told, runs } = this.#state;
    return { told, runs: runs.map(([start, wh]) => [start, wh]), orders: this.#orders };
  }

  /** @throws Error with a sentence where the deadline is over, or far off */
  tell({ remainingWh, deadline, maxW }: Payload<'need'>, now: number): void {
    const by = deadline === undefined ? undefined : Date.parse(deadline);
    if (by !== undefined && remainingWh > 0 && (by <= now || by > now + LONGEST_DEADLINE_MS)) {
      const when = new Date(now).toISOString();
      throw new Error(`the need is due at ${deadline}, but it is ${when}; a deadline lies ahead, at most 7 days`);
    }
    const message = {
      remainingWh,
      ...(by === undefined ? {} : { deadline: by }),
      ...(maxW === undefined ? {} : { maxW }),
    };
    this.#state = tellNeed(this.#state, this.#daily, message, now);
  }

  /** What a strategy goes by. */
  at(start: number): Pick<Situation, 'flexible'> {
    return { flexible: needAt(this.#state, this.#daily, start) };
  }

  /** Orders were placed: what cannot wait will run, from the neighbours or from the supplier. */
  placed(interval: string, ids: readonly string[], bids: readonly Bid[]): void {
    const mustWh = bids.filter(({ reason }) => reason.code === 'no-slack').reduce((sum, { wh }) => sum + wh, 0);
    this.#state = runNeed(this.#state, intervalStart(interval), mustWh);
    this.#orders = [...this.#orders.filter(([other]) => other !== interval), [interval, [...ids]]];
    if (this.#orders.length > ANSWERED) this.#orders = this.#orders.slice(-ANSWERED);
  }

  /** Whether fills of a closed auction were of orders for this load. */
  filled(interval: string, fills: readonly { readonly id: string; readonly wh: number }[]): boolean {
    const ids = this.#orders.find(([other]) => other === interval)?.[1];
    if (!ids) return false;
    const boughtWh = fills.filter(({ id }) => ids.includes(id)).reduce((sum, { wh }) => sum + wh, 0);
    this.#state = runNeed(this.#state, intervalStart(interval), boughtWh);
    this.#orders = this.#orders.filter(([other]) => other !== interval);
    return true;
  }
}
