// A member's machine in the simulated network, and the witnesses of its street.
import { join } from 'node:path';
import type { Ledger } from '../../src/ledger/ledger.ts';
import { parseNote } from '../../src/log/note.ts';
import { Light, type LightState } from '../../src/replica/light.ts';
import type { Message } from '../../src/replica/messages.ts';
import { Outbox, type OutboxEffects, type OutboxStore, type OutboxVerdict } from '../../src/replica/outbox.ts';
import { openOutbox } from '../../src/replica/outbox-store.ts';
import type { Verdict } from '../../src/replica/verdict.ts';
import { HOMES, keysOf, ORIGIN, type Street } from '../ledger/street.ts';
import { type Station, savedText } from './network.ts';

/** A member's machine with outbox and light member. */
export class Machine implements Station {
  readonly member: string;
  readonly saved = savedText<LightState>();
  readonly outcome: OutboxVerdict[] = [];
  readonly verdicts: Verdict[] = [];
  readonly #street: Street;
  store!: OutboxStore;
  light!: Light;
  outbox!: Outbox;

  constructor(street: Street, member: string) {
    this.member = member;
    this.#street = street;
    this.start();
  }

  get path(): string {
    return join(this.#street.directory, `outbox-${this.member}.sqlite`);
  }

  start(): void {
    this.store = openOutbox(this.path, this.#street.now);
    this.light = new Light({ origin: ORIGIN, member: this.member, operatorKey: null, saved: this.saved });
    this.outbox = new Outbox(ORIGIN, this.member, this.store, this.light);
  }

  restart(): void {
    this.store.close();
    this.start();
  }

  add(text: string): readonly Message[] {
    return this.#take(this.outbox.add(this.#street.record(this.member, 'note', null, { text })));
  }

  async receive(message: Message): Promise<readonly Message[]> {
    const { send, verdicts } = this.light.receive(message);
    this.verdicts.push(...verdicts);
    return [...send, ...this.#take(this.outbox.receive(message))];
  }

  async tick(): Promise<readonly Message[]> {
    const { send, verdicts } = this.light.tick();
    this.verdicts.push(...verdicts);
    return [...send, ...this.#take(this.outbox.tick())];
  }

  #take({ send, verdicts }: OutboxEffects): readonly Message[] {
    this.outcome.push(...verdicts);
    return send;
  }
}

/** Three of four witnesses: the quorum. */
export function cosign(ledger: Ledger, street: Street, members: readonly string[] = HOMES): void {
  const { text } = parseNote(ledger.store.checkpoint()!);
  const size = Number(text.split('\n')[1]);
  for (const member of members) {
    ledger.addCosignature(size, keysOf(member).cosigner.cosign(text, Math.floor(street.now / 1000)));
  }
}
