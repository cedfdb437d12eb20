// An operator that shows its victims another log than the others: one that it goes on with beside the true one (two histories), or one that
// stands still (a stale view).
import type { Message } from '../../replica/messages.ts';
import type { Sent } from './network.ts';
import type { Operator } from './operator.ts';

export class Liar {
  readonly operator: Operator;
  readonly shadow: Operator;
  readonly #victims: ReadonlySet<string>;
  readonly #others: readonly string[];
  readonly #isStale: boolean;

  /** @param isStale the shadow takes nothing */
  constructor(
    operator: Operator,
    shadow: Operator,
    victims: readonly string[],
    others: readonly string[],
    isStale: boolean,
  ) {
    this.operator = operator;
    this.shadow = shadow;
    this.#victims = new Set(victims);
    this.#others = others;
    this.#isStale = isStale;
  }

  async receive(message: Message, from: string): Promise<Sent[]> {
    if (message.type === 'cosignature' && !this.#isStale) {
      // Who cosigns both is meant for both; each refuses what is not of its own.
      const both = [await this.operator.receive(message), await this.shadow.receive(message)];
      return [...this.#toOthers(both[0]!), ...this.#toVictims(both[1]!)];
    }
    const taken = message.type === 'record' || message.type === 'cosignature';
    if (!this.#victims.has(from) || (this.#isStale && taken))
      return this.#toOthers(await this.operator.receive(message));
    return this.#toVictims(await this.shadow.receive(message));
  }

  news(): Sent[] {
    return [...this.#toOthers(this.operator.news()), ...this.#toVictims(this.shadow.news())];
  }

  async gate(interval: string): Promise<void> {
    await this.operator.gate(interval);
    if (!this.#isStale) await this.shadow.gate(interval);
  }

  #toOthers(sent: readonly Sent[]): Sent[] {
    return sent.map(({ message }) => ({
      message,
      only: 'to' in message && message.to !== undefined ? [message.to] : this.#others,
    }));
  }

  #toVictims(sent: readonly Sent[]): Sent[] {
    return sent.map(({ message }) => ({ message, only: [...this.#victims] }));
  }
}
