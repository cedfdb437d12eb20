// One writer at a time, without a timer: a commit takes what arrived while the last one was written, tasks keep their place
// between records. While one commit is written, other threads may prepare the next. After a failed commit nothing is taken any more,
// because nobody knows what the disk holds.

/** Records per transaction: few enough that the event loop is free again after some tens of milliseconds. */
const MOST_PER_COMMIT = 256;

interface Batch<In, Out> {
  readonly records: readonly In[];
  /** How many of them are on their way. */
  taken: number;
  readonly results: Out[];
  readonly resolve: (results: Out[]) => void;
  readonly reject: (error: unknown) => void;
}

interface Task {
  readonly run: () => Promise<void>;
}

/** Records of one commit, of one batch or several. */
interface Chunk<In, Out, Ready> {
  readonly shares: readonly { readonly batch: Batch<In, Out>; readonly count: number }[];
  readonly ready: Promise<Ready>;
}

export class WorkQueue<In, Out, Ready> {
  readonly #prepare: (records: readonly In[]) => Promise<Ready>;
  readonly #commit: (ready: Ready) => Out[];
  /** The next commit, being prepared. */
  #next: Chunk<In, Out, Ready> | null = null;
  #queue: (Batch<In, Out> | Task)[] = [];
  #working = false;
  #failure: Error | null = null;
  #closed = false;

  /**
   * @param prepare begins with records before their turn to be committed, possibly while others still are; decides nothing
   * @param commit takes them in turn and returns one answer for each, once they are durable
   * When one of them throws, it is over.
   */
  constructor(prepare: (records: readonly In[]) => Promise<Ready>, commit: (ready: Ready) => Out[]) {
    this.#prepare = prepare;
    this.#commit = commit;
  }

  add(records: readonly In[]): Promise<Out[]> {
    if (this.#refusal) return Promise.reject(this.#refusal);
    if (records.length === 0) return Promise.resolve([]);
    return new Promise((resolve, reject) => this.#push({ records, taken: 0, results: [], resolve, reject }));
  }

  /** Runs a task after everything that was added before it; what it throws goes to the caller only. */
  run<T>(task: () => T | Promise<T>): Promise<T> {
    if (this.#refusal) return Promise.reject(this.#refusal);
    return new Promise((resolve, reject) =>
      this.#push({
        run: async () => {
          try {
            if (this.#failure) throw this.#failure;
            resolve(await task());
          } catch (error) {
            reject(error instanceof Error ? error : new Error(String(error)));
          }
        },
      }),
    );
  }

  /** Takes nothing more, finishes what was added, then runs the last task. */
  async close(last: () => void | Promise<void>): Promise<void> {
    if (this.#refusal) return;
    const done = this.run(last);
    this.#closed = true;
    await done;
  }

  /** Ends everything that waits and everything that comes with the error, and returns it. */
  fail(problem: unknown): Error {
    const error = problem instanceof Error ? problem : new Error(String(problem));
    this.#failure = error;
    this.#next = null;
    const waiting = this.#queue;
    this.#queue = [];
    for (const work of waiting) {
      if ('run' in work) void work.run();
      else work.reject(error);
    }
    return error;
  }

  get #refusal(): Error | null {
    return this.#failure ?? (this.#closed ? new Error('the ledger is closed') : null);
  }

  #push(work: Batch<In, Out> | Task): void {
    this.#queue.push(work);
    if (this.#working) return;
    this.#working = true;
    // Records wait for others that arrive in the same turn of the event loop; a task has nothing to wait for.
    if ('run' in work) queueMicrotask(this.#turn);
    else setImmediate(this.#turn);
  }

  readonly #turn = (): void => {
    const first = this.#queue[0];
    if (first === undefined) {
      this.#working = false;
    } else if ('run' in first) {
      this.#queue.shift();
      // A task never rejects here; its caller has been told.
      first.run().then(this.#turn);
    } else {
      const chunk = this.#next ?? this.#take()!;
      this.#next = null;
      chunk.ready.then(
        (ready) => {
          this.#next = this.#take();
          this.#commitChunk(chunk, ready);
          setImmediate(this.#turn);
        },
        (error: unknown) => {
          this.fail(error);
          setImmediate(this.#turn);
        },
      );
    }
  };

  /** The next records up to the next task, as many as one commit takes. */
  #take(): Chunk<In, Out, Ready> | null {
    const shares: { batch: Batch<In, Out>; count: number }[] = [];
    let records: In[] = [];
    for (const work of this.#queue) {
      if ('run' in work || records.length >= MOST_PER_COMMIT) break;
      const rest = work.records.slice(work.taken, work.taken + MOST_PER_COMMIT - records.length);
      if (rest.length === 0) continue;
      work.taken += rest.length;
      shares.push({ batch: work, count: rest.length });
      records = records.concat(rest);
    }
    if (shares.length === 0) return null;
    const ready = this.#prepare(records);
    // A failure is told when its turn comes.
    ready.catch(() => {});
    return { shares, ready };
  }

  #commitChunk({ shares }: Chunk<In, Out, Ready>, ready: Ready): void {
    try {
      const answers = this.#commit(ready);
      let at = 0;
      for (const { batch, count } of shares) {
        batch.results.push(...answers.slice(at, at + count));
        at += count;
        if (batch.results.length < batch.records.length) break;
        this.#queue.shift();
        batch.resolve(batch.results);
      }
    } catch (error) {
      this.fail(error);
    }
  }
}
