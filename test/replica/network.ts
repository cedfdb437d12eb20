// A street whose members follow its ledger over a network that loses, doubles and reorders messages, all by one seed: the same
// seed is the same run. Stores are real ones on the disk; a restart closes and opens them.
import { join } from 'node:path';
import type { Ledger } from '../../src/ledger/ledger.ts';
import { openSqliteStore } from '../../src/log/sqlite-store.ts';
import type { LogStore } from '../../src/log/store.ts';
import { Replica } from '../../src/replica/follow.ts';
import type { Message } from '../../src/replica/messages.ts';
import { OperatorEnd } from '../../src/replica/operate.ts';
import type { Saved, SeenState } from '../../src/replica/seen.ts';
import type { Effects, Verdict } from '../../src/replica/verdict.ts';
import { keysOf, ORIGIN, type Street } from '../ledger/street.ts';

/** mulberry32: small, and the same everywhere. */
export function seeded(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** What survives a restart, as JSON. */
export function savedText<State>(): Saved<State> & { text: string | null } {
  return {
    text: null,
    read() {
      return this.text === null ? null : (JSON.parse(this.text) as State);
    },
    write(state) {
      this.text = JSON.stringify(state);
    },
  };
}

/** Something that takes messages and gives messages. */
export interface Station {
  receive(message: Message): Promise<readonly Message[]>;
  tick(): Promise<readonly Message[]>;
}

export class ReplicaStation implements Station {
  readonly member: string;
  readonly verdicts: Verdict[] = [];
  readonly saved = savedText<SeenState>();
  readonly #street: Street;
  readonly #path: string;
  readonly #operatorKey: string | null;
  store!: LogStore;
  replica!: Replica;

  constructor(street: Street, member: string, operatorKey: string | null = null) {
    this.member = member;
    this.#street = street;
    this.#operatorKey = operatorKey;
    this.#path = join(street.directory, `replica-${member}.sqlite`);
    this.start();
  }

  start(): void {
    this.store = openSqliteStore(this.#path);
    this.replica = new Replica({
      origin: ORIGIN,
      member: this.member,
      signer: keysOf(this.member).record,
      operatorKey: this.#operatorKey,
      store: this.store,
      saved: this.saved,
    });
  }

  restart(): void {
    this.store.close();
    this.start();
  }

  async receive(message: Message): Promise<readonly Message[]> {
    return [...this.#take(this.replica.receive(message, this.#street.now)), ...(await this.#audit())];
  }

  async tick(): Promise<readonly Message[]> {
    return [...this.#take(this.replica.tick(this.#street.now)), ...(await this.#audit())];
  }

  async #audit(): Promise<readonly Message[]> {
    return this.#take(await this.replica.audit(this.#street.now));
  }

  #take({ send, verdicts }: Effects): readonly Message[] {
    this.verdicts.push(...verdicts);
    return send;
  }

  get last(): Verdict | undefined {
    return this.verdicts.at(-1);
  }
}

export class OperatorStation implements Station {
  readonly #street: Street;
  readonly end: OperatorEnd;

  constructor(street: Street, ledger: Ledger) {
    this.#street = street;
    this.end = new OperatorEnd(ledger, keysOf('operator').log(ORIGIN));
  }

  async receive(message: Message): Promise<readonly Message[]> {
    return [...(await this.end.receive(message, this.#street.now)).send, ...this.end.news()];
  }

  async tick(): Promise<readonly Message[]> {
    return this.end.news();
  }
}

export interface Faults {
  /** Shares of messages, 0 to 1. */
  readonly lost: number;
  readonly doubled: number;
}

/** Everybody hears everybody, sooner or later, in some order. */
export class Network {
  readonly #random: () => number;
  readonly #stations: Station[] = [];
  #underWay: { to: Station; message: Message }[] = [];
  faults: Faults;
  delivered = 0;

  constructor(random: () => number, faults: Faults = { lost: 0, doubled: 0 }) {
    this.#random = random;
    this.faults = faults;
  }

  join(...stations: readonly Station[]): void {
    this.#stations.push(...stations);
  }

  leave(station: Station): void {
    this.#stations.splice(this.#stations.indexOf(station), 1);
    this.#underWay = this.#underWay.filter(({ to }) => to !== station);
  }

  send(from: Station | null, messages: readonly Message[]): void {
    for (const sent of messages) {
      // What travels is text.
      const message = JSON.parse(JSON.stringify(sent)) as Message;
      for (const to of this.#stations) {
        if (to === from || this.#random() < this.faults.lost) continue;
        this.#underWay.push({ to, message });
        if (this.#random() < this.faults.doubled) this.#underWay.push({ to, message });
      }
    }
  }

  /** Delivers messages in a random order until none is under way, at most so many. */
  async deliver(most = 100_000): Promise<void> {
    for (let i = 0; i < most && this.#underWay.length > 0; i++) {
      // Mostly in order: one of the first few.
      const at = Math.floor(this.#random() * Math.min(4, this.#underWay.length));
      const [next] = this.#underWay.splice(at, 1);
      this.delivered++;
      this.send(next!.to, await next!.to.receive(next!.message));
    }
  }

  async tick(): Promise<void> {
    for (const station of [...this.#stations]) this.send(station, await station.tick());
  }

  /** Ticks and delivers. */
  async run(rounds: number): Promise<void> {
    for (let i = 0; i < rounds; i++) {
      await this.tick();
      await this.deliver();
    }
  }
}
