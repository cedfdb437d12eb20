// What all nodes of one community share while Node-RED runs: its rules, its clock, its epoch, its members.
// A simulated community can be paused, sped up and reset; a reset begins a new epoch, with a new ledger.
import { EventEmitter } from 'node:events';
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import type { DeclaredArea } from '../../src/ledger/areas.ts';
import type { MemberKeys } from '../../src/ledger/keys.ts';
import { type Clock, realClock, SimulatedClock } from '../../src/time/clock.ts';

export interface CommunityRules {
  /** C2SP origin of the community's ledgers without the epoch, for example `sunny-street.example`. */
  readonly origin: string;
  readonly currency: string;
  /** Micro-currency per kWh. */
  readonly tariffs: { readonly import: number; readonly feedIn: number };
  readonly gateLeadSeconds: number;
  readonly maxOrderWh: number;
  readonly maxOrdersPerMember: number;
}

/** How the community's market clears: set in the market node, recorded by the ledger. */
export interface MarketRules {
  /** Such as `uniform-price/1`. */
  readonly rule: string;
  /** Micro-currency per kWh. */
  readonly limits: { readonly min: number; readonly max: number };
  /** The most that a member may buy, and sell, in an interval; null: no such limit. */
  readonly maxMemberWh: number | null;
  /** Feeder tree, sorted by id; empty where none is known. */
  readonly areas: readonly DeclaredArea[];
}

/** What nodes say of bills, beyond the two tariffs of the community's dialog; left out where no node says anything. */
export interface BillingRules {
  /** A tariff document, as JSON text, from the tariff node. */
  readonly tariff?: string;
  /** How long an interval waits for a meter before its energy is estimated, from the settle node; null: for ever. */
  readonly estimateAfterHours?: number | null;
}

export type CommunityClock =
  | { readonly mode: 'real' }
  | { readonly mode: 'simulated'; readonly start: number; readonly speed: number };

export interface CommunityMember {
  readonly id: string;
  readonly kind: 'home' | 'business' | 'storage' | 'operator';
  readonly keys: MemberKeys;
  /** Area of the feeder tree on which the member hangs, or null. */
  readonly feeder: string | null;
}

/** A simulation with a ledger continues where its last block ended: what nodes remember may lie so far ahead of it, ms. */
const LONGEST_WAIT_MS = 3_600_000;
/** Names in use: two communities of one name would sign two histories under it. */
const origins = new Set<string>();

interface CommunityEvents {
  /** A new epoch has begun: forget what belongs to the old one. */
  reset: [];
  /** The clock was paused, resumed or given another speed. */
  clock: [];
  member: [member: CommunityMember];
  /** The rules of market or bills are other ones than before. */
  market: [];
}

export class Community extends EventEmitter<CommunityEvents> {
  readonly rules: CommunityRules;
  readonly clock: Clock;
  readonly members = new Map<string, CommunityMember>();
  readonly #simulation: { readonly clock: SimulatedClock; readonly start: number } | null;
  readonly #stateFile: string;
  readonly #onProblem: (error: unknown) => void;
  readonly #holds = new Set<Promise<void>>();
  #paused = false;
  /** Whether a simulation has begun: until all is ready its clock stands, so that no moment of it passes unseen. */
  #begun = false;
  #epoch: number;
  #ledgerOwner: string | null = null;
  #market: MarketRules | null = null;
  #markets = 0;
  #billing: BillingRules = {};
  #tariffs = 0;
  #cancelEnd = () => {};
  #end = Number.POSITIVE_INFINITY;

