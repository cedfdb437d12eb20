// The batteries of one member stand behind one grid meter, so they decide together: one cycle at a time, all of them read
// first, one snapshot, one decision for each. Whichever of their nodes gets the reading begins the cycle. Also sees to it
// that a silent meter ends every setpoint, and that one which still holds is renewed.

import type { BatterySettings } from '../../src/battery/settings.ts';
import type { ControlState, Decision, Snapshot } from '../../src/battery/state.ts';
import { decideTogether } from '../../src/battery/together.ts';
import { releaseIn } from '../../src/battery/writes.ts';
import type { Clock } from '../../src/time/clock.ts';
import type { Member } from '../microgrid-member/microgrid-member.ts';

/** What a grid meter said. */
export interface MeterReading {
  readonly at: number;
  readonly gridW: number | null;
  readonly phasesW: readonly [number, number, number] | null;
}

/** What a node knows of its own battery, and was told about it. */
export type Own = Omit<Snapshot, 'gridW' | 'meterAt' | 'phasesW' | 'share'>;

/** A battery node in its member's group. */
export interface Participant {
  readonly settings: BatterySettings;
  readonly control: ControlState;
  /** Reads the battery; what cannot be read is null. */
  look(): Promise<Own>;
  /** Remembers, and tells the battery what was decided. Reports its own troubles. */
  act(snapshot: Snapshot, control: ControlState, decision: Decision, at: number): Promise<void>;
}

const groups = new WeakMap<Member, BatteryGroup>();

/** The group of a member's batteries. */
export function groupOf(member: Member): BatteryGroup {
  let group = groups.get(member);
  if (!group) {
    group = new BatteryGroup(member.community.clock);
    groups.set(member, group);
  }
  return group;
}

/** Once a meter has been silent for too long, it is noticed after so much more, ms. */
const GRACE_MS = 1000;
/** Real time between two looks that nobody asked for, ms: on clocks that run fast. */
const SHORTEST_MS = 100;
/** A battery that may not be told anything any more today is looked at so much later, ms. */
const LATER_MS = 60_000;

export class BatteryGroup {
  readonly #clock: Clock;
  readonly #participants = new Set<Participant>();
  #meter: MeterReading | null = null;
  /** When the meter was heard last, or when waiting for it began. */
  #heardAt: number | null = null;
  #cycling: Promise<void> | null = null;
  #cancel = () => {};

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  get size(): number {
    return this.#participants.size;
  }

  /** @throws Error when it wants something else than the others: what they do together has one wish and one target */
  join(participant: Participant): () => void {
    const [first] = this.#participants;
    if (first && wishOf(first) !== wishOf(participant)) {
      throw new Error(
        'another battery of this member has another mode or target at the grid; give all of them the same',
      );
    }
    this.#participants.add(participant);
    return () => {
      this.#participants.delete(participant);
      if (this.#participants.size > 0) return;
      this.#cancel();
      this.#meter = null;
      this.#heardAt = null;
    };
  }

  /** From now on the meter is waited for: a battery that still does what an earlier life told it is given back. */
  begin(): void {
    this.#heardAt ??= this.#clock.now();
    this.#arm();
  }

  /** A new epoch: the meter of the old one says nothing about it. */
  reset(): void {
    this.#meter = null;
    if (this.#heardAt !== null) this.#heardAt = this.#clock.now();
    this.#arm();
  }

  /** A new reading of the meter: one control cycle. */
  async heard(reading: MeterReading): Promise<void> {
    this.#heardAt = this.#clock.now();
    // Batteries that are just being told something do not do yet what the next reading will show.
    if (this.#cycling) return;
    this.#meter = reading;
    await this.cycle();
  }

  /** One control cycle at a time; what comes meanwhile is not queued, since the next reading is newer. */
  async cycle(): Promise<void> {
    if (this.#cycling) return;
    this.#cycling = this.#decideNow();
    try {
      await this.#cycling;
    } finally {
      this.#cycling = null;
      this.#arm();
    }
  }

  async #decideNow(): Promise<void> {
    const asked = [...this.#participants];
    const looks = await Promise.all(asked.map(async (participant) => ({ participant, own: await participant.look() })));
    const { gridW = null, at: meterAt = null, phasesW = null } = this.#meter ?? {};
    // What its member has traded is the same for every battery, whichever of their nodes was told.
    const positionWh = looks.map(({ own }) => own.positionWh).find((wh) => wh) ?? 0;
    const batteries = looks
      .filter(({ participant }) => this.#participants.has(participant))
      .map(({ participant, own }) => {
        const snapshot: Snapshot = { ...own, gridW, meterAt, phasesW, positionWh };
        return { participant, snapshot, settings: participant.settings, state: participant.control };
      });
    const at = this.#clock.now();
    const decisions = decideTogether(batteries, at);
    await Promise.all(
      decisions.map(async ([control, decision], index) => {
        const battery = batteries[index];
        if (battery) await battery.participant.act(battery.snapshot, control, decision, at);
      }),
    );
  }

  /** The next look that no reading asks for: the meter gone silent, or a setpoint at half of its validity. */
  #arm(): void {
    this.#cancel();
    const now = this.#clock.now();
    const times = [...this.#participants].flatMap(({ settings, control }) => this.#dues(settings, control));
    if (times.length === 0) return;
    const soonest = now + Math.max(GRACE_MS, this.#clock.speed * SHORTEST_MS);
    const time = Math.max(soonest, Math.min(...times));
    this.#cancel = this.#clock.at(time, () => {
      // A cycle that began before may have decided on a reading that was fresh then.
      const before = this.#cycling?.catch(() => {}) ?? Promise.resolve();
      before.then(() => this.cycle()).catch(() => {});
    });
  }

  #dues(settings: BatterySettings, { mode, decidedAt, writes }: ControlState): number[] {
    const dues: number[] = [];
    const resting = mode === 'safe' || mode === 'alarm';
    if (resting && !writes.released && writes.tries > 0)
      dues.push((decidedAt ?? 0) + (releaseIn(settings, writes) ?? LATER_MS));
    else if (!(resting && writes.released) && this.#heardAt !== null)
      dues.push(this.#heardAt + settings.staleAfterMs + GRACE_MS);
    if (writes.told && settings.fallback !== 'nothing') dues.push((writes.told.at + writes.told.until) / 2);
    return dues;
  }
}

function wishOf({ settings: { otherwise, targetW = 0, deadbandW = 0 } }: Participant): string {
  return [otherwise, targetW, deadbandW].join(' ');
}
