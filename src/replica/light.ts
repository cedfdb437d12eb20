// A light member: keeps the heads of the ledger, each shown to continue the one before, and the proofs of its own records; no leaves
// but those of block 0, which say who operates the ledger. Its memory and disk do not grow, however long it was away. It can tell two
// histories apart, not a wrong auction: for that, be a full replica.
import { parseHeader } from '../ledger/header.ts';
import { type WitnessState, witnessState } from '../ledger/quorum.ts';
import type { Roster, RosterEntry } from '../ledger/roster.ts';
import { fromBase64, fromHex, sha256Hex, toBase64 } from '../log/bytes.ts';
import { parseStrictJson } from '../log/canonical-json.ts';
import { type Checkpoint, openCheckpoint } from '../log/checkpoint.ts';
import { MAX_COSIGNED_LINES } from '../log/cosignature.ts';
import { FormatError } from '../log/errors.ts';
import { openNote, parseVkey, verifierOf } from '../log/note.ts';
import { CompactTree, leafHash, verifyConsistency, verifyInclusion } from '../log/tree.ts';
import type { SeenCheckpoint } from './compare.ts';
import { Incoming, readBlock } from './incoming.ts';
import { IntervalOrders, type ProvenOrder } from './interval-orders.ts';
import type { CheckpointMessage, LeavesMessage, Message, ProofMessage, RosterMessage } from './messages.ts';
import { concerns } from './messages.ts';
import type { Trust } from './outbox.ts';
import type { Saved } from './seen.ts';
import { MOST_LEAVES, MOST_PROOFS } from './serve.ts';
import type { Cheated, Effects, Verdict } from './verdict.ts';

/** A record of this member's own, and where it stands. */
export interface OwnProof extends Pick<ProofMessage, 'id' | 'index' | 'leaf' | 'path' | 'checkpoint'> {}

export interface LightState {
  /** The log key that is believed. */
  readonly key: string | null;
  /** Heads seen, oldest first. */
  readonly heads: readonly SeenCheckpoint[];
  readonly own: readonly OwnProof[];
  /** What the operator is accused of. */
  readonly cheated?: Cheated | null | undefined;
}

export interface LightOptions {
  readonly origin: string;
  readonly member: string;
  /** As of a replica. */
  readonly operatorKey: string | null;
  readonly saved: Saved<LightState>;
}

export const MOST_HEADS = 64;
export const MOST_OWN = 64;
const MOST_ROSTERS = 4;
const MOST_WANTED = 64;
const ASK_EVERY = 6;
const PATIENCE = 3;

export class Light implements Trust {
  readonly #options: LightOptions;
  readonly #incoming = new Incoming();
  #key: string | null;
  #heads: SeenCheckpoint[];
  #own: OwnProof[];
  /** Verified, by the size of the checkpoint whose witnesses they name. */
  readonly #rosters = new Map<number, Roster>();
  /** Checkpoints whose roster is needed. */
  readonly #wanted = new Map<number, Uint8Array>();
  readonly #ids = new Set<string>();
  readonly #orders = new IntervalOrders();
  #newest: { readonly note: string; readonly state: WitnessState } | null = null;
  #cheated: Cheated | null = null;
  #ahead = 0;
  #failures = 0;
  #ticks = 0;
  #waits = 0;
  #told = '';
  #effects: { send: Message[]; verdicts: Verdict[] } = { send: [], verdicts: [] };

  constructor(options: LightOptions) {
    this.#options = options;
    const { key = null, heads = [], own = [], cheated = null } = options.saved.read() ?? {};
    this.#key = key ?? givenKey(options);
    this.#heads = [...heads];
    this.#own = [...own];
    this.#cheated = cheated;
    if (cheated) this.#effects.verdicts.push(cheated);
  }

  get logKey(): string | null {
    return this.#key;
  }

  get head(): SeenCheckpoint | null {
    return this.#heads.at(-1) ?? null;
  }

  get own(): readonly OwnProof[] {
    return this.#own;
  }

  /** Orders of the auction that was cleared last, as far as they are proven. */
  get orders(): readonly ProvenOrder[] {
    return this.#orders.proven;
  }

  get cheated(): Cheated | null {
    return this.#cheated;
  }