  /**
   * @param stateFile where the number of the epoch is kept across restarts
   * @param onProblem is told what goes wrong when a simulation starts over by itself
   * @throws Error when another community has this name, or the state file is damaged
   */
  constructor(
    rules: CommunityRules,
    clock: CommunityClock,
    stateFile: string,
    onProblem: (error: unknown) => void = () => {},
  ) {
    super();
    this.setMaxListeners(0);
    this.rules = rules;
    this.#stateFile = stateFile;
    this.#onProblem = onProblem;
    this.#epoch = readEpoch(stateFile);
    if (clock.mode === 'simulated') {
      const simulated = new SimulatedClock(clock.start, clock.speed);
      simulated.pause();
      simulated.jumpTo(clock.start);
      this.#simulation = { clock: simulated, start: clock.start };
      this.clock = simulated;
    } else {
      this.#simulation = null;
      this.clock = realClock();
    }
    if (origins.has(rules.origin)) {
      throw new Error(
        `another community is called ${rules.origin} too; choose that one everywhere, or rename this one`,
      );
    }
    origins.add(rules.origin);
    this.ready();
  }

  get epoch(): number {
    return this.#epoch;
  }

  get paused(): boolean {
    return this.#paused;
  }

  /** Name of the ledger of this epoch: the origin that every record and checkpoint carries. */
  get ledgerOrigin(): string {
    return `${this.rules.origin}/ledger/${this.#epoch}`;
  }

