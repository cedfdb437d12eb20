// What one run of the simulation goes through: how many homes, for how long, and which faults, all of it from the seed unless told.
import { LIES, type Lie } from '../cheating-operator.ts';
import { type Dice, dice } from './dice.ts';
import type { NetworkFaults } from './network.ts';

/**
 * What an operator does that cheats. `two-histories`: half of the members see another log, which goes on. `stale`: they see one that
 * stands still. `silence`: nobody gets an answer. The others: src/simulation/cheating-operator.ts.
 */
export const SHOWN_LIES = ['two-histories', 'stale', 'silence', ...LIES] as const;
export type ShownLie = Lie | (typeof SHOWN_LIES)[number];

/** What happens to the operator's machine itself. */
export type OperatorFault =
  /** It is off for hours, and the standby takes over; then it is back. */
  | 'gone'
  /** It is cut off from all others for hours, and goes on alone, while the standby takes over. */
  | 'cut-off'
  /** It comes back with a backup of its disk that is some blocks old. */
  | 'old-backup';

export interface Plan {
  readonly seed: string;
  readonly homes: number;
  /** Homes that keep a full replica; the others are light members. */
  readonly full: number;
  /** Intervals in which there are faults and new records; then everything has to heal. */
  readonly intervals: number;
  readonly network: NetworkFaults;
  /** How often in a thousand minutes: a machine loses its power, its disk fails a write, its clock jumps, the network splits. */
  readonly crashes: number;
  readonly diskFaults: number;
  readonly clockJumps: number;
  readonly splits: number;
  readonly lie: ShownLie | null;
  /** Witnesses that cosign anything while the operator lies, itself among them; `floor((n - 1) / 3)` of n is the limit. */
  readonly colluding: number;
  /** Members that are shown something else; null: half of the homes, by the seed. */
  readonly victims: readonly string[] | null;
  /** Whether nobody but the operator reaches the victims. */
  readonly isolated: boolean;
  readonly operatorFault: OperatorFault | null;
}

export type PlanOptions = Partial<Plan> & Pick<Plan, 'seed'>;

/** @param options what is not told follows from the seed */
export function planOf(options: PlanOptions): Plan {
  const thrown = dice(options.seed, 'plan');
  const homes = options.homes ?? 5;
  const kind = thrown.below(10);
  const lie = options.lie === undefined ? lieOf(kind, thrown) : options.lie;
  const operatorFault =
    options.operatorFault === undefined
      ? lie === null && kind >= 8
        ? operatorFaultOf(thrown)
        : null
      : options.operatorFault;
  return {
    homes,
    // After a takeover light members need the new key from a person.
    full: operatorFault === 'gone' || operatorFault === 'cut-off' ? homes : Math.max(2, Math.ceil(homes / 4)),
    intervals: 48,
    network: { lost: thrown.between(0, 100), doubled: thrown.between(0, 100), slow: thrown.between(0, 50) },
    crashes: thrown.between(0, 6),
    diskFaults: thrown.between(0, 4),
    clockJumps: thrown.between(0, 3),
    splits: thrown.between(0, 6),
    colluding: lie === null ? 0 : thrown.between(1, limitOf(homes)),
    victims: null,
    isolated: false,
    ...options,
    lie,
    operatorFault,
  };
}

/** Witnesses that may lie in a community of so many homes and an operator, without two histories ever being witnessed. */
export function limitOf(homes: number): number {
  return Math.max(1, Math.floor(homes / 3));
}

function lieOf(kind: number, { pick }: Dice): ShownLie | null {
  return kind < 4 ? pick(SHOWN_LIES) : null;
}

function operatorFaultOf({ pick }: Dice): OperatorFault {
  return pick(['gone', 'cut-off', 'old-backup']);
}
