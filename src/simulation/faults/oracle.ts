// Looks on from outside and knows everything: after each step of the simulation it asks whether the promises of the ledger still hold
// (docs/simulated-faults.md). The six invariants, and three promises about people: nobody is accused wrongly, every lie comes out, everything heals.
import { quorumOf } from '../../ledger/quorum.ts';
import { toBase64 } from '../../log/bytes.ts';
import { openCheckpoint } from '../../log/checkpoint.ts';
import { MAX_COSIGNED_LINES } from '../../log/cosignature.ts';
import { FormatError } from '../../log/errors.ts';
import { verifierOf } from '../../log/note.ts';
import type { LogStore } from '../../log/store.ts';
import type { Message } from '../../replica/messages.ts';

export type LedgerPromise = 'I1' | 'I2' | 'I3' | 'I4' | 'I5' | 'I6' | 'accusation' | 'detection' | 'liveness';

/** A promise that does not hold. */
export class Broken extends Error {
  readonly promise: LedgerPromise;

  constructor(promise: LedgerPromise, text: string, cause?: unknown) {
    super(`${promise}: ${text}`, { cause });
    this.promise = promise;
  }
}

export interface OracleOptions {
  /** Log keys, one for each term that there may be. */
  readonly logKeys: readonly string[];
  /** Witnesses that there are, and those of them that cosign anything. */
  readonly witnesses: number;
  readonly colluding: () => number;
  /** Whether whoever holds a log key still follows the rules, and its disk, too. */
  readonly isHonest: (logKey: string) => boolean;
}

export class Oracle {
  readonly #options: OracleOptions;
  /** Root by log key and size. */
  readonly #signed = new Map<string, string>();
  /** Root by witness and size; the witnesses by size and root. */
  readonly #byWitness = new Map<string, string>();
  readonly #cosigners = new Map<string, Set<string>>();
  /** Notes that were looked at. */
  readonly #known = new Set<string>();
  /** Owner of each record that was acknowledged. */
  readonly #acknowledged = new Map<string, string>();

  constructor(options: OracleOptions) {
    this.#options = options;
  }

  get acknowledged(): ReadonlyMap<string, string> {
    return this.#acknowledged;
  }

  /** I1, of what travels. */
  sent(message: Message): void {
    switch (message.type) {
      case 'checkpoint':
        this.#shown(message.note);
        return;
      case 'leaves':
        this.#shown(message.checkpoint);
        for (const { checkpoint } of message.leaves) if (checkpoint !== undefined) this.#shown(checkpoint);
        return;
      case 'proof':
        this.#shown(message.checkpoint);
        return;
      case 'receipt':
        if (message.receipt) this.#acknowledged.set(message.id, message.to);
        return;
      default:
    }
  }

  /** I1, of witnesses: none cosigns two roots for one size, and no two are witnessed. */
  cosigned(member: string, size: number, root: string): void {
    const key = `${member} ${size}`;
    const before = this.#byWitness.get(key) ?? root;
    if (before !== root) throw new Broken('I1', `${member} cosigned ${size} leaves under ${before} and under ${root}`);
    this.#byWitness.set(key, root);
    const checkpoint = `${size} ${root}`;
    const cosigners = this.#cosigners.get(checkpoint) ?? new Set();
    this.#cosigners.set(checkpoint, cosigners.add(member));
    if (!this.#isWitnessed(cosigners)) return;
    for (const [other, theirs] of this.#cosigners) {
      if (other !== checkpoint && other.startsWith(`${size} `) && this.#isWitnessed(theirs)) {
        throw new Broken('I1', `${size} leaves are witnessed under ${root} and under ${other.split(' ')[1]}`);
      }
    }
  }

  /** I1, at the end: all that is witnessed is one history. @param histories one log for each that was ever shown */
  requireOneHistory(histories: readonly LogStore[]): void {
    const witnessed = [...this.#cosigners].filter(([, cosigners]) => this.#isWitnessed(cosigners));
    const fits = (store: LogStore) =>
      witnessed.every(([checkpoint]) => {
        const [size, root] = checkpoint.split(' ') as [string, string];
        return Number(size) <= store.size && toBase64(store.rootAt(Number(size))) === root;
      });
    if (!histories.some(fits)) throw new Broken('I1', 'what is witnessed is not one history');
  }

  /** I2, of one record or of all. */
  requireKept(has: (id: string, owner: string) => boolean, ids: Iterable<string> = this.#acknowledged.keys()): void {
    for (const id of ids) {
      const owner = this.#acknowledged.get(id);
      if (owner !== undefined && !has(id, owner)) {
        throw new Broken(
          'I2',
          `the record ${id} of ${owner} was acknowledged, and is neither in the log nor in its outbox`,
        );
      }
    }
  }

  #shown(note: string): void {
    if (this.#known.has(note)) return;
    this.#known.add(note);
    for (const vkey of this.#options.logKeys) {
      const checkpoint = open(note, vkey);
      if (!checkpoint) continue;
      const key = `${vkey} ${checkpoint.size}`;
      const root = toBase64(checkpoint.root);
      const before = this.#signed.get(key) ?? root;
      if (before !== root && this.#options.isHonest(vkey)) {
        throw new Broken('I1', `the log key signed ${checkpoint.size} leaves under ${before} and under ${root}`);
      }
      this.#signed.set(key, root);
    }
  }

  /** Those that cosign anything count for everything. */
  #isWitnessed(cosigners: ReadonlySet<string>): boolean {
    const { witnesses, colluding } = this.#options;
    return cosigners.size + colluding() >= quorumOf(witnesses);
  }
}

function open(note: string, vkey: string) {
  try {
    return openCheckpoint(note, [verifierOf(vkey)], MAX_COSIGNED_LINES);
  } catch (problem) {
    if (problem instanceof FormatError) return null;
    throw problem;
  }
}
