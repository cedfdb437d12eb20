// One writer at a time, without a timer: a commit takes what arrived while the last one was written, tasks keep their place
// between records. After a failed commit nothing is taken any more, because nobody knows what the disk holds.

/** Records per transaction: few enough that the event loop is free again after some tens of milliseconds. */
const MOST_PER_COMMIT = 128;

interface Batch<In, Out> {
  readonly records: readonly In[];
  readonly results: Out[];
  readonly resolve: (results: Out[]) => void;
  readonly reject: (error: unknown) => void;
}

interface Task {
  readonly run: () => Promise<void>;
}

export class WorkQueue<In, Out> {
  readonly #commit: (records: readonly In[]) => Out[];
  #queue: (Batch<In, Out> | Task)[] = [];
  #working = false;
  #failure: Error | null = null;
  #closed = false;

  /** @param commit takes records and returns one answer for each, once they are durable; when it throws, it is over */
  constructor(commit: (records: readonly In[]) => Out[]) {
    this.#commit = commit;
  }

  add(records: readonly In[]): Promise<Out[]> {
    if (this.#refusal) return Promise.reject(this.#refusal);
    if (records.length === 0) return Promise.resolve([]);
    return new Promise((resolve, reject) => this.#push({ records, results: [], resolve, reject }));
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
    setImmediate(this.#turn);
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
      this.#commitSome();
      setImmediate(this.#turn);
    }
  };

  #commitSome(): void {
    const batches: Batch<In, Out>[] = [];
    const records: In[] = [];
    for (const work of this.#queue) {
      if ('run' in work || records.length >= MOST_PER_COMMIT) break;
      batches.push(work);
      const from = work.results.length;
      records.push(...work.records.slice(from, from + MOST_PER_COMMIT - records.length));
    }
    try {
      let answers = this.#commit(records);
      for (const { records: asked, results, resolve } of batches) {
        const taken = Math.min(asked.length - results.length, answers.length);
        results.push(...answers.slice(0, taken));
        answers = answers.slice(taken);
        if (results.length < asked.length) break;
        this.#queue.shift();
        resolve(results);
      }
    } catch (error) {
      this.fail(error);
    }
  }
}
