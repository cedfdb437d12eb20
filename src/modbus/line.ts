// What every Modbus port does: one request at a time in the order of the queue, a gap between requests, a time limit for
// each. Knows no wire: a port hands in how to open a link. Time comes from the given timers.
import { systemTimers, type Timers } from '../time/clock.ts';
import { Connection } from './connection.ts';
import { isWrite, type Link, type OpenLink, type Request, requestError } from './link.ts';
import {
  type Aside,
  type DeviceNeeds,
  ModbusError,
  type ModbusPort,
  type PortState,
  type PortStatistics,
  toError,
} from './port.ts';
import { Job, RequestQueue } from './queue.ts';

export interface LineOptions {
  /** How long a device may take to answer, and a host to accept a connection; ms. */
  readonly timeoutMs?: number;
  /** Silence between an answer and the next request, ms. */
  readonly gapMs?: number;
  /** Longest wait between two attempts to connect, ms. */
  readonly maxBackoffMs?: number;
  readonly timers?: Timers;
}

const DEFAULT_TIMEOUT_MS = 2000;
/** So many silent requests in a row end a connection that may be half open. */
const SILENT_LIMIT = 2;
/** A request that its asker gave up holds the line for its answer so long, then no more. */
const GIVEN_UP_MS = 250;

export class ModbusLine implements ModbusPort {
  readonly name: string;
  readonly #connection: Connection;
  readonly #timeoutMs: number;
  #gapMs: number;
  #settleMs = 0;
  /** The link that was given its time to settle. */
  #settling: Link | null = null;
  readonly #timers: Timers;
  readonly #queue = new RequestQueue();
  #running: Job | null = null;
  #working = false;
  #closed = false;
  #interrupt: (error: Error) => void = () => {};
  #hurry = () => {};
  #wake = () => {};
  #silent = 0;
  #freeAt = 0;
  #requests = 0;
  #errors = 0;
  #latencyMs: number | null = null;
  #slowestMs: number | null = null;
  #lastError: string | null = null;

  /** @param name of the line for texts @throws RangeError for a time that makes no sense */
  constructor(name: string, open: OpenLink, options: LineOptions = {}) {
    const { timeoutMs = DEFAULT_TIMEOUT_MS, gapMs = 0, maxBackoffMs = 15_000, timers = systemTimers } = options;
    if (!(timeoutMs > 0) || !(gapMs >= 0) || !(maxBackoffMs >= 0)) {
      throw new RangeError(`the timeout of ${name} must be above 0 ms, its gap and backoff at least 0 ms`);
    }
    this.name = name;
    this.#timeoutMs = timeoutMs;
    this.#gapMs = gapMs;
    this.#timers = timers;
    const lost = () => this.#interrupt(new ModbusError('closed', `${name} closed the connection before it answered`));
    this.#connection = new Connection({ name, open, timeoutMs, maxBackoffMs, timers, lost });
  }

  get state(): PortState {
    return this.#connection.state;
  }

  get statistics(): PortStatistics {
    return {
      requests: this.#requests,
      errors: this.#errors,
      connections: this.#connection.opened,
      latencyMs: this.#latencyMs,
      slowestMs: this.#slowestMs,
      waiting: this.#queue.length + (this.#running ? 1 : 0),
      lastError: this.#lastError,
    };
  }

  readHolding(unit: number, address: number, count: number, signal?: AbortSignal, aside?: Aside): Promise<number[]> {
    return this.#ask({ kind: 'holding', unit, address, count, values: [] }, signal, aside);
  }

  readInput(unit: number, address: number, count: number, signal?: AbortSignal, aside?: Aside): Promise<number[]> {
    return this.#ask({ kind: 'input', unit, address, count, values: [] }, signal, aside);
  }

  async writeRegisters(unit: number, address: number, values: readonly number[], signal?: AbortSignal): Promise<void> {
    await this.#ask({ kind: 'write', unit, address, count: values.length, values }, signal);
  }

  async writeRegister(unit: number, address: number, value: number, signal?: AbortSignal): Promise<void> {
    await this.#ask({ kind: 'write-one', unit, address, count: 1, values: [value] }, signal);
  }

  respect({ gapMs = 0, settleMs = 0 }: DeviceNeeds): void {
    this.#gapMs = Math.max(this.#gapMs, gapMs);
    this.#settleMs = Math.max(this.#settleMs, settleMs);
  }

