// The one connection of a line: opened on demand, dropped when it failed, opened again with growing pauses. A try is ended
// by its time limit or by close, whatever the peer does.
import type { Timers } from '../time/clock.ts';
import type { Link, OpenLink } from './link.ts';
import { ModbusError, type PortState, toError } from './port.ts';

export interface ConnectionOptions {
  readonly name: string;
  readonly open: OpenLink;
  readonly timeoutMs: number;
  readonly maxBackoffMs: number;
  readonly timers: Timers;
  /** The peer ended the connection. */
  readonly lost: () => void;
}

const FIRST_BACKOFF_MS = 250;
/** A wire that does not let go is left behind. */
const LET_GO_MS = 500;

export class Connection {
  readonly #options: ConnectionOptions;
  readonly #listeners = new Set<(state: PortState) => void>();
  #state: PortState = 'idle';
  #link: Link | null = null;
  #attempt: AbortController | null = null;
  #released: Promise<void> = Promise.resolve();
  #failures = 0;
  #retryAt = 0;
  #lastFailure = '';
  #opened = 0;

  constructor(options: ConnectionOptions) {
    this.#options = options;
  }

  get state(): PortState {
    return this.#state;
  }

  /** The open link, if there is one. */
  get link(): Link | null {
    return this.#link;
  }

  /** How many were opened so far. */
  get opened(): number {
    return this.#opened;
  }

  watch(listener: (state: PortState) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** The open link, or a new one. @throws ModbusError `refused` when there is none, `closed` after close */
  async open(): Promise<Link> {
    if (this.#link) return this.#link;
    const { name, timers } = this.#options;
    const wait = this.#retryAt - timers.now();
    if (wait > 0) {
      const seconds = (wait / 1000).toFixed(1);
      throw new ModbusError('refused', `${this.#lastFailure}; the next attempt comes in ${seconds} s`);
    }
    this.#show('connecting');
    await this.#released;
    this.#refuseClosed();
    try {
      this.#link = await this.#tryOnce();
    } catch (error) {
      this.#refuseClosed();
      const text = `${name} cannot be reached: ${toError(error).message}`;
      const refused = error instanceof ModbusError ? error : new ModbusError('refused', text, error);
      this.failed(refused);
      throw refused;
    }
    this.#opened++;
    this.#show('connected');
    return this.#link;
  }

  /** A request went well. */
  healthy(): void {
    this.#failures = 0;
  }

  /** Drops the link. The first failure in a row reconnects at once, each further one waits twice as long. */
  failed(error: Error): void {
    this.#drop();
    const backoff = this.#failures === 0 ? 0 : FIRST_BACKOFF_MS * 2 ** Math.min(this.#failures - 1, 20);
    this.#failures++;
    this.#lastFailure = error.message;
    this.#retryAt = this.#options.timers.now() + Math.min(backoff, this.#options.maxBackoffMs);
    this.#show('waiting');
  }

  /** Drops a link that may be dead; the next request opens another. */
  renew(): void {
    this.#drop();
    this.#show('idle');
  }

  /** Resolves when another may have the wire. */
  async close(): Promise<void> {
    this.#show('closed');
    this.#listeners.clear();
    this.#attempt?.abort();
    this.#drop();
    await this.#released;
  }

  async #tryOnce(): Promise<Link> {
    const { name, open, timeoutMs, timers } = this.#options;
    const attempt = new AbortController();
    this.#attempt = attempt;
    let timedOut = false;
    const cancel = timers.after(timeoutMs, () => {
      timedOut = true;
      attempt.abort();
    });
    let link: Link | null = null;
    try {
      link = await open(() => this.#lost(link), attempt.signal);
      if (!attempt.signal.aborted) return link;
      this.#release(link);
      throw new Error('it was given up');
    } catch (error) {
      if (!timedOut) throw error;
      const text = `${name} did not accept a connection within ${timeoutMs} ms: check its address and that it is on`;
      throw new ModbusError('refused', text, error);
    } finally {
      cancel();
      this.#attempt = null;
    }
  }

  #lost(link: Link | null): void {
    if (link === null || this.#link !== link) return;
    this.renew();
    this.#options.lost();
  }

  #drop(): void {
    const link = this.#link;
    this.#link = null;
    if (link) this.#release(link);
  }

  #release(link: Link): void {
    const { timers } = this.#options;
    this.#released = new Promise((resolve) => {
      const cancel = timers.after(LET_GO_MS, resolve);
      const free = () => {
        cancel();
        resolve();
      };
      link.destroy().then(free, free);
    });
  }

  #refuseClosed(): void {
    if (this.#state === 'closed') {
      throw new ModbusError('closed', `the connection to ${this.#options.name} was closed on this side`);
    }
  }

  #show(state: PortState): void {
    if (this.#state === state || this.#state === 'closed') return;
    this.#state = state;
    for (const listener of this.#listeners) listener(state);
  }
}