  /** The checkpoint itself where it is witnessed; where its roster is not known yet, it is asked for. */
  witnessed(note: string): Checkpoint | null {
    const checkpoint = this.#open(note);
    if (!checkpoint || this.#cheated) return null;
    const { size, root } = checkpoint;
    const known = this.#heads.find((head) => head.size === size);
    if (known && known.root !== toBase64(root)) {
      this.#accuse(known.note, note, size);
      return null;
    }
    const roster = this.#rosters.get(size);
    if (!roster) {
      if (this.#wanted.size < MOST_WANTED) this.#wanted.set(size, root);
      return null;
    }
    const state = witnessState(note, roster);
    if (
      size === this.head?.size &&
      state.cosigned >= (this.#newest?.state.size === size ? this.#newest.state.cosigned : 0)
    ) {
      this.#newest = { note, state };
    }
    return state.reached ? checkpoint : null;
  }

  receive(message: Message): Effects {
    const { origin, member } = this.#options;
    if (this.#cheated || !concerns(message, origin, member)) return this.#flush();
    if (message.type === 'checkpoint') this.#onCheckpoint(message);
    else if (message.type === 'leaves' && this.#key === null) this.#onLeaves(message);
    else if (message.type === 'leaves') this.#orders.take(message);
    else if (message.type === 'roster') this.#onRoster(message);
    else if (message.type === 'proof') this.#onProof(message);
    else if (message.type === 'receipt' && this.#ids.size < MOST_WANTED) this.#ids.add(message.id);
    this.#tell(false);
    return this.#flush();
  }

  /** Asks for what is missing. To be called every few seconds. */
  tick(): Effects {
    const { origin, member } = this.#options;
    this.#waits++;
    if (!this.#cheated) {
      if (this.#key === null) this.#askForBlock0();
      else if (this.#ticks++ % ASK_EVERY === 0 || this.#ahead > (this.head?.size ?? 0)) this.#askForHead();
      for (const size of this.#wanted.keys()) {
        this.#effects.send.push({ type: 'roster-wanted', origin, size, member });
        if (this.#effects.send.length > 8) break;
      }
      this.#askForOrders();
      const ids = [...this.#ids, ...this.#orders.ids].slice(0, MOST_PROOFS);
      if (ids.length > 0) this.#effects.send.push({ type: 'proof-wanted', origin, ids });
    }
    this.#tell(this.#waits > 1);
    return this.#flush();
  }

  #onCheckpoint({ note, size: said, from, state }: CheckpointMessage): void {
    if (this.#key === null) {
      this.#ahead = Math.max(this.#ahead, said);
      this.#askForBlock0();
      return;
    }
    const checkpoint = this.#open(note);
    if (!checkpoint) return;
    const { size, root } = checkpoint;
    const seen = { size, root: toBase64(root), note };
    const known = this.#heads.find((head) => head.size === size);
    if (known && known.root !== seen.root) this.#accuse(known.note, note, size);
    else if (!known && size > (this.head?.size ?? 0)) this.#advance(seen, root, from);
    if (state === 'witnessed' && !this.#cheated) this.witnessed(note);
  }

  /** A later head: taken with the proof that it continues ours. */
  #advance(seen: SeenCheckpoint, root: Uint8Array, from: CheckpointMessage['from']): void {
    const { head } = this;
    if (head && from?.size !== head.size) {
      if (seen.size > this.#ahead) {
        this.#ahead = seen.size;
        this.#askForHead();
      }
      return;
    }
    if (
      head &&
      !verifies(() => verifyConsistency(head.size, fromBase64(head.root), seen.size, root, from!.proof.map(fromBase64)))
    ) {
      this.#failures++;
      return;
    }
    this.#failures = 0;
    this.#waits = 0;
    this.#ahead = Math.max(this.#ahead, seen.size);
    this.#heads.push(seen);
    if (this.#heads.length > MOST_HEADS) this.#heads.shift();
    for (const size of this.#wanted.keys()) if (this.#wanted.size >= MOST_ROSTERS) this.#wanted.delete(size);
    this.#wanted.set(seen.size, root);
    this.#newest = null;
    this.#save();
    this.#effects.send.push({
      type: 'roster-wanted',
      origin: this.#options.origin,
      size: seen.size,
      member: this.#options.member,
    });
  }

  /** Block 0, for its `term` record. */
  #onLeaves({ from, leaves }: LeavesMessage): void {
    if (from !== this.#incoming.length) return;
    this.#waits = 0;
    this.#incoming.add(leaves);
    const block = this.#incoming.take();
    if (!block) {
      this.#askForBlock0();
      return;
    }
    this.#incoming.clear();
    const { origin, operatorKey } = this.#options;
    const read = readBlock(block, { origin, tree: new CompactTree(), logKey: null, operatorKey, roster: new Map() });
    if (typeof read === 'string') {
      this.#failures++;
      return;
    }
    const term = read.leaves.find(({ tags }) => tags.kind === 'term');
    this.#key = (JSON.parse(term?.body ?? '{}') as { key?: string }).key ?? null;
    if (this.#key === null) return;
    this.#advance({ size: read.size, root: read.root, note: read.checkpoint }, fromBase64(read.root), null);
    this.#askForHead();
  }

  #onRoster({ size, header, path, before, roster }: RosterMessage): void {
    const root = this.#wanted.get(size);
    if (!root || this.#key === null) return;
    const key = verifierOf(this.#key);
    const held = verifies(() => {
      const { height, previous, roster: after } = parseHeader(openNote(header, [key]).text);
      if (!verifyInclusion(leafHash(header), size - 1, size, path.map(fromBase64), root)) return false;
      if (height === 0) return sha256Hex(roster) === after;
      const text = openNote(before ?? '', [key]).text;
      return sha256Hex(text) === previous && sha256Hex(roster) === parseHeader(text).roster;
    });
    if (!held) return;
    if (size === this.head?.size) {
      this.#orders.begin(parseHeader(openNote(header, [key]).text));
      this.#askForOrders();
    }
    const { members } = parseStrictJson(roster) as unknown as { members: RosterEntry[] };
    this.#wanted.delete(size);
    this.#rosters.set(size, new Map(members.map((entry) => [entry.member, entry])));
    for (const old of this.#rosters.keys()) if (this.#rosters.size > MOST_ROSTERS) this.#rosters.delete(old);
    const head = this.#heads.find((one) => one.size === size);
    if (head) this.witnessed(head.note);
  }

  #onProof({ id, index, leaf, path, checkpoint }: ProofMessage): void {
    if (this.#orders.ids.includes(id)) this.#proveOrder(id, index, leaf, path, checkpoint);
    if (!this.#ids.has(id)) return;
    const under = this.witnessed(checkpoint);
    if (!under) return;
    if (!verifies(() => verifyInclusion(fromHex(leaf), index, under.size, path.map(fromBase64), under.root))) return;
    this.#ids.delete(id);
    this.#own.push({ id, index, leaf, path, checkpoint });
    if (this.#own.length > MOST_OWN) this.#own.shift();
    this.#save();
  }

  /** For an order a head is enough: that it is in the log, not that it stays there. */
  #proveOrder(id: string, index: number, leaf: string, path: readonly string[], checkpoint: string): void {
    const shown = this.#open(checkpoint);
    const head = shown && this.#heads.find((one) => one.size === shown.size);
    if (!shown || head?.root !== toBase64(shown.root)) return;
    const held = verifies(() => verifyInclusion(fromHex(leaf), index, shown.size, path.map(fromBase64), shown.root));
    if (held) this.#orders.prove(id, index, leaf);
  }

  #askForOrders(): void {
    const { origin, member } = this.#options;
    const { wanted } = this.#orders;
    if (wanted) this.#effects.send.push({ type: 'leaves-wanted', origin, ...wanted, member });
  }

  #askForBlock0(): void {
    const { origin, member } = this.#options;
    const from = this.#incoming.length;
    this.#effects.send.push({ type: 'leaves-wanted', origin, from, limit: MOST_LEAVES, member });
  }

  #askForHead(): void {
    const { origin, member } = this.#options;
    this.#effects.send.push({ type: 'checkpoint-wanted', origin, from: this.head?.size ?? 0, member });
  }

  #accuse(a: string, b: string, size: number): void {
    const text = `the operator signed two histories: two checkpoints over ${size} leaves with different roots`;
    const proof = { kind: 'equivocation' as const, a: { checkpoint: a }, b: { checkpoint: b } };
    this.#cheated = { state: 'cheated', code: 'equivocation', text, leaf: null, block: null, proof };
    this.#save();
    this.#effects.verdicts.push(this.#cheated);
  }

  #tell(patient: boolean): void {
    const said = this.#state();
    if (!said || (said.state === 'behind' && said.code === 'catching-up' && !patient)) return;
    const key =
      said.state === 'behind'
        ? said.code
        : `${said.state} ${this.head?.size} ${this.#newest?.state.cosigned} ${this.orders.length}`;
    if (key === this.#told) return;
    this.#told = key;
    this.#effects.verdicts.push(said);
  }

  #state(): Verdict | null {
    if (this.#cheated) return null;
    const behind = (code: string, text: string): Verdict => ({ state: 'behind', code, text });
    if (this.#failures >= PATIENCE) {
      return behind(
        'unproven',
        'what comes is not shown to continue the ledger that this node knows; run a full replica, and ask the others',
      );
    }
    const { head } = this;
    if (!head)
      return this.#waits < PATIENCE
        ? null
        : behind('unreachable', 'nobody has answered yet; check the connection to the operator');
    if (this.#ahead > head.size) return behind('catching-up', `${head.size} of ${this.#ahead} leaves are proven`);
    return {
      state: 'following',
      block: null,
      size: head.size,
      witness: this.#newest?.state ?? null,
      orders: this.orders,
    };
  }

  #open(note: string): Checkpoint | null {
    if (this.#key === null) return null;
    try {
      const checkpoint = openCheckpoint(note, [verifierOf(this.#key)], MAX_COSIGNED_LINES);
      return checkpoint.origin === this.#options.origin && checkpoint.size > 0 ? checkpoint : null;
    } catch (problem) {
      if (problem instanceof FormatError) return null;
      throw problem;
    }
  }

  #save(): void {
    this.#options.saved.write({ key: this.#key, heads: this.#heads, own: this.#own, cheated: this.#cheated });
  }

  #flush(): Effects {
    const effects = this.#effects;
    this.#effects = { send: [], verdicts: [] };
    return effects;
  }
}

/** A log key that was given needs no block 0. */
function givenKey({ origin, operatorKey }: LightOptions): string | null {
  return operatorKey !== null && parseVkey(operatorKey).name === origin ? operatorKey : null;
}

/** Whether something that others sent holds; malformed is no. */
function verifies(check: () => boolean): boolean {
  try {
    return check();
  } catch (problem) {
    if (problem instanceof FormatError) return false;
    throw problem;
  }
}
