// A house with a grid meter and batteries, run against battery control in steps of a tenth of a second: meter and battery
// registers that show an earlier moment than they say, each its own; inverters that begin late and move at a ramp.
import { taken } from '../../src/battery/control.ts';
import type { BatterySettings } from '../../src/battery/settings.ts';
import { type ControlState, type Decision, initialControl, type Snapshot } from '../../src/battery/state.ts';
import { decideTogether } from '../../src/battery/together.ts';
import { fast, start } from './battery-play.ts';

const STEP_MS = 100;

/** How old what a register shows is, ms, by the number of the cycle. */
export type Lag = (cycle: number) => number;

export interface Register {
  /** Age that its time does not tell. */
  readonly hidden?: Lag;
  /** Age that its time tells. */
  readonly told?: Lag;
  /** It shows the mean of so many ms. */
  readonly meanMs?: number;
  /** Added to what it shows, W. */
  readonly noise?: (cycle: number) => number;
}

export interface Inverter {
  /** Before it begins to move. */
  readonly deadMs?: number;
  readonly rampWPerSecond?: number;
  /** Or: it comes nearer by 63 % in so many ms. */
  readonly tauMs?: number;
}

export interface LoopBattery {
  readonly settings?: Partial<BatterySettings>;
  readonly register?: Register;
  readonly inverter?: Inverter;
  readonly soc?: number;
  readonly asked?: (second: number) => Partial<Snapshot>;
}

export interface LoopOptions {
  readonly cycleMs?: number;
  readonly seconds: number;
  /** What the house needs without its batteries, W. */
  readonly needW: (second: number) => number;
  readonly meter?: Register;
  readonly batteries?: readonly LoopBattery[];
}

export interface LoopRow {
  readonly second: number;
  readonly needW: number;
  /** What really flows, when the setpoints were decided. */
  readonly gridW: number;
  readonly batteriesW: readonly number[];
  readonly decisions: readonly Decision[];
  readonly setpointW: number;
}

class Plant {
  readonly #inverter: Inverter;
  readonly powers: number[] = [0];
  #commands: { at: number; watts: number }[] = [];

  constructor(inverter: Inverter) {
    this.#inverter = inverter;
  }

  tell(at: number, watts: number): void {
    this.#commands.push({ at, watts });
  }

  step(at: number): void {
    const { deadMs = 0, rampWPerSecond, tauMs } = this.#inverter;
    const due = this.#commands.filter((command) => command.at + deadMs <= at);
    const aim = due.at(-1)?.watts ?? 0;
    if (due.length > 1) this.#commands = this.#commands.slice(due.length - 1);
    const now = this.powers.at(-1) ?? 0;
    const most = rampWPerSecond === undefined ? Number.POSITIVE_INFINITY : (rampWPerSecond * STEP_MS) / 1000;
    const way = tauMs === undefined ? aim - now : (aim - now) * (1 - Math.exp(-STEP_MS / tauMs));
    this.powers.push(now + Math.max(-most, Math.min(most, way)));
  }
}

/** Runs the loop; a row for each cycle. */
export function runLoop({ cycleMs = 1000, seconds, needW, meter = {}, batteries = [{}] }: LoopOptions): LoopRow[] {
  const plants = batteries.map(({ inverter = {} }) => new Plant(inverter));
  let states: ControlState[] = batteries.map(() => initialControl);
  const grid: number[] = [];
  const rows: LoopRow[] = [];
  const show = (
    { hidden = () => 0, told = () => 0, meanMs = 0, noise = () => 0 }: Register,
    all: number[],
    k: number,
  ) => {
    const last = Math.max(0, all.length - 1 - Math.round((hidden(k) + told(k)) / STEP_MS));
    const first = Math.max(0, last - Math.round(meanMs / STEP_MS));
    const shown = all.slice(first, last + 1);
    return { watts: shown.reduce((a, b) => a + b, 0) / shown.length + noise(k), age: told(k) };
  };
  for (let at = 0; at < seconds * 1000; at += STEP_MS) {
    for (const plant of plants) plant.step(at);
    const need = needW(at / 1000);
    const doing = plants.map(({ powers }) => powers.at(-1) ?? 0);
    grid.push(need - doing.reduce((a, b) => a + b, 0));
    if (at % cycleMs !== 0) continue;
    const cycle = at / cycleMs;
    const now = start + at;
    const ofMeter = show(meter, grid, cycle);
    const all = batteries.map(({ settings, register = {}, soc = 500, asked }, i) => {
      const shown = show(register, plants[i]?.powers ?? [], cycle);
      const snapshot: Snapshot = {
        gridW: ofMeter.watts,
        meterAt: now - ofMeter.age,
        batteryW: shown.watts,
        batteryAt: now - shown.age,
        socPerMille: soc,
        ...asked?.(at / 1000),
      };
      return { settings: { ...fast, staleAfterMs: 30_000, ...settings }, state: states[i] ?? initialControl, snapshot };
    });
    const decided = decideTogether(all, now);
    states = decided.map(([state, decision], i) => {
      if (decision.write === 'nothing') return state;
      plants[i]?.tell(at, decision.setpointW);
      const { setpointW, validForSeconds } = decision;
      return taken(state, decision, { setpointW, validForSeconds, writes: 1 }, now);
    });
    const decisions = decided.map(([, decision]) => decision);
    const setpointW = decisions.reduce((sum, decision) => sum + decision.setpointW, 0);
    rows.push({ second: at / 1000, needW: need, gridW: grid.at(-1) ?? 0, batteriesW: doing, decisions, setpointW });
  }
  return rows;
}