  /** Waits until everything that must be open before the first interval (the ledger) is open; then a simulation begins. */
  async ready(): Promise<void> {
    // One turn, so that configuration nodes created after the caller can still take a hold.
    await new Promise((resolve) => setImmediate(resolve));
    while (this.#holds.size > 0) await Promise.allSettled([...this.#holds]);
    this.#begun = true;
    if (!this.#paused) this.#simulation?.clock.resume();
  }

  /** Keeps the community from starting until the work is done, whether it succeeds or not. */
  hold(work: Promise<void>): void {
    this.#holds.add(work);
    work.then(
      () => this.#holds.delete(work),
      () => this.#holds.delete(work),
    );
  }

  /** @throws Error when the id is taken */
  join(member: CommunityMember): () => void {
    if (this.members.has(member.id)) {
      throw new Error(`two members of ${this.rules.origin} are called "${member.id}"; give one of them another id`);
    }
    this.members.set(member.id, member);
    this.emit('member', member);
    return () => this.members.delete(member.id);
  }

  /** What the market node says; null while there is none. */
  get market(): MarketRules | null {
    return this.#market;
  }

  /** @throws Error when another market of this community clears by other rules */
  declareMarket(market: MarketRules): () => void {
    const changed = this.#market === null || JSON.stringify(market) !== JSON.stringify(this.#market);
    if (changed && this.#markets > 0) {
      throw new Error(
        `another market of ${this.rules.origin} clears by other rules; a community has one market, make them the same`,
      );
    }
    this.#market = market;
    this.#markets += 1;
    if (changed) this.emit('market');
    return () => {
      this.#markets -= 1;
    };
  }

  get billing(): BillingRules {
    return this.#billing;
  }

  /**
   * What the tariff node says; a change becomes a record of the ledger. @param tariff document, as JSON text
   * @throws Error when bills go by another tariff node
   */
  declareTariff(tariff: string): () => void {
    if (this.#tariffs > 0 && tariff !== this.#billing.tariff) {
      throw new Error(
        `bills of ${this.rules.origin} go by another tariff already; let one of the two only say what energy costs`,
      );
    }
    this.#tariffs += 1;
    this.#declareBilling({ tariff });
    return () => {
      this.#tariffs -= 1;
      // With a ledger its rules say how bills go until another node says otherwise; without one nobody would.
      if (this.#tariffs > 0 || this.#ledgerOwner !== null) return;
      const { tariff: _withdrawn, ...billing } = this.#billing;
      this.#billing = billing;
    };
  }

  /** What the settle node says; a change becomes a record of the ledger. */
  declareEstimates(estimateAfterHours: number | null): void {
    this.#declareBilling({ estimateAfterHours });
  }

  #declareBilling(said: BillingRules): void {
    const billing = { ...this.#billing, ...said };
    if (JSON.stringify(billing) === JSON.stringify(this.#billing)) return;
    this.#billing = billing;
    this.emit('market');
  }

  /** One community has one ledger: two would sign two histories under one name. */
  claimLedger(owner: string): () => void {
    if (this.#ledgerOwner !== null) {
      throw new Error(
        `${this.rules.origin} already has a ledger; a community has exactly one, choose that one everywhere`,
      );
    }
    this.#ledgerOwner = owner;
    return () => {
      this.#ledgerOwner = null;
    };
  }

  /** Continues a simulation where its ledger ended. */
  resumeAt(time: number): void {
    this.#simulation?.clock.jumpTo(time);
    this.#armEnd();
  }

  /**
   * Whether what was remembered at a time (Unix ms) can be gone on with. A simulation without a ledger starts over with
   * every start, so what it remembers lies ahead of its clock. The machine's own clock comes back to its time.
   */
  continues(time: number): boolean {
    const aheadMs = time - this.clock.now();
    return !this.clock.simulated || aheadMs <= (this.#ledgerOwner === null ? 0 : LONGEST_WAIT_MS);
  }

  pause(): void {
    this.#simulated('pause').clock.pause();
    this.#paused = true;
    this.emit('clock');
  }

  resume(): void {
    const { clock } = this.#simulated('resume');
    if (this.#begun) clock.resume();
    this.#paused = false;
    this.emit('clock');
  }

  setSpeed(speed: number): void {
    this.#simulated('change the speed of').clock.setSpeed(speed);
    this.emit('clock');
  }

  /** Begins a new epoch at the simulation's start, with a new ledger. The old one stays on disk. */
  reset(): void {
    const { clock, start } = this.#simulated('reset');
    writeEpoch(this.#stateFile, this.#epoch + 1);
    this.#epoch += 1;
    clock.pause();
    clock.jumpTo(start);
    this.#paused = false;
    this.#begun = false;
    this.#armEnd();
    this.emit('reset');
    this.emit('clock');
    this.ready();
  }

  /**
   * Tells where the data of a simulation end (Unix ms): there it starts over in a new epoch. The earliest end counts.
   * @throws Error when they end before it starts: it would start over for ever
   */
  endsAt(time: number): void {
    if (!this.#simulation || time >= this.#end) return;
    if (time <= this.#simulation.start) {
      const [end, start] = [time, this.#simulation.start].map((ms) => new Date(ms).toISOString().slice(0, 16));
      throw new Error(
        `the profile ends at ${end}Z, before the simulation of ${this.rules.origin} starts at ${start}Z; choose a start that the profile covers`,
      );
    }
    this.#end = time;
    this.#armEnd();
  }

  close(): void {
    this.#cancelEnd();
    this.removeAllListeners();
    origins.delete(this.rules.origin);
  }

  #armEnd(): void {
    this.#cancelEnd();
    if (!Number.isFinite(this.#end)) return;
    this.#cancelEnd = this.clock.at(this.#end, () => {
      try {
        this.reset();
      } catch (problem) {
        // Thrown in a timer it would end Node-RED.
        this.#onProblem(problem);
      }
    });
  }

  #simulated(verb: string): { clock: SimulatedClock; start: number } {
    if (!this.#simulation) {
      throw new Error(
        `${this.rules.origin} runs on the real clock, so nobody can ${verb} it; choose the simulated clock in the community`,
      );
    }
    return this.#simulation;
  }
}

function readEpoch(file: string): number {
  if (!existsSync(file)) return 1;
  const text = readFileSync(file, 'utf8').trim();
  if (!/^[1-9]\d{0,8}$/.test(text))
    throw new Error(
      `${file} should hold the number of the epoch; put back its backup or the highest epoch of the ledger`,
    );
  return Number(text);
}

function writeEpoch(file: string, epoch: number): void {
  try {
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(`${file}.new`, `${epoch}\n`, { flush: true });
    renameSync(`${file}.new`, file);
  } catch (problem) {
    const why = problem instanceof Error ? problem.message : String(problem);
    throw new Error(
      `the new epoch cannot be saved, so the old one goes on (${why}); make room, or give the right to write`,
    );
  }
}
