// What stands between an operator and its members in a demonstration of cheating: it passes everything on, until it is told to lie.
// From then on its victims are answered from a forged log, signed with the operator's own keys, and the honest one is kept from them.

import type { MemberKeys } from '../ledger/keys.ts';
import type { Ledger } from '../ledger/ledger.ts';
import { resumeLedger } from '../ledger/open.ts';
import { headerOf } from '../ledger/views.ts';
import type { Message, Wanted } from '../replica/messages.ts';
import { answer, newestCheckpoint, type ServedLog } from '../replica/serve.ts';
import { forge, LIES, type Lie } from './cheating-operator.ts';

/** The lies, and `two-histories`: one half of the members is shown another block than the other. */
export const CHEATS = [...LIES, 'two-histories'] as const;
export type Cheat = (typeof CHEATS)[number];

/** What is said about the log itself. Receipts and refusals are the operator's word to one member, and go through. */
const ABOUT_THE_LOG: ReadonlySet<Message['type']> = new Set(['checkpoint', 'leaves', 'proof', 'roster']);
const QUESTIONS: ReadonlySet<Message['type']> = new Set([
  'checkpoint-wanted',
  'leaves-wanted',
  'proof-wanted',
  'roster-wanted',
]);

interface Lying {
  readonly served: ServedLog;
  /** Null: everybody. */
  readonly victims: ReadonlySet<string> | null;
}

export class CheatingEnd {
  readonly #ledger: Ledger;
  readonly #operator: MemberKeys;
  readonly #random: (bytes: number) => Uint8Array;
  #armed: Cheat | null = null;
  #lying: Lying | null = null;
  /** Leaves of the largest checkpoint that members have been shown. */
  #shown: number;

  constructor(ledger: Ledger, operator: MemberKeys, random: (bytes: number) => Uint8Array) {
    this.#ledger = ledger;
    this.#operator = operator;
    this.#random = random;
    this.#shown = ledger.store.raw.sealedSize;
  }

  /** `waits`: for the next block in which something is traded. */
  get state(): 'honest' | 'waits' | 'lies' {
    return this.#lying ? 'lies' : this.#armed ? 'waits' : 'honest';
  }

  /**
   * Begins to lie: at once where a block is rewritten that members have seen, else with the next block that trades.
   * @returns what the members are told now
   * @throws Error when the ledger is not a simulated one, the operator lies already, or nothing was traded yet
   */
  lie(cheat: Cheat): Message[] {
    if (!this.#ledger.state.rules.simulated) {
      throw new Error('only the operator of a ledger with a simulated clock may cheat, for a demonstration');
    }
    if (this.#lying) throw new Error('the operator has cheated already; reset the community to begin anew');
    if (cheat === 'rewrite-block') return this.#begin(cheat);
    this.#armed = cheat;
    return [];
  }

  /** A message of the operator, as the members get it. */
  fromOperator(message: Message): Message[] {
    if (!ABOUT_THE_LOG.has(message.type)) return [message];
    if (this.#lying) return this.#honest(message, this.#lying);
    if (message.type !== 'checkpoint' || message.size <= this.#shown) return [message];
    const before = this.#shown;
    this.#shown = message.size;
    // Members have not seen the block that may now be another one.
    if (this.#armed && this.#tradesAfter(before)) return [...this.#begin(this.#armed), ...this.fromOperator(message)];
    return [message];
  }

  /** A message of a member: what the operator gets of it, and what the member is answered here. @param now Unix ms */
  fromMember(message: Message, now: number): { readonly toOperator: Message[]; readonly toMembers: Message[] } {
    if (!this.#lying || !QUESTIONS.has(message.type) || !this.#isVictim(message)) {
      return { toOperator: [message], toMembers: [] };
    }
    return { toOperator: [], toMembers: answer(this.#lying.served, message as Wanted, now) };
  }

  #tradesAfter(size: number): boolean {
    const clearing = this.#ledger.store.select({ kind: 'clearing', newestFirst: true, limit: 1 })[0];
    if (!clearing || clearing.index < size) return false;
    const { fills } = JSON.parse(clearing.body ?? '{}') as { readonly fills?: readonly unknown[] };
    return (fills?.length ?? 0) > 0;
  }

  #begin(cheat: Cheat): Message[] {
    const { store, state } = this.#ledger;
    const { origin, operator } = state;
    const lie: Lie = cheat === 'two-histories' ? 'rewrite-block' : cheat;
    const forged = forge({ store, origin, operator: this.#operator, random: this.#random }, lie);
    const community = resumeLedger(forged, origin, this.#operator).state;
    const served: ServedLog = {
      origin,
      store: forged,
      community,
      collected: (note) => ({ note, reached: false }),
      witnessed: () => null,
      rosterAt: () => community.roster,
    };
    const members = [...state.roster.keys()].filter((member) => member !== operator).sort();
    const victims = cheat === 'two-histories' ? new Set(members.slice(0, Math.ceil(members.length / 2))) : null;
    this.#armed = null;
    this.#lying = { served, victims };
    const { first } = headerOf(forged.leaf(forged.size - 1)!);
    return [...(victims ?? [undefined])].map((to) => newestCheckpoint(served, first, to));
  }

  /** What of the honest log still reaches anybody. */
  #honest(message: Message, { victims }: Lying): Message[] {
    if (!victims) return [];
    const to = 'to' in message ? message.to : undefined;
    if (to !== undefined) return victims.has(to) ? [] : [message];
    const others = [...this.#ledger.state.roster.keys()].filter((member) => !victims.has(member));
    return message.type === 'checkpoint' ? others.map((member) => ({ ...message, to: member })) : [message];
  }

  #isVictim(message: Message): boolean {
    const { victims } = this.#lying!;
    return victims === null || ('member' in message && victims.has(message.member));
  }
}
