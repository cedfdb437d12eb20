// What a battery did in one interval, for its record in the ledger: energy, setpoints, and how often each reason decided.
// Energy is the power seen, held until the next look (few batteries count what they take in), so it is an estimate.
import type { Decision } from './state.ts';

const MS_PER_HOUR = 3_600_000;
/** Setpoints listed per interval at most; more changes are still counted by reason. */
const MOST_SETPOINTS = 100;
/** A power is not carried further than this without another look, ms of the clock. */
const LONGEST_GAP_MS = 900_000;

export interface IntervalEntry {
  readonly chargeWh: number;
  readonly dischargeWh: number;
  readonly socPerMille: number | null;
  readonly setpoints: readonly { readonly time: string; readonly setpointW: number; readonly code: string }[];
  readonly reasons: readonly { readonly code: string; readonly cycles: number }[];
}

export class IntervalLog {
  #lastAt: number | null = null;
  #lastW = 0;
  #chargeWms = 0;
  #dischargeWms = 0;
  #soc: number | null = null;
  #setpoints: { time: string; setpointW: number; code: string }[] = [];
  #lastSetpoint: string | null = null;
  #reasons = new Map<string, number>();

  /** A look at the battery. @param at Unix ms @param powerW + = discharge */
  seen(at: number, powerW: number, socPerMille: number | null): void {
    if (this.#lastAt !== null) {
      const ms = Math.min(LONGEST_GAP_MS, Math.max(0, at - this.#lastAt));
      const energy = Math.round(this.#lastW) * ms;
      if (energy < 0) this.#chargeWms -= energy;
      else this.#dischargeWms += energy;
    }
    this.#lastAt = at;
    this.#lastW = powerW;
    if (socPerMille !== null) this.#soc = Math.max(0, Math.min(1000, Math.round(socPerMille)));
  }

  decided(at: number, decision: Decision): void {
    const { code } = decision.reason;
    this.#reasons.set(code, (this.#reasons.get(code) ?? 0) + 1);
    const setpoint = `${decision.setpointW} ${code}`;
    if (setpoint === this.#lastSetpoint || this.#setpoints.length >= MOST_SETPOINTS) return;
    this.#lastSetpoint = setpoint;
    this.#setpoints.push({ time: new Date(at).toISOString(), setpointW: decision.setpointW, code });
  }

  /** Ends the interval; what is less than a Wh is carried into the next one. */
  close(): IntervalEntry {
    const chargeWh = Math.floor(this.#chargeWms / MS_PER_HOUR);
    const dischargeWh = Math.floor(this.#dischargeWms / MS_PER_HOUR);
    this.#chargeWms -= chargeWh * MS_PER_HOUR;
    this.#dischargeWms -= dischargeWh * MS_PER_HOUR;
    const entry: IntervalEntry = {
      chargeWh,
      dischargeWh,
      socPerMille: this.#soc,
      setpoints: this.#setpoints,
      reasons: [...this.#reasons].map(([code, cycles]) => ({ code, cycles })).slice(0, 100),
    };
    // What was not looked at in an interval is not known there.
    this.#soc = null;
    this.#setpoints = [];
    this.#lastSetpoint = null;
    this.#reasons = new Map();
    return entry;
  }
}
