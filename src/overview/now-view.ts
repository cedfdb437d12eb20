// What flows at this moment: per member and summed up by roofs, batteries, homes, businesses and the grid.
// W; grid + = import, PV + = generation, battery + = discharge, load = grid + PV + battery.
import { type MemberKind, type OverviewState, own } from './state.ts';

/** A reading this old in real ms counts no longer: several polls have failed. On a fast clock it ages as much faster. */
const STALE_REAL_MS = 15_000;

export interface ClockView {
  readonly nowMs: number;
  readonly speed: number;
  readonly paused: boolean;
  readonly simulated: boolean;
  readonly epoch: string | number;
}

export interface MemberNow {
  readonly id: string;
  readonly kind: MemberKind;
  readonly pv: boolean;
  readonly battery: boolean;
  /** Null while nothing fresh is known. The load may be slightly negative while readings are seconds apart. */
  readonly gridW: number | null;
  readonly pvW: number | null;
  readonly batteryW: number | null;
  readonly loadW: number | null;
  readonly socPerMille: number | null;
  /** What its battery does and why, in one sentence. */
  readonly decision: { readonly state: string; readonly setpointW: number | null; readonly text: string } | null;
}

export interface NowView {
  /** Null until the clock told its time. */
  readonly clock: ClockView | null;
  readonly roofsW: number;
  readonly batteriesW: number;
  readonly homesW: number;
  readonly businessesW: number;
  readonly gridW: number;
  /** Mean state of charge over the batteries that answer. */
  readonly socPerMille: number | null;
  /** Members whose meter answers, and members in all. */
  readonly answering: number;
  readonly members: readonly MemberNow[];
}

export function nowView(state: OverviewState, nowMs: number): NowView {
  const members = membersNow(state, nowMs);
  const sum = (list: readonly MemberNow[], key: 'gridW' | 'pvW' | 'batteryW' | 'loadW') =>
    Math.round(list.reduce((all, member) => all + (member[key] ?? 0), 0));
  const counted = members.filter((member) => member.loadW !== null);
  const charges = members.flatMap((member) => (member.socPerMille === null ? [] : [member.socPerMille]));
  return {
    clock: clockView(state),
    roofsW: sum(counted, 'pvW'),
    batteriesW: sum(counted, 'batteryW'),
    homesW: sum(
      counted.filter((member) => member.kind !== 'business'),
      'loadW',
    ),
    businessesW: sum(
      counted.filter((member) => member.kind === 'business'),
      'loadW',
    ),
    gridW: sum(counted, 'gridW'),
    socPerMille: charges.length === 0 ? null : Math.round(charges.reduce((a, b) => a + b, 0) / charges.length),
    answering: counted.length,
    members,
  };
}

function clockView(state: OverviewState): ClockView | null {
  if (!state.clock) return null;
  const { now, speed, paused, simulated, epoch } = state.clock;
  return { nowMs: now, speed, paused, simulated, epoch };
}

function membersNow(state: OverviewState, nowMs: number): MemberNow[] {
  // While the clock stands still nothing ages, however fast it ran before.
  const patience = state.clock?.paused
    ? Number.POSITIVE_INFINITY
    : STALE_REAL_MS * Math.max(1, state.clock?.speed ?? 1);
  const oldest = nowMs - patience;
  return Object.entries(state.members)
    .filter(([, member]) => member.kind !== 'operator')
    .map(([id, { kind, pv, battery }]) => {
      const live = own(state.live, id) ?? {};
      const power = (role: 'grid' | 'pv' | 'battery') => {
        const reading = live[role];
        return reading && reading.at >= oldest ? reading.powerW : null;
      };
      const gridW = power('grid');
      const pvW = power('pv');
      const batteryW = power('battery');
      // A roof or battery that is silent makes the load unknown, not smaller.
      const known = gridW !== null && (!pv || pvW !== null) && (!battery || batteryW !== null);
      const decision = own(state.decisions, id);
      return {
        id,
        kind,
        pv,
        battery,
        gridW,
        pvW,
        batteryW,
        loadW: known ? gridW + (pvW ?? 0) + (batteryW ?? 0) : null,
        socPerMille: live['battery']?.socPerMille ?? null,
        decision: decision
          ? { state: decision.state, setpointW: decision.setpointW, text: decision.reason.text }
          : null,
      };
    });
}
