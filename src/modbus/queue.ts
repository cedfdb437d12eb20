// What waits for its turn on a line, and who waits for it. Writes go first, then reads, then what is asked aside, each in
// their own order. Whoever asks what another one waits for already gets the same answer, as long as nothing was sent and
// nobody wrote to that unit in between. What is asked aside does not wait for ever: a line that is never idle is its own for
// a third of the time at most.
import { isWrite, type Request } from './link.ts';
import { type Aside, ModbusError } from './port.ts';

interface Asker {
  readonly resolve: (registers: number[]) => void;
  readonly reject: (error: Error) => void;
  /** Stops listening to the asker's signal. */
  readonly release: () => void;
}

/** One request and all who want its answer. */
export class Job {
  readonly request: Request;
  readonly aside: Aside | undefined;
  /** When it was asked. */
  readonly since: number;
  /** Others may still have its answer, too. */
  #joinable: boolean;
  readonly #askers = new Set<Asker>();

  constructor(request: Request, aside: Aside | undefined, since: number) {
    this.request = request;
    this.aside = aside;
    this.since = since;
    this.#joinable = !isWrite(request) && !aside;
  }

  /** Nobody waits for it any more. */
  get settled(): boolean {
    return this.#askers.size === 0;
  }

  /** @param left called when the last of its askers gave up @param name of the line, for texts */
  join(name: string, signal: AbortSignal | undefined, left: () => void): Promise<number[]> {
    return new Promise((resolve, reject) => {
      const abort = () => {
        release();
        this.#askers.delete(asker);
        reject(new ModbusError('aborted', `the request to ${name} was cancelled`));
        if (this.settled) left();
      };
      const release = () => signal?.removeEventListener('abort', abort);
      const asker = { resolve, reject, release };
      this.#askers.add(asker);
      if (signal?.aborted) abort();
      else signal?.addEventListener('abort', abort, { once: true });
    });
  }

  /** Each asker gets a list of its own. */
  settle(error: Error | null, registers: readonly number[] = []): void {
    for (const { resolve, reject, release } of this.#askers) {
      release();
      if (error) reject(error);
      else resolve([...registers]);
    }
    this.#askers.clear();
  }

  /** From now on its answer is its askers' alone. */
  seal(): void {
    this.#joinable = false;
  }

  /** A write was asked: what waits to be read of its unit must not be taken for what is asked after it. 0 writes to all. */
  sealFor({ unit }: Request): void {
    if (unit === 0 || unit === this.request.unit) this.seal();
  }

  /** Whether its answer is one to this request, too. */
  answers({ kind, unit, address, count }: Request): boolean {
    const own = this.request;
    const same = own.kind === kind && own.unit === unit && own.address === address && own.count === count;
    return this.#joinable && !this.settled && same;
  }
}

/** On a line that is never idle, what is asked aside waits so long at least, ms, and twice as long as its last turn took. */
const ASIDE_WAIT_MS = 2000;

export class RequestQueue {
  #jobs: Job[] = [];
  #asideFrom = Number.NEGATIVE_INFINITY;

  get length(): number {
    return this.#jobs.length;
  }

  get first(): Job | undefined {
    return this.#jobs[0];
  }

  add(job: Job): void {
    const place = this.#jobs.findIndex((waiting) => rank(waiting) > rank(job));
    this.#jobs.splice(place < 0 ? this.#jobs.length : place, 0, job);
  }

  remove(job: Job): void {
    this.#jobs = this.#jobs.filter((waiting) => waiting !== job);
  }

  /** The waiting job whose answer is one to this request, too. */
  twinOf(request: Request): Job | undefined {
    return this.#jobs.find((job) => job.answers(request));
  }

  /** As that of a job, for all of them. */
  sealFor(write: Request): void {
    for (const job of this.#jobs) job.sealFor(write);
  }

  /** Takes out the next that may go now. @param may whether the wire can take a request */
  take(now: number, may: (request: Request) => boolean): Job | undefined {
    const ready = this.#jobs.filter(({ request }) => may(request));
    let next = ready[0];
    // Before reads, never before writes.
    if (next && !isWrite(next.request)) next = ready.find((job) => this.#isDue(job, now)) ?? next;
    if (next) this.remove(next);
    return next;
  }

  /** What was asked aside had its turn: the others are next, for twice the time it took. */
  asideDone(tookMs: number, now: number): void {
    this.#asideFrom = now + Math.max(ASIDE_WAIT_MS, 2 * tookMs);
  }

  /** All of them, none left. */
  drain(): Job[] {
    const jobs = this.#jobs;
    this.#jobs = [];
    return jobs;
  }

  #isDue({ aside, since }: Job, now: number): boolean {
    return aside !== undefined && now >= Math.max(since + ASIDE_WAIT_MS, this.#asideFrom);
  }
}

const rank = ({ request, aside }: Job): number => (isWrite(request) ? 0 : aside ? 2 : 1);
