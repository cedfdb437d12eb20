// The ramp of an order node through one interval: which of its orders stands, which step is due when. After a restart it goes on.
import { type Ramp, rampStepAt, rampSteps, rampTime } from '../../src/market/strategies/ramp.ts';
import type { Clock } from '../../src/time/clock.ts';
import { intervalStart } from '../../src/time/interval.ts';
import type { CommunityRules } from '../microgrid-community/community.ts';
import type { OrderMemory, Standing } from './memory.ts';

export class RampRun {
  readonly #node: string;
  readonly #of: number;
  readonly #leadMs: number;
  #standing: Standing | null = null;
  /** The step that is being placed. */
  #next = 0;
  #cancel = () => {};

  constructor(node: string, settings: Ramp, rules: CommunityRules, remembered: OrderMemory | null) {
    this.#node = node;
    this.#of = rampSteps(settings, rules.maxOrdersPerMember);
    this.#leadMs = rules.gateLeadSeconds * 1000;
    this.begin(remembered);
  }

  begin(remembered: OrderMemory | null): void {
    this.stop();
    const standing = remembered?.standing;
    this.#standing = standing?.node === this.#node ? standing : null;
  }

  get standing(): Standing | null {
    return this.#standing;
  }

  /** What the strategy goes by. */
  get step(): { readonly step: number } {
    return { step: this.#next };
  }

  /** Another interval: from the first step. */
  open(): void {
    this.stop();
    this.#standing = null;
    this.#next = 0;
  }

  placed(interval: string, id: string, now: number): void {
    const opened = this.#standing?.interval === interval ? this.#standing.opened : now;
    this.#standing = { node: this.#node, interval, id, step: this.#next, opened };
  }

  /** Whether an order of this ramp stands for the interval. */
  goesOn(interval: string): boolean {
    return this.#standing?.interval === interval;
  }

  /** Waits for the next step, if there is one. */
  wait(clock: Clock, callback: () => void): void {
    this.stop();
    if (!this.#standing || this.#standing.step + 1 >= this.#of) return;
    const { step, opened } = this.#standing;
    const gate = this.#gate(this.#standing);
    if (clock.now() < gate) this.#cancel = clock.at(rampTime(step + 1, this.#of, opened, gate), callback);
  }

  /** The order to be replaced now; null where the gate has closed, or a clock was set back and no step is due. */
  due(now: number): Standing | null {
    const standing = this.#standing;
    if (!standing || now >= this.#gate(standing)) return null;
    this.#next = rampStepAt(now, this.#of, standing.opened, this.#gate(standing));
    return this.#next > standing.step ? standing : null;
  }

  /** The auction of the interval is over. */
  over(interval: string): void {
    if (this.#standing?.interval === interval) this.stop();
  }

  stop(): void {
    this.#cancel();
    this.#cancel = () => {};
  }

  #gate({ interval }: Standing): number {
    return intervalStart(interval) - this.#leadMs;
  }
}