  watch(listener: (state: PortState) => void): () => void {
    return this.#connection.watch(listener);
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    const error = new ModbusError('closed', `the connection to ${this.name} was closed on this side`);
    for (const job of this.#queue.drain()) job.settle(error);
    this.#running?.settle(error);
    this.#interrupt(error);
    await this.#connection.close();
  }

  async #ask(request: Request, signal?: AbortSignal, aside?: Aside): Promise<number[]> {
    const wrong = requestError(request);
    if (wrong) throw new RangeError(wrong);
    if (this.#closed) throw new ModbusError('closed', `the connection to ${this.name} is closed`);
    if (isWrite(request)) {
      this.#queue.sealFor(request);
      this.#running?.sealFor(request);
    }
    const twin = aside ? undefined : this.#twinOf(request);
    const job = twin ?? new Job(request, aside, this.#timers.now());
    const answer = job.join(this.name, signal, () => {
      this.#queue.remove(job);
      if (job === this.#running) this.#hurry();
    });
    if (!twin && !job.settled) this.#enqueue(job);
    return answer;
  }

  #twinOf(request: Request): Job | undefined {
    return this.#running?.answers(request) ? this.#running : this.#queue.twinOf(request);
  }

  /** An idle line begins after this turn of the event loop, so that those who ask for the same at once share one request. */
  #enqueue(job: Job): void {
    this.#queue.add(job);
    job.aside?.waits?.();
    if (this.#working) {
      this.#wake();
    } else {
      this.#working = true;
      setImmediate(() => void this.#work());
    }
  }

  async #work(): Promise<void> {
    while (this.#queue.first) {
      const { link } = this.#connection;
      const now = this.#timers.now();
      // A unit that owes an answer holds up nobody else.
      const job = this.#queue.take(now, (request) => link === null || !link.owes(request));
      if (job) {
        this.#running = job;
        job.aside?.turn?.();
        await this.#serve(job);
        this.#running = null;
        if (job.aside) this.#queue.asideDone(this.#timers.now() - now, this.#timers.now());
      } else await this.#pause(link?.wait(this.#queue.first.request) ?? 0);
    }
    this.#working = false;
  }

  async #serve(job: Job): Promise<void> {
    this.#requests++;
    try {
      const kept = this.#connection.link;
      const registers = await this.#attempt(job).catch((error: unknown) => {
        // Many devices hang up when idle, which shows only with the next request: a read then gets a second connection.
        const hungUp = kept !== null && error instanceof ModbusError && error.code === 'closed';
        if (!hungUp || isWrite(job.request) || job.settled) throw error;
        return this.#attempt(job);
      });
      job.settle(null, registers);
    } catch (problem) {
      const error = toError(problem);
      // Whoever asks aside looks for something: that it is not there is no error of the line.
      if (!job.settled && !job.aside) {
        this.#errors++;
        this.#lastError = error.message;
      }
      job.settle(error);
    }
  }

  async #attempt(job: Job): Promise<number[]> {
    let link = this.#connection.link ?? (await this.#open());
    if (this.#wait(link, job) > 0) await this.#quiet(link, job);
    // Nothing was sent yet, so a connection that went meanwhile costs nothing.
    if (this.#connection.link !== link) {
      link = await this.#open();
      await this.#quiet(link, job);
    }
    return job.settled ? [] : this.#exchange(link, job);
  }

  async #open(): Promise<Link> {
    const link = await this.#connection.open();
    if (link !== this.#settling) {
      this.#settling = link;
      this.#freeAt = Math.max(this.#freeAt, this.#timers.now() + this.#settleMs);
    }
    return link;
  }

  /** How long until the gap is over and the wire may take this request, ms. */
  #wait(link: Link, { request }: Job): number {
    return Math.max(this.#freeAt - this.#timers.now(), link.wait(request));
  }

  async #quiet(link: Link, job: Job): Promise<void> {
    const until = this.#timers.now() + this.#gapMs + this.#settleMs + 3 * Math.max(this.#timeoutMs, 1000);
    for (;;) {
      const wait = this.#wait(link, job);
      if (wait <= 0 || job.settled || this.#connection.link !== link) return;
      if (this.#timers.now() > until) {
        throw new ModbusError('garbage', `${this.name} never falls silent: check its baud rate and for another master`);
      }
      await this.#pause(wait);
    }
  }

  /** One request on a link, within the time limit, whatever the link does. */
  async #exchange(link: Link, job: Job): Promise<number[]> {
    const before = link.received();
    const started = this.#timers.now();
    const limitMs = Math.min(job.aside?.limitMs ?? this.#timeoutMs, this.#timeoutMs);
    let cancel = () => {};
    try {
      const registers = await new Promise<number[]>((resolve, reject) => {
        const giveUp = () => reject(link.abandon() ?? this.#timeout(job.request, limitMs));
        this.#interrupt = reject;
        cancel = this.#timers.after(limitMs, giveUp);
        this.#hurry = () => {
          cancel();
          cancel = this.#timers.after(Math.min(GIVEN_UP_MS, limitMs), giveUp);
        };
        job.seal();
        link.send(job.request).then(resolve, reject);
      });
      this.#latencyMs = this.#timers.now() - started;
      this.#slowestMs = Math.max(this.#latencyMs, this.#slowestMs ?? 0);
      this.#healthy();
      return registers;
    } catch (error) {
      link.abandon();
      if (!this.#closed) this.#judge(link, job, toError(error), link.received() === before);
      throw error;
    } finally {
      cancel();
      this.#interrupt = () => {};
      this.#hurry = () => {};
      this.#freeAt = this.#timers.now() + this.#gapMs;
    }
  }

  /** What a failed request means for the connection. */
  #judge(link: Link, job: Job, error: Error, nothingCame: boolean): void {
    const code = error instanceof ModbusError ? error.code : 'garbage';
    if (code.startsWith('exception-')) this.#healthy();
    else if (code === 'closed') this.#connection.failed(error);
    else if (code === 'timeout' && (nothingCame || link.resynchronises)) {
      // Whoever gave up early has learnt nothing about the device.
      if (job.settled || job.aside || !link.diesSilently || ++this.#silent < SILENT_LIMIT) return;
      this.#silent = 0;
      this.#connection.renew();
    } else if (!link.resynchronises) this.#connection.failed(error);
  }

  #healthy(): void {
    this.#silent = 0;
    this.#connection.healthy();
  }

  #timeout({ unit }: Request, limitMs: number): ModbusError {
    return new ModbusError('timeout', `unit ${unit} at ${this.name} did not answer within ${limitMs} ms`);
  }

  #pause(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const end = () => {
        cancel();
        this.#interrupt = () => {};
        this.#hurry = () => {};
        this.#wake = () => {};
        resolve();
      };
      const cancel = this.#timers.after(ms, end);
      this.#interrupt = end;
      this.#hurry = end;
      // Whoever pauses looks again at what it waits for.
      this.#wake = end;
    });
  }
}
