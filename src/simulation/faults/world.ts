// The machines, the network between them and the clock: runs one step after the other, each of one machine, and lets what it sends travel.
import { createHash } from 'node:crypto';
import { type MemberKeys, memberKeys } from '../../ledger/keys.ts';
import { parseOrigin } from '../../ledger/names.ts';
import { StoreError } from '../../log/errors.ts';
import type { Message } from '../../replica/messages.ts';
import type { OutboxVerdict } from '../../replica/outbox.ts';
import type { Verdict } from '../../replica/verdict.ts';
import { seededKey } from '../seeded.ts';
import { type Membership, membersOf, OPERATOR, STANDBY } from './community.ts';
import { type Dice, dice } from './dice.ts';
import { Events } from './events.ts';
import { Follower, type Site } from './follower.ts';
import { Host } from './host.ts';
import { brief, Network, type Sent } from './network.ts';
import type { OperatorOptions } from './operator.ts';
import { Broken, Oracle } from './oracle.ts';
import type { Plan } from './plan.ts';

export const ORIGIN = 'sunny-street.example/ledger/1';
/** The first gate is a quarter of an hour later. */
export const BEGIN = Date.parse('2026-11-22T08:00:00Z');
/** Terms that a run may come to. */
const MOST_TERMS = 6;
/** Events that are told when a promise breaks. */
const TOLD = 40;

/** What tests break on purpose, to see whether the oracle notices. */
export interface Sabotage {
  /** Called after each step. */
  readonly after?: (world: World) => void;
}

export class World implements Site {
  readonly origin = ORIGIN;
  readonly since = BEGIN;
  readonly plan: Plan;
  readonly members: readonly Membership[];
  readonly hosts: readonly Host[];
  readonly events = new Events();
  readonly network: Network;
  readonly dice: Dice;
  readonly oracle: Oracle;
  readonly logKeys: readonly { readonly term: number; readonly vkey: string }[];
  readonly random: (bytes: number) => Uint8Array;
  /** What happened, how often. */
  readonly counts = new Map<string, number>();
  now = BEGIN;
  steps = 0;
  /** Whether the log key of the first term is still used as it should be. */
  isHonest = true;
  /** Members that the network does not reach for hours, also between other splits. */
  apartForLong: readonly string[] = [];
  readonly #keys = new Map<string, MemberKeys>();
  readonly #trace = createHash('sha256');
  readonly #last: string[] = [];
  readonly #sabotage: Sabotage;

  constructor(plan: Plan, sabotage: Sabotage = {}) {
    const { seed } = plan;
    this.plan = plan;
    this.#sabotage = sabotage;
    this.members = membersOf(plan.homes);
    this.hosts = this.members.map((member, i) => new Host(member, i <= plan.full));
    this.dice = dice(seed, 'faults');
    this.random = dice(seed, 'nonces').bytes;
    this.network = new Network(dice(seed, 'network'));
    const terms = Array.from({ length: MOST_TERMS }, (_, i) => i + 1);
    this.logKeys = [OPERATOR, STANDBY].flatMap((id) =>
      terms.map((term) => ({ term, vkey: this.keysOf(id).log(ORIGIN, term).vkey })),
    );
    const first = this.keysOf(OPERATOR).log(ORIGIN).vkey;
    this.oracle = new Oracle({
      logKeys: this.logKeys.map(({ vkey }) => vkey),
      witnesses: this.members.length,
      colluding: () => this.hosts.filter(({ colludes }) => colludes).length,
      isHonest: (vkey) => vkey !== first || this.isHonest,
    });
  }

  keysOf(member: string): MemberKeys {
    const known = this.#keys.get(member);
    if (known) return known;
    const keys = memberKeys(parseOrigin(ORIGIN).community, member, seededKey(this.plan.seed, `member ${member}`));
    this.#keys.set(member, keys);
    return keys;
  }

  cosigned(member: string, size: number, root: string): void {
    this.count('cosignatures');
    this.oracle.cosigned(member, size, root);
  }

  host(id: string): Host {
    return this.hosts.find((host) => host.id === id)!;
  }

  /** The machine's own clock; never before 1970. */
  clockOf(host: Host): number {
    return Math.max(0, this.now + host.clockOff);
  }

  operatorOptions(host: Host): OperatorOptions {
    return { site: this, member: host.id, members: this.members, now: () => this.clockOf(host) };
  }

