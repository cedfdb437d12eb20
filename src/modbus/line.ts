// The queue that every Modbus port has: one request at a time, writes before reads, a gap between requests, timeout,
// reconnect with backoff. Knows no wire: a port hands in how to open a link. Time comes from the given timers.
import { systemTimers, type Timers } from '../time/clock.ts';
import { checkRequest, type Link, type OpenLink, type Request } from './link.ts';
import { ModbusError, type ModbusPort, type PortState, type PortStatistics } from './port.ts';

export interface LineOptions {
  /** How long a device may take to answer, and a host to accept a connection; ms. */
  readonly timeoutMs?: number;
  /** Silence between an answer and the next request, ms. */
  readonly gapMs?: number;
  /** Longest wait between two attempts to connect, ms. */
  readonly maxBackoffMs?: number;
  readonly timers?: Timers;
}

interface Job {
  readonly request: Request;
  settle(error: Error | null, registers: number[]): void;
  settled: boolean;
}

const FIRST_BACKOFF_MS = 250;
/** So many silent requests in a row end a connection: it may be half open. */
const SILENT_LIMIT = 2;

export class ModbusLine implements ModbusPort {
  readonly name: string;
  readonly #open: OpenLink;
  readonly #timeoutMs: number;
  readonly #gapMs: number;
  readonly #maxBackoffMs: number;
  readonly #timers: Timers;
  readonly #listeners = new Set<(state: PortState) => void>();
  readonly #closing = new AbortController();
  readonly #queue: Job[] = [];
  #state: PortState = 'idle';
  #link: Link | null = null;
  #running: Job | null = null;
  #working = false;
  #interrupt: (error: Error) => void = () => {};
  #failures = 0;
  #retryAt = 0;
  #lastFailure = '';
  #silent = 0;
  #freeAt = 0;
  #requests = 0;
  #errors = 0;
  #connections = 0;
  #latencyMs: number | null = null;

  /** @param name of the line for texts @throws RangeError for a time that makes no sense */
  constructor(name: string, open: OpenLink, options: LineOptions = {}) {
    const { timeoutMs = 2000, gapMs = 0, maxBackoffMs = 15_000, timers = systemTimers } = options;
    if (!(timeoutMs > 0) || !(gapMs >= 0) || !(maxBackoffMs >= 0)) {
      throw new RangeError(`the timeout of ${name} must be above 0 ms, its gap and backoff at least 0 ms`);
    }
    this.name = name;
    this.#open = open;
    this.#timeoutMs = timeoutMs;
    this.#gapMs = gapMs;
    this.#maxBackoffMs = maxBackoffMs;
    this.#timers = timers;
  }

  get state(): PortState {
    return this.#state;
  }

  get statistics(): PortStatistics {
    return {
      requests: this.#requests,
      errors: this.#errors,
      connections: this.#connections,
      latencyMs: this.#latencyMs,
    };
  }

  readHolding(unit: number, address: number, count: number, signal?: AbortSignal): Promise<number[]> {
    return this.#ask({ kind: 'holding', unit, address, count, values: [] }, signal);
  }

  readInput(unit: number, address: number, count: number, signal?: AbortSignal): Promise<number[]> {
    return this.#ask({ kind: 'input', unit, address, count, values: [] }, signal);
  }

  async writeRegisters(unit: number, address: number, values: readonly number[], signal?: AbortSignal): Promise<void> {
    await this.#ask({ kind: 'write', unit, address, count: values.length, values }, signal);
  }

  async writeRegister(unit: number, address: number, value: number, signal?: AbortSignal): Promise<void> {
    await this.#ask({ kind: 'write', unit, address, count: 1, values: [value], single: true }, signal);
  }

