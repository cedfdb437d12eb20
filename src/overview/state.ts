// What the overview remembers. Plain JSON, so that a node can keep it over a restart.
// Energy in integer Wh, money in integer nano-currency, power in W, times in Unix ms (src/units.ts).
import type { Tariffs } from '../settlement/tariffs.ts';
import type {
  BlockMessage,
  ClearingMessage,
  ClockMessage,
  CommunityMessage,
  DecisionMessage,
  ProofMessage,
  VerificationMessage,
} from './messages.ts';

/** Of each older block this many are kept: one row of cards on a wide desk. */
export const BLOCKS_KEPT = 12;

export type MemberKind = CommunityMessage['members'][number]['kind'];

export interface Member {
  readonly kind: MemberKind;
  /** Whether this member has a roof or a battery: told by the community, or seen. */
  readonly pv: boolean;
  readonly battery: boolean;
}

/** Last reading of one device. */
export interface Live {
  readonly powerW: number | null;
  readonly socPerMille: number | null;
  readonly at: number;
}

/** What is known of one member in one interval; a field is absent until its message came, null when it is missing. */
export interface EnergyRow {
  readonly importWh?: number | null;
  readonly exportWh?: number | null;
  readonly pvWh?: number | null;
  readonly chargeWh?: number | null;
  readonly dischargeWh?: number | null;
}

/** One kind of line of a member's statement. `amount` > 0 is paid by the member. */
export interface Line {
  readonly wh: number;
  readonly amount: number;
}

/** What one member pays and receives; the five lines add up to `amount`. */
export interface Money {
  readonly bought: Line;
  readonly sold: Line;
  readonly supplier: Line;
  readonly feedIn: Line;
  readonly fees: Line;
  readonly amount: number;
  /** What the same metered energy costs without trading. */
  readonly supplierOnly: number;
}

export interface Settled {
  readonly tariffs: Tariffs;
  readonly members: Readonly<Record<string, Money>>;
  /** What is settled of members whose meter is missing: it counts once a correction says their energy. */
  readonly open: Readonly<Record<string, Money>>;
}

/** One UTC day: everything that a late message could still change. Keys are interval names, then member ids. */
export interface Day {
  readonly energy: Readonly<Record<string, Readonly<Record<string, EnergyRow>>>>;
  readonly auctions: Readonly<Record<string, { readonly price: number | null; readonly volumeWh: number }>>;
  readonly settled: Readonly<Record<string, Settled>>;
}

/** Sums of one member. `alone...` is the energy without the battery: load - PV, netted per interval. */
export interface MemberSums {
  readonly intervals: number;
  readonly leftOut: number;
  readonly loadWh: number;
  readonly pvWh: number;
  readonly importWh: number;
  readonly exportWh: number;
  readonly chargeWh: number;
  readonly dischargeWh: number;
  readonly importWithoutBatteryWh: number;
  readonly exportWithoutBatteryWh: number;
  readonly settledIntervals: number;
  readonly money: Money;
}

/** Sums of the street at its boundary. Money over the intervals that are metered and settled. */
export interface StreetSums {
  readonly intervals: number;
  readonly leftOut: number;
  readonly boundaryImportWh: number;
  readonly boundaryExportWh: number;
  readonly boundaryImportWithoutBatteryWh: number;
  readonly boundaryExportWithoutBatteryWh: number;
  readonly tradedWh: number;
  readonly paid: number;
  readonly paidSupplierOnly: number;
  readonly paidWithNeither: number;
}

export interface Sums {
  readonly street: StreetSums;
  readonly members: Readonly<Record<string, MemberSums>>;
}

export interface OverviewState {
  readonly currency: string;
  readonly tariffs: Tariffs | null;
  readonly members: Readonly<Record<string, Member>>;
  readonly clock: ClockMessage | null;
  readonly live: Readonly<Record<string, Readonly<Record<string, Live>>>>;
  readonly decisions: Readonly<Record<string, DecisionMessage>>;
  /** At most the two newest days; older ones are in `closed`. */
  readonly days: Readonly<Record<string, Day>>;
  readonly closed: Sums | null;
  /** First interval that was metered. */
  readonly since: string | null;
  readonly auction: ClearingMessage | null;
  readonly blocks: readonly BlockMessage[];
  readonly verification: VerificationMessage | null;
  readonly proof: ProofMessage | null;
}

/** The entry of a member or interval; a member may be called `constructor`, which every object has. */
export function own<Value>(record: Readonly<Record<string, Value>>, key: string): Value | undefined {
  return Object.hasOwn(record, key) ? record[key] : undefined;
}

/** Nothing seen yet. */
export function emptyOverview(): OverviewState {
  return {
    currency: 'EUR',
    tariffs: null,
    members: {},
    clock: null,
    live: {},
    decisions: {},
    days: {},
    closed: null,
    since: null,
    auction: null,
    blocks: [],
    verification: null,
    proof: null,
  };
}