  count(what: string, by = 1): void {
    this.counts.set(what, (this.counts.get(what) ?? 0) + by);
  }

  tell(what: string): void {
    const line = `${new Date(this.now).toISOString()} ${what}`;
    this.#trace.update(`${line}\n`);
    this.#last.push(line);
    if (this.#last.length > TOLD) this.#last.shift();
  }

  get trace(): string {
    return this.#trace.copy().digest('hex');
  }

  get lastEvents(): readonly string[] {
    return this.#last;
  }

  after(milliseconds: number, run: () => void | Promise<void>): void {
    this.events.at(this.now + milliseconds, run);
  }

  /** Runs what is due until a moment. @throws Broken */
  async runUntil(end: number): Promise<void> {
    for (let due = this.events.next(); due !== undefined; due = this.events.next()) {
      if (due.time > end) {
        this.events.at(due.time, due.run);
        break;
      }
      this.now = due.time;
      await due.run();
    }
    this.now = end;
  }

  /** One step of a machine. Where its disk refuses, it stops as by a power cut, and what it wanted to say is never said. */
  async step(host: Host, what: string, action: () => Promise<readonly Sent[]>): Promise<void> {
    if (!host.isUp) return;
    const { starts } = host;
    this.steps++;
    try {
      const sent = await action();
      if (host.starts === starts) this.send(host, sent);
    } catch (problem) {
      if (problem instanceof Broken) throw problem;
      if (!(problem instanceof StoreError) || problem.code !== 'failed') {
        throw new Broken('I6', `${host.id}, ${what}: ${problem instanceof Error ? problem.stack : problem}`, problem);
      }
      this.count('failed writes');
      this.crash(host, this.dice.between(1, 300) * 1000);
    }
    this.#sabotage.after?.(this);
  }

  send(from: Host, sent: readonly Sent[]): void {
    for (const { message, only } of sent) {
      this.oracle.sent(message);
      for (const to of this.hosts) {
        if (!to.concernedBy(message) || (only && !only.includes(to.id))) continue;
        if (to === from && !to.ledgerDisk) continue;
        if ((message.type === 'record' || message.type === 'cosignature') && !to.ledgerDisk) continue;
        const delays = this.network.delays(from.id, to.id);
        if (delays.length === 0) this.count('lost messages');
        else if (delays.length > 1) this.count('doubled messages');
        for (const delay of delays) this.after(delay, () => this.#deliver(from, to, message));
      }
    }
  }

  /** @param off how long, ms */
  crash(host: Host, off: number): void {
    if (!host.isUp) return;
    this.tell(`${host.id} is off for ${Math.round(off / 1000)} s`);
    host.cut();
    this.after(off, () => this.onStart(host));
  }

  /** Starts what runs on a machine. Set by whoever makes the world. */
  onStart: (host: Host) => void | Promise<void> = () => {};
  /** What a machine does with a message beside its member's nodes. */
  onMessage: (host: Host, message: Message, from: Host) => Promise<readonly Sent[]> = async () => [];

  async #deliver(from: Host, to: Host, message: Message): Promise<void> {
    if (!to.isUp) return;
    this.count('messages');
    this.tell(`${from.id} to ${to.id}: ${brief(message)}`);
    await this.step(to, brief(message), async () => {
      const own = (await to.honestFollower?.receive(message)) ?? [];
      return [...own.map((each) => ({ message: each })), ...(await this.onMessage(to, message, from))];
    });
  }

  /** A member's nodes, made from what its disk holds. */
  startFollower(host: Host): void {
    host.follower = new Follower({
      site: this,
      member: host.id,
      full: host.full,
      operates: host.id === OPERATOR || host.id === STANDBY,
      disk: host.disk,
      now: () => this.clockOf(host),
      onVerdict: (verdict) => this.#verdict(host, verdict),
    });
  }

  #verdict(host: Host, verdict: Verdict | OutboxVerdict): void {
    const { state } = verdict;
    const code = 'code' in verdict ? ` ${verdict.code}` : '';
    this.tell(`${host.id} says ${state}${code}`);
    this.count(`said: ${state}${code}`);
    if (state === 'cheated' && this.isHonest && host.honestFollower) {
      throw new Broken('accusation', `${host.id} accuses an honest operator: ${verdict.text}`);
    }
    if (state === 'warning') throw new Broken('accusation', `${host.id} warns without a reason: ${verdict.text}`);
  }
}