  watch(listener: (state: PortState) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  async close(): Promise<void> {
    if (this.#state === 'closed') return;
    this.#show('closed');
    this.#listeners.clear();
    const error = new ModbusError('closed', `the connection to ${this.name} was closed on this side`);
    for (const job of this.#queue.splice(0)) job.settle(error, []);
    this.#running?.settle(error, []);
    this.#interrupt(error);
    this.#closing.abort(error);
    this.#dropLink();
  }

  #ask(request: Request, signal?: AbortSignal): Promise<number[]> {
    return new Promise((resolve, reject) => {
      checkRequest(request);
      if (this.#state === 'closed') throw new ModbusError('closed', `the connection to ${this.name} is closed`);
      const abort = () => {
        const place = this.#queue.indexOf(job);
        if (place >= 0) this.#queue.splice(place, 1);
        job.settle(new ModbusError('aborted', `the request to ${this.name} was cancelled`), []);
      };
      const job: Job = {
        request,
        settled: false,
        settle: (error, registers) => {
          if (job.settled) return;
          job.settled = true;
          signal?.removeEventListener('abort', abort);
          if (error) reject(error);
          else resolve(registers);
        },
      };
      if (signal?.aborted) return abort();
      signal?.addEventListener('abort', abort, { once: true });
      this.#enqueue(job);
    });
  }

  /** Writes stand before all reads, in their own order. */
  #enqueue(job: Job): void {
    const firstRead =
      job.request.kind === 'write' ? this.#queue.findIndex((other) => other.request.kind !== 'write') : -1;
    this.#queue.splice(firstRead < 0 ? this.#queue.length : firstRead, 0, job);
    if (!this.#working) this.#work().catch((error: unknown) => this.#failAll(error));
  }

  async #work(): Promise<void> {
    this.#working = true;
    try {
      for (let job = this.#queue.shift(); job; job = this.#queue.shift()) {
        this.#running = job;
        await this.#serve(job);
        this.#running = null;
      }
    } finally {
      this.#running = null;
      this.#working = false;
    }
  }

  async #serve(job: Job): Promise<void> {
    this.#requests++;
    try {
      const kept = this.#link;
      const registers = await this.#attempt(job).catch((error: unknown) => {
        // Many devices hang up when idle, which shows only with the next request: a read then gets a second connection.
        const hungUp = kept !== null && error instanceof ModbusError && error.code === 'closed';
        if (!hungUp || job.request.kind === 'write' || job.settled) throw error;
        return this.#attempt(job);
      });
      job.settle(null, registers);
    } catch (error) {
      this.#errors++;
      job.settle(toError(error), []);
    }
  }

  async #attempt(job: Job): Promise<number[]> {
    const link = this.#link ?? (await this.#connect());
    if (this.#gapMs > 0) await this.#pause(this.#freeAt - this.#timers.now());
    return job.settled ? [] : this.#exchange(link, job.request);
  }

  /** One request on a link, within the timeout, whatever the link does. */
  async #exchange(link: Link, request: Request): Promise<number[]> {
    const before = link.received();
    const started = this.#timers.now();
    let cancel = () => {};
    try {
      const registers = await new Promise<number[]>((resolve, reject) => {
        this.#interrupt = reject;
        cancel = this.#timers.after(this.#timeoutMs, () => reject(this.#timeout(request)));
        link.send(request).then(resolve, reject);
      });
      this.#latencyMs = this.#timers.now() - started;
      this.#healthy();
      return registers;
    } catch (error) {
      const code = error instanceof ModbusError ? error.code : 'garbage';
      if (code.startsWith('exception-')) this.#healthy();
      else if (code === 'timeout' && link.received() === before && ++this.#silent < SILENT_LIMIT) return raise(error);
      else this.#failed(toError(error));
      throw error;
    } finally {
      cancel();
      this.#interrupt = () => {};
      this.#freeAt = this.#timers.now() + this.#gapMs;
    }
  }

  async #connect(): Promise<Link> {
    const wait = this.#retryAt - this.#timers.now();
    if (wait > 0) {
      const seconds = (wait / 1000).toFixed(1);
      throw new ModbusError('refused', `${this.#lastFailure}; the next attempt comes in ${seconds} s`);
    }
    this.#show('connecting');
    const attempt = new AbortController();
    const cancel = this.#timers.after(this.#timeoutMs, () => attempt.abort());
    let link: Link | null = null;
    try {
      link = await this.#open(() => this.#lost(link), AbortSignal.any([attempt.signal, this.#closing.signal]));
      if (this.#closing.signal.aborted) {
        link.destroy();
        throw this.#closing.signal.reason;
      }
    } catch (error) {
      const text = attempt.signal.aborted
        ? `${this.name} did not accept a connection within ${this.#timeoutMs} ms: check its address and that it is on`
        : `${this.name} cannot be reached: ${toError(error).message}`;
      const refused = new ModbusError('refused', text, error);
      this.#failed(refused);
      throw refused;
    } finally {
      cancel();
    }
    this.#link = link;
    this.#connections++;
    this.#silent = 0;
    this.#show('connected');
    return link;
  }

  /** The peer ended the connection. */
  #lost(link: Link | null): void {
    if (link === null || this.#link !== link) return;
    this.#dropLink();
    this.#show('idle');
    this.#interrupt(new ModbusError('closed', `${this.name} closed the connection before it answered`));
  }

  #healthy(): void {
    this.#failures = 0;
    this.#silent = 0;
  }

  /** The first failure in a row reconnects at once, each further one waits twice as long. */
  #failed(error: Error): void {
    this.#dropLink();
    if (this.#state === 'closed') return;
    this.#lastFailure = error.message;
    const backoff = this.#failures === 0 ? 0 : FIRST_BACKOFF_MS * 2 ** Math.min(this.#failures - 1, 20);
    this.#failures++;
    this.#retryAt = this.#timers.now() + Math.min(backoff, this.#maxBackoffMs);
    this.#show('waiting');
  }

  #dropLink(): void {
    const link = this.#link;
    this.#link = null;
    link?.destroy();
  }

  #timeout({ unit }: Request): ModbusError {
    return new ModbusError('timeout', `unit ${unit} at ${this.name} did not answer within ${this.#timeoutMs} ms`);
  }

  #pause(ms: number): Promise<void> {
    if (ms <= 0) return Promise.resolve();
    return new Promise((resolve) => {
      const cancel = this.#timers.after(ms, resolve);
      this.#interrupt = () => {
        cancel();
        resolve();
      };
    });
  }

  #failAll(error: unknown): void {
    for (const job of this.#queue.splice(0)) job.settle(toError(error), []);
  }

  #show(state: PortState): void {
    if (this.#state === state || this.#state === 'closed') return;
    this.#state = state;
    for (const listener of this.#listeners) listener(state);
  }
}

function toError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error));
}

function raise(error: unknown): never {
  throw error;
}
