// A member's machine in the simulation: the real replica (full or light), the real outbox and the real witness, wired as a flow wires them, on
// a disk that fails. Made anew from that disk after each crash.
import type { MemberKeys } from '../../ledger/keys.ts';
import { witnessState } from '../../ledger/quorum.ts';
import type { SignedRecord } from '../../ledger/record.ts';
import { equalBytes } from '../../log/bytes.ts';
import { readCheckpoint } from '../../log/checkpoint.ts';
import { MAX_COSIGNED_LINES } from '../../log/cosignature.ts';
import { Replica } from '../../replica/follow.ts';
import { Light, type LightState } from '../../replica/light.ts';
import type { Message } from '../../replica/messages.ts';
import { Outbox, type OutboxEffects, type OutboxVerdict, type Trust } from '../../replica/outbox.ts';
import type { SeenState } from '../../replica/seen.ts';
import type { Cheated, Effects, Verdict } from '../../replica/verdict.ts';
import type { MachineDisk } from './machine-disk.ts';
import { WitnessSeat } from './witness-seat.ts';

/** What a machine is told of the world around it, and tells whoever looks on. */
export interface Site {
  readonly origin: string;
  /** When the community began, Unix ms. */
  readonly since: number;
  keysOf(member: string): MemberKeys;
  random(bytes: number): Uint8Array;
  /** A witness is about to show its cosignature. */
  cosigned(member: string, size: number, root: string): void;
}

export interface FollowerOptions {
  readonly site: Site;
  readonly member: string;
  readonly full: boolean;
  /** Whether it runs the ledger, or may take it over. */
  readonly operates: boolean;
  readonly disk: MachineDisk;
  /** By the machine's own clock, Unix ms. */
  readonly now: () => number;
  readonly onVerdict: (verdict: Verdict | OutboxVerdict) => void;
}

/** Keys of terms that this machine has known, newest last. */
const KEYS = 'log keys';

export class Follower {
  readonly #options: FollowerOptions;
  readonly #replica: Replica | null;
  readonly #light: Light | null;
  readonly outbox: Outbox;
  readonly seat: WitnessSeat;

  /** @throws StoreError when its disk refuses */
  constructor(options: FollowerOptions) {
    this.#options = options;
    const { site, member, full, disk } = options;
    const { origin } = site;
    const keys = site.keysOf(member);
    if (full) {
      this.#light = null;
      this.#replica = new Replica({
        origin,
        member,
        signer: keys.record,
        operatorKey: null,
        store: disk.log.open(),
        saved: disk.saved<SeenState>('seen'),
        // Whoever may operate the ledger makes records that pass no outbox.
        made: options.operates ? null : (id, time) => this.outbox.made(id, time),
        // Time stands still within a step: no pauses, and the same run every time.
        elapsed: () => 0,
      });
    } else {
      this.#replica = null;
      this.#light = new Light({ origin, member, operatorKey: null, saved: disk.saved<LightState>('light') });
    }
    const trust = this.#light ?? trustOf(this.#replica!);
    this.outbox = new Outbox(origin, member, disk.outbox(site.since), trust);
    this.seat = new WitnessSeat({
      origin,
      member,
      cosigner: keys.cosigner,
      disk,
      cosigned: (size, root) => site.cosigned(member, size, root),
    });
  }

  get replica(): Replica | null {
    return this.#replica;
  }

  get cheated(): Cheated | null {
    return (this.#replica ?? this.#light)!.cheated;
  }

  /** Leaves that are known: kept by a full replica, under the head of a light one. */
  get size(): number {
    return this.#replica?.audited ?? this.#light?.head?.size ?? 0;
  }

  get logKey(): string | null {
    return (this.#replica ?? this.#light)!.logKey;
  }

  async receive(message: Message): Promise<Message[]> {
    const now = this.#options.now();
    const { send } = this;
    const effects = this.#replica ? this.#replica.receive(message, now) : this.#light!.receive(message);
    const out = send(effects);
    if (this.#replica) out.push(...send(await this.#replica.audit(now)));
    if (message.type === 'checkpoint') out.push(...this.seat.receive(message, this.#logKeys(), now));
    out.push(...send(this.outbox.receive(message)));
    return out;
  }

  async tick(): Promise<Message[]> {
    const now = this.#options.now();
    const out = this.send(this.#replica ? this.#replica.tick(now) : this.#light!.tick());
    if (this.#replica) out.push(...this.send(await this.#replica.audit(now)));
    return [...out, ...this.send(this.outbox.tick())];
  }

  /** Puts a record of the member's own into the outbox. @throws StoreError when it is not kept */
  add(record: SignedRecord): Message[] {
    return this.send(this.outbox.add(record));
  }

  readonly send = ({ send, verdicts }: Effects | OutboxEffects): Message[] => {
    for (const verdict of verdicts) this.#options.onVerdict(verdict);
    return [...send];
  };

  #logKeys(): readonly string[] {
    const { disk } = this.#options;
    const known = JSON.parse(disk.read(KEYS) ?? '[]') as string[];
    const { logKey } = this;
    if (logKey === null || known.includes(logKey)) return known;
    disk.write(KEYS, JSON.stringify([...known, logKey]));
    return [...known, logKey];
  }
}

/** A full replica believes no cosigned checkpoint that its own copy does not give. */
function trustOf(replica: Replica): Trust {
  return {
    get logKey() {
      return replica.logKey;
    },
    witnessed(note) {
      const checkpoint = readCheckpoint(note, MAX_COSIGNED_LINES);
      const { served, audited, cheated } = replica;
      const { size, root } = checkpoint;
      const roster = served?.rosterAt(size - 1);
      if (!served || !roster || cheated || size > audited || !equalBytes(served.store.rootAt(size), root)) return null;
      return witnessState(note, roster).reached ? checkpoint : null;
    },
  };
}
